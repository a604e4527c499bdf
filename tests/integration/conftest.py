"""Provides deployed stacks to tests of functions; stores and destinations have their own fixtures."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import cache
from typing import Any

import boto3
import botocore.loaders
import pytest
from moto import mock_aws
from moto.dynamodb.responses import DynamoHandler

from sluice import auth as identity
from sluice import bootstrap
from tests.integration import moto_tables, permissions
from tests.integration.stack import Stack, deploy, forget_clients, forget_settings, set_environment
from tests.support import issuer
from tests.support.machine import MemoryMachine

REGION = "us-east-1"


@pytest.fixture(scope="session", autouse=True)
def descriptions_read_once() -> Iterator[None]:
    """Let all sessions of botocore share what they read from its files; each mock of AWS begins with a new session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.loaders, "create_loader", cache(botocore.loaders.create_loader))
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_tables() -> Iterator[None]:
    """Keep the time of moto's requests from growing with its tables."""
    with pytest.MonkeyPatch.context() as patch:
        moto_tables.install(patch)
        yield


@pytest.fixture
def no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set credentials that no account has, in place of the developer's own settings."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.fixture
def aws(no_account: None) -> Iterator[None]:
    """Start moto in this process."""
    with mock_aws():
        yield


@pytest.fixture
def machine(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> MemoryMachine:
    """Return a state machine that records its calls, which moto's does not."""
    machine = MemoryMachine()
    monkeypatch.setattr(bootstrap.AwsServices, "machine", machine)
    return machine


@pytest.fixture
def function_settings(no_account: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set the functions' environment, and serve the keys of the test issuer; there is no AWS."""
    monkeypatch.setattr(identity, "fetch_json", lambda _: issuer.key_set())
    set_environment(monkeypatch)
    forget_settings()
    yield
    forget_settings()


@pytest.fixture
def atomic_updates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Serialize calls, as DynamoDB does with those of one item; moto interleaves those of several threads."""
    act, one = DynamoHandler.call_action, threading.Lock()

    def act_alone(handler: DynamoHandler) -> Any:
        with one:
            return act(handler)

    monkeypatch.setattr(DynamoHandler, "call_action", act_alone)


@pytest.fixture
def no_aws(function_settings: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every access to AWS fail."""

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("the test must not access AWS")

    forget_clients()
    monkeypatch.setattr(boto3, "client", fail)
    monkeypatch.setattr(boto3, "resource", fail)


@pytest.fixture
def stack(function_settings: None) -> Iterator[Stack]:
    """Deploy all resources to moto; no function may do there what its role does not allow."""
    with mock_aws(), permissions.checked():
        yield deploy()
