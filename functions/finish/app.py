"""Task of the state machine: say where a job stands at the end of a run."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from sluice import bootstrap
from sluice.config import MachineSettings, settings
from sluice.model.chunk import JobRef
from sluice.model.status import Status
from sluice.observability import discreet, logger, metrics
from sluice.usecases.finish import finish
from sluice.usecases.park import wake_after


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
@discreet
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Finish a run of the job ``{tenant, job_id, run, error?}``.

    ``error`` is what Step Functions caught, ``{Error, Cause}``.
    """
    told = settings(MachineSettings)
    logger.append_keys(tenant=event["tenant"], job_id=event["job_id"])
    caught = event.get("error")
    if caught:
        logger.error("the course broke", error=caught)  # in full here; a caller is told its kind alone
    job = finish(
        JobRef(event["tenant"], event["job_id"]),
        event["run"],
        error=str(caught.get("Error")) if caught else None,
        jobs=bootstrap.jobs(told.jobs_table, told.keep_days),
        chunks=bootstrap.chunks(told.jobs_table, told.keep_days),
        machine=bootstrap.machine(told.machine_arn),
    )
    metrics.add_metric(name=f"Jobs{job.status.title().replace('_', '')}", unit=MetricUnit.Count, value=1)
    logger.info("finished", status=job.status, counts=job.counts.as_dict())
    return {
        "status": job.status,
        "parked": job.status is Status.PAUSED and bool(job.parked),
        "wake_after": wake_after(job),
    }
