"""Sluice's own steps and bare readers, each in a process of its own because of its peak memory.

``plan``, ``worker`` and ``dispatch`` need the environment that `end_to_end.function_environment` returns. The stack's
own functions do not see their jobs: the file is not among the uploads, and messages are collected here.
"""

from __future__ import annotations

import csv
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from benchmarks.clock import Clock, report
from sluice.catalog.registry import importer_named
from sluice.model.chunk import Chunk, ChunkRef, ChunkState, PhaseName
from sluice.model.counts import Counts
from sluice.model.job import Job
from sluice.model.status import Status
from sluice.reading import Header, Limits, Segment, Table, match_header, open_table, read_segment
from sluice.reading.sheets import FilePlan, SheetPlan
from sluice.reading.types import FileLayout
from sluice.schema.validation import GoodRow, check_rows

if TYPE_CHECKING:
    from sluice.usecases.services import Services

_LIMITS: Final = Limits(max_bytes=10 * 1024**3, max_rows=50_000_000)
_HEAD: Final = 50
_CHUNK: Final = 10_000
_WORKER_CHUNKS: Final = 10
"""Chunks that the measure ``worker`` clocks, after one that is not clocked."""
_IMPORTER: Final = "products"


class Folder:
    """A folder as the workspace of `sluice.reading`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(exist_ok=True)

    def write(self, name: str, body: bytes) -> None:
        """Write a whole object."""
        (self.path / name).write_bytes(body)

    @contextmanager
    def create(self, name: str) -> Iterator[BinaryIO]:
        """Open a stream to write an object."""
        with (self.path / name).open("wb") as stream:
            yield stream

    def read(self, name: str, start: int = 0, end: int | None = None) -> bytes:
        """Read a range."""
        with (self.path / name).open("rb") as stream:
            stream.seek(start)
            return stream.read() if end is None else stream.read(end - start)


def read_openpyxl(path: Path, clock: Clock) -> int:
    """Read the workbook with openpyxl's read-only mode, and nothing more."""
    from openpyxl import load_workbook  # noqa: PLC0415 - no other measure may have its memory

    with clock:
        return sum(1 for _ in load_workbook(path, read_only=True).worksheets[0].iter_rows(values_only=True)) - 1


def read_calamine(path: Path, clock: Clock) -> int:
    """Read the workbook with python-calamine, and nothing more."""
    from python_calamine import CalamineWorkbook  # noqa: PLC0415 - as above

    with clock:
        return len(CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()) - 1


def read_csv(path: Path, clock: Clock) -> int:
    """Read the CSV file with Python's `csv`, and nothing more."""
    with clock, path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def split(path: Path, clock: Clock) -> int:
    """Split the file into slices and drop them."""
    with path.open("rb") as file:
        table, header = _opened(file, path)
        with clock:
            return sum(each.rows for each in table.split(header.row, _CHUNK))


def chunk(path: Path, clock: Clock) -> int:
    """Parse and validate one chunk from the middle of the file, as a warm worker does.

    The file is split before the clock starts. The chunk before it is parsed first, so that all code is loaded.
    """
    importer, workspace = importer_named(_IMPORTER), _workspace(path)
    with path.open("rb") as file:
        table, header = _opened(file, path)
        warm, clocked = _first_two(table.split(header.row, _CHUNK))
        layout = table.layout

        def check(each: Segment) -> int:
            # a slice of a CSV file has no body: a worker reads its range of the upload
            body = each.body if each.body is not None else _range(path, each)
            records = read_segment(layout, replace(each, body=None), body, workspace)
            return check_rows(importer, header.fields, layout.sheet, records).seen

        check(warm)
        with clock:
            return check(clocked)


def plan(path: Path, clock: Clock) -> int:
    """Plan a job as the function does: inspect the file, split it, and store slices and chunks."""
    services = _detached()
    job = _queued(path, services)
    with clock:
        _plan(job, services)
    found = services.jobs.get(job.ref)
    services.jobs.transition(job.ref, Status.FAILED)
    return found.counts.total


def worker(path: Path, clock: Clock) -> int:
    """Parse and load chunks as a warm worker does: lease, check, stage, load, close.

    Only the worker's own process is clocked; the database and the local AWS are other processes.
    """
    services = _detached()
    job = _queued(path, services)
    _plan(job, services)
    _work_on(job, PhaseName.PARSE, services, clock)
    clocked = _work_on(job, PhaseName.LOAD, services, clock)
    parsed = services.chunks.of_phase(job.ref, PhaseName.PARSE)
    services.jobs.transition(job.ref, Status.FAILED)
    return sum(each.rows for each in parsed if each.ref.index in clocked)


def dispatch(rows: int, clock: Clock) -> int:
    """Dispatch the load phase of a job of so many rows, all of them good, none a duplicate."""
    from sluice.usecases.artifacts import JobFiles  # noqa: PLC0415 - see `_detached`
    from sluice.usecases.staged_rows import dump_keys  # noqa: PLC0415

    services = _detached()
    job = _queued(Path(f"{rows}.csv"), services)
    services.jobs.transition(job.ref, Status.PARSING)
    services.jobs.describe(job, file=job.file, total=rows)
    stored, chunks = JobFiles(job, services.files), services.chunks
    header = match_header([(1, ["Part Number", "Description", "Price"])], importer_named(_IMPORTER).columns, None)
    stored.write_plan(FilePlan((SheetPlan(0, FileLayout("csv", ""), header),)))
    parsed = [
        Chunk(ChunkRef(job.ref, PhaseName.PARSE, index), first + 2, min(_CHUNK, rows - first))
        for index, first in enumerate(range(0, rows, _CHUNK))
    ]
    chunks.add(parsed)
    chunks.open_barrier(job.ref, PhaseName.PARSE, run=1, token="")
    for chunk in parsed:
        numbers = range(chunk.first_row, chunk.first_row + chunk.rows)
        keys = dump_keys(GoodRow(number, f"P-{number:08}", "", b"") for number in numbers)
        stored.write_keys(chunk.ref.index, keys)
        chunks.close(chunk.ref, ChunkState.DONE, Counts(checked=chunk.rows))
    with clock:
        sent = _dispatched(job, PhaseName.LOAD, services)
    if len(sent) != -(-rows // _CHUNK):
        raise SystemExit(f"{len(sent)} chunks of {rows} rows were dispatched")
    services.jobs.transition(job.ref, Status.FAILED)
    return rows


class _Messages:
    """The `Queue` port for `dispatch`: keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[ChunkRef] = []

    def send(self, chunks: Sequence[ChunkRef], *, urgent: bool) -> None:  # noqa: ARG002 - as the port has it
        self.sent += chunks


class _Machine:
    """The `Machine` port for `dispatch` and workers: drops the answers of tokens."""

    def succeed(self, token: str, output: object) -> None:
        """Drop the answer."""


class _Detached:
    """The services of the deployed worker, but with a queue and a state machine of its own."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.queue, self.machine = _Messages(), _Machine()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._services, name)


def _detached() -> Services:
    from sluice import bootstrap  # noqa: PLC0415 - no other measure may have boto3's memory
    from sluice.config import WorkSettings, load_settings  # noqa: PLC0415

    return cast("Services", _Detached(bootstrap.services(load_settings(WorkSettings))))


def _queued(path: Path, services: Services) -> Job:
    """Add a job of a tenant of its own, whose file, if there is one, is in the bucket but not among the uploads."""
    from sluice.usecases.create import ImportRequest, new_job  # noqa: PLC0415 - see `_detached`

    size = path.stat().st_size if path.exists() else 1
    request = ImportRequest(f"bench-{time.time_ns():x}", "bench", _IMPORTER, path.name, size, force=True)
    job, _ = new_job(request, now=datetime.now(UTC), services=services)
    elsewhere = replace(job.file, key=f"jobs/{job.ref.tenant}/{job.ref.id}/upload")
    if path.exists():
        with services.files.create(elsewhere.key) as copy, path.open("rb") as source:
            shutil.copyfileobj(source, copy, 1024**2)
    return services.jobs.transition(job.ref, Status.QUEUED, file=elsewhere)


def _plan(job: Job, services: Services) -> None:
    from sluice.usecases import plan as planning  # noqa: PLC0415 - see `_detached`

    if planning.plan(job.ref, job.run, before=time.time() + 900, services=services) != "planned":
        raise SystemExit(f"The file was not planned: {services.jobs.get(job.ref).problem}")


def _dispatched(job: Job, phase: PhaseName, services: Services) -> list[ChunkRef]:
    """Dispatch a phase and return the chunks whose messages would be sent."""
    from sluice.usecases import dispatch as dispatching  # noqa: PLC0415 - see `_detached`

    sent = cast("_Messages", services.queue).sent
    sent.clear()
    dispatching.dispatch(job.ref, job.run, phase, "token", now=int(time.time()), services=services)
    return list(sent)


def _work_on(job: Job, phase: PhaseName, services: Services, clock: Clock) -> set[int]:
    """Process the first chunks of a phase; return the indexes of those that were clocked, the same in each phase."""
    first, *others = _dispatched(job, phase, services)
    others, rest = others[:_WORKER_CHUNKS], others[_WORKER_CHUNKS:]
    if others:  # a small file has only one chunk
        _process(first, services)
    with clock:
        for ref in others or [first]:
            _process(ref, services)
    if phase is PhaseName.PARSE:  # nothing is loaded while rows that are not parsed could change how others are read
        for ref in rest:
            _process(ref, services)
    return {ref.index for ref in others or [first]}


def _process(ref: ChunkRef, services: Services) -> None:
    from sluice.usecases.worker import process_chunk  # noqa: PLC0415 - see `_detached`

    process_chunk(ref, now=int(time.time()), lease_seconds=70, services=services)


def _opened(file: BinaryIO, path: Path) -> tuple[Table, Header]:
    table = open_table(file, path.name, _LIMITS, _workspace(path)).tables[0]
    return table, match_header(table.head(_HEAD), importer_named(_IMPORTER).columns, None)


def _workspace(path: Path) -> Folder:
    return Folder(path.parent / "slices")


def _first_two(segments: Iterator[Segment]) -> tuple[Segment, Segment]:
    """Return two segments, the same one twice if there is no second."""
    found = list(islice(segments, 2))
    return found[0], found[-1]


def _range(path: Path, segment: Segment) -> bytes:
    with path.open("rb") as file:
        file.seek(segment.start)
        return file.read(segment.end - segment.start)


MEASURES: Final[dict[str, Callable[[Path, Clock], int]]] = {
    "openpyxl": read_openpyxl,
    "calamine": read_calamine,
    "csv": read_csv,
    "split": split,
    "chunk": chunk,
    "plan": plan,
    "worker": worker,
}


def main(name: str, subject: str) -> None:
    """Take one measure of a file, or ``dispatch`` of a number of rows, and report."""
    report(partial(dispatch, int(subject)) if name == "dispatch" else partial(MEASURES[name], Path(subject)))


if __name__ == "__main__":
    main(*sys.argv[1:])
