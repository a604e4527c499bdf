"""The phases of a job in one table: its running state, what comes before it, its chunks, and the work on a chunk.

A job goes through ``parse``; ``compare`` if a person is to look at it; then ``load`` into its dataset, or ``lookup``.
``undo`` takes a load back. What `dispatch` and `worker` do is the same for every phase; what differs is in `PHASES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sluice.model.chunk import Chunk, ChunkRef, ChunkState, JobRef, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import FileRejected, NotYet, SluiceError, TryLater, UpstreamRejected
from sluice.model.job import Job
from sluice.model.status import Status
from sluice.usecases.duplicate_keys import find_duplicates
from sluice.usecases.load import compare_chunk, load_chunk, undo_chunk
from sluice.usecases.lookup import lookup_chunk
from sluice.usecases.parse import parse_chunk
from sluice.usecases.pull import fetch, mark_deleted, read_again
from sluice.usecases.services import Services
from sluice.usecases.staged_rows import settle_date_orders
from sluice.usecases.sync import cancel_if_superseded

# Seconds that a worker that has pulled its pages needs to check and stage their rows, before its lease and its own
# time end.
_TO_PARSE = 20
# Seconds that a lookup needs beside its requests: the worker's cold start, which the function's time-out counts and the
# lease does not, and writing down its results. The lease is 10 s longer than the time-out.
_TO_WRITE = 18


@dataclass(frozen=True)
class Work:
    """A chunk that a worker has leased: ``now``, and the end ``until`` of its lease, are epoch seconds."""

    job: Job
    chunk: Chunk
    now: int
    until: int


@dataclass(frozen=True)
class Phase:
    """What is particular to a phase.

    Parameters
    ----------
    running
        State of the job while the phase is under way; workers take no chunk of it in any other.
    work
        Does a chunk, and says what it adds to the job's counts.
    enter
        Takes a job that was parsed into the phase, or answers the outcome that keeps it out.
    prepare
        Derives what all chunks of the phase need.
    chunks
        Lists the chunks that follow from an earlier phase.
    is_wanted
        Whether a chunk is still to be done.
    final
        Errors that another attempt would meet again: the chunk fails at once.
    """

    running: Status
    work: Callable[[Work, Services], Counts]
    enter: Callable[[Job, Services], Job | str] = lambda job, _: job
    prepare: Callable[[Job, Services], None] = lambda _, __: None
    chunks: Callable[[Job, Services], Iterator[Chunk]] = lambda _, __: iter(())
    is_wanted: Callable[[Work, Services], bool] = lambda _, __: True
    final: tuple[type[SluiceError], ...] = ()


def _parse(work: Work, services: Services) -> Counts:
    fetch(work.job, work.chunk, before=work.until - _TO_PARSE, files=services.files, upstreams=services.upstreams)
    return parse_chunk(work.job, work.chunk, chunks=services.chunks, files=services.files)


def _compare(work: Work, services: Services) -> Counts:
    return compare_chunk(work.job, work.chunk, files=services.files, destination=services.destination)


def _load(work: Work, services: Services) -> Counts:
    _wait_for_predecessor(work.job, work.now, services)
    return load_chunk(work.job, work.chunk, files=services.files, destination=services.destination)


def _lookup(work: Work, services: Services) -> Counts:
    return lookup_chunk(work.job, work.chunk, now=work.now, before=work.until - _TO_WRITE, services=services)


def _undo(work: Work, services: Services) -> Counts:
    _wait_for_its_load(work, services)
    return undo_chunk(work.job, work.chunk, files=services.files, destination=services.destination)


def _wait_for_predecessor(job: Job, now: int, services: Services) -> None:
    """Wait while a worker of the sync that this one superseded may still write what it has read before."""
    if job.instead_of is None:
        return
    before = services.chunks.of_phase(JobRef(job.ref.tenant, job.instead_of), PhaseName.LOAD)
    if held := [chunk.lease_until - now for chunk in before if chunk.is_held(now)]:
        raise NotYet("predecessor-loading", max(held))


def _wait_for_its_load(work: Work, services: Services) -> None:
    """Wait while a worker of an execution that failed may still load the chunk: its writes would not be taken back."""
    loaded = services.chunks.get(replace(work.chunk.ref, phase=PhaseName.LOAD))
    if loaded is not None and loaded.is_held(work.now):
        raise TryLater("chunk-loading", loaded.lease_until - work.now)


def _settle(job: Job, services: Services) -> Job:
    return settle_date_orders(job, jobs=services.jobs, files=services.files)


def _enter_delivery(job: Job, services: Services) -> Job | str:
    job = _settle(job, services)
    if read_again(job, services):
        return "again"
    if job.needs_review:
        return "review"
    return services.jobs.transition(job.ref, Status.LOADING, phase=job.delivery)


def _derive_from_all_chunks(job: Job, services: Services) -> None:
    find_duplicates(job, chunks=services.chunks, files=services.files)
    mark_deleted(job, services)


def _staged_chunks(name: PhaseName) -> Callable[[Job, Services], Iterator[Chunk]]:
    def chunks(job: Job, services: Services) -> Iterator[Chunk]:
        for parsed in services.chunks.of_phase(job.ref, PhaseName.PARSE):
            staged = parsed.counts.checked - parsed.counts.rejected
            if parsed.state is ChunkState.DONE and staged:
                ref = ChunkRef(job.ref, name, parsed.ref.index)
                yield Chunk(ref, parsed.first_row, staged, parsed.start, parsed.end)

    return chunks


def _loaded_chunks(job: Job, services: Services) -> Iterator[Chunk]:
    for loaded in services.chunks.of_phase(job.ref, PhaseName.LOAD):
        yield Chunk(replace(loaded.ref, phase=PhaseName.UNDO), loaded.first_row, loaded.rows)


PHASES = {
    PhaseName.PARSE: Phase(
        running=Status.PARSING,
        work=_parse,
        final=(FileRejected, UpstreamRejected),
    ),
    PhaseName.COMPARE: Phase(
        running=Status.PARSING,
        enter=_settle,
        prepare=_derive_from_all_chunks,
        chunks=_staged_chunks(PhaseName.COMPARE),
        work=_compare,
    ),
    PhaseName.LOAD: Phase(
        running=Status.LOADING,
        enter=_enter_delivery,
        prepare=_derive_from_all_chunks,
        chunks=_staged_chunks(PhaseName.LOAD),
        is_wanted=lambda work, services: cancel_if_superseded(work.job, work.now, services) is None,
        work=_load,
    ),
    PhaseName.LOOKUP: Phase(
        running=Status.LOADING,
        enter=_enter_delivery,
        prepare=_derive_from_all_chunks,
        chunks=_staged_chunks(PhaseName.LOOKUP),
        work=_lookup,
        final=(UpstreamRejected,),
    ),
    PhaseName.UNDO: Phase(
        running=Status.ROLLING_BACK,
        chunks=_loaded_chunks,
        work=_undo,
    ),
}
