"""Compare Sluice's reading of files with other readers, cell by cell."""

from __future__ import annotations

import gzip
import reprlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sluice.model.errors import FileRejected
from sluice.reading.types import FileLayout
from sluice.schema.cells import CellError
from sluice.wording import word_detail
from tests.reading.exceptions import EXCEPTIONS
from tests.reading.oracles import ORACLES, Cells, ErrorText, Oracle, cells_of, kind_of
from tests.unit.reading.driving import numbers_of, records_of, segments_of

#: Rows of a slice: few, so that a small file has several.
_CHUNK_ROWS: Final = 7


@dataclass(frozen=True)
class Difference:
    """A cell that Sluice and another reader read differently; ``None`` is an empty one."""

    kind: str
    oracle: str
    row: int
    column: int
    ours: Any
    theirs: Any

    @property
    def reason(self) -> str | None:
        """Why the other reader is wrong, if an exception lists it."""
        return next((each.reason for each in EXCEPTIONS if each.covers(self)), None)


@dataclass
class Compared:
    """A file beside its oracles.

    Parameters
    ----------
    path
        The file.
    rejected
        Why Sluice rejects it; ``None`` if it reads it.
    cells
        Cells that equal those of each oracle that could read the file.
    unreadable
        Why an oracle could not.
    differences
        Cells that no exception covers.
    excepted
        Cells by the reason of their exception.
    """

    path: Path
    rejected: str | None = None
    cells: dict[str, int] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    excepted: Counter[str] = field(default_factory=Counter)


def compare(path: Path, oracles: Mapping[str, Mapping[str, Oracle]] = ORACLES) -> Compared:
    """Read a file with Sluice and with every oracle of its kind."""
    compared, body = Compared(path), path.read_bytes()
    try:
        layout, ours = read(body, path.name)
    except FileRejected as rejected:
        compared.rejected = f"{rejected.problem.code}: {word_detail(rejected.problem)}"
        return compared
    text = gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
    kind = kind_of(path, body)
    for name, oracle in oracles[kind].items():
        try:
            theirs = oracle(text, layout)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a panic of a Rust library is a BaseException
            compared.unreadable[name] = f"{type(error).__name__}: {error}"[:200]
            continue
        compared.cells[name] = _add(compared, kind, name, ours, theirs)
    return compared


def read(body: bytes, name: str) -> tuple[FileLayout, Cells]:
    """Read a file as `plan` and the workers do."""
    layout, segments, workspace = segments_of(body, name, chunk_rows=_CHUNK_ROWS)
    records = records_of(body, layout, segments, workspace)
    return layout, cells_of((number, [_comparable(cell) for cell in cells]) for number, cells in numbers_of(records))


def _comparable(cell: Any) -> Any:
    return ErrorText(cell.text) if isinstance(cell, CellError) else cell


def _add(compared: Compared, kind: str, oracle: str, ours: Cells, theirs: Cells) -> int:
    """Sort the cells that differ, and return how many are equal."""
    equal = 0
    for row, column in sorted({**ours, **theirs}):
        mine, other = ours.get((row, column)), theirs.get((row, column))
        if mine == other and type(mine) is type(other):
            equal += 1
            continue
        difference = Difference(kind, oracle, row, column, mine, other)
        if reason := difference.reason:
            compared.excepted[reason] += 1
        else:
            compared.differences.append(difference)
    return equal


def report(files: Iterable[Compared], say: Callable[[str], None] = print, shown: int = 5) -> bool:
    """Print what differs, file by file, and the sums; return whether no cell differs without a reason."""
    count, cells, excepted, differing = 0, Counter[str](), Counter[str](), 0
    for each in files:
        count += 1
        cells.update(each.cells)
        excepted.update(each.excepted)
        differing += len(each.differences)
        if each.rejected:
            say(f"{each.path}: rejected, {each.rejected}")
        for oracle, error in each.unreadable.items():
            say(f"{each.path}: {oracle} cannot read it, {error}")
        for one in each.differences[:shown]:
            ours, theirs = reprlib.repr(one.ours), reprlib.repr(one.theirs)
            say(f"{each.path}: row {one.row}, column {one.column}: {ours}, but {one.oracle} has {theirs}")
        if len(each.differences) > shown:
            say(f"{each.path}: {len(each.differences) - shown} more cells differ")
    say(f"{count} files; equal cells: " + (", ".join(f"{name} {number:,}" for name, number in cells.items()) or "none"))
    for reason, number in excepted.items():
        say(f"{number:,} cells differ because {reason}")
    say(f"{differing:,} cells differ without a reason")
    return differing == 0
