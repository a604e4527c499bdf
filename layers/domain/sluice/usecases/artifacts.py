"""The folder of a job where `plan` leaves the cut file for the workers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any, BinaryIO

from sluice.model import paths
from sluice.model.chunk import Chunk, ChunkRef, JobRef, PhaseName
from sluice.model.errors import NotFound, RequestRejected
from sluice.model.job import JobFile
from sluice.model.page import Page
from sluice.model.rejection import Rejection, to_rejection
from sluice.reading import Header, read_cells, read_segment, write_cells
from sluice.reading.types import FileLayout, Segment
from sluice.reporting.errors import RejectedRow
from sluice.schema.cells import Record
from sluice.usecases.ports import Files

_LAYOUT = "layout.json"
# What `paths` calls such an object; nothing for the first of all.
_NAME = re.compile(r"(?:\d{6,}(?:-[ab]-[a-z]+)?\.jsonl)?")
# More than any chunk has rows.
_LINE_DIGITS = 9


@dataclass(frozen=True)
class FilePlan:
    """How the file is read, and which cell of its rows belongs to which field."""

    layout: FileLayout
    header: Header


@dataclass(frozen=True)
class JobWorkspace:
    """Reading's `Workspace` over the job's part of the bucket, and the plan that is kept in it."""

    ref: JobRef
    files: Files

    def write(self, name: str, body: bytes) -> None:
        """Store a whole object."""
        self.files.write(paths.slices(self.ref) + name, body)

    def create(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Store a stream of unknown length."""
        return self.files.create(paths.slices(self.ref) + name)

    def read(self, name: str, start: int = 0, end: int | None = None) -> bytes:
        """Read a range, or all of it."""
        return self.files.read(paths.slices(self.ref) + name, start, end)

    def write_slice(self, cut: Segment) -> None:
        """Keep the bytes of a cut; one that is a range of the upload has none of its own."""
        if cut.body is not None:
            self.write(_slice_name(cut.index), cut.body)

    def read_slice(self, chunk: Chunk, upload: JobFile) -> bytes:
        """The bytes of a chunk, from its own object or from the uploaded file."""
        if chunk.end:
            return self.files.read(upload.key, chunk.start, chunk.end, upload.etag)
        return self.read(_slice_name(chunk.ref.index))

    def records(self, chunk: Chunk, upload: JobFile) -> Iterator[Record]:
        """The rows of a chunk as they came."""
        cut = Segment(chunk.ref.index, chunk.first_row, chunk.rows, chunk.start, chunk.end)
        return read_segment(self.read_plan().layout, cut, self.read_slice(chunk, upload), self)

    def write_plan(self, layout: FileLayout, header: Header) -> None:
        """Keep what every worker must know of the file."""
        self.write(_LAYOUT, json.dumps({"layout": asdict(layout), "header": asdict(header)}).encode())

    def read_plan(self) -> FilePlan:
        """What every worker must know of the file."""
        kept = json.loads(self.read(_LAYOUT))
        fields = {int(place): field for place, field in kept["header"].pop("fields").items()}
        return FilePlan(FileLayout(**kept["layout"]), Header(**kept["header"], fields=fields))


def _slice_name(index: int) -> str:
    return f"{index:06d}.slice"


def write_rejections(chunk: Chunk, rejections: list[Rejection], records: Iterable[Record], files: Files) -> None:
    """Keep the rejections of a chunk, and the rows they are of as they came; none, no object."""
    # an earlier attempt may have left some that hold no more: an answer about dates may have come in between
    if not rejections and chunk.attempts <= 1:
        return
    ref = chunk.ref
    rejections = sorted(rejections, key=lambda rejection: rejection.row)
    rejected = {rejection.row for rejection in rejections}
    rows = [record for record in records if record[0] in rejected]
    files.write(paths.rejected_cells(ref.job, ref.index, ref.phase), write_cells(rows))
    lines = "".join(json.dumps(asdict(rejection)) + "\n" for rejection in rejections)
    files.write(paths.rejections_of(ref.job, ref.index, ref.phase), lines.encode())


def list_rejections(ref: JobRef, *, limit: int, cursor: str | None, files: Files) -> Page[Rejection]:
    """A page of a job's rejections, chunk by chunk."""
    page = list_lines(paths.rejections(ref), limit=limit, cursor=cursor, files=files)
    return Page([to_rejection(item) for item in page.items], page.next)


def rejected_rows(ref: JobRef, files: Files) -> Iterator[RejectedRow]:
    """Every rejected row of a job as it came, in the order of the file, with the reasons."""
    indexes = {
        int(name.removeprefix(paths.rejections(ref)).split("-")[0]) for name in files.names(paths.rejections(ref))
    }
    for index in sorted(indexes):
        found = [row for phase in (PhaseName.PARSE, PhaseName.LOAD) for row in _of_chunk(ref, index, phase, files)]
        yield from sorted(found, key=lambda row: row.number)


def rejections_in(ref: ChunkRef, files: Files) -> list[Rejection]:
    """What a chunk has rejected in its phase."""
    try:
        lines = files.read(paths.rejections_of(ref.job, ref.index, ref.phase)).splitlines()
    except NotFound:
        return []
    return [to_rejection(json.loads(line)) for line in lines]


def _of_chunk(ref: JobRef, index: int, phase: PhaseName, files: Files) -> Iterator[RejectedRow]:
    rejections = rejections_in(ChunkRef(ref, phase, index), files)
    if rejections:
        cells = dict(read_cells(files.read(paths.rejected_cells(ref, index, phase))))
        for number, reasons in groupby(rejections, key=lambda rejection: rejection.row):
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
        raise RequestRejected("invalid-cursor")
    return name, int(line)
