"""Figures, and the page that is made of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from benchmarks.figures import PEERS, SLUICE, Figure, Group, Run, load, render, save

RUN = Run("2026-01-31 10:00 UTC", "2 cores, 24 GB", 2, (0.1, 1.9), "abc", 1_000, {".xlsx": 5.0}, {"openpyxl": "3.1"})
BARE = Figure("reading:openpyxl", "openpyxl", 1_000, 2.0, {"own": 1.5}, peak_mb=50.4, file_mb=5.0)
STACK = Figure("stack:postgres-new", "PostgreSQL", 500, 0.5, {"functions": 0.02, "local AWS": 0.01, "database": 0.005})
PEER = Figure("peers:openpyxl", "openpyxl, again", 1_000, 4.0, {"own": 3.0})


def test_no_number_of_the_page_is_in_its_text() -> None:
    """Without figures, only options and names of units are left."""
    text = re.sub(r"```.*?```", "", render({}), flags=re.DOTALL)
    assert re.findall(r"\d[\d,.]*", text.replace("S3", "")) == []


def test_a_line_has_its_ratio_to_the_bare_reader_and_processor_time_a_row() -> None:
    page = render({SLUICE: Group(RUN, (BARE, STACK))})
    assert "| openpyxl | 1,000 | 2.00 | 500 | 2.5 | 1500.0 | 50 | 1 |" in page
    assert "| PostgreSQL | 500 | 0.50 | 1,000 | 40.0 | 20.0 | 10.0 | 0.5 |" in page


def test_what_was_not_measured_is_a_dash_or_not_there() -> None:
    page = render({SLUICE: Group(RUN, (STACK,))})
    assert "| PostgreSQL | 500 | 0.50 | 1,000 | 40.0 | 20.0 | 10.0 | – |" in page
    assert "Reading, checking" not in page
    assert "Beside other libraries" not in page


def test_each_group_is_compared_with_the_bare_reader_of_its_own_run() -> None:
    page = render({SLUICE: Group(RUN, (BARE,)), PEERS: Group(RUN, (PEER,))})
    assert "| openpyxl, again | 1,000 | 4.00 | 250 | 3000.0 | – | – | 1 |" in page


@pytest.mark.parametrize(("before", "busy"), [(0.1, False), (1.5, True)])
def test_a_busy_machine_is_named(before: float, busy: bool) -> None:
    run = Run(**{**RUN.__dict__, "load": (before, 3.0)})
    page = render({SLUICE: Group(run, (BARE,))})
    assert ("Other work ran" in page) is busy
    assert f"load average {before} before and 3.0 after" in page


def test_saved_figures_are_read_back(tmp_path: Path) -> None:
    groups, page = {SLUICE: Group(RUN, (BARE, STACK)), PEERS: Group(RUN, (PEER,))}, tmp_path / "figures.md"
    save(groups, page)
    assert load(page) == groups
    assert page.read_text() == render(groups)


def test_no_figures_are_read_where_none_were_saved(tmp_path: Path) -> None:
    assert load(tmp_path / "figures.md") == {}


def test_figures_of_another_format_are_rejected(tmp_path: Path) -> None:
    (tmp_path / "figures.json").write_text(json.dumps({"format": 2, "groups": {}}))
    with pytest.raises(SystemExit, match="make bench"):
        load(tmp_path / "figures.md")
