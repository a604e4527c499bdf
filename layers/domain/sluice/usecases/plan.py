"""Plan a job: inspect its file, then reject it or split it into chunks."""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any, BinaryIO

from sluice.catalog.registry import importer_named, importer_of, source_named
from sluice.model.chunk import Chunk, ChunkRef, JobRef, PhaseName
from sluice.model.errors import Conflict, FileRejected, NotFound, UpstreamRejected
from sluice.model.job import Decided, Job
from sluice.model.recipe import HIDDEN, OF_TEXTS, SHEETS, Decision, How, Question, Recipe
from sluice.model.status import Status
from sluice.reading import (
    Header,
    Reading,
    ask_for_header,
    ask_for_mapping,
    check_required,
    fit,
    locate_header,
    open_table,
    read_segment,
)
from sluice.reading.cells import plan_merged, spans_of
from sluice.reading.notes import notes_on
from sluice.reading.sheets import (
    Candidate,
    FilePlan,
    SheetPlan,
    choose_sheets,
    describe_sheets,
    with_sheets,
)
from sluice.reading.survey import TextSurvey
from sluice.reading.types import Limits, Segment, TabularFile
from sluice.reports.template import NOTES, TEMPLATE_PROPERTY
from sluice.schema.cells import Record
from sluice.schema.decisions import decisions_for
from sluice.schema.importer import Importer, columns_of
from sluice.schema.said import columns_for
from sluice.usecases.artifacts import JobFiles
from sluice.usecases.corrections import check_correction, recognise
from sluice.usecases.ports import Jobs
from sluice.usecases.pull import plan_sync
from sluice.usecases.recipes import check_constants, check_file_type, check_format
from sluice.usecases.remembered import after_header, after_sheets, preselect, recall
from sluice.usecases.rounds import forget_split, open_round, question_problem
from sluice.usecases.same_file import claim
from sluice.usecases.services import Services
from sluice.wording import word_note

# Rows that are searched for the header; few files have more than a handful of title rows above it.
_HEAD_ROWS = 50
# Concurrent uploads of slices: enough to hide S3's latency, few enough to bound memory (4 MB each).
_UPLOADS = 4
_HASH_BYTES = 8 * 1024**2
# Sheets of a workbook that its job names.
_SHEETS = 100
# Seconds between two reads of the job while a long file is split, so that a cancelled job ends soon.
_CHECK_SECONDS = 2.0


class _Unwanted(Exception):
    """The job was paused or cancelled while its file was read."""


class _StillWanted:
    """Reads the job every `_CHECK_SECONDS`; raises `_Unwanted` if a caller has paused or cancelled it.

    When the time of the function is over, its file is rejected: another attempt would take as long.
    """

    def __init__(self, job: Job, jobs: Jobs, before: float) -> None:
        self._job, self._jobs, self.before = job, jobs, before
        self._last = time.monotonic()

    def __call__(self) -> None:
        if time.time() > self.before and not self._job.is_sync:
            raise FileRejected("too-large", case="time")
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
    still_wanted = _StillWanted(job, services.jobs, before)
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


def _open_file(job: Job, still_wanted: _StillWanted, services: Services) -> bool:
    """Split the file of a job; return whether it was, or else a question stays open."""
    try:
        with services.files.open(job.file.key, job.file.etag) as file:
            importer = importer_named(job.importer)
            check_file_type(importer, job.file.name)
            return _plan_file(job, importer, file, still_wanted, services)
    except NotFound:
        raise FileRejected("file-gone") from None


def _plan_file(job: Job, importer: Importer, file: BinaryIO, still_wanted: _StillWanted, services: Services) -> bool:
    sha256, survey = _surveyed(file, still_wanted)
    if not job.lookup:  # a lookup loads nothing, and its results may differ from day to day
        claim(job, sha256, services)
    stored = JobFiles(job, services.files)
    limits = Limits(importer.max_bytes, importer.max_rows, until=still_wanted.before)
    open_as = partial(open_table, file, job.file.name, limits, stored)
    reading = _reading_of(job, importer, survey)
    opened = open_as(reading)
    check_format(importer, job.file.name, opened.tables[0].layout)
    rows = max(_HEAD_ROWS, _header_row(job.recipe) or 0)
    heads, job = recognise(job, _heads(opened, rows), opened.properties, services)
    check_constants(importer, job)
    known = recall(job, importer, heads, services)
    for remembered in _to_try(opened, known.recipe):
        other = open_as(replace(reading, remembered=remembered))
        again = recall(job, importer, _heads(other, rows), services)
        if remembered.items() <= _splitting(again.recipe, "remembered").items():
            opened, heads, known = other, _heads(other, rows), again
            break
    if opened.questions:
        return _ask(job, known, opened.questions[0], importer, services)
    known, question, found, chosen = _inspect(job, importer, opened, known, heads)
    if question:
        return _ask(job, known, question, importer, services)
    decided = {**opened.decisions, **_found(known.recipe, found, chosen)}
    job = _decide(job, known, importer, _header_of(chosen[0]).fields, decided, services)
    plan, chunks = _split(job, importer, chosen, stored, still_wanted)
    stored.write_plan(plan)
    services.chunks.add(chunks)
    layout = plan.first.layout
    described = replace(
        job.file,
        bytes=services.files.size(job.file.key),
        sha256=sha256,
        encoding=layout.encoding,
        delimiter=layout.delimiter,
        sheets=describe_sheets(_described(found, plan, opened.properties), plan.names),
    )
    notes = notes_on(described.sheets, skips_hidden=job.recipe.value(HIDDEN) == "skip")
    note = "; ".join(word_note(*each) for each in notes)
    services.jobs.describe(job, file=described, total=sum(chunk.rows for chunk in chunks), note=note)
    return True


def _heads(opened: TabularFile, rows: int) -> list[list[Record]]:
    return [table.head(rows) for table in opened.tables]


def _ask(job: Job, known: Decided, question: Question, importer: Importer, services: Services) -> bool:
    """Let a job ask before its file is split, or fail; returns that it is not split."""
    question = preselect(question, known.recipe, known.recall)
    if job.asks == "fail":
        raise FileRejected.of(question_problem(question, importer))
    _store(job, replace(known, questions=(question,)), services.jobs)
    return False


def _reading_of(job: Job, importer: Importer, survey: TextSurvey) -> Reading:
    """Return what is known of a text before it is opened, and how the header of the importer is recognised."""
    columns, given = columns_for(importer, job.options), _splitting(job.recipe, "given")
    answered = _splitting(job.recipe, "answered")

    fits = partial(fit, columns=columns, mapping=job.recipe.columns, row=_header_row(job.recipe))
    remembered = _splitting(job.recipe, "remembered")
    return Reading(given | answered, remembered, fits, survey, frozenset(answered))


def _splitting(recipe: Recipe, how: How) -> dict[str, Any]:
    """Return the values of those decisions about a text that were made in a way."""
    there = ((key, recipe.decisions.get(key)) for key in OF_TEXTS)
    return {key: each.value for key, each in there if each and each.how == how}


def _to_try(table: TabularFile, recipe: Recipe) -> Iterator[dict[str, Any]]:
    """Yield what may be remembered of a text whose encoding or delimiter is open, or merely likely."""
    likely = {key for key, (_, how) in table.decisions.items() if how == "default"}
    if known := {key: value for key, value in _splitting(recipe, "remembered").items() if key in likely}:
        yield known
    for question in table.questions[:1]:
        yield from ({question.key: choice.value} for choice in question.choices)


def _inspect(
    job: Job, importer: Importer, opened: TabularFile, known: Decided, heads: list[list[Record]]
) -> tuple[Decided, Question | None, list[Candidate], list[Candidate]]:
    """Find the sheets that are read, and their headers; return what is known or asked, all sheets, and the chosen."""
    options, row = known.options or job.options, _header_row(known.recipe)
    columns, mapping, is_strict = columns_for(importer, options), known.recipe.columns, _is_by_caller(known.recipe)
    found = []
    for table, head in zip(opened.tables, heads, strict=True):
        header = None
        try:
            header = locate_header(head, columns, mapping, row, is_strict=is_strict)
            check_required(header, columns)
            found.append(Candidate(table, head, header))
        except FileRejected as rejected:
            found.append(Candidate(table, head, header, rejected))
    chosen, question = choose_sheets(found, _named(known.recipe, SHEETS), mirrors=job.mirrors)
    known = after_sheets(known, [each.name for each in chosen])
    if question is None and row is None:
        asked = (ask_for_header(each.head, columns, mapping) for each in chosen)
        question = next(filter(None, asked), None)
    if question is None:
        header, misfit = chosen[0].header, with_sheets(chosen[0], found, shows_data=not job.lookup)
        if header is None:
            raise misfit
        for each in chosen:
            check_correction(job, _header_of(each))
        known = after_header(known, header)
        can_update = options.mode in {"upsert", "mirror"} and not job.lookup
        question = ask_for_mapping(header, columns, can_update=can_update)
        if question is None and not chosen[0].fits:
            raise misfit
    return known, question, found, chosen


def _found(recipe: Recipe, found: list[Candidate], chosen: list[Candidate]) -> dict[str, tuple[Any, How]]:
    """Return what the file shows of its sheets and its header."""
    decided: dict[str, tuple[Any, How]] = {}
    if _header_row(recipe) is None:
        decided["header"] = (_header_of(chosen[0]).row, "proven")
    if len(found) > 1:
        decided[SHEETS] = ([each.name for each in chosen], "proven")
    return decided


def _header_of(candidate: Candidate) -> Header:
    if candidate.header is None:
        raise ValueError(f"sheet {candidate.name!r} has no header")
    return candidate.header


def _split(
    job: Job, importer: Importer, chosen: list[Candidate], stored: JobFiles, still_wanted: Callable[[], None]
) -> tuple[FilePlan, list[Chunk]]:
    """Split the sheets into chunks, one sheet after the other, and store their slices."""
    sheets: list[SheetPlan] = []
    planned: list[Chunk] = []
    uploads: deque[Future[None]] = deque()
    rows = 0
    with ThreadPoolExecutor(_UPLOADS) as pool:
        for each in chosen:
            header, first = _header_of(each), len(planned)
            segments: list[Segment] = []
            for part in each.table.split(after_row=header.row, chunk_rows=importer.chunk_rows):
                still_wanted()
                segment = replace(part, index=first + part.index)
                rows += segment.rows
                if rows > importer.max_rows:
                    raise FileRejected("too-many-rows", limit=importer.max_rows)
                uploads.append(pool.submit(stored.write_slice, segment))
                planned.append(_chunk_of(job, segment))
                segments.append(replace(segment, body=None))
                if len(uploads) > _UPLOADS:
                    uploads.popleft().result()
            while uploads:
                uploads.popleft().result()
            sheet = SheetPlan(first, each.table.layout, header)
            facts, read = each.table.facts, partial(_read, sheet, stored)
            merged = facts.merged or ()
            chunks = plan_merged(header, merged, segments, read, stored)
            sheets.append(replace(sheet, merged=chunks, spans=spans_of(header, merged), hidden=facts.hidden))
    return FilePlan(tuple(sheets)), planned


def _read(sheet: SheetPlan, stored: JobFiles, segment: Segment) -> Iterator[Record]:
    return read_segment(sheet.layout, segment, stored.slice(segment.index), stored)


def _described(found: list[Candidate], plan: FilePlan, properties: Mapping[str, str]) -> Iterator[Candidate]:
    """Yield the sheets that a job names; the notes of a template are none of them."""
    notes = {NOTES} if TEMPLATE_PROPERTY in properties else set[str]()
    named = (each for each in found if each.name and each.name not in notes - {*plan.names})
    return islice(named, _SHEETS)


def _named(recipe: Recipe, key: str) -> Decision | None:
    """Return a decision, if a caller has made it, or it is that of an earlier file.

    What an earlier plan has found is found anew.
    """
    named = recipe.decisions.get(key)
    return named if named and (named.is_strict or named.how == "remembered") else None


def _header_row(recipe: Recipe) -> int | None:
    named = _named(recipe, "header")
    return int(named.value) if named else None


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
    return there is None or there.how in {"proven", "declared", "default"} or (key in OF_TEXTS and not there.is_strict)


def _chunk_of(job: Job, segment: Segment) -> Chunk:
    # a run opens a chunk once at most, so no round of an earlier split is as high
    ref = ChunkRef(job.ref, PhaseName.PARSE, segment.index, round=job.run if job.split else 0)
    return Chunk(ref, segment.first_row, segment.rows, segment.start, segment.end)


def _surveyed(file: BinaryIO, still_wanted: Callable[[], None]) -> tuple[str, TextSurvey]:
    """Read a whole file; return its digest, and what its bytes show of its encoding if it is a text."""
    digest, survey = hashlib.sha256(), TextSurvey()
    while piece := file.read(_HASH_BYTES):
        digest.update(piece)
        survey.feed(piece)
        still_wanted()
    survey.finish()
    file.seek(0)
    return digest.hexdigest(), survey
