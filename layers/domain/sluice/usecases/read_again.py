"""Read a source again when its rows moved while they were read."""

from __future__ import annotations

from sluice.model.chunk import ChunkState, PhaseName
from sluice.model.job import SYNC, Job
from sluice.model.status import Status
from sluice.sources.registry import source_named
from sluice.usecases.ports import Chunks, Files, Jobs
from sluice.usecases.pull import pulled

#: So often pages are read at most; then what was read is taken as it is.
MOST_READS = 3


def read_again(job: Job, *, jobs: Jobs, chunks: Chunks, files: Files) -> bool:
    """Begin the plan of a sync anew if its upstream spoke of other totals than the rows that came.

    A row that comes or goes shifts all that are behind it by one place: one may have been on no page, another on two.
    An upstream that never stands still is taken as it is in the end; its rows that were not met are not called gone.

    Returns
    -------
    bool
        Whether it is to be planned again.
    """
    if job.kind != SYNC or job.status is not Status.PARSING:
        return False
    if not job.planned:
        return True  # whoever found that out died before it could say so
    if job.reads >= MOST_READS or next(chunks.of_phase(job.ref, PhaseName.LOAD), None) is not None:
        return False
    parsed = list(chunks.of_phase(job.ref, PhaseName.PARSE))
    if any(chunk.state is not ChunkState.DONE for chunk in parsed):
        return False  # the job will fail for these, and go on with them when it is retried
    if not source_named(job.importer).has_total or pulled(job.ref, parsed, files).is_settled:
        return False
    note = f"rows moved while they were read; read {job.reads + 1} of at most {MOST_READS}"
    jobs.read_again(job, note=note)
    return True
