"""The child process that reads .xls and .ods files, and what becomes of a file whose reader dies."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import psutil
import pytest

from sluice.model.errors import FileRejected, Problem
from sluice.reading import Limits, sandbox
from sluice.reading.cells import CellTable, RowsFile
from sluice.reading.sandbox import SheetWriter, read_in_sandbox, write_sheets
from tests.integration.template import template
from tests.reading.made import as_ods, as_xls, ods_document, ods_table
from tests.support.people import eventually
from tests.unit.reading.driving import LIMITS

ROOT: Final = Path(__file__).parents[3]
TABLE: Final = (("id", "name"), ("007", "ö"), (None, "x"))


def rejection(body: bytes, limits: Limits = LIMITS) -> Problem:
    with pytest.raises(FileRejected) as caught:
        read_in_sandbox(io.BytesIO(body), "ods", limits)
    return caught.value.problem


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the path of the program that runs in place of the interpreter; the test writes it."""
    path = tmp_path / "python"
    monkeypatch.setattr(sys, "executable", str(path))
    return path


def write_program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.mark.parametrize("form", ["xls", "ods"])
def test_a_child_reads_what_its_reader_reads(form: str) -> None:
    """Sheets, rows and facts come through the sandbox as they are."""
    body = as_xls(TABLE) if form == "xls" else as_ods(TABLE)
    (table,) = read_in_sandbox(io.BytesIO(body), "xls" if form == "xls" else "ods", LIMITS).tables
    assert (table.sheet, table.is_hidden, table.facts.hidden_rows) == ("Data", False, 0)
    assert [(number, cells[:2]) for number, cells in table.head(9)] == [
        (1, ["id", "name"]),
        (2, ["007", "ö"]),
        (3, [None, "x"]),
    ]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGABRT, "damaged-file/fatal"),
        (signal.SIGSEGV, "damaged-file/fatal"),
        (signal.SIGKILL, "too-large/memory"),
        (signal.SIGXCPU, "too-large/time"),
    ],
)
def test_a_file_whose_reader_dies_is_rejected(program: Path, number: signal.Signals, code: str) -> None:
    """The kernel kills a process by SIGKILL when no memory is left, by SIGXCPU when its processor time is over."""
    write_program(program, f"ulimit -c 0; kill -{number} $$")
    assert rejection(as_ods(TABLE)).code == code


def test_a_reader_that_could_not_begin_is_no_fault_of_the_file(program: Path) -> None:
    """The state machine tries again."""
    write_program(program, "exit 1")
    with pytest.raises(RuntimeError, match="ended with 1"):
        read_in_sandbox(io.BytesIO(as_ods(TABLE)), "ods", LIMITS)


def test_a_reader_is_stopped_before_the_time_of_its_function_is_over(program: Path, tmp_path: Path) -> None:
    write_program(program, f"echo $$ > {tmp_path}/pid; exec sleep 100")
    assert rejection(as_ods(TABLE), Limits(10**9, 10, until=time.time() + 1)).code == "too-large/time"
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


def test_a_reader_gets_no_credentials(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor any other variable, but those that find its libraries."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/var/lang/lib")
    write_program(program, f"env > {tmp_path}/env; exit 1")
    with pytest.raises(RuntimeError):
        read_in_sandbox(io.BytesIO(as_ods(TABLE)), "ods", LIMITS)
    given = dict(line.partition("=")[::2] for line in (tmp_path / "env").read_text().splitlines())
    assert (
        {"PYTHONPATH", "LD_LIBRARY_PATH"} <= given.keys() <= {*("PYTHONPATH", "LD_LIBRARY_PATH", "PWD", "_", "TMPDIR")}
    )


def test_a_reader_imports_no_aws_and_no_pydantic() -> None:
    """It starts in a fraction of the time, and has nothing to call."""
    names = "sluice.reading.sandbox, sluice.reading.xls, sluice.reading.opendocument"
    code = f"import sys, {names}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"xlrd", "sluice.reading.sandbox"} <= set(loaded)
    assert not {"boto3", "botocore", "pydantic", "sluice.catalog"} & set(loaded)


_PARENT: Final = """
import io, sys
from sluice.reading import Limits
from sluice.reading.sandbox import read_in_sandbox
with open(sys.argv[1], "rb") as file:
    read_in_sandbox(file, "ods", Limits(10**9, 10**6))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems end no process with its parent")
def test_a_reader_ends_with_its_parent(tmp_path: Path) -> None:
    """A function that is stopped leaves nothing behind that takes its memory."""
    path = tmp_path / "a.ods"
    wide = '<table:table-cell table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell>'
    path.write_bytes(ods_document(ods_table([wide] * 4_900)))
    with subprocess.Popen([sys.executable, "-c", _PARENT, str(path)], cwd=ROOT) as parent:
        (child,) = eventually(lambda: psutil.Process(parent.pid).children(), "the child", patience=30)
        parent.kill()
    eventually(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, "its end", patience=30)


def test_a_file_beyond_the_limit_of_its_format_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its importer takes; it is not copied."""
    monkeypatch.setattr(sandbox, "MAX_BYTES", 100)
    body = as_ods(TABLE)
    problem = rejection(body)
    assert (problem.code, problem.params["limit"], problem.params["bytes"]) == ("too-large/whole-file", 100, len(body))


def test_the_limits_of_a_reader_fit_into_its_function() -> None:
    """Memory beside its parent's, the disk of /tmp, which has 512 MB by default, and time."""
    plan = template()["Resources"]["PlanFunction"]["Properties"]
    assert plan["MemorySize"] * 1024**2 - sandbox.MEMORY_BYTES > 500 * 1024**2
    assert sandbox.MAX_BYTES + sandbox.MAX_ROWS_BYTES < 512 * 1024**2
    assert plan["Timeout"] > 2 * sandbox.CPU_SECONDS


# ---- what the child writes -------------------------------------------------------------------------------------------


def test_a_sheet_with_too_many_rows_is_rejected_if_it_is_read() -> None:
    """Rows are counted as they are read; a sheet of notes may have any number."""
    file = io.BytesIO()
    writer = SheetWriter(file, max_rows=3)
    for name, rows in (("Data", 3), ("Notes", 4)):
        writer.begin(name, is_hidden=False)
        writer.add(1, ["x"], rows - 1, is_hidden=False)
        writer.add(9, ["y"], is_hidden=False)
        writer.end()
    writer.close(None)
    stored = RowsFile(file)
    data, notes = (CellTable(sheet, stored, 3) for sheet in writer.sheets)
    assert [segment.first_row for segment in data.split(0, 2)] == [1, 9]
    assert notes.head(9) == [(1, ["x"]), (2, ["x"]), (3, ["x"])]
    with pytest.raises(FileRejected, match="too-many-rows"):
        list(notes.split(0, 2))


def test_the_rows_of_sheets_are_read_by_turns() -> None:
    file = io.BytesIO()
    writer = SheetWriter(file, max_rows=100_000)
    for name in ("One", "Two"):
        writer.begin(name, is_hidden=False)
        writer.add(1, [name], 40_000, is_hidden=False)
        writer.end()
    writer.close(None)
    stored = RowsFile(file)
    one, two = (CellTable(sheet, stored, 100_000) for sheet in writer.sheets)
    pairs = zip(one.split(0, 10_000), two.split(0, 10_000), strict=True)
    assert [(len(left.body or b""), right.first_row) for left, right in pairs][3][1] == 30_001
    assert (one.count_rows(1), two.count_rows(39_999)) == (39_999, 1)


def test_long_rows_make_segments_of_fewer_rows() -> None:
    """A worker reads a slice whole."""
    file = io.BytesIO()
    writer = SheetWriter(file, max_rows=100)
    writer.begin("Data", is_hidden=False)
    writer.add(1, ["x" * 6_000_000], 7, is_hidden=False)
    writer.end()
    writer.close(None)
    (table,) = (CellTable(sheet, RowsFile(file), 100) for sheet in writer.sheets)
    assert [(segment.first_row, segment.rows) for segment in table.split(0, 100)] == [(1, 3), (4, 3), (7, 1)]


def test_more_rows_than_the_disk_has_room_for_are_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "MAX_ROWS_BYTES", 1_000)
    upload, rows = io.BytesIO(as_ods([["x" * 400]] * 4)), io.BytesIO()
    write_sheets("ods", upload, rows, LIMITS)
    assert b'"case": "cells"' in rows.getvalue()
    assert b"xxx" not in rows.getvalue()


def test_an_error_of_a_reader_that_it_does_not_expect_is_damage_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would come again with the same file."""
    monkeypatch.setitem(sandbox._READERS, "ods", ("opendocument", "_count"))  # takes no such arguments
    rows = io.BytesIO()
    write_sheets("ods", io.BytesIO(as_ods(TABLE)), rows, LIMITS)
    assert b'"case": "fatal"' in rows.getvalue()


def test_a_disk_that_is_full_is_no_fault_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> int:
        raise OSError(28, os.strerror(28))

    rows = io.BytesIO()
    monkeypatch.setattr(sandbox, "_WRITTEN_BYTES", 0)
    monkeypatch.setattr(SheetWriter, "_flush", full)
    with pytest.raises(OSError, match="space"):
        write_sheets("ods", io.BytesIO(as_ods(TABLE)), rows, LIMITS)
