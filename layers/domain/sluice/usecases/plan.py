"""Plan a job: inspect its file, then reject it or split it into chunks."""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import BinaryIO

from sluice.catalog.registry import importer_named
from sluice.model.chunk import Chunk, ChunkRef, JobRef, PhaseName
from sluice.model.errors import FileRejected, NotFound, UpstreamRejected
from sluice.model.job import Job
from sluice.model.status import Status
from sluice.reading import match_header, open_table
from sluice.reading.types import Limits, Segment, TabularFile
from sluice.reports.template import NOTES, TEMPLATE_PROPERTY
from sluice.schema.importer import Importer
from sluice.schema.said import columns_for
from sluice.usecases.artifacts import JobFiles
from sluice.usecases.corrections import check_correction, recognise
from sluice.usecases.parameters import check_file_type, check_format, check_parameters
from sluice.usecases.ports import Jobs
from sluice.usecases.pull import plan_sync
from sluice.usecases.same_file import claim
from sluice.usecases.services import Services

# Rows that are searched for the header; few files have more than a handful of title rows above it.
_HEAD_ROWS = 50
# Concurrent uploads of slices: enough to hide S3's latency, few enough to bound memory (4 MB each).
_UPLOADS = 4
_HASH_BYTES = 8 * 1024**2
# Other sheets that a rejection names.
_SHEETS = 5
# Seconds between two reads of the job while a long file is split, so that a cancelled job ends soon.
_CHECK_SECONDS = 2.0


class _Unwanted(Exception):
    """The job was paused or cancelled while its file was read."""


class _StillWanted:
    """Reads the job every `_CHECK_SECONDS`; raises `_Unwanted` if a caller has paused or cancelled it."""

    def __init__(self, job: Job, jobs: Jobs) -> None:
        self._job, self._jobs = job, jobs
        self._last = time.monotonic()

    def __call__(self) -> None:
        if time.monotonic() - self._last > _CHECK_SECONDS:
            if self._jobs.get(self._job.ref).status is not Status.PARSING:
                raise _Unwanted
            self._last = time.monotonic()


def plan(ref: JobRef, run: int, *, before: float, services: Services) -> str:
    """Split the file of a job, or the pages of its source, into queued parse chunks, unless an earlier run did.

    The names of all objects follow from the job, so a second attempt after a crash overwrites the same objects.

    Parameters
    ----------
    ref, run
        The job, and its run that the execution belongs to.
    before
        Deadline of this attempt in epoch seconds.

    Returns
    -------
    str
        ``planned``, or ``over`` if the job does not continue: its file was rejected (the job holds the problem), or a
        caller stopped it.
    """
    job = services.jobs.get(ref)
    if job.run != run or job.status not in {Status.QUEUED, Status.PARSING}:
        return "over"
    job = services.jobs.transition(ref, Status.PARSING)
    if job.planned:
        return "planned"
    still_wanted = _StillWanted(job, services.jobs)
    try:
        if job.is_sync:
            plan_sync(job, before=before, look=still_wanted, services=services)
        else:
            _open_file(job, still_wanted, services)
    except _Unwanted:
        return "over"
    except (FileRejected, UpstreamRejected) as rejected:
        services.jobs.transition(ref, Status.FAILED, problem=rejected.problem)
        return "over"
    return "planned"


def _open_file(job: Job, still_wanted: Callable[[], None], services: Services) -> None:
    try:
        with services.files.open(job.file.key, job.file.etag) as file:
            importer = importer_named(job.importer)
            check_file_type(importer, job.file.name)
            _plan_file(job, importer, file, still_wanted, services)
    except NotFound:
        raise FileRejected("file-gone") from None


def _plan_file(
    job: Job, importer: Importer, file: BinaryIO, still_wanted: Callable[[], None], services: Services
) -> None:
    sha256 = _sha256(file, still_wanted)
    if not job.lookup:  # a lookup loads nothing, and its results may differ from day to day
        claim(job, sha256, services)
    stored = JobFiles(job.ref, services.files)
    table = open_table(file, job.file.name, Limits(importer.max_bytes, importer.max_rows), stored)
    check_format(importer, job.file.name, table.layout)
    if job.mirrors:
        _check_sheets(table)
    head, job = recognise(job, table.head(_HEAD_ROWS), table.properties, services)
    check_parameters(importer, job)
    header = match_header(head, columns_for(importer, job.options), job.mapping)
    check_correction(job, header)
    planned: list[Chunk] = []
    uploads: deque[Future[None]] = deque()
    with ThreadPoolExecutor(_UPLOADS) as pool:
        for segment in table.split(after_row=header.row, chunk_rows=importer.chunk_rows):
            still_wanted()
            uploads.append(pool.submit(stored.write_slice, segment))
            planned.append(_chunk_of(job.ref, segment))
            if len(uploads) > _UPLOADS:
                uploads.popleft().result()
        for upload in uploads:
            upload.result()
    stored.write_plan(table.layout, header)
    services.chunks.add(planned)
    known = replace(
        job.file,
        bytes=services.files.size(job.file.key),
        sha256=sha256,
        encoding=table.layout.encoding,
        delimiter=table.layout.delimiter,
    )
    services.jobs.describe(job.ref, file=known, total=sum(chunk.rows for chunk in planned))


def _check_sheets(table: TabularFile) -> None:
    """Reject a workbook of which a sheet would not be read: the records of its rows would count as absent."""
    notes = {NOTES} if TEMPLATE_PROPERTY in table.properties else set[str]()
    if others := [name for name in table.other_sheets() if name not in notes]:
        raise FileRejected("other-sheets", read=table.layout.sheet, others=others[:_SHEETS], count=len(others))


def _chunk_of(ref: JobRef, segment: Segment) -> Chunk:
    return Chunk(
        ChunkRef(ref, PhaseName.PARSE, segment.index), segment.first_row, segment.rows, segment.start, segment.end
    )


def _sha256(file: BinaryIO, still_wanted: Callable[[], None]) -> str:
    digest = hashlib.sha256()
    while piece := file.read(_HASH_BYTES):
        digest.update(piece)
        still_wanted()
    file.seek(0)
    return digest.hexdigest()
