"""What a worker works with, made of its settings."""

from __future__ import annotations

from sluice import bootstrap
from sluice.config import WorkSettings
from sluice.usecases.worker import Services


def services_of(settings: WorkSettings) -> Services:
    """Everything that a chunk of any phase needs."""
    return Services(
        jobs=bootstrap.jobs(settings.jobs_table, settings.keep_days),
        chunks=bootstrap.chunks(settings.jobs_table, settings.keep_days),
        files=bootstrap.files(settings.files_bucket),
        machine=bootstrap.machine(),
        destination=bootstrap.destination(settings.records_table, settings.files_bucket, settings.database_secret_arn),
        upstreams=bootstrap.upstreams(settings.jobs_table, settings.upstreams_secret_arn),
        answers=bootstrap.found_answers(settings.jobs_table),
    )
