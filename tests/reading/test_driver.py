"""Sluice's reading beside other readers, over files of many encodings, delimiters and writers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sluice.reading.types import FileLayout
from tests.reading.__main__ import main
from tests.reading.comparing import Compared, compare, report
from tests.reading.exceptions import EXCEPTIONS
from tests.reading.made import as_text, table_of, texts, workbooks
from tests.reading.oracles import ORACLES, Cells, by_csv

MADE = dict([*texts(), *workbooks()])
#: Oracles that cannot read a file: calamine takes white space between cells for damage.
UNREADABLE = {"pretty-printed.ods": {"calamine"}}


def compared(folder: Path, name: str, body: bytes, **more: Any) -> Compared:
    path = folder / name
    path.write_bytes(body)
    return compare(path, **more)


@pytest.mark.parametrize("name", MADE)
def test_a_file_is_read_as_every_other_reader_reads_it(name: str, tmp_path: Path) -> None:
    """Each oracle of its kind reads it, and no cell differs but for a listed fault of the oracle."""
    found = compared(tmp_path, name, MADE[name])
    assert (found.rejected, found.differences) == (None, [])
    assert set(found.unreadable) == UNREADABLE.get(name, set())
    assert max(found.cells.values(), default=9) > 3


def test_a_cell_that_another_reader_reads_differently_is_reported(tmp_path: Path) -> None:
    """The oracle is changed in one cell, and has one that the file has not."""

    def changed(body: bytes, layout: FileLayout) -> Cells:
        return {**by_csv(body, layout), (2, 1): "other", (9, 9): "more"}

    said: list[str] = []
    found = compared(tmp_path, "a.csv", b"a,b\n1,2\n", oracles={"text": {"csv": changed}})
    assert not report([found], said.append)
    assert said[:2] == [
        f"{tmp_path / 'a.csv'}: row 2, column 1: '1', but csv has 'other'",
        f"{tmp_path / 'a.csv'}: row 9, column 9: None, but csv has 'more'",
    ]


def test_an_oracle_that_cannot_read_a_file_is_named(tmp_path: Path) -> None:
    def broken(body: bytes, layout: FileLayout) -> Cells:
        raise ValueError("no such codec")

    found = compared(tmp_path, "a.csv", b"a,b\n1,2\n", oracles={"text": {"csv": broken}})
    assert found.unreadable == {"csv": "ValueError: no such codec"}


def test_the_command_reads_a_folder_and_fails_if_a_cell_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rejected file is named, and its folder may hold folders."""
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "a.csv").write_bytes(as_text(table_of("x", "y")))
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.7\n")
    assert main([str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "b.pdf: rejected, not-a-spreadsheet/pdf" in out
    assert "2 files; equal cells: csv 7" in out
    monkeypatch.setitem(ORACLES["text"], "csv", lambda body, layout: {})
    assert main([str(tmp_path)]) == 1


def test_every_listed_fault_is_one_that_a_file_shows(tmp_path: Path) -> None:
    """An exception that no file needs could hide a fault of Sluice."""
    shown = {reason for name, body in MADE.items() for reason in compared(tmp_path, name, body).excepted}
    assert {fault.reason for fault in EXCEPTIONS} == shown
