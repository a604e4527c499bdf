"""Schedule: the sweeper rescues or ends jobs that no execution and no worker continues."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from sluice import bootstrap
from sluice.config import SweeperSettings, load_settings
from sluice.observability import discreet, logger, metrics
from sluice.usecases.sweeper import sweep


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
@discreet
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Rescue stuck jobs, end expired ones, and publish the number of stuck jobs for the alarm."""
    settings = load_settings(SweeperSettings)
    stuck = sweep(
        now=datetime.now(UTC),
        stuck_minutes=settings.stuck_minutes,
        complain=lambda job, error: logger.error("cannot rescue", job_id=job.ref.id, exc_info=error),
        services=bootstrap.services(settings),
    )
    metrics.add_metric(name="StuckJobs", unit=MetricUnit.Count, value=stuck)
    logger.info("swept", stuck=stuck)
    return {"stuck": stuck}
