"""Reading pages: what is requested, what is tried again, and what ends the attempt."""

from __future__ import annotations

import base64
from dataclasses import replace
from urllib.parse import parse_qs

import httpx
import pytest

from sluice.model.errors import TryLater, UpstreamRejected
from sluice.upstream.rate_limiter import spacing
from sluice.upstream.tokens import AccessToken
from sluice.wording import word_detail
from tests.unit.upstream.scripted import SECRET, START, UPSTREAM, Scripted
from tests.unit.upstream.scripted_source import ITEMS, ScriptedSource, data

TEN = range(10)
FAILURES: list[Scripted] = [
    httpx.Response(500),
    httpx.Response(502),
    httpx.Response(503),
    httpx.Response(408),
    httpx.ReadTimeout("slow"),
    httpx.ConnectTimeout("far"),
    httpx.ConnectError("unreachable"),
    httpx.RemoteProtocolError("disconnected"),
    httpx.Response(200, text="<html>Maintenance</html>", headers={"content-type": "text/html"}),
    httpx.Response(200, text='{"total": 10, "data": [{"itemId": "SITI'),
    httpx.Response(200, json={"total": 10, "rows": []}),
    httpx.Response(200, content=b"\xff\xfe\xfd"),
    httpx.Response(200, text="[" * 100_000),
]


def test_a_page_is_requested_by_offset_and_limit_with_a_token() -> None:
    upstream = ScriptedSource([data(*TEN, total=30)])
    (page,) = upstream.read(10)
    assert str(upstream.requests[0].url) == "https://upstream.example/api/items?offset=10&limit=10"
    assert upstream.bearers == ["token-1"]
    assert (page.offset, page.total, [row["itemId"] for row in page.rows]) == (10, 30, [str(at) for at in TEN])


def test_the_token_is_requested_with_our_credentials_and_shared() -> None:
    upstream = ScriptedSource([data(*TEN, total=10)])
    upstream.read()
    (request,) = upstream.token_requests
    assert str(request.url) == "https://upstream.example/api/oauth2/token"
    assert parse_qs(request.content.decode()) == {"grant_type": ["client_credentials"]}
    assert base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode() == f"us:{SECRET}"
    shared = upstream.tokens.items["siasn"]
    assert shared.value == "token-1"
    assert START + 500 < shared.good_until < START + 600


def test_a_shared_token_is_used() -> None:
    upstream = ScriptedSource([data(*TEN, total=10)])
    upstream.tokens.keep("siasn", AccessToken("theirs", START + 60))
    upstream.read()
    assert (upstream.bearers, upstream.token_requests) == (["theirs"], [])


def test_an_expired_token_is_replaced_before_it_is_used() -> None:
    upstream = ScriptedSource([data(*TEN, total=10)])
    upstream.tokens.keep("siasn", AccessToken("old", START))
    upstream.read()
    assert upstream.bearers == ["token-1"]


def test_a_token_that_expires_between_two_pages_is_replaced() -> None:
    upstream = ScriptedSource([data(*TEN, total=20), data(*TEN, total=20)])
    upstream.tokens.keep("siasn", AccessToken("short", START + spacing(20) / 2))
    upstream.read(0, 10)
    assert upstream.bearers == ["short", "token-1"]


def test_a_rejected_token_is_replaced_at_once() -> None:
    upstream = ScriptedSource([httpx.Response(401), data(*TEN, total=10)])
    upstream.tokens.keep("siasn", AccessToken("revoked", START + 600))
    upstream.read()
    assert upstream.bearers == ["revoked", "token-1"]
    assert upstream.time.passed < 1


def test_after_a_rejected_token_a_new_one_of_another_worker_is_used() -> None:
    upstream = ScriptedSource([httpx.Response(401), data(*TEN, total=10)])
    upstream.tokens.keep("siasn", AccessToken("revoked", START + 600))
    upstream.meanwhile = lambda: upstream.tokens.keep("siasn", AccessToken("theirs", START + 600))
    upstream.read()
    assert (upstream.bearers, upstream.token_requests) == (["revoked", "theirs"], [])


def test_an_upstream_that_rejects_each_new_token_ends_the_attempt() -> None:
    upstream = ScriptedSource([httpx.Response(401)] * 3)
    with pytest.raises(TryLater, match=r"status 401', 'tries': 3"):
        upstream.read()
    assert upstream.bearers == ["token-1", "token-2", "token-3"]


@pytest.mark.parametrize("status", [400, 401, 403])
def test_rejected_credentials_are_an_error(status: int) -> None:
    upstream = ScriptedSource([], [httpx.Response(status, json={"error": "invalid_client"})])
    with pytest.raises(UpstreamRejected, match=f"status {status} for a token"):
        upstream.read()


def test_a_token_endpoint_may_fail_twice() -> None:
    upstream = ScriptedSource([data(*TEN, total=10)], [httpx.Response(503), httpx.Response(200, json={"token": "?"})])
    assert len(upstream.read()[0].rows) == 10
    assert len(upstream.token_requests) == 3


@pytest.mark.parametrize("failure", FAILURES, ids=str)
def test_a_transient_failure_is_tried_again_and_every_row_arrives(failure: Scripted) -> None:
    upstream = ScriptedSource([failure, failure, data(*TEN, total=10)])
    assert len(upstream.read()[0].rows) == 10
    assert [seconds for seconds in upstream.time.slept if seconds > 1] == [2, 4]


@pytest.mark.parametrize("failure", FAILURES, ids=str)
def test_three_failures_end_the_attempt(failure: Scripted) -> None:
    upstream = ScriptedSource([failure] * 3)
    with pytest.raises(TryLater) as caught:
        upstream.read()
    assert caught.value.seconds == 8
    assert len(upstream.requests) == 3
    assert upstream.time.passed < 7, "there is no pause after the last try"


def test_the_error_shows_neither_token_nor_content() -> None:
    for failure in FAILURES:
        upstream = ScriptedSource([failure] * 3)
        with pytest.raises(TryLater) as caught:
            upstream.read(20)
        detail = word_detail(caught.value.problem)
        assert detail.startswith("All 3 requests to siasn for items from row 21 on failed; the last one got ")
        assert not any(word in detail for word in ("token-1", SECRET, "SITI", "Maintenance"))


@pytest.mark.parametrize("status", [301, 400, 403, 404, 410, 422])
def test_a_final_failure_is_not_tried_again(status: int) -> None:
    upstream = ScriptedSource([httpx.Response(status, headers={"location": "https://elsewhere.example"})])
    with pytest.raises(UpstreamRejected, match=f"items from row 1 on.*status {status}") as caught:
        upstream.read()
    assert caught.value.problem.type == "upstream-rejected"
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_retry_after_blocks_all_workers_for_that_long(status: int) -> None:
    upstream = ScriptedSource([httpx.Response(status, headers={"retry-after": "17"}), data(*TEN, total=10)])
    upstream.read()
    assert upstream.rates.blocked_until() >= START + 17
    assert upstream.time.passed >= 17


def test_too_many_requests_without_a_retry_after_block_all_workers_too() -> None:
    upstream = ScriptedSource([httpx.Response(429), httpx.Response(429), data(*TEN, total=10)])
    upstream.read()
    assert upstream.rates.blocked_until() >= START + 2 + 4


def test_a_retry_after_beyond_the_deadline_ends_the_attempt() -> None:
    upstream = ScriptedSource([httpx.Response(429, headers={"retry-after": "120"})])
    with pytest.raises(TryLater) as caught:
        upstream.read(seconds=60)
    assert 115 <= caught.value.seconds <= 120
    assert upstream.time.passed < 1, "waiting would not help"


def test_a_page_that_arrives_in_pieces_is_complete() -> None:
    upstream = ScriptedSource([data(0, 1, 2, 3, total=25), data(4, 5, 6, 7, total=25), data(8, 9, total=25)])
    (page,) = upstream.read()
    assert [row["itemId"] for row in page.rows] == [str(at) for at in TEN]
    asked = [(request.url.params["offset"], request.url.params["limit"]) for request in upstream.requests]
    assert asked == [("0", "10"), ("4", "6"), ("8", "2")]


def test_a_page_ends_with_an_empty_response_even_if_the_total_is_larger() -> None:
    upstream = ScriptedSource([data(0, 1, total=5), data(total=5)])
    assert len(upstream.read()[0].rows) == 2


def test_more_rows_than_requested_are_a_failure() -> None:
    upstream = ScriptedSource([data(*range(11), total=11)] * 3)
    with pytest.raises(TryLater, match="11 rows instead of at most 10"):
        upstream.read()


def test_without_a_total_pages_are_read_to_the_end_and_no_further() -> None:
    source = replace(ITEMS, has_total=False)
    upstream = ScriptedSource([data(*TEN), data(10, 11), data()])
    pages = upstream.read(0, 10, 20, 30, source=source)
    assert [(page.offset, len(page.rows), page.total) for page in pages] == [(0, 10, None), (10, 2, None)]


def test_without_a_total_the_last_page_may_be_empty() -> None:
    source = replace(ITEMS, has_total=False)
    pages = ScriptedSource([data(*TEN), data()]).read(0, 10, 20, source=source)
    assert [len(page.rows) for page in pages] == [10, 0]


def test_pages_are_yielded_in_the_order_of_their_offsets() -> None:
    upstream = ScriptedSource([data(*TEN, total=30)] * 3)
    assert [page.offset for page in upstream.read(20, 0, 10, at_once=3)] == [20, 0, 10]


def test_the_first_rejected_page_cancels_the_others() -> None:
    upstream = ScriptedSource([httpx.Response(404)] * 5)
    with pytest.raises(UpstreamRejected):
        upstream.read(0, 10, 20, 30, 40, at_once=2)
    assert len(upstream.requests) <= 2


def test_a_deadline_that_has_passed_ends_the_attempt() -> None:
    with pytest.raises(TryLater):
        ScriptedSource([data(*TEN, total=10)]).read(seconds=0)


def test_an_invalid_address_is_an_error() -> None:
    upstream = ScriptedSource([httpx.UnsupportedProtocol("no protocol")])
    with pytest.raises(UpstreamRejected, match="address"):
        upstream.read()


def test_secrets_are_not_in_repr() -> None:
    assert SECRET not in repr(UPSTREAM)
    assert "value" not in repr(AccessToken("value", 1.0))
