"""Schedules: the sweeper rescues or ends jobs that nothing else continues, and removes what has expired."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from sluice import bootstrap
from sluice.config import SweeperSettings, load_settings
from sluice.observability import count_error, discreet, logger, metrics
from sluice.usecases.expiry import Expiry
from sluice.usecases.sweeper import sweep

# Share of the function's time in which a step of the expiry is begun; one that dies is repeated an hour later.
_SHARE = 0.8


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
@discreet
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Rescue stuck jobs, end overdue ones, and publish the number of stuck jobs for the alarm.

    With ``{"task": "expire"}``, which a schedule of its own sends, remove what has expired instead.
    """
    settings = load_settings(SweeperSettings)
    if event.get("task") == "expire":
        return {"expired": _expire(settings, context.get_remaining_time_in_millis() / 1000)}
    stuck = sweep(
        now=datetime.now(UTC),
        stuck_minutes=settings.stuck_minutes,
        complain=lambda job, error: count_error("CaughtErrors", "cannot rescue", error, job_id=job.ref.id),
        services=bootstrap.services(settings),
    )
    metrics.add_metric(name="StuckJobs", unit=MetricUnit.Count, value=stuck)
    logger.info("swept", stuck=stuck)
    return {"stuck": stuck}


def _expire(settings: SweeperSettings, seconds: float) -> int:
    services, keep = bootstrap.services(settings), timedelta(days=settings.keep_days)
    expiry = Expiry(bootstrap.ended_jobs(settings), services.files, services, datetime.now(UTC), keep)
    expired = expiry.run(
        before=time.time() + seconds * _SHARE,
        complain=lambda what, error: count_error("CaughtErrors", "cannot remove", error, what=what),
    )
    logger.info("expired", looked_at=expired)
    return expired
