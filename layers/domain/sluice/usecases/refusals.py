"""Refused rows of a job: one object for each chunk and phase, read page by page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import groupby
from typing import Any

from sluice.model import paths
from sluice.model.chunk import Chunk, ChunkRef, JobRef, PhaseName
from sluice.model.errors import NotFound, RequestRefused
from sluice.model.page import Page
from sluice.model.rejection import Rejection
from sluice.reading import read_cells, write_cells
from sluice.reports.rejected_rows import RejectedRow
from sluice.rows.cell import Record
from sluice.usecases.ports import Files

# What `paths` calls such an object; nothing for the first of all.
_NAME = re.compile(r"(?:\d{6,}(?:-[ab]-[a-z]+)?\.jsonl)?")
#: How the reason begins of a row that is refused for its key alone.
REPEATS = "repeats the "
# More than any chunk has rows.
_LINE_DIGITS = 9


def write_refusals(chunk: Chunk, refusals: list[Rejection], records: Iterable[Record], files: Files) -> None:
    """Keep the refusals of a chunk, and the rows they are of as they came; none, no object."""
    # an earlier attempt may have left some that hold no more: an answer about dates may have come in between
    if not refusals and chunk.attempts <= 1:
        return
    ref = chunk.ref
    refusals = sorted(refusals, key=lambda refusal: refusal.row)
    refused = {refusal.row for refusal in refusals}
    rows = [record for record in records if record[0] in refused]
    files.write(paths.refused_cells(ref.job, ref.index, ref.phase), write_cells(rows))
    lines = "".join(json.dumps(asdict(refusal)) + "\n" for refusal in refusals)
    files.write(paths.refusals_of(ref.job, ref.index, ref.phase), lines.encode())


def list_refusals(ref: JobRef, *, limit: int, cursor: str | None, files: Files) -> Page[Rejection]:
    """A page of a job's refusals, chunk by chunk."""
    page = list_lines(paths.refusals(ref), limit=limit, cursor=cursor, files=files)
    return Page([Rejection(**item) for item in page.items], page.next)


def refused_rows(ref: JobRef, files: Files) -> Iterator[RejectedRow]:
    """Every refused row of a job as it came, in the order of the file, with the reasons."""
    indexes = {int(name.removeprefix(paths.refusals(ref)).split("-")[0]) for name in files.names(paths.refusals(ref))}
    for index in sorted(indexes):
        found = [row for phase in (PhaseName.PARSE, PhaseName.LOAD) for row in _of_chunk(ref, index, phase, files)]
        yield from sorted(found, key=lambda row: row.number)


def refusals_in(ref: ChunkRef, files: Files) -> list[Rejection]:
    """What a chunk has refused in its phase."""
    try:
        lines = files.read(paths.refusals_of(ref.job, ref.index, ref.phase)).splitlines()
    except NotFound:
        return []
    return [Rejection(**json.loads(line)) for line in lines]


def _of_chunk(ref: JobRef, index: int, phase: PhaseName, files: Files) -> Iterator[RejectedRow]:
    refusals = refusals_in(ChunkRef(ref, phase, index), files)
    if refusals:
        cells = dict(read_cells(files.read(paths.refused_cells(ref, index, phase))))
        for number, reasons in groupby(refusals, key=lambda refusal: refusal.row):
            yield RejectedRow(number, cells.get(number, []), list(reasons))


def list_lines(folder: str, *, limit: int, cursor: str | None, files: Files) -> Page[dict[str, Any]]:
    """A page of what lies in a folder as JSON lines, object by object.

    Parameters
    ----------
    limit
        Items at most.
    cursor
        Where the page before ended, ``{object}:{line}``: a name and not a place in the list, for while the job runs
        objects come up between others.
    """
    first, line = _place(cursor)
    names = [name for name in files.names(folder) if name.removeprefix(folder) >= first]
    if names and names[0].removeprefix(folder) != first:
        line = 0
    items: list[dict[str, Any]] = []
    for name in names:
        lines = files.read(name).splitlines()
        taken = lines[line : line + limit - len(items)]
        items += [json.loads(text) for text in taken]
        line += len(taken)
        if line < len(lines) or (len(items) == limit and name != names[-1]):
            return Page(items, f"{name.removeprefix(folder)}:{line}")
        line = 0
    return Page(items, None)


def _place(cursor: str | None) -> tuple[str, int]:
    name, _, line = (cursor or ":0").rpartition(":")
    if not _NAME.fullmatch(name) or not line.isdecimal() or len(line) > _LINE_DIGITS:
        raise RequestRefused("bad-cursor", "The cursor does not hold", "Ask for the list again from its beginning.")
    return name, int(line)
