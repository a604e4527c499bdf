"""Credentials come from a secret that may be rotated while a worker holds an old one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.fake_upstreams.server import Served, serving
from local.fake_upstreams.settings import Settings
from local.fake_upstreams.siasn import Register
from sluice.aws import upstreams
from sluice.aws.upstreams import SharedUpstreams
from sluice.catalog.civil_service.pangkat import pangkat
from sluice.catalog.elections.commission import commission
from sluice.model.errors import UpstreamRejected
from sluice.upstream.lookup import Lookup, LookupBatch, LookupResult, OnResult
from tests.integration.conftest import REGION
from tests.integration.template import create_table

pytestmark = pytest.mark.usefixtures("no_account")


class Secret:
    """A secret with a cached and a current version."""

    def __init__(self, kept: dict[str, Any], now: dict[str, Any]) -> None:
        self.kept, self.now = kept, now
        self.asked: list[bool] = []

    def __call__(self, fresh: bool) -> dict[str, Any]:
        self.asked.append(fresh)
        if fresh:
            self.kept = self.now
        return self.kept


@pytest.fixture
def register() -> Iterator[Served[Register]]:
    with serving(Register(Settings(rows=100))) as upstream:
        yield upstream


def credentials(register: Served[Register], client_secret: str) -> dict[str, Any]:
    settings = register.stub.settings
    return {"siasn": {"url": register.url, "client_id": settings.client_id, "client_secret": client_secret}}


def rows(secret: Secret) -> int:
    with mock_aws():
        table = boto3.resource("dynamodb", region_name=REGION).Table(create_table("JobsTable"))
        (page,) = SharedUpstreams(table, secret).read(pangkat, [0], before=time.time() + 60)
        return len(page.rows)


def test_a_rejected_secret_is_read_again(register: Served[Register]) -> None:
    good = credentials(register, register.stub.settings.client_secret)
    secret = Secret(kept=credentials(register, "the one before"), now=good)
    assert rows(secret) == 100
    assert secret.asked == [False, True]


def test_a_valid_secret_is_not_read_again(register: Served[Register]) -> None:
    good = credentials(register, register.stub.settings.client_secret)
    secret = Secret(kept=good, now=good)
    assert rows(secret) == 100
    assert secret.asked == [False]


def test_a_secret_that_is_still_wrong_is_an_error_that_does_not_show_it(register: Served[Register]) -> None:
    wrong = credentials(register, "wrong")
    with pytest.raises(UpstreamRejected) as rejected:
        rows(Secret(kept=wrong, now=wrong))
    assert "wrong" not in str(rejected.value)


def test_an_upstream_that_was_added_later_is_found(register: Served[Register]) -> None:
    good = credentials(register, register.stub.settings.client_secret)
    assert rows(Secret(kept={}, now=good)) == 100
    with pytest.raises(UpstreamRejected, match=r"no-secret.*'siasn'"):
        rows(Secret(kept={}, now={}))


def test_keys_with_a_result_are_not_looked_up_again_after_a_rotation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The old secret was valid until its token expired, in the middle of a chunk."""
    asked: list[list[str]] = []

    def ask(_: Lookup, keys: list[str], *, on_result: OnResult, **__: Any) -> LookupBatch:
        asked.append(keys)
        on_result(keys[0], LookupResult("registered", "79800001"))
        if len(asked) == 1:
            raise UpstreamRejected("bad-answer", upstream="siasn", what="pangkat", got="status 401 for a token")
        return LookupBatch([], down=False, silent=False)

    monkeypatch.setattr(upstreams, "ask", ask)
    known = {"url": "https://commission.example", "client_id": "sluice"}
    secret = Secret(
        kept={"commission": {**known, "client_secret": "old"}}, now={"commission": {**known, "client_secret": "new"}}
    )
    results: list[str] = []
    table = boto3.resource("dynamodb", region_name=REGION).Table("jobs")
    SharedUpstreams(table, secret).ask(
        commission, ["1", "2", "3"], before=0, on_result=lambda key, _: results.append(key)
    )
    assert (asked, results) == ([["1", "2", "3"], ["2", "3"]], ["1", "2"])
