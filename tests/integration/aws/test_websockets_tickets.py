"""The contract of the `Tickets` port."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest

from sluice.aws.websockets import DynamoTickets
from sluice.model.event import Ticket
from sluice.usecases.watchers import Tickets
from tests.integration.conftest import REGION
from tests.integration.template import create_table
from tests.support.tickets import MemoryTickets

TICKET = Ticket("acme", "ann", "01JOB", until=5000)


@pytest.fixture(params=["memory", "dynamodb"])
def tickets(request: pytest.FixtureRequest) -> Iterator[Tickets]:
    """Return each store in turn."""
    if request.param == "memory":
        yield MemoryTickets()
        return
    request.getfixturevalue("aws")
    yield DynamoTickets(boto3.resource("dynamodb", region_name=REGION).Table(create_table("JobsTable")))


def test_a_ticket_is_used_once(tickets: Tickets) -> None:
    tickets.add("secret", TICKET, good_until=1060)
    assert tickets.use("acme", "secret", stream="s1", now=1000) == replace(TICKET, stream="s1")
    assert tickets.use("acme", "secret", stream="s2", now=1000) is None
    assert tickets.get("acme", "secret") == replace(TICKET, stream="s1")


def test_an_expired_ticket_is_not_accepted(tickets: Tickets) -> None:
    tickets.add("secret", TICKET, good_until=1060)
    assert tickets.use("acme", "secret", stream="s", now=1060) is None


def test_a_ticket_is_found_only_with_its_own_tenant_and_secret(tickets: Tickets) -> None:
    tickets.add("secret", TICKET, good_until=1060)
    for tenant, secret in (("other", "secret"), ("acme", "Secret"), ("acme", "")):
        assert tickets.use(tenant, secret, stream="s", now=1000) is None
        assert tickets.get(tenant, secret) is None


def test_a_ticket_for_all_jobs_names_no_job(tickets: Tickets) -> None:
    tickets.add("secret", replace(TICKET, job_id=None), good_until=1060)
    assert tickets.get("acme", "secret") == replace(TICKET, job_id=None)


def test_the_table_does_not_contain_the_secret(aws: None) -> None:
    table = boto3.resource("dynamodb", region_name=REGION).Table(create_table("JobsTable"))
    DynamoTickets(table).add("the-secret", TICKET, good_until=1060)
    assert "the-secret" not in str(table.scan()["Items"])
