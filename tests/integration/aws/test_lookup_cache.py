"""The contract of `LookupCache`, in memory and in DynamoDB."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluice.aws import lookup_cache as module
from sluice.aws.lookup_cache import DynamoLookupCache
from sluice.catalog.elections.commission import commission
from sluice.model.errors import TryLater
from sluice.upstream.lookup import LookupResult
from sluice.usecases.ports import LookupCache
from tests.integration.conftest import REGION
from tests.integration.template import create_table
from tests.support.upstreams import MemoryLookupCache

NOW = 1_800_000_000
HERE = LookupResult("registered", "79800001")
DECEASED = LookupResult("deceased", None)
OTHER = replace(commission, name="other")
KEYS = [f"80010150{number:05d}" for number in range(250)]


def jobs_table() -> Any:
    """Create the jobs table on moto."""
    return boto3.resource("dynamodb", region_name=REGION).Table(create_table("JobsTable"))


@pytest.fixture(params=["memory", "dynamodb"])
def cache(request: pytest.FixtureRequest) -> LookupCache:
    """Return an empty cache."""
    if request.param == "memory":
        return MemoryLookupCache()
    request.getfixturevalue("aws")
    return DynamoLookupCache(jobs_table())


def test_a_result_is_found_as_it_was_stored(cache: LookupCache) -> None:
    cache.keep("acme", commission, KEYS[0], HERE, until=NOW + 60)
    cache.keep("acme", commission, KEYS[1], DECEASED, until=NOW + 60)
    found = cache.get("acme", commission, KEYS[:3], now=NOW)
    assert found == {KEYS[0]: HERE, KEYS[1]: DECEASED}


def test_keys_without_a_result_are_omitted(cache: LookupCache) -> None:
    assert cache.get("acme", commission, KEYS, now=NOW) == {}
    assert cache.get("acme", commission, [], now=NOW) == {}


def test_a_result_expires(cache: LookupCache) -> None:
    cache.keep("acme", commission, KEYS[0], HERE, until=NOW)
    assert cache.get("acme", commission, KEYS[:1], now=NOW - 1) == {KEYS[0]: HERE}
    assert cache.get("acme", commission, KEYS[:1], now=NOW) == {}


def test_a_result_replaces_the_earlier_one(cache: LookupCache) -> None:
    cache.keep("acme", commission, KEYS[0], HERE, until=NOW + 60)
    cache.keep("acme", commission, KEYS[0], DECEASED, until=NOW + 30)
    assert cache.get("acme", commission, KEYS[:1], now=NOW) == {KEYS[0]: DECEASED}
    assert cache.get("acme", commission, KEYS[:1], now=NOW + 45) == {}


def test_tenants_and_lookups_have_results_of_their_own(cache: LookupCache) -> None:
    cache.keep("acme", commission, KEYS[0], HERE, until=NOW + 60)
    for tenant, lookup in (("other", commission), ("acme", OTHER), ("t" * 64, commission)):
        assert cache.get(tenant, lookup, KEYS[:1], now=NOW) == {}
        cache.keep(tenant, lookup, KEYS[0], DECEASED, until=NOW + 60)
    assert cache.get("acme", commission, KEYS[:1], now=NOW) == {KEYS[0]: HERE}


def test_hundreds_of_keys_are_found_at_once(cache: LookupCache) -> None:
    """The number exceeds one BatchGetItem, and some keys are duplicates, which that call rejects."""
    for key in KEYS:
        cache.keep("acme", commission, key, LookupResult("registered", key[-8:]), until=NOW + 60)
    found = cache.get("acme", commission, [*KEYS, *KEYS[:120]], now=NOW)
    assert found == {key: LookupResult("registered", key[-8:]) for key in KEYS}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keys=st.sets(st.text(min_size=1, max_size=100), max_size=5))
def test_any_text_is_a_key(cache: LookupCache, keys: set[str]) -> None:
    for key in keys:
        cache.keep("acme", OTHER, key, HERE, until=NOW + 60)
    assert cache.get("acme", OTHER, keys, now=NOW) == dict.fromkeys(keys, HERE)


def test_the_table_does_not_contain_the_key_and_expires_the_result(aws: None) -> None:
    table = jobs_table()
    cache = DynamoLookupCache(table)
    cache.keep("acme", commission, KEYS[0], HERE, until=NOW + 60)
    cache.keep("other", commission, KEYS[0], HERE, until=NOW + 60)
    items = table.scan()["Items"]
    assert not any(part in str(items) for part in (KEYS[0], KEYS[0][6:]))
    assert {item["expires_at"] for item in items} == {NOW + 60}
    first, second = (item["pk"].partition("#")[2] for item in items)
    assert first != second, "the results of two tenants do not show that they are about one person"
    assert {item["pk"].partition("#")[0] for item in items} == {"acme", "other"}


class Busy:
    """A table that returns only the first key of each call, and none after the given number of calls."""

    def __init__(self, client: Any, calls: int) -> None:
        self._client, self._calls = client, calls

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def batch_get_item(self, RequestItems: Any) -> Any:  # noqa: N803 - boto3's name
        ((name, wanted),) = RequestItems.items()
        self._calls -= 1
        taken = wanted["Keys"][: 1 if self._calls >= 0 else 0]
        if not taken:
            return {"Responses": {}, "UnprocessedKeys": RequestItems}
        response = self._client.batch_get_item(RequestItems={name: wanted | {"Keys": taken}})
        rest = wanted["Keys"][1:]
        return response | {"UnprocessedKeys": {name: wanted | {"Keys": rest}} if rest else {}}


@pytest.mark.parametrize(("calls", "is_enough"), [(4, True), (2, False)])
def test_unprocessed_keys_are_read_again(
    aws: None, monkeypatch: pytest.MonkeyPatch, calls: int, is_enough: bool
) -> None:
    monkeypatch.setattr(module, "_PAUSES", (0.0,) * 5)
    table = jobs_table()
    cache = DynamoLookupCache(table)
    for key in KEYS[:4]:
        cache.keep("acme", commission, key, HERE, until=NOW + 60)
    monkeypatch.setattr(table.meta, "client", Busy(table.meta.client, calls))
    if is_enough:
        assert cache.get("acme", commission, KEYS[:4], now=NOW) == dict.fromkeys(KEYS[:4], HERE)
    else:
        with pytest.raises(TryLater, match="jobs-table-busy"):
            cache.get("acme", commission, KEYS[:4], now=NOW)
