"""A deployed stack for the tests of functions; stores and destinations have fixtures of their own."""

from __future__ import annotations

from collections.abc import Iterator

import jwt
import pytest
from moto import mock_aws

from tests.fakes import issuer
from tests.integration.stack import Stack, clear_caches, deploy


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """Everything deployed on moto, and an issuer whose keys are at hand."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setattr(jwt.PyJWKClient, "fetch_data", lambda _: issuer.key_set())
    clear_caches()
    with mock_aws():
        yield deploy(monkeypatch)
    clear_caches()
