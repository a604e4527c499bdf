"""The services of the API function, and the job that a request names."""

from __future__ import annotations

from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from functions.api import auth
from sluice import bootstrap
from sluice.bootstrap import AwsServices
from sluice.config import ApiSettings, load_settings
from sluice.model.chunk import JobRef


def services() -> AwsServices:
    """Return the services of the API function."""
    return bootstrap.services(load_settings(ApiSettings))


def ref_of(router: APIGatewayRouter, job_id: str) -> JobRef:
    """Build the name of a job of the caller's tenant; the job may not exist."""
    return JobRef(auth.caller_of(router).tenant, job_id)
