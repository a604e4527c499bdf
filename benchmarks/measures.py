"""The measures, each run in a process of its own because of its peak memory."""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from sluice.catalog.registry import importer_named
from sluice.config import MakeFileSettings
from sluice.model.status import Status
from sluice.reading import match_header, open_table, read_segment
from sluice.reading.types import Limits, Segment
from sluice.schema.validation import check_rows
from sluice.usecases.create import ImportRequest, new_job
from sluice.usecases.plan import plan as use_case

_LIMITS = Limits(max_bytes=10 * 1024**3, max_rows=50_000_000)
_HEAD = 50
_CHUNK = 10_000
_KEEP_DAYS = 1


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


def openpyxl(path: Path) -> int:
    """Read the workbook with openpyxl's read-only mode, and nothing more."""
    from openpyxl import load_workbook  # noqa: PLC0415 - no other measure may have its memory

    return sum(1 for _ in load_workbook(path, read_only=True).worksheets[0].iter_rows(values_only=True)) - 1


def calamine(path: Path) -> int:
    """Read the workbook with python-calamine, and nothing more."""
    from python_calamine import CalamineWorkbook  # noqa: PLC0415 - as above

    return len(CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()) - 1


def split(path: Path) -> int:
    """Split the workbook into slices and drop them."""
    with path.open("rb") as file:
        return sum(each.rows for each in _slices(file, path.name, Folder(path.parent / "slices")))


def plan(path: Path) -> int:
    """Plan a job as the function does; its slices go to the S3 of ``AWS_ENDPOINT_URL``.

    The environment names ``JOBS_TABLE`` and ``FILES_BUCKET``. The file is copied to the bucket before the clock starts.
    """
    from sluice import bootstrap  # noqa: PLC0415 - no other measure may have boto3's memory

    table, bucket = os.environ["JOBS_TABLE"], os.environ["FILES_BUCKET"]
    services = bootstrap.services(MakeFileSettings(jobs_table=table, keep_days=_KEEP_DAYS, files_bucket=bucket))
    jobs, files = services.jobs, services.files
    request = ImportRequest("bench-plan", "bench", "products", path.name, path.stat().st_size, force=True)
    job, _ = new_job(request, now=datetime.now(UTC), services=services)
    # not below the prefix of uploads, whose events would start the stack's own plan
    elsewhere = replace(job.file, key=f"jobs/{job.ref.tenant}/{job.ref.id}/upload")
    job = jobs.transition(job.ref, Status.QUEUED, file=elsewhere)
    with files.create(job.file.key) as copy, path.open("rb") as source:
        shutil.copyfileobj(source, copy, 1024**2)
    with clock():
        use_case(job.ref, job.run, before=time.time() + 900, services=services)
    found = jobs.get(job.ref)
    jobs.transition(job.ref, Status.FAILED)
    return found.counts.total


def chunk(path: Path) -> int:
    """Parse and validate one chunk from the middle of the workbook, as a warm worker does.

    The file is split before the clock starts. The chunk before it is parsed first, so that all code is loaded.
    """
    workspace = Folder(path.parent / "slices")
    importer = importer_named("products")
    with path.open("rb") as file:
        table = open_table(file, path.name, _LIMITS, workspace)
        header = match_header(table.head(_HEAD), importer.columns, None)
        cuts = list(islice(table.split(header.row, _CHUNK), 2))
        layout = table.layout
    seen = 0
    for each in cuts:
        named = Segment(each.index, each.first_row, each.rows)
        with clock():
            records = read_segment(layout, named, each.body or b"", workspace)
            seen = check_rows(importer, header.fields, layout.sheet, records).seen
    return seen


def _slices(file: BinaryIO, name: str, workspace: Folder) -> Iterator[Segment]:
    table = open_table(file, name, _LIMITS, workspace)
    header = match_header(table.head(_HEAD), importer_named("products").columns, None)
    with clock():
        yield from table.split(header.row, _CHUNK)


_clocked: dict[str, float] = {}


@contextmanager
def clock() -> Iterator[None]:
    """Take the wall and processor time of a block instead of the whole measure's."""
    wall, processor = time.perf_counter(), time.process_time()
    yield
    _clocked.update(wall=time.perf_counter() - wall, cpu=time.process_time() - processor)


MEASURES: dict[str, Callable[[Path], int]] = {
    "openpyxl": openpyxl,
    "calamine": calamine,
    "split": split,
    "plan": plan,
    "chunk": chunk,
}


def main(name: str, path: str) -> None:
    """Take one measure and print it as JSON: rows, wall and processor seconds, peak memory in MB."""
    unit = 1 if sys.platform == "darwin" else 1024
    wall, processor = time.perf_counter(), time.process_time()
    rows = MEASURES[name](Path(path))
    whole = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - processor}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    print(json.dumps({**whole, **_clocked, "rows": rows, "megabytes": peak / 1e6}))


if __name__ == "__main__":
    main(*sys.argv[1:])
