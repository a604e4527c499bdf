"""The real things behind the API's use cases, by its load_settings."""

from __future__ import annotations

from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from functions.api import auth
from sluice import bootstrap
from sluice.aws.chunks import DynamoChunks
from sluice.aws.jobs import DynamoJobs
from sluice.aws.s3 import S3Files
from sluice.aws.scheduler import EventBridgeSchedules
from sluice.aws.step_functions import StepFunctionsMachine
from sluice.aws.tickets import DynamoTickets
from sluice.config import ApiSettings, load_settings
from sluice.model.chunk import JobRef


def jobs() -> DynamoJobs:
    """Jobs of all tenants."""
    settings = load_settings(ApiSettings)
    return bootstrap.jobs(settings.jobs_table, settings.keep_days)


def chunks() -> DynamoChunks:
    """Their phases and chunks."""
    settings = load_settings(ApiSettings)
    return bootstrap.chunks(settings.jobs_table, settings.keep_days)


def tickets() -> DynamoTickets:
    """Tickets of all tenants."""
    return bootstrap.tickets(load_settings(ApiSettings).jobs_table)


def files() -> S3Files:
    """The bucket."""
    return bootstrap.files(load_settings(ApiSettings).files_bucket)


def machine() -> StepFunctionsMachine:
    """The course of jobs."""
    return bootstrap.machine(load_settings(ApiSettings).machine_arn)


def schedules() -> EventBridgeSchedules:
    """When sources are pulled by themselves."""
    settings = load_settings(ApiSettings)
    return bootstrap.schedules(settings.schedule_group, settings.scheduled_function_arn, settings.scheduler_role_arn)


def ref_of(router: APIGatewayRouter, job_id: str) -> JobRef:
    """A job of the caller's tenant; whether there is one is for the store to say."""
    return JobRef(auth.caller_of(router).tenant, job_id)
