"""Plan a job: inspect its file, then reject it or split it into chunks."""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any, BinaryIO

from sluice.catalog.registry import importer_named, importer_of, source_named
from sluice.model.chunk import Chunk, ChunkRef, JobRef, PhaseName
from sluice.model.errors import Conflict, FileRejected, NotFound, UpstreamRejected
from sluice.model.job import Decided, Job
from sluice.model.recipe import How, Recipe
from sluice.model.status import Status
from sluice.reading import ask_for_mapping, check_required, locate_header, open_table
from sluice.reading.types import Limits, Segment, TabularFile
from sluice.reports.template import NOTES, TEMPLATE_PROPERTY
from sluice.schema.decisions import decisions_for
from sluice.schema.importer import Importer, columns_of
from sluice.schema.said import columns_for
from sluice.usecases.artifacts import JobFiles
from sluice.usecases.corrections import check_correction, recognise
from sluice.usecases.ports import Jobs
from sluice.usecases.pull import plan_sync
from sluice.usecases.recipes import check_constants, check_file_type, check_format
from sluice.usecases.remembered import after_header, preselect, recall
from sluice.usecases.rounds import forget_split, open_round, question_problem
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

    A decision since then opens a round: it splits the file anew, or its stale chunks are parsed once more.

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
        ``planned``; ``asks`` if the file cannot be split before a question is answered; or ``over`` if the job does not
        continue: its file was rejected (the job holds the problem), or a caller stopped it.
    """
    job = services.jobs.get(ref)
    if job.run != run or job.status not in {Status.QUEUED, Status.PARSING}:
        return "over"
    if job.status is Status.QUEUED:
        job = services.jobs.transition(ref, Status.PARSING)
    if job.planned and job.recipe.splits_anew(job.split_by):
        job = forget_split(job, services)
    if job.planned:
        open_round(job, services)
        return "planned"
    still_wanted = _StillWanted(job, services.jobs)
    try:
        if job.is_sync:
            fields = dict(enumerate(column.field for column in columns_of(source_named(job.importer).row)))
            job = _decide(job, Decided(job.recipe), importer_of(job), fields, {}, services)
            plan_sync(job, before=before, look=still_wanted, services=services)
        elif not _open_file(job, still_wanted, services):
            return "asks"
    except _Unwanted:
        return "over"
    except (FileRejected, UpstreamRejected) as rejected:
        services.jobs.transition(ref, Status.FAILED, problem=rejected.problem)
        return "over"
    return "planned"


def _open_file(job: Job, still_wanted: Callable[[], None], services: Services) -> bool:
    """Split the file of a job; return whether it was, or else a question stays open."""
    try:
        with services.files.open(job.file.key, job.file.etag) as file:
            importer = importer_named(job.importer)
            check_file_type(importer, job.file.name)
            return _plan_file(job, importer, file, still_wanted, services)
    except NotFound:
        raise FileRejected("file-gone") from None


def _plan_file(
    job: Job, importer: Importer, file: BinaryIO, still_wanted: Callable[[], None], services: Services
) -> bool:
    sha256 = _sha256(file, still_wanted)
    if not job.lookup:  # a lookup loads nothing, and its results may differ from day to day
        claim(job, sha256, services)
    stored = JobFiles(job, services.files)
    table = open_table(file, job.file.name, Limits(importer.max_bytes, importer.max_rows), stored)
    check_format(importer, job.file.name, table.layout)
    if job.mirrors:
        _check_sheets(table)
    head, job = recognise(job, table.head(max(_HEAD_ROWS, _header_row(job.recipe) or 0)), table.properties, services)
    check_constants(importer, job)
    known = recall(job, importer, head, services)
    options, row = known.options or job.options, _header_row(known.recipe)
    columns = columns_for(importer, options)
    header = locate_header(head, columns, known.recipe.columns, row, is_strict=_is_by_caller(known.recipe))
    check_correction(job, header)
    known = after_header(known, header)
    can_update = options.mode in {"upsert", "mirror"} and not job.lookup
    if question := ask_for_mapping(header, columns, can_update=can_update):
        question = preselect(question, known.recipe, known.recall)
        if job.asks == "fail":
            raise FileRejected.of(question_problem(question, importer))
        _store(job, replace(known, questions=(question,)), services.jobs)
        return False
    check_required(header, columns)
    found: dict[str, tuple[Any, How]] = {} if row else {"header": (header.row, "proven")}
    job = _decide(job, known, importer, header.fields, found, services)
    planned: list[Chunk] = []
    uploads: deque[Future[None]] = deque()
    with ThreadPoolExecutor(_UPLOADS) as pool:
        for segment in table.split(after_row=header.row, chunk_rows=importer.chunk_rows):
            still_wanted()
            uploads.append(pool.submit(stored.write_slice, segment))
            planned.append(_chunk_of(job, segment))
            if len(uploads) > _UPLOADS:
                uploads.popleft().result()
        for upload in uploads:
            upload.result()
    stored.write_plan(table.layout, header)
    services.chunks.add(planned)
    described = replace(
        job.file,
        bytes=services.files.size(job.file.key),
        sha256=sha256,
        encoding=table.layout.encoding,
        delimiter=table.layout.delimiter,
    )
    services.jobs.describe(job, file=described, total=sum(chunk.rows for chunk in planned))
    return True


def _header_row(recipe: Recipe) -> int | None:
    """Return the row of the header, if a caller has named it, or it is that of an earlier file.

    What an earlier plan has found is found anew.
    """
    named = recipe.decisions.get("header")
    return int(named.value) if named and (named.is_strict or named.how == "remembered") else None


def _is_by_caller(recipe: Recipe) -> bool:
    """Whether a caller has assigned headers to columns, so that each must be there."""
    columns = recipe.decisions.get("columns")
    return columns is None or columns.is_strict


def _decide(
    job: Job,
    known: Decided,
    importer: Importer,
    fields: Mapping[int, str],
    found: Mapping[str, tuple[Any, How]],
    services: Services,
) -> Job:
    """Decide what was found of a file, and how its cells are read as long as they prove nothing else.

    What cells have proved before the file was split anew is dropped: they may be others now.
    """
    made = {**decisions_for(importer, fields), **found}
    weak = {key: each for key, each in made.items() if _gives_way(known.recipe, key)}
    decided = replace(known, recipe=known.recipe.with_decisions(weak))
    if decided == Decided(job.recipe, job.questions, decided.options and job.options, job.recall):
        return job
    return _store(job, decided, services.jobs)


def _store(job: Job, decided: Decided, jobs: Jobs) -> Job:
    try:
        return jobs.decide(job, decided)
    except Conflict:
        if jobs.get(job.ref).status is Status.PARSING:
            raise
        raise _Unwanted from None


def _gives_way(recipe: Recipe, key: str) -> bool:
    there = recipe.decisions.get(key)
    return there is None or there.how in {"proven", "declared", "default"}


def _check_sheets(table: TabularFile) -> None:
    """Reject a workbook of which a sheet would not be read: the records of its rows would count as absent."""
    notes = {NOTES} if TEMPLATE_PROPERTY in table.properties else set[str]()
    if others := [name for name in table.other_sheets() if name not in notes]:
        raise FileRejected("other-sheets", read=table.layout.sheet, others=others[:_SHEETS], count=len(others))


def _chunk_of(job: Job, segment: Segment) -> Chunk:
    # a run opens a chunk once at most, so no round of an earlier split is as high
    ref = ChunkRef(job.ref, PhaseName.PARSE, segment.index, round=job.run if job.split else 0)
    return Chunk(ref, segment.first_row, segment.rows, segment.start, segment.end)


def _sha256(file: BinaryIO, still_wanted: Callable[[], None]) -> str:
    digest = hashlib.sha256()
    while piece := file.read(_HASH_BYTES):
        digest.update(piece)
        still_wanted()
    file.seek(0)
    return digest.hexdigest()
