"""Task of the state machine: look at a job's file, refuse it or cut it into chunks."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from sluice import bootstrap
from sluice.config import PlanSettings, settings
from sluice.model.chunk import JobRef
from sluice.observability import logger
from sluice.usecases.plan import plan


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    """Plan the job ``{tenant, job_id, run}`` and answer ``{outcome}``; a refused file is an outcome, not an error."""
    told = settings(PlanSettings)
    logger.append_keys(tenant=event["tenant"], job_id=event["job_id"])
    outcome = plan(
        JobRef(event["tenant"], event["job_id"]),
        event["run"],
        jobs=bootstrap.jobs(told.jobs_table, told.keep_days),
        chunks=bootstrap.chunks(told.jobs_table, told.keep_days),
        files=bootstrap.files(told.files_bucket),
    )
    logger.info("planned", outcome=outcome)
    return {"outcome": outcome}
