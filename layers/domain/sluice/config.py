"""Settings of the functions, from their environment: one validated model for each."""

from __future__ import annotations

import os
from functools import cache
from typing import TypeVar

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Read from environment variables of the same name in capitals."""

    model_config = ConfigDict(frozen=True)

    jobs_table: str
    keep_days: int


class StartSettings(Settings):
    """Functions that start jobs: `functions/on_upload`, `scheduled`, `finish` and `auto_resume`."""

    machine_arn: str


class PlanSettings(Settings):
    """`functions/plan`; upstreams are in the secret ``upstreams_secret_arn``, if there are any."""

    files_bucket: str
    upstreams_secret_arn: str


class MakeFileSettings(Settings):
    """`functions/make_file`."""

    files_bucket: str


class SendingSettings(Settings):
    """Functions that send chunks to the queues."""

    files_bucket: str
    urgent_queue_url: str
    standard_queue_url: str


class DispatchSettings(SendingSettings):
    """`functions/dispatch`; with a ``database_secret_arn`` rows are in that database, else in the records table."""

    records_table: str
    database_secret_arn: str


class WorkSettings(DispatchSettings):
    """`functions/work`; ``lease_seconds`` is longer than the function's own time-out."""

    upstreams_secret_arn: str
    lease_seconds: int


class GiveUpSettings(Settings):
    """`functions/give_up`."""

    dead_letter_queue_url: str


class SweeperSettings(SendingSettings):
    """`functions/sweeper`; a job that did not move for ``stuck_minutes`` is stuck."""

    machine_arn: str
    stuck_minutes: int


class IssuerSettings(Settings):
    """Tokens come from ``issuer`` for ``audience`` and name their tenant in ``tenant_claim``."""

    issuer: str
    jwks_url: str = ""
    audience: str
    tenant_claim: str


class ApiSettings(DispatchSettings, IssuerSettings):
    """`functions/api`; a request that follows a job's events waits ``events_wait_seconds`` at most.

    Schedules of syncs are in ``schedule_group``; they call ``scheduled_function_arn`` by ``scheduler_role_arn``.
    """

    events_wait_seconds: float

    idempotency_table: str
    machine_arn: str
    schedule_group: str
    scheduled_function_arn: str
    scheduler_role_arn: str
    records_table: str
    database_secret_arn: str
    dead_letter_queue_url: str


class SocketSettings(IssuerSettings):
    """`functions/socket`."""


class AnnounceSettings(Settings):
    """`functions/announce`; messages link to ``base_url`` and are posted through ``socket_endpoint``."""

    base_url: str
    socket_endpoint: str
    urgent_queue_url: str
    standard_queue_url: str
    dead_letter_queue_url: str


S = TypeVar("S", bound=Settings)


@cache
def load_settings(model: type[S]) -> S:
    """Read and check the load_settings of a function, once."""
    return model.model_validate({name.lower(): value for name, value in os.environ.items()})
