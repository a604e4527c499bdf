"""The sandbox of the readers of .xls and .ods files: a child process with limits, without credentials.

These formats cannot be split, and a few bytes of them can stand for millions of cells. So a file is copied to this
machine and read by a child that may use so much memory, time and space, and that writes the rows as JSON lines into a
file, behind which stands a report. A child that breaks a limit, or dies, is a rejection of the file; `plan` itself
stays small whatever the file holds.

The child is this module, run as a program. It imports neither boto3 nor pydantic, gets no variable of the environment
but those that find its libraries, and ends with its parent.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, replace
from importlib import import_module
from tempfile import TemporaryFile
from typing import IO, Any, BinaryIO, Final, Literal

from sluice.model.errors import FileRejected, Problem
from sluice.reading.cells import CellBook, CellTable, RowsFile, StoredSheet, encode_cells, is_blank
from sluice.reading.types import MAX_SLICE_BYTES, Limits, MergedRange
from sluice.schema.cells import Cell

_MB: Final = 1024 * 1024
#: Bytes of an .xls or .ods file at most. The largest .xls, 65,536 rows of 20 columns, has a fifth of them.
MAX_BYTES: Final = 100 * _MB
#: Bytes of rows that a child may write. With the upload they have to fit into the 512 MB that Lambda has in /tmp.
MAX_ROWS_BYTES: Final = 384 * _MB
#: Address space of a child: what the function's 1,769 MB leave beside the parent, which needs less than 200 MB.
MEMORY_BYTES: Final = 1_200 * _MB
#: Processor seconds of a child. An .ods file of 100 MB and ten million cells takes 100.
CPU_SECONDS: Final = 300
#: Ranges of merged cells of a sheet at most, as in .xlsx.
MAX_MERGED: Final = 100_000
#: Rows above the header that a sheet may have beyond those that the importer takes.
_ABOVE_HEADER: Final = 1_000
_COPIED_BYTES: Final = 4 * _MB
_WRITTEN_BYTES: Final = _MB
#: Number of bytes at the end of the rows that say how long the report before them is.
_LENGTH_BYTES: Final = 8
#: Module and function of each reader; only the child imports them.
_READERS: Final = {"xls": ("xls", "read_xls"), "ods": ("opendocument", "read_ods")}
#: Variables that the child gets: where its interpreter, on Lambda, finds its own library; and where /tmp is.
_HANDED_ON: Final = ("LD_LIBRARY_PATH", "TMPDIR")
#: ``PR_SET_PDEATHSIG`` of Linux: the signal that a process gets when its parent dies.
_DEATH_SIGNAL: Final = 1
#: Signals by which a limit ends a child: the processor time is over, or the kernel has no memory left.
_LIMIT_SIGNALS: Final[Mapping[int, str]] = {signal.SIGXCPU: "time", signal.SIGKILL: "memory"}


def read_in_sandbox(file: BinaryIO, reader: Literal["xls", "ods"], limits: Limits) -> CellBook:
    """Read a file in a child process; its sheets that have a value.

    Parameters
    ----------
    file
        The upload; read from its beginning.
    reader
        The format.
    limits
        Of which ``until`` bounds the time beside `CPU_SECONDS`.

    Raises
    ------
    FileRejected
        ``too-large`` if a limit of this module was reached; ``damaged-file``, also if the child died; what the reader
        rejects; ``empty-file``.
    """
    size = file.seek(0, 2)
    if size > MAX_BYTES:
        raise FileRejected("too-large", case="whole-file", limit=MAX_BYTES, bytes=size)
    file.seek(0)
    with TemporaryFile() as upload, ExitStack() as on_error:
        rows = on_error.enter_context(TemporaryFile())
        while piece := file.read(_COPIED_BYTES):
            upload.write(piece)
        upload.seek(0)
        _run_child(reader, upload, rows, limits)
        sheets = _sheets(rows)
        if all(sheet.is_hidden for sheet in sheets):
            raise FileRejected("empty-file", case="no-sheet")
        on_error.pop_all()
    stored = RowsFile(rows)
    return CellBook([CellTable(sheet, stored, limits.max_rows) for sheet in sheets])


def _run_child(reader: str, upload: IO[bytes], rows: IO[bytes], limits: Limits) -> None:
    options = {
        "reader": reader,
        "limits": asdict(replace(limits, until=0.0)),
        "parent": os.getpid(),
        "memory": MEMORY_BYTES,
        "seconds": CPU_SECONDS,
        "space": MAX_ROWS_BYTES + 64 * _MB,  # the writer counts by itself, and a report follows the rows
    }
    path = os.pathsep.join(each for each in sys.path if each)
    given = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
    child = subprocess.Popen(  # noqa: S603 - our own interpreter and module, and options without a word of the file
        [sys.executable, "-s", "-S", "-P", "-m", __name__, json.dumps(options)],
        stdin=upload,
        stdout=rows,
        stderr=subprocess.DEVNULL,  # a traceback could show cells
        env={"PYTHONPATH": path, **given},
    )
    try:
        code = child.wait(timeout=max(1.0, min(2.0 * CPU_SECONDS, limits.until - time.time())))
    except subprocess.TimeoutExpired:
        raise _over("time") from None
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
    if code < 0:
        raise _death(-code)
    if code:
        raise RuntimeError(f"the child that reads a file ended with {code}")


def _death(number: int) -> FileRejected:
    limit = _LIMIT_SIGNALS.get(number)
    return _over(limit) if limit else FileRejected("damaged-file", case="fatal")


def _over(limit: str) -> FileRejected:
    """Return the rejection of a file that needs more than a limit allows."""
    return FileRejected("too-large", case=limit, megabytes=MEMORY_BYTES // _MB)


def _sheets(rows: IO[bytes]) -> list[StoredSheet]:
    """Read the report behind the rows."""
    end = rows.seek(0, os.SEEK_END)
    rows.seek(end - _LENGTH_BYTES)
    length = int.from_bytes(rows.read(_LENGTH_BYTES), "big")
    rows.seek(end - _LENGTH_BYTES - length)
    report = json.loads(rows.read(length))
    if "rejected" in report:
        raise FileRejected.of(Problem(**report["rejected"]))
    return [StoredSheet.of(each) for each in report["sheets"]]


# ---------------------------------------------------------------------- in the child


class SheetWriter:
    """Writes the rows of sheets as they are read, and counts them and their bytes.

    Parameters
    ----------
    file
        Gets the rows.
    max_rows
        Rows of a sheet that are written; of more only that there are some.
    """

    def __init__(self, file: BinaryIO, max_rows: int) -> None:
        self.sheets: list[StoredSheet] = []
        self.hidden_columns: list[tuple[int, int]] = []
        #: Days between day 0 of Excel's usual calendar and that of the file.
        self.days_later = 0
        self._file, self._max_rows = file, max_rows
        self._pending: list[bytes] = []
        self._pending_bytes = self._at = 0
        self._name, self._is_hidden, self._is_dropped = "", False, False
        self._start = self._count = 0
        self._hidden: list[int] = []
        self._merged: list[MergedRange] = []

    def begin(self, name: str, *, is_hidden: bool) -> None:
        """Begin a sheet."""
        self._name, self._is_hidden, self._is_dropped = name, is_hidden, False
        self._start, self._count = self._at, 0
        self.hidden_columns, self._hidden, self._merged = [], [], []

    def add(self, first: int, cells: list[Cell], repeat: int = 1, *, is_hidden: bool) -> None:
        """Write a row, which is that of ``repeat`` row numbers from ``first`` on; not if it is blank.

        Raises
        ------
        FileRejected
            ``too-large``.
        """
        if self._is_dropped or is_blank(cells):
            return
        room = max(0, self._max_rows - self._count)
        self._count += repeat
        numbers = range(first, first + min(repeat, room))
        encoded = encode_cells(cells)
        if len(encoded) > MAX_SLICE_BYTES or self._at + len(encoded) * len(numbers) > MAX_ROWS_BYTES:
            raise _over("cells")
        if is_hidden:
            self._hidden.extend(numbers)
        for number in numbers:
            line = b"[%d, %b]\n" % (number, encoded)
            self._pending.append(line)
            self._at += len(line)
            self._pending_bytes += len(line)
            if self._pending_bytes > _WRITTEN_BYTES:
                self._flush()

    def merge(self, place: MergedRange) -> None:
        """Note a range of merged cells.

        Raises
        ------
        FileRejected
            ``damaged-file`` if there are too many.
        """
        self._merged.append(place)
        if len(self._merged) > MAX_MERGED:
            raise FileRejected("damaged-file", case="merged-ranges", limit=MAX_MERGED)

    def drop(self) -> None:
        """Leave out the sheet that was begun; further rows of it, too."""
        self._is_dropped = True

    def end(self) -> None:
        """End a sheet; it is kept if it has a value."""
        if self._count and not self._is_dropped:
            columns = tuple(self.hidden_columns)
            hidden, merged = tuple(self._hidden), tuple(self._merged)
            over = self._count > self._max_rows
            self.sheets.append(
                StoredSheet(
                    self._name, self._is_hidden, self._start, self._at, over, hidden, columns, merged, self.days_later
                )
            )

    def close(self, problem: Problem | None) -> None:
        """Write the report: the sheets, or why there are none."""
        if problem is not None:
            self._pending.clear()
            self._file.seek(0)
            self._file.truncate()
        report: Mapping[str, Any] = {"sheets": [asdict(sheet) for sheet in self.sheets]}
        if problem is not None:
            report = {"rejected": asdict(problem)}
        body = json.dumps(report).encode()
        self._pending += [body, len(body).to_bytes(_LENGTH_BYTES, "big")]
        self._flush()
        self._file.flush()

    def _flush(self) -> None:
        self._file.write(b"".join(self._pending))
        self._pending.clear()
        self._pending_bytes = 0


def main(options: Mapping[str, Any]) -> None:
    """Read the file that is the standard input into the standard output, under limits."""
    _limit_process(options)
    write_sheets(options["reader"], sys.stdin.buffer, sys.stdout.buffer, Limits(**options["limits"]))


def write_sheets(reader: str, upload: BinaryIO, rows: BinaryIO, limits: Limits) -> None:
    """Write the rows of a file, and the report that its parent reads."""
    writer = SheetWriter(rows, limits.max_rows + _ABOVE_HEADER)
    writer.close(_problem(reader, upload, writer, limits))


def _problem(reader: str, upload: BinaryIO, writer: SheetWriter, limits: Limits) -> Problem | None:
    """Read the file; return why it is rejected, if it is."""
    module, name = _READERS[reader]
    read = getattr(import_module(f"sluice.reading.{module}"), name)
    try:
        read(upload, writer, limits)
    except FileRejected as rejected:
        return rejected.problem
    except MemoryError:
        return _over("memory").problem
    except OSError as error:
        if error.errno != errno.EFBIG:
            raise  # a disk that is full or fails says nothing of the file
        return _over("cells").problem
    except Exception:  # noqa: BLE001 - whatever a reader does with this file, it would do again
        return Problem("damaged-file", {"case": "fatal"})
    return None


def _limit_process(options: Mapping[str, Any]) -> None:
    """Set the limits of this process, and let it end with its parent."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (options["seconds"], options["seconds"] + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (options["space"],) * 2)
    if sys.platform == "linux":  # the systems of developers may lack both
        resource.setrlimit(resource.RLIMIT_AS, (options["memory"],) * 2)
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != options["parent"]:  # it died before
            sys.exit(1)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
