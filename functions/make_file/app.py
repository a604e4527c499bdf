"""Task of the state machine: make a download of a job."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from sluice import bootstrap
from sluice.config import MakeFileSettings, load_settings
from sluice.model.chunk import JobRef
from sluice.observability import discreet, logger
from sluice.usecases.downloads import make_file


@logger.inject_lambda_context(clear_state=True)
@discreet
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Make ``file`` of the job ``{tenant, job_id, run}`` and return its number of ``rows``."""
    settings = load_settings(MakeFileSettings)
    logger.append_keys(tenant=event["tenant"], job_id=event["job_id"], file=event["file"])
    rows = make_file(
        JobRef(event["tenant"], event["job_id"]),
        event["run"],
        event["file"],
        services=bootstrap.services(settings),
    )
    logger.info("made", rows=rows)
    return {"rows": rows}
