"""The folder of a job where `plan` leaves the cut file for the workers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import BinaryIO

from sluice.model import paths
from sluice.model.chunk import Chunk, JobRef
from sluice.model.job import JobFile
from sluice.reading import Header, read_cut
from sluice.reading.contract import Cut, Layout
from sluice.rows.cell import Record
from sluice.usecases.ports import Files

_LAYOUT = "layout.json"


@dataclass(frozen=True)
class FilePlan:
    """How the file is read, and which cell of its rows belongs to which field."""

    layout: Layout
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

    def write_slice(self, cut: Cut) -> None:
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
        cut = Cut(chunk.ref.index, chunk.first_row, chunk.rows, chunk.start, chunk.end)
        return read_cut(self.read_plan().layout, cut, self.read_slice(chunk, upload), self)

    def write_plan(self, layout: Layout, header: Header) -> None:
        """Keep what every worker must know of the file."""
        self.write(_LAYOUT, json.dumps({"layout": asdict(layout), "header": asdict(header)}).encode())

    def read_plan(self) -> FilePlan:
        """What every worker must know of the file."""
        kept = json.loads(self.read(_LAYOUT))
        fields = {int(place): field for place, field in kept["header"].pop("fields").items()}
        return FilePlan(Layout(**kept["layout"]), Header(**kept["header"], fields=fields))


def _slice_name(index: int) -> str:
    return f"{index:06d}.slice"
