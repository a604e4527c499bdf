"""The real things behind the API's use cases, by its settings."""

from __future__ import annotations

from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from functions.api import gate
from sluice import bootstrap
from sluice.config import ApiSettings, settings
from sluice.model.chunk import JobRef
from sluice.stores.chunks import DynamoChunks
from sluice.stores.files import S3Files
from sluice.stores.jobs import DynamoJobs
from sluice.stores.machine import StepFunctionsMachine
from sluice.stores.schedules import EventBridgeSchedules
from sluice.stores.tickets import DynamoTickets


def jobs() -> DynamoJobs:
    """Jobs of all tenants."""
    told = settings(ApiSettings)
    return bootstrap.jobs(told.jobs_table, told.keep_days)


def chunks() -> DynamoChunks:
    """Their phases and chunks."""
    told = settings(ApiSettings)
    return bootstrap.chunks(told.jobs_table, told.keep_days)


def tickets() -> DynamoTickets:
    """Tickets of all tenants."""
    return bootstrap.tickets(settings(ApiSettings).jobs_table)


def files() -> S3Files:
    """The bucket."""
    return bootstrap.files(settings(ApiSettings).files_bucket)


def machine() -> StepFunctionsMachine:
    """The course of jobs."""
    return bootstrap.machine(settings(ApiSettings).machine_arn)


def schedules() -> EventBridgeSchedules:
    """When sources are pulled by themselves."""
    told = settings(ApiSettings)
    return bootstrap.schedules(told.schedule_group, told.scheduled_function_arn, told.scheduler_role_arn)


def ref_of(router: APIGatewayRouter, job_id: str) -> JobRef:
    """A job of the caller's tenant; whether there is one is for the store to say."""
    return JobRef(gate.caller_of(router).tenant, job_id)
