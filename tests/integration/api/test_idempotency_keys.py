"""The scope and form of an ``Idempotency-Key``, and what is stored under it."""

from __future__ import annotations

import time

import pytest

from tests.integration.api.calling import READING, call, get, guarded
from tests.integration.api.keyed_calls import (
    BODY,
    FILE,
    TABLE,
    UPLOAD,
    announce,
    assert_problem,
    jobs,
    stored_items,
    table,
    upload,
)
from tests.integration.template import template
from tests.support import issuer

DAY = 24 * 3600


@pytest.mark.usefixtures("stack")
def test_a_key_belongs_to_its_tenant_and_user() -> None:
    """The same key of another caller is a different one, and shows nothing of the first."""
    mine, colleagues, theirs = announce(), announce(subject="bob"), announce(tenant="other")
    assert len({answer.body["job"]["id"] for answer in (mine, colleagues, theirs)}) == 3
    assert (jobs("acme"), jobs("other")) == (2, 1)
    assert announce(tenant="other", bytes=5).body["type"] == "/problems/idempotency-key-reused"
    assert announce() == mine


@pytest.mark.usefixtures("stack")
def test_keys_of_different_callers_never_collide() -> None:
    """No separator in a key or user makes two of them equal."""
    for subject, key in (("ann", "b#c"), ("ann#b", "c"), ("ann", 'b", "c'), ('ann", "b', "c")):
        announce(key, subject=subject)
    assert jobs() == 4


@pytest.mark.usefixtures("no_aws")
@pytest.mark.parametrize("path", [path for method, path in guarded() if method == "POST"])
def test_an_unauthorized_call_does_not_reach_the_store(path: str) -> None:
    """This holds with a valid key and with an invalid one."""
    for key in ("one", ""):
        unauthorized = call("POST", path, token=None, headers={"Idempotency-Key": key})
        assert_problem(unauthorized, 401, "unauthorized")
        scope = "openid" if path in READING else "imports:read"
        reader = call("POST", path, token=issuer.token(scope=scope), headers={"Idempotency-Key": key})
        assert_problem(reader, 403, "forbidden")


@pytest.mark.usefixtures("no_aws")
@pytest.mark.parametrize("path", [path for method, path in guarded() if method == "POST" and path not in READING])
def test_every_post_route_respects_the_key(path: str) -> None:
    """The list comes from the resolver; some routes reject the request first."""
    answer = call("POST", path, json_body=BODY, query=UPLOAD, headers={"Idempotency-Key": ""})
    assert answer.body["type"] in {"/problems/bad-idempotency-key", "/problems/invalid-request"}


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize("key", ["1", " ", "a key", "!~", "x" * 255, '"8e03978e-40d5-43e8-bc93-6894a57f9324"'])
def test_a_key_of_printable_characters_is_valid(key: str) -> None:
    """A key has up to 255 characters, quotation marks included."""
    assert announce(key) == announce(key)
    assert jobs() == 1


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize("key", ["", "x" * 256, "ключ", "caf\u00e9", "a\tb", "a\nb", "one\n", "a\x7f", "a\x00"])
def test_any_other_key_is_invalid(key: str) -> None:
    """The call is not executed, because its caller relies on the key."""
    assert_problem(announce(key), 400, "bad-idempotency-key")
    assert (jobs(), stored_items()) == (0, [])


@pytest.mark.usefixtures("stack")
def test_a_get_ignores_the_header() -> None:
    """A GET changes nothing, however often it is sent."""
    for key in ("one", "", "x" * 300):
        assert get("/v1/jobs", headers={"Idempotency-Key": key}).status == 200
    announce(None)
    assert jobs() == 1
    assert stored_items() == []


@pytest.mark.usefixtures("stack")
def test_only_the_hash_of_a_file_of_four_megabytes_is_stored() -> None:
    """An item of DynamoDB has at most 400 KB."""
    body = bytes(range(256)) * (4 * 4096)
    assert upload(body=body) == upload(body=body)
    assert_problem(upload(body=body[:-1] + b"x"), 422, "idempotency-key-reused")
    (item,) = stored_items()
    assert len(str(item)) < 10_000


@pytest.mark.usefixtures("stack")
def test_a_stored_response_contains_neither_key_nor_token_nor_request() -> None:
    """It holds only what the response says itself."""
    upload("my secret key", FILE)
    (item,) = stored_items()
    for secret in ("my secret key", "Oil", "P-1", "Bearer", "9.50"):
        assert secret not in str(item)


@pytest.mark.usefixtures("stack")
def test_a_response_is_stored_for_a_day() -> None:
    """Then the key is free, even if DynamoDB has not yet removed the expired item."""
    first = announce()
    (item,) = stored_items()
    expiry = template()["Resources"][TABLE]["Properties"]["TimeToLiveSpecification"]["AttributeName"]
    assert float(item[expiry]) == pytest.approx(time.time() + DAY, abs=60)
    table().put_item(Item=item | {expiry: int(time.time()) - 1})
    second = announce()
    assert second.status == 201
    assert second != first
    assert jobs() == 2
