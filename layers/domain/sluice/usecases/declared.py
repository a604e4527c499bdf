"""What a job's rows are, whether they come from a file or from an upstream."""

from __future__ import annotations

from sluice.importers.registry import importer_named
from sluice.model.job import SYNC, Job
from sluice.rows.importer import Importer
from sluice.sources.registry import source_named


def importer_of(job: Job) -> Importer:
    """The importer of a job; of a sync the one that its source makes of its rows.

    Raises
    ------
    NotFound
        If it is gone since the job was made.
    """
    return source_named(job.importer).rows if job.kind == SYNC else importer_named(job.importer)
