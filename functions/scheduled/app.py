"""EventBridge Scheduler: pull a source at its scheduled time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from sluice import bootstrap
from sluice.aws.scheduler import read_input
from sluice.config import StartSettings, load_settings
from sluice.observability import discreet, logger
from sluice.usecases.sync import sync_on_schedule


@logger.inject_lambda_context(clear_state=True)
@discreet
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str | None]:
    """Start a sync of ``{tenant, source}`` and return its ``{job_id}``, null if one is still under way."""
    settings = load_settings(StartSettings)
    tenant, source = read_input(event)
    logger.append_keys(tenant=tenant, source=source)
    job = sync_on_schedule(
        tenant,
        source,
        now=datetime.now(UTC),
        services=bootstrap.services(settings),
    )
    job_id = None if job is None else job.ref.id
    logger.info("begun" if job else "still under way", job_id=job_id)
    return {"job_id": job_id}
