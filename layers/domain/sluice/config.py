"""Settings of the functions, read from environment variables: one validated model for each function."""

from __future__ import annotations

import os
from functools import cache
from typing import TypeVar

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Settings of every function; each field is read from the environment variable of the same name in capitals."""

    model_config = ConfigDict(frozen=True)

    jobs_table: str
    keep_days: int
    #: What a tenant may have under way; 0 is no limit.
    tenant_jobs: int = 0
    tenant_gigabytes: int = 0
    tenant_syncs: int = 0


class StartSettings(Settings):
    """Settings of the functions that start jobs: `functions/scheduled` and `auto_resume`."""

    machine_arn: str


class FinishSettings(StartSettings):
    """Settings of `functions/finish` and `on_upload`."""

    files_bucket: str


class PlanSettings(Settings):
    """Settings of `functions/plan`; ``upstreams_secret_arn`` is empty in a deployment without upstreams."""

    files_bucket: str
    upstreams_secret_arn: str


class MakeFileSettings(Settings):
    """Settings of `functions/make_file`."""

    files_bucket: str


class SendingSettings(Settings):
    """Settings of the functions that send chunks to the queues."""

    files_bucket: str
    urgent_queue_url: str
    standard_queue_url: str
    lookup_queue_url: str


class DispatchSettings(SendingSettings):
    """Settings of `functions/dispatch`; without ``database_secret_arn``, the destination is the records table."""

    machine_arn: str
    records_table: str
    database_secret_arn: str


class WorkSettings(DispatchSettings):
    """Settings of `functions/work`, which two functions run; ``lease_seconds`` is longer than their time-out."""

    upstreams_secret_arn: str
    lease_seconds: int


class GiveUpSettings(Settings):
    """Settings of `functions/give_up`."""

    urgent_queue_url: str
    standard_queue_url: str
    lookup_queue_url: str
    dead_letter_queue_url: str


class SweeperSettings(SendingSettings):
    """Settings of `functions/sweeper`; a job without a change for ``stuck_minutes`` is stuck."""

    machine_arn: str
    stuck_minutes: int


class IssuerSettings(Settings):
    """Settings of token validation: the issuer, the audience, and the claim that names the tenant."""

    issuer: str
    jwks_url: str = ""
    audience: str
    tenant_claim: str


class WaitSettings(Settings):
    """Settings of calls that wait; ``tenant_waits`` of a tenant may wait at the same time, 0 is no limit."""

    tenant_waits: int = 0


class EventsSettings(IssuerSettings):
    """Settings of `functions.api.stream`; a request for a job's events waits ``events_wait_seconds`` at most."""

    events_wait_seconds: float = 20


class ApiSettings(DispatchSettings, IssuerSettings):
    """Settings of `functions/api`.

    Schedules of syncs are in ``schedule_group``; they call ``scheduled_function_arn`` with ``scheduler_role_arn``.
    """

    idempotency_table: str
    schedule_group: str
    scheduled_function_arn: str
    scheduler_role_arn: str
    records_table: str
    database_secret_arn: str
    dead_letter_queue_url: str


class SocketSettings(IssuerSettings):
    """Settings of `functions/socket`."""


class AnnounceSettings(Settings):
    """Settings of `functions/announce`; messages link to ``base_url`` and are posted through ``socket_endpoint``."""

    base_url: str
    socket_endpoint: str
    urgent_queue_url: str
    standard_queue_url: str
    lookup_queue_url: str
    dead_letter_queue_url: str


S = TypeVar("S", bound=Settings)


@cache
def load_settings(model: type[S]) -> S:
    """Read and validate the settings of a function, once per process; raises `ValidationError`."""
    return model.model_validate({name.lower(): value for name, value in os.environ.items()})
