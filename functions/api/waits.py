"""Calls that wait: each holds one of the function's concurrent requests, which all tenants share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from functions.api import auth
from sluice import bootstrap
from sluice.config import WaitSettings, load_settings


@contextmanager
def up_to(seconds: float, router: APIGatewayRouter) -> Iterator[float]:
    """Yield how long a call may wait: ``seconds``, or not at all while its tenant has as many such calls as it may."""
    settings = load_settings(WaitSettings)
    if seconds <= 0 or not settings.tenant_waits:
        yield seconds
        return
    waits = bootstrap.waits(settings.jobs_table, settings.tenant_waits)
    tenant = auth.caller_of(router).tenant
    if (slot := waits.begin(tenant, seconds)) is None:
        yield 0
        return
    try:
        yield seconds
    finally:
        waits.end(tenant, slot)
