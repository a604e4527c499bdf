"""The phases of a job in one table: running state, preparation, chunks, and the work on a chunk.

A job goes through ``parse``; ``compare`` if it stops for review or its options need it; then ``load`` into its
dataset, or ``lookup``; a mirror through ``absent``. ``undo`` rolls a load back. `dispatch` and `worker` treat all
phases alike; `PHASES` holds what differs, and `SYNC_PHASES` what differs again for syncs, whose rows come from a
source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sluice.catalog.registry import importer_of
from sluice.model.chunk import Chunk, ChunkRef, ChunkState, Parsed, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import FileRejected, ImagesGone, NotYet, SluiceError, UpstreamRejected
from sluice.model.job import Job
from sluice.model.rejection import REPORT_TITLES
from sluice.model.status import Status
from sluice.reading.matching import currencies_of
from sluice.schema.validation import check_rows
from sluice.usecases import absent
from sluice.usecases.artifacts import JobFiles
from sluice.usecases.corrections import select_rows
from sluice.usecases.deliver import (
    TO_WRITE,
    batch_of,
    batch_to_deliver,
    count_deleted,
    count_loaded,
    load_chunk,
    undo_chunk,
)
from sluice.usecases.lookup import lookup_chunk
from sluice.usecases.pull import drift_of, fetch, read_again, settle_mode
from sluice.usecases.queueing import ensure_hold, enter_delivery
from sluice.usecases.rounds import may_change, meet_obstacles, reject_stale, settle_recipe
from sluice.usecases.services import Services, Work
from sluice.usecases.staged_rows import (
    dump_keys,
    equal_keys,
    find_duplicates,
    rejections_problem,
    staged_rows,
    store_comparison,
    without_hidden,
)
from sluice.usecases.sync import cancel_if_superseded, end_overdue

# Seconds that a worker needs to check and stage the rows of its pages before its lease and the function's time end.
_TO_PARSE = 20
# Seconds until a chunk looks again whether the lock of its dataset is free.
_UNTIL_FREE = 30


@dataclass(frozen=True)
class Phase:
    """A row of the table of phases.

    Parameters
    ----------
    running
        State of the job while the phase is under way; in any other state, workers process no chunk of the phase.
    work
        Processes a chunk; returns what it adds to the job's counts, and of parsing by which recipe.
    progress
        Computes the number of processed rows, and the total, from the job's counts.
    code
        Code of the sentence about that progress, see `sluice.wording.word_progress`.
    entered_from, enter
        States in which a job enters the phase, and what moves it in: returns the job, or the outcome of the dispatch.
    prepare, chunks
        Derives what all chunks of the phase need; lists the chunks that follow from an earlier phase.
    check
        Ends a job that must not continue and returns it; ``None`` if it may continue. Dispatch calls it.
    is_wanted
        Returns whether the job still needs a chunk.
    count
        Counts what attempts that died have delivered of a chunk, and says how to close it; ``None`` if nothing.
    final
        Errors that every further attempt would raise too: the chunk fails at once.
    """

    running: Status
    work: Callable[[Work, Services], Counts | Parsed]
    progress: Callable[[Counts], tuple[int, int]]
    code: str
    entered_from: frozenset[Status] = frozenset({Status.PARSING})
    enter: Callable[[Job, int, Services], Job | str] = lambda job, _, __: job
    prepare: Callable[[Job, Services], None] = lambda _, __: None
    chunks: Callable[[Job, Services], Iterator[Chunk]] = lambda _, __: iter(())
    check: Callable[[Job, int, Services], Job | None] = lambda _, __, ___: None
    is_wanted: Callable[[Work, Services], bool] = lambda _, __: True
    count: Callable[[Work, Services], tuple[ChunkState, Counts] | None] = lambda _, __: None
    final: tuple[type[SluiceError], ...] = ()


def parse_chunk(work: Work, services: Services) -> Parsed:
    """Validate the rows of a chunk and stage those that pass; a second attempt writes the same files again.

    The counted ``total`` subtracts blank rows and totals rows from those that were split.
    """
    job, chunk, index = work.job, work.chunk, work.chunk.ref.index
    stored = JobFiles(job, services.files)
    sheet = stored.read_plan().of(index)
    records = list(sheet.narrowed(stored.records(chunk, job.file)))
    records, skipped = without_hidden(job, index, records, stored)
    importer, selected = importer_of(job), None
    if job.corrects or not REPORT_TITLES.isdisjoint(sheet.header.ignored):
        selected = select_rows(job, importer, sheet, records, services)
        records = selected.wanted
    header, days_later = sheet.header, sheet.layout.days_later
    currencies = currencies_of(header.titles, header.fields, importer.columns)
    checked = check_rows(
        *(importer, header.fields, sheet.name, records, job.recipe, job.options, header.titles),
        currencies=currencies,
        days_later=days_later,
    )
    if selected is not None:
        checked = selected.joined(checked, lambda keys: equal_keys(job, lambda: keys, services))
        records = selected.records
    if checked.good or chunk.is_again:
        stored.write_staged(index, checked.good)
        stored.write_keys(index, dump_keys(checked.good))
    evidence = {} if job.corrects else checked.evidence  # a few cells say little, and the original file has settled it
    if evidence or chunk.is_again:
        stored.write_evidence(index, evidence)
    depends = checked.depends
    if job.mirrors:
        absent.write_present(job, index, checked, selected.rejections if selected else [], [*records, *skipped], stored)
        depends |= absent.keys_depend(job, checked)
    stored.write_rejections(chunk, checked.rejections, records)
    counts = Counts(checked.seen + len(skipped) - chunk.rows, checked.seen, len(skipped), checked.ignored)
    counts = replace(counts, rejected=checked.rejected, untitled=sheet.count_untitled(records))
    return Parsed(counts, job.recipe.version, depends)


def compare_chunk(work: Work, services: Services) -> Counts:
    """Compare the staged rows of a chunk, or a range of the dataset, with the other; write nothing to the dataset."""
    if absent.is_list(work.chunk.ref.index):
        return absent.list_absent(work.job, work.chunk.ref.index, batch_of(work, [], services), services)
    reject_stale(work.job, work.chunk.ref.index, services.chunks)
    staged = staged_rows(work.job, work.chunk.ref.index, services.files)
    found = services.destination.compare(batch_of(work, staged.rows, services))
    return store_comparison(work.job, work.chunk, staged, found, services.files)


def _lookup(work: Work, services: Services) -> Counts:
    reject_stale(work.job, work.chunk.ref.index, services.chunks)
    return lookup_chunk(work.job, work.chunk, now=work.now, before=work.until - TO_WRITE, services=services)


def _holding(do: Callable[[Work, Services], Counts]) -> Callable[[Work, Services], Counts]:
    """Let a chunk wait until its job holds the lock of its dataset: one of an earlier version began without it."""

    def work(work: Work, services: Services) -> Counts:
        job = work.job if work.job.hold else ensure_hold(work.job, now=work.now, services=services)
        if job is None:
            raise NotYet("dataset-busy", _UNTIL_FREE)
        return do(replace(work, job=job), services)

    return work


def _enter_delivery(job: Job, now: int, services: Services) -> Job | str:
    """Decide, as soon as all rows are parsed and again when they are compared, whether the job may load."""
    settled = settle_recipe(job, services)
    if settled is None:
        return "over"
    job = settled
    if (job.compares_first and not _is_done(job, PhaseName.PARSE, services)) or may_change(job, services):
        return "uncompared"
    is_compared = (job.needs_review and not job.lookup) or job.compares_first  # a lookup has no dataset
    if job.phase is not PhaseName.COMPARE and is_compared:
        problem = absent.why_incomparable(job, services) if job.mirrors else None
        follows = "compare"  # in this run; what an earlier one has compared stays done
    elif job.compares_first and not _is_done(job, PhaseName.COMPARE, services):
        return "uncompared"
    else:
        problem, job = meet_obstacles(job, services)
        follows = "review" if job.needs_review else ""
    if problem is not None:
        services.jobs.transition(job.ref, Status.FAILED, problem=problem)
        return "over"
    if follows:
        return follows
    entered = enter_delivery(job, now=now, services=services)
    waits = entered.run != job.run
    return "queued" if waits else entered if entered.status is Status.LOADING else "over"


def _is_done(job: Job, name: PhaseName, services: Services) -> bool:
    return all(chunk.state is ChunkState.DONE for chunk in services.chunks.of_phase(job.ref, name))


def _enter_undo(job: Job, _: int, services: Services) -> Job | str:
    """Take back what a job has loaded that loads all rows or none, when a row is rejected."""
    if not job.must_undo:
        return "over"
    problem = rejections_problem(job, "undoing", services.files)
    return services.jobs.transition(job.ref, Status.ROLLING_BACK, problem=problem)


def _staged_chunks(name: PhaseName) -> Callable[[Job, Services], Iterator[Chunk]]:
    def chunks(job: Job, services: Services) -> Iterator[Chunk]:
        for parsed in services.chunks.of_phase(job.ref, PhaseName.PARSE):
            staged = parsed.counts.checked - parsed.counts.rejected
            if parsed.state is ChunkState.DONE and staged:
                ref = ChunkRef(job.ref, name, parsed.ref.index)
                yield Chunk(ref, parsed.first_row, staged, parsed.start, parsed.end)

    return chunks


def _loaded_chunks(job: Job, services: Services) -> Iterator[Chunk]:
    for phase in (PhaseName.LOAD, PhaseName.ABSENT):
        for loaded in services.chunks.of_phase(job.ref, phase):
            yield Chunk(replace(loaded.ref, phase=PhaseName.UNDO), loaded.first_row, loaded.rows)


def _compared_chunks(job: Job, services: Services) -> Iterator[Chunk]:
    yield from _staged_chunks(PhaseName.COMPARE)(job, services)
    yield from absent.range_chunks(job, services)


def _delivered(counts: Counts) -> tuple[int, int]:
    return counts.loaded + counts.rejected + counts.skipped, counts.total


#: The phases of imports.
PHASES = {
    PhaseName.PARSE: Phase(
        running=Status.PARSING,
        work=parse_chunk,
        progress=lambda counts: (counts.checked + counts.skipped, counts.total),
        code="checking",
        final=(FileRejected, UpstreamRejected),
    ),
    PhaseName.COMPARE: Phase(
        running=Status.PARSING,
        prepare=find_duplicates,
        chunks=_compared_chunks,
        work=compare_chunk,
        progress=lambda counts: (counts.compared + counts.rejected + counts.skipped, counts.total),
        code="comparing",
    ),
    PhaseName.LOAD: Phase(
        running=Status.LOADING,
        enter=_enter_delivery,
        prepare=find_duplicates,
        chunks=_staged_chunks(PhaseName.LOAD),
        work=_holding(load_chunk),
        count=count_loaded,
        is_wanted=lambda work, _: not work.job.must_undo,
        progress=_delivered,
        code="loading",
    ),
    PhaseName.LOOKUP: Phase(
        running=Status.LOADING,
        enter=_enter_delivery,
        prepare=find_duplicates,
        chunks=_staged_chunks(PhaseName.LOOKUP),
        work=_lookup,
        progress=_delivered,
        code="looking-up",
        final=(UpstreamRejected,),
    ),
    PhaseName.ABSENT: Phase(
        running=Status.LOADING,
        chunks=absent.absent_chunks,
        work=_holding(lambda work, to: absent.delete_absent(work.job, work.chunk, batch_to_deliver(work, to), to)),
        count=count_deleted,
        progress=lambda counts: (counts.absent + counts.absent_left, counts.to_absent),
        code="deleting-absent",
    ),
    PhaseName.UNDO: Phase(
        running=Status.ROLLING_BACK,
        entered_from=frozenset({Status.LOADING}),
        enter=_enter_undo,
        chunks=_loaded_chunks,
        work=_holding(undo_chunk),
        final=(ImagesGone,),
        progress=lambda counts: (counts.undone, max(counts.changed, counts.undone)),
        code="rolling-back",
    ),
}


def _pull_and_parse(work: Work, services: Services) -> Parsed:
    if not work.chunk.version:  # else its pages are there, and the upstream may give others by now
        fetch(work.job, work.chunk, before=work.until - _TO_PARSE, files=services.files, upstreams=services.upstreams)
    return parse_chunk(work, services)


def _enter_sync_delivery(job: Job, now: int, services: Services) -> Job | str:
    if read_again(job, services):
        return "again"
    settled = settle_recipe(job, services)
    if settled is None:
        return "over"
    job = settled
    if job.mirrors and _is_done(job, PhaseName.PARSE, services):
        if drift := drift_of(job, services):
            services.jobs.transition(job.ref, Status.FAILED, problem=drift)
            return "over"
        job = settle_mode(job, services)
    return _enter_delivery(job, now, services)


def _is_in_time(work: Work, services: Services) -> bool:
    return not end_overdue(work.job, work.now, services.jobs)


def _is_current(work: Work, services: Services) -> bool:
    return (
        not work.job.must_undo
        and _is_in_time(work, services)
        and cancel_if_superseded(work.job, work.now, services) is None
    )


#: The phases of syncs: a sync has a time limit, and a forced sync supersedes it.
SYNC_PHASES = {
    PhaseName.PARSE: replace(
        PHASES[PhaseName.PARSE],
        check=cancel_if_superseded,
        is_wanted=_is_in_time,
        work=_pull_and_parse,
    ),
    PhaseName.COMPARE: replace(
        PHASES[PhaseName.COMPARE],
        check=cancel_if_superseded,
        is_wanted=_is_in_time,
    ),
    PhaseName.LOAD: replace(
        PHASES[PhaseName.LOAD],
        check=cancel_if_superseded,
        is_wanted=_is_current,
        enter=_enter_sync_delivery,
    ),
    PhaseName.ABSENT: replace(PHASES[PhaseName.ABSENT], check=cancel_if_superseded, is_wanted=_is_current),
    PhaseName.UNDO: PHASES[PhaseName.UNDO],
}


def phase_of(job: Job, name: PhaseName) -> Phase:
    """Return a phase of a job from the table of its kind."""
    return SYNC_PHASES[name] if job.is_sync else PHASES[name]
