"""Plan a job: look at its file, reject it or cut it into chunks."""

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
from sluice.model.job import SYNC, Job
from sluice.model.status import Status
from sluice.reading import match_header, open_table
from sluice.reading.types import Limits, Segment
from sluice.schema.importer import Importer
from sluice.usecases.artifacts import JobWorkspace
from sluice.usecases.corrections import check_correction
from sluice.usecases.parameters import check_file_type, check_format, check_parameters
from sluice.usecases.ports import Chunks, Files, Jobs, Upstreams
from sluice.usecases.pull import plan_sync
from sluice.usecases.same_file import claim

# Rows read to find the header; title rows above it are rarely more than a handful.
_HEAD_ROWS = 50
# Slices on their way to S3 while the next one is cut: enough to hide latency, few enough to hold memory (4 MB each).
_UPLOADS = 4
_HASH_BYTES = 8 * 1024**2
# How often a long cut looks whether it is still wanted, in seconds: a cancelled job is to end soon.
_LOOK = 2.0


class _Unwanted(Exception):
    """The job was paused or cancelled while its file was read."""


class _Look:
    """Looks now and then whether the job is still wanted."""

    def __init__(self, job: Job, jobs: Jobs) -> None:
        self._job, self._jobs = job, jobs
        self._last = time.monotonic()

    def __call__(self) -> None:
        if time.monotonic() - self._last > _LOOK:
            if self._jobs.get(self._job.ref).status is not Status.PARSING:
                raise _Unwanted
            self._last = time.monotonic()


def plan(
    ref: JobRef, run: int, *, before: float, jobs: Jobs, chunks: Chunks, files: Files, upstreams: Upstreams
) -> str:
    """Segment the file of a job, or the pages of its source, into queued parse chunks, unless an earlier run did.

    Everything it writes has a name that follows from the job, so a second run after a crash writes the same again.

    Parameters
    ----------
    before
        Epoch seconds at which this attempt must be done.

    Returns
    -------
    str
        ``planned``, or ``over`` when the job goes no further: its file was rejected (the problem is in the job), or
        somebody stopped it.
    """
    job = jobs.get(ref)
    if job.run != run or job.status not in {Status.QUEUED, Status.PARSING}:
        return "over"
    job = jobs.transition(ref, Status.PARSING)
    if job.planned:
        return "planned"
    try:
        if job.kind == SYNC:
            look = _Look(job, jobs)
            plan_sync(job, before=before, look=look, jobs=jobs, chunks=chunks, files=files, upstreams=upstreams)
        else:
            _open_file(job, jobs, chunks, files)
    except _Unwanted:
        return "over"
    except (FileRejected, UpstreamRejected) as rejected:
        jobs.transition(ref, Status.FAILED, problem=rejected.problem)
        return "over"
    return "planned"


def _open_file(job: Job, jobs: Jobs, chunks: Chunks, files: Files) -> None:
    try:
        with files.open(job.file.key, job.file.etag) as file:
            importer = importer_named(job.importer)
            check_file_type(importer, job.file.name)
            check_parameters(importer, job)
            _plan_file(job, importer, file, jobs, chunks, files)
    except NotFound:
        raise FileRejected("file-gone") from None


def _plan_file(job: Job, importer: Importer, file: BinaryIO, jobs: Jobs, chunks: Chunks, files: Files) -> None:
    look = _Look(job, jobs)
    sha256 = _sha256(file, look)
    if not job.lookup:  # a lookup loads nothing twice, and may find something else today
        claim(job, sha256, jobs)
    workspace = JobWorkspace(job.ref, files)
    table = open_table(file, job.file.name, Limits(importer.max_bytes, importer.max_rows), workspace)
    check_format(importer, job.file.name, table.layout)
    header = match_header(table.head(_HEAD_ROWS), importer.columns, job.mapping)
    check_correction(job, header)
    planned: list[Chunk] = []
    stored: deque[Future[None]] = deque()
    with ThreadPoolExecutor(_UPLOADS) as pool:
        for cut in table.split(after_row=header.row, chunk_rows=importer.chunk_rows):
            look()
            stored.append(pool.submit(workspace.write_slice, cut))
            planned.append(_chunk_of(job.ref, cut))
            if len(stored) > _UPLOADS:
                stored.popleft().result()
        for upload in stored:
            upload.result()
    workspace.write_plan(table.layout, header)
    chunks.add(planned)
    known = replace(
        job.file,
        bytes=files.size(job.file.key),
        sha256=sha256,
        encoding=table.layout.encoding,
        delimiter=table.layout.delimiter,
    )
    jobs.describe(job.ref, file=known, total=sum(chunk.rows for chunk in planned))


def _chunk_of(ref: JobRef, cut: Segment) -> Chunk:
    return Chunk(ChunkRef(ref, PhaseName.PARSE, cut.index), cut.first_row, cut.rows, cut.start, cut.end)


def _sha256(file: BinaryIO, look: Callable[[], None]) -> str:
    digest = hashlib.sha256()
    while piece := file.read(_HASH_BYTES):
        digest.update(piece)
        look()
    file.seek(0)
    return digest.hexdigest()
