"""What a worker works with, made of its settings."""

from __future__ import annotations

from sluice import bootstrap
from sluice.config import WorkSettings
from sluice.usecases.do_chunk import Tools


def tools_of(told: WorkSettings) -> Tools:
    """Everything that a chunk of any phase needs."""
    return Tools(
        jobs=bootstrap.jobs(told.jobs_table, told.keep_days),
        chunks=bootstrap.chunks(told.jobs_table, told.keep_days),
        files=bootstrap.files(told.files_bucket),
        machine=bootstrap.machine(),
        destination=bootstrap.destination(told.records_table, told.files_bucket, told.database_secret_arn),
        upstreams=bootstrap.upstreams(told.jobs_table, told.upstreams_secret_arn),
        answers=bootstrap.found_answers(told.jobs_table),
    )
