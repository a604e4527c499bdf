"""Task of the state machine: inspect a job's file, then reject it or split it into chunks."""

from __future__ import annotations

import time
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from sluice import bootstrap
from sluice.config import PlanSettings, load_settings
from sluice.model.chunk import JobRef
from sluice.observability import discreet, logger
from sluice.usecases.plan import plan

# Seconds before the function's time-out at which it gives up a slow upstream: enough to report the error.
_TO_STOP = 15


@logger.inject_lambda_context(clear_state=True)
@discreet
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    """Plan the job ``{tenant, job_id, run}`` and return ``{outcome}``; a rejected file is an outcome, not an error."""
    settings = load_settings(PlanSettings)
    logger.append_keys(tenant=event["tenant"], job_id=event["job_id"])
    outcome = plan(
        JobRef(event["tenant"], event["job_id"]),
        event["run"],
        services=bootstrap.services(settings),
        before=time.time() + context.get_remaining_time_in_millis() / 1000 - _TO_STOP,
    )
    logger.info("planned", outcome=outcome)
    return {"outcome": outcome}
