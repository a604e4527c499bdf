"""Task of the state machine: resume a suspended job."""

from __future__ import annotations

import time
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from sluice import bootstrap
from sluice.config import StartSettings, load_settings
from sluice.model.chunk import JobRef
from sluice.observability import discreet, logger
from sluice.usecases.control import auto_resume


@logger.inject_lambda_context(clear_state=True)
@discreet
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    """Resume the job ``{tenant, job_id, run}`` and return its ``{status}``."""
    settings = load_settings(StartSettings)
    logger.append_keys(tenant=event["tenant"], job_id=event["job_id"])
    job = auto_resume(
        JobRef(event["tenant"], event["job_id"]),
        event["run"],
        now=int(time.time()),
        services=bootstrap.services(settings),
    )
    logger.info("resumed", status=job.status)
    return {"status": job.status}
