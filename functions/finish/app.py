"""Task of the state machine: move a job to its state at the end of a run."""

from __future__ import annotations

import time
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from sluice import bootstrap
from sluice.config import FinishSettings, load_settings
from sluice.model.chunk import JobRef
from sluice.model.job import RETRYABLE
from sluice.model.status import Status
from sluice.observability import discreet, logger, metrics
from sluice.usecases.control import auto_resume_after
from sluice.usecases.finish import finish


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
@discreet
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Finish a run of the job ``{tenant, job_id, run, error?}``.

    ``error`` is what Step Functions caught, ``{Error, Cause}``.
    """
    settings = load_settings(FinishSettings)
    logger.append_keys(tenant=event["tenant"], job_id=event["job_id"])
    caught = event.get("error")
    if caught:
        logger.error("execution failed", error=caught)  # the log has all of it, callers see only its name
    job = finish(
        JobRef(event["tenant"], event["job_id"]),
        event["run"],
        error=str(caught.get("Error")) if caught else None,
        now=int(time.time()),
        services=bootstrap.services(settings),
    )
    metrics.add_metric(name=f"Jobs{job.status.title().replace('_', '')}", unit=MetricUnit.Count, value=1)
    unprocessed = job.counts.unprocessed if job.problem and job.problem.type in RETRYABLE else 0
    metrics.add_metric(name="UnprocessedRows", unit=MetricUnit.Count, value=unprocessed)
    logger.info("finished", status=job.status, counts=job.counts.as_dict())
    return {
        "status": job.status,
        "suspended": job.status is Status.PAUSED and bool(job.suspended),
        "resume_after": auto_resume_after(job),
    }
