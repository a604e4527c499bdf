"""Schedule: look after jobs that nobody is at any more."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from sluice import bootstrap
from sluice.config import TidySettings, settings
from sluice.observability import discreet, logger, metrics
from sluice.usecases.tidy import tidy


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
@discreet
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Set stuck jobs going, end expired ones, and count the stuck for the alarm."""
    told = settings(TidySettings)
    stuck = tidy(
        now=datetime.now(UTC),
        stuck_minutes=told.stuck_minutes,
        complain=lambda job, error: logger.error("cannot set going", job_id=job.ref.id, exc_info=error),
        jobs=bootstrap.jobs(told.jobs_table, told.keep_days),
        chunks=bootstrap.chunks(told.jobs_table, told.keep_days),
        files=bootstrap.files(told.files_bucket),
        queue=bootstrap.queue(urgent=told.urgent_queue_url, standard=told.standard_queue_url),
        machine=bootstrap.machine(told.machine_arn),
    )
    metrics.add_metric(name="StuckJobs", unit=MetricUnit.Count, value=stuck)
    logger.info("tidied", stuck=stuck)
    return {"stuck": stuck}
