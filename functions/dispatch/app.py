"""Task of the state machine: fan a phase out; the worker that closes its last chunk answers the token."""

from __future__ import annotations

import time
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from sluice import bootstrap
from sluice.config import DispatchSettings, load_settings
from sluice.model.chunk import JobRef, PhaseName
from sluice.observability import discreet, logger
from sluice.usecases.dispatch import dispatch


@logger.inject_lambda_context(clear_state=True)
@discreet
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Dispatch ``{tenant, job_id, run, phase, token}``.

    An error is both reported to the state machine and raised: a local emulator does not report the error of a function
    that waits for a token, and on AWS the second report finds a task that has ended and is ignored.
    """
    settings = load_settings(DispatchSettings)
    logger.append_keys(tenant=event["tenant"], job_id=event["job_id"], phase=event["phase"])
    services = bootstrap.services(settings)
    try:
        dispatch(
            JobRef(event["tenant"], event["job_id"]),
            event["run"],
            PhaseName(event["phase"]),
            event["token"],
            now=int(time.time()),
            services=services,
        )
    except Exception as error:
        services.machine.fail(event["token"], type(error).__name__)
        raise
    finally:
        bootstrap.release_connections()
    logger.info("dispatched")
