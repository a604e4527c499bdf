"""``make bench`` at a small size, on the stacks of the tests."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from benchmarks.__main__ import main
from benchmarks.figures import HEADERS, PAGE, TABLES
from local.paths import ROOT
from local.stack import Stack


def lines_of(page: str) -> list[str]:
    """Return the first cell of every line of every table."""
    return re.findall(r"^\| ([^|]*) \|", page, re.MULTILINE)


@pytest.mark.timeout(600)
def test_a_small_run_prints_every_line_of_the_page(
    stack: Stack, postgres_stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every measure is taken, and its figure has a number of rows; the page itself stays as it is."""
    # a first run installs the other libraries, as `make bench` does
    subprocess.run(["make", ".venv-peers/.ready"], cwd=ROOT, check=True)

    def stacks(*, database: bool, say: Callable[[str], None]) -> AbstractContextManager[Stack]:
        return nullcontext(postgres_stack if database else stack)

    before = PAGE.read_text()
    others = TABLES[HEADERS].heading  # the last table of the page; `python -m benchmarks.headers` prints it
    written = tmp_path / "figures.md"
    assert main(["--rows", "2000", "--write", str(written)], stacks) == 0
    printed = capsys.readouterr().out
    assert [table.heading for table in TABLES.values() if f"## {table.heading}\n" not in printed] == [others]
    assert [line for line in lines_of(before.partition(f"## {others}")[0]) if line not in lines_of(printed)] == []
    assert written.read_text() in printed
    assert PAGE.read_text() == before
