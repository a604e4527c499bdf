"""LookupCache of lookups, in memory and in DynamoDB."""

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
from tests.fakes.upstreams import MemoryAnswers
from tests.integration.stores.conftest import REGION
from tests.integration.template import create_table

NOW = 1_800_000_000
HERE = LookupResult("registered", "79800001")
GONE = LookupResult("deceased", None)
OTHER = replace(commission, name="other")
KEYS = [f"80010150{number:05d}" for number in range(250)]


def jobs_table() -> Any:
    """The jobs table on moto."""
    return boto3.resource("dynamodb", region_name=REGION).Table(create_table("JobsTable"))


@pytest.fixture(params=["memory", "dynamodb"])
def answers(request: pytest.FixtureRequest) -> LookupCache:
    """Where answers are kept."""
    if request.param == "memory":
        return MemoryAnswers()
    request.getfixturevalue("aws")
    return DynamoLookupCache(jobs_table())


def test_an_answer_is_found_as_it_was_kept(answers: LookupCache) -> None:
    answers.keep("acme", commission, KEYS[0], HERE, until=NOW + 60)
    answers.keep("acme", commission, KEYS[1], GONE, until=NOW + 60)
    found = answers.get("acme", commission, KEYS[:3], now=NOW)
    assert found == {KEYS[0]: HERE, KEYS[1]: GONE}


def test_nothing_is_found_where_nothing_was_kept_or_asked_for(answers: LookupCache) -> None:
    assert answers.get("acme", commission, KEYS, now=NOW) == {}
    assert answers.get("acme", commission, [], now=NOW) == {}


def test_an_answer_is_good_until_its_time_is_up(answers: LookupCache) -> None:
    answers.keep("acme", commission, KEYS[0], HERE, until=NOW)
    assert answers.get("acme", commission, KEYS[:1], now=NOW - 1) == {KEYS[0]: HERE}
    assert answers.get("acme", commission, KEYS[:1], now=NOW) == {}


def test_the_answer_that_was_kept_last_counts(answers: LookupCache) -> None:
    answers.keep("acme", commission, KEYS[0], HERE, until=NOW + 60)
    answers.keep("acme", commission, KEYS[0], GONE, until=NOW + 30)
    assert answers.get("acme", commission, KEYS[:1], now=NOW) == {KEYS[0]: GONE}
    assert answers.get("acme", commission, KEYS[:1], now=NOW + 45) == {}


def test_tenants_and_look_ups_have_answers_of_their_own(answers: LookupCache) -> None:
    answers.keep("acme", commission, KEYS[0], HERE, until=NOW + 60)
    for tenant, lookup in (("other", commission), ("acme", OTHER), ("t" * 64, commission)):
        assert answers.get(tenant, lookup, KEYS[:1], now=NOW) == {}
        answers.keep(tenant, lookup, KEYS[0], GONE, until=NOW + 60)
    assert answers.get("acme", commission, KEYS[:1], now=NOW) == {KEYS[0]: HERE}


def test_many_keys_are_found_at_once_each_once(answers: LookupCache) -> None:
    """More than DynamoDB takes in one call, and some twice, which it does not take at all."""
    for key in KEYS:
        answers.keep("acme", commission, key, LookupResult("registered", key[-8:]), until=NOW + 60)
    found = answers.get("acme", commission, [*KEYS, *KEYS[:120]], now=NOW)
    assert found == {key: LookupResult("registered", key[-8:]) for key in KEYS}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keys=st.sets(st.text(min_size=1, max_size=100), max_size=5))
def test_any_text_is_a_key(answers: LookupCache, keys: set[str]) -> None:
    for key in keys:
        answers.keep("acme", OTHER, key, HERE, until=NOW + 60)
    assert answers.get("acme", OTHER, keys, now=NOW) == dict.fromkeys(keys, HERE)


def test_the_table_does_not_hold_the_key_and_forgets_the_answer_by_itself(aws: None) -> None:
    table = jobs_table()
    answers = DynamoLookupCache(table)
    answers.keep("acme", commission, KEYS[0], HERE, until=NOW + 60)
    answers.keep("other", commission, KEYS[0], HERE, until=NOW + 60)
    items = table.scan()["Items"]
    assert not any(part in str(items) for part in (KEYS[0], KEYS[0][6:]))
    assert {item["expires_at"] for item in items} == {NOW + 60}
    first, second = (item["pk"].partition("#")[2] for item in items)
    assert first != second, "who sees two tenants' answers cannot tell that they are about the same person"
    assert {item["pk"].partition("#")[0] for item in items} == {"acme", "other"}


class Busy:
    """A table that gives only the first key of each call, and nothing more after so many calls."""

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
        answer = self._client.batch_get_item(RequestItems={name: wanted | {"Keys": taken}})
        rest = wanted["Keys"][1:]
        return answer | {"UnprocessedKeys": {name: wanted | {"Keys": rest}} if rest else {}}


@pytest.mark.parametrize(("calls", "is_enough"), [(4, True), (2, False)])
def test_keys_that_the_table_leaves_out_are_asked_for_again(
    aws: None, monkeypatch: pytest.MonkeyPatch, calls: int, is_enough: bool
) -> None:
    monkeypatch.setattr(module, "_PAUSES", (0.0,) * 5)
    table = jobs_table()
    answers = DynamoLookupCache(table)
    for key in KEYS[:4]:
        answers.keep("acme", commission, key, HERE, until=NOW + 60)
    monkeypatch.setattr(table.meta, "client", Busy(table.meta.client, calls))
    if is_enough:
        assert answers.get("acme", commission, KEYS[:4], now=NOW) == dict.fromkeys(KEYS[:4], HERE)
    else:
        with pytest.raises(TryLater, match="jobs-table-busy"):
            answers.get("acme", commission, KEYS[:4], now=NOW)
