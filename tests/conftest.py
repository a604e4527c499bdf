"""A deployed stack for all tests that need one, and callers of several tenants who use its public API."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from localstack_client.session import Session

from local import localstack
from local.lifecycle import running
from local.stack import Stack
from sluice.auth import ADMIN, READ, WRITE
from sluice.aws.chunks import DynamoChunks
from sluice.aws.jobs import DynamoJobs
from tests.browser import chromium
from tests.support.people import Person
from tests.support.sizes import SOAK

_FOLDERS = {"e2e": pytest.mark.e2e, "browser": pytest.mark.browser, "soak": pytest.mark.e2e}


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Mark tests that use a deployed stack, and give them more time than a unit test."""
    for item in items:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        if folder in _FOLDERS:
            item.add_marker(_FOLDERS[folder])
            item.add_marker(pytest.mark.timeout(1_200 if SOAK else 300))
    if any(item.get_closest_marker("browser") for item in items) and chromium.find() is None:
        pytest.exit(chromium.MISSING, returncode=1)  # now, not after the tests that need no browser


def pytest_collection_finish() -> None:
    """Keep the garbage collector from looking through all modules and tests again and again.

    It took a quarter of the time of the unit and integration tests.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


@pytest.fixture(scope="session", autouse=True)
def short_waits() -> None:
    """Make the state machines of our own stacks wait a fifth of their seconds, but for ``make soak``."""
    if not SOAK:
        os.environ["SFN_WAIT_SCALE"] = "0.2"


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Yield the stack: one of our own with IAM enforced, or the one at AWS_ENDPOINT_URL."""
    with running() as deployed:
        yield deployed


@pytest.fixture
def stores(stack: Stack) -> tuple[DynamoJobs, DynamoChunks]:
    """Return the deployed stores of jobs, without the API."""
    return stores_of(stack)


def stores_of(stack: Stack) -> tuple[DynamoJobs, DynamoChunks]:
    """Return the stores of jobs of a stack."""
    local = Session("test", "test", region_name=stack.region, localstack_host=urlsplit(stack.endpoint).netloc)
    table = local.resource("dynamodb").Table(stack.jobs_table)
    return DynamoJobs(table, 1), DynamoChunks(table)


@pytest.fixture(scope="session")
def loopback(stack: Stack) -> None:
    """Skip a test whose functions have to reach a server of this machine, if they run in containers of LocalStack."""
    if localstack.find(stack.endpoint).in_containers:
        pytest.skip("functions in containers do not reach the loopback interface of this machine")


@pytest.fixture(scope="session")
def postgres_stack(stack: Stack, loopback: None) -> Iterator[Stack]:
    """Yield a second deployment on the same AWS, whose rows are stored in PostgreSQL."""
    with running(endpoint=stack.endpoint, database=True) as deployed:
        yield deployed


@pytest.fixture(scope="session")
def person(stack: Stack) -> Iterator[Callable[..., Person]]:
    """Yield a maker of people: ``person("acme")`` reads and writes, ``person("acme", scopes=[READ])`` only reads."""

    with ExitStack() as open_until_the_end:

        def make(tenant: str, scopes: Sequence[str] = (READ, WRITE, ADMIN), at: Stack = stack) -> Person:
            made = Person(at, tenant, scopes)
            open_until_the_end.enter_context(made.client)
            open_until_the_end.enter_context(made.http)
            return made

        yield make


def own_tenant(request: pytest.FixtureRequest) -> str:
    """Return the name of a tenant that only this test uses."""
    name = "".join(letter if letter.isalnum() else "-" for letter in request.node.name)[:50]
    return f"{name}-{time.time_ns() % 1_000_000}"


@pytest.fixture
def ann(person: Callable[..., Person], request: pytest.FixtureRequest) -> Person:
    """Return a caller of a tenant that only this test uses."""
    return person(own_tenant(request))


@pytest.fixture(params=["stack", "postgres_stack"], ids=["dynamodb", "postgres"])
def bob(person: Callable[..., Person], request: pytest.FixtureRequest) -> Person:
    """Return a caller of a tenant that only this test uses, on each destination in turn."""
    return person(own_tenant(request), at=request.getfixturevalue(request.param))
