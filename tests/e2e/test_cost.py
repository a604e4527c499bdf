"""``make cost`` at a small size: one stack on DynamoDB, behind the meter."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.cost import PAGE, main
from benchmarks.cost_page import UNITS


@pytest.mark.timeout(600)
def test_a_small_run_prints_every_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Everything that is counted at all is counted here; the page itself stays as it is."""
    before = PAGE.read_text()
    written = tmp_path / "costs.md"
    assert main(["--dynamodb", "--rows", "1000", "--lookups", "20", "--watched", "2", "--write", str(written)]) == 0
    page = capsys.readouterr().out
    assert page.strip() == written.read_text().strip()
    for title in ("all new", "all unchanged", "rollback", "lookups", "server-sent events", "WebSocket", "polling"):
        assert title in page, title
    counted = {line.split("|")[1].strip(): line.split("|")[2:-1] for line in page.splitlines() if line.startswith("|")}
    for unit in set(UNITS.values()) - {UNITS["socket_minutes"], UNITS["socket_messages"]}:
        assert any(cell.strip() not in {"0", ""} for cell in counted[unit]), unit
    assert PAGE.read_text() == before
