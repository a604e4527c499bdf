"""What a job's rows are, whether they come from a file or from an upstream."""

from __future__ import annotations

from sluice.catalog.registry import importer_named, source_named
from sluice.model.job import Job
from sluice.schema.importer import Importer


def importer_of(job: Job) -> Importer:
    """The importer of a job; of a sync the one that its source makes of its rows.

    Raises
    ------
    NotFound
        If it was removed since the job was made.
    """
    return source_named(job.importer).rows if job.is_sync else importer_named(job.importer)
