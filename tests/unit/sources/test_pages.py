"""Reading pages: what is asked, what is asked again, and what is given up."""

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
from tests.unit.sources.scripted import ITEMS, Scripted, data
from tests.unit.upstream.scripted import SECRET, START, UPSTREAM, Said

TEN = range(10)
FAILURES: list[Said] = [
    httpx.Response(500),
    httpx.Response(502),
    httpx.Response(503),
    httpx.Response(408),
    httpx.ReadTimeout("slow"),
    httpx.ConnectTimeout("far"),
    httpx.ConnectError("gone"),
    httpx.RemoteProtocolError("cut"),
    httpx.Response(200, text="<html>Maintenance</html>", headers={"content-type": "text/html"}),
    httpx.Response(200, text='{"total": 10, "data": [{"itemId": "SITI'),
    httpx.Response(200, json={"total": 10, "rows": []}),
    httpx.Response(200, content=b"\xff\xfe\xfd"),
    httpx.Response(200, text="[" * 100_000),
]


def test_a_page_is_asked_for_by_offset_and_limit_with_a_token() -> None:
    upstream = Scripted([data(*TEN, total=30)])
    (page,) = upstream.read(10)
    assert str(upstream.asked[0].url) == "https://upstream.example/api/items?offset=10&limit=10"
    assert upstream.bearers == ["token-1"]
    assert (page.offset, page.total, [row["itemId"] for row in page.rows]) == (10, 30, [str(at) for at in TEN])


def test_the_token_is_fetched_with_our_credentials_and_kept_for_all() -> None:
    upstream = Scripted([data(*TEN, total=10)])
    upstream.read()
    (request,) = upstream.fetched
    assert str(request.url) == "https://upstream.example/api/oauth2/token"
    assert parse_qs(request.content.decode()) == {"grant_type": ["client_credentials"]}
    assert base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode() == f"us:{SECRET}"
    kept = upstream.tokens.kept["siasn"]
    assert kept.value == "token-1"
    assert START + 500 < kept.good_until < START + 600


def test_a_token_that_others_fetched_is_used() -> None:
    upstream = Scripted([data(*TEN, total=10)])
    upstream.tokens.keep("siasn", AccessToken("theirs", START + 60))
    upstream.read()
    assert (upstream.bearers, upstream.fetched) == (["theirs"], [])


def test_an_expired_token_is_replaced_before_it_is_used() -> None:
    upstream = Scripted([data(*TEN, total=10)])
    upstream.tokens.keep("siasn", AccessToken("old", START))
    upstream.read()
    assert upstream.bearers == ["token-1"]


def test_a_token_that_expires_between_two_pages_is_replaced() -> None:
    upstream = Scripted([data(*TEN, total=20), data(*TEN, total=20)])
    upstream.tokens.keep("siasn", AccessToken("short", START + spacing(20) / 2))
    upstream.read(0, 10)
    assert upstream.bearers == ["short", "token-1"]


def test_a_rejected_token_is_replaced_at_once() -> None:
    upstream = Scripted([httpx.Response(401), data(*TEN, total=10)])
    upstream.tokens.keep("siasn", AccessToken("revoked", START + 600))
    upstream.read()
    assert upstream.bearers == ["revoked", "token-1"]
    assert upstream.time.passed < 1


def test_after_a_rejected_token_that_of_somebody_who_was_faster_is_used() -> None:
    upstream = Scripted([httpx.Response(401), data(*TEN, total=10)])
    upstream.tokens.keep("siasn", AccessToken("revoked", START + 600))
    upstream.meanwhile = lambda: upstream.tokens.keep("siasn", AccessToken("theirs", START + 600))
    upstream.read()
    assert (upstream.bearers, upstream.fetched) == (["revoked", "theirs"], [])


def test_an_upstream_that_takes_no_token_is_not_asked_for_ever() -> None:
    upstream = Scripted([httpx.Response(401)] * 3)
    with pytest.raises(TryLater, match="status 401', 'tries': 3"):
        upstream.read()
    assert upstream.bearers == ["token-1", "token-2", "token-3"]


@pytest.mark.parametrize("status", [400, 401, 403])
def test_credentials_that_give_no_token_end_it(status: int) -> None:
    upstream = Scripted([], [httpx.Response(status, json={"error": "invalid_client"})])
    with pytest.raises(UpstreamRejected, match=f"status {status} for a token"):
        upstream.read()


def test_a_token_endpoint_may_fail_for_a_moment() -> None:
    upstream = Scripted([data(*TEN, total=10)], [httpx.Response(503), httpx.Response(200, json={"token": "?"})])
    assert len(upstream.read()[0].rows) == 10
    assert len(upstream.fetched) == 3


@pytest.mark.parametrize("failure", FAILURES, ids=str)
def test_what_passes_is_asked_again_and_every_row_arrives(failure: Said) -> None:
    upstream = Scripted([failure, failure, data(*TEN, total=10)])
    assert len(upstream.read()[0].rows) == 10
    assert [seconds for seconds in upstream.time.slept if seconds > 1] == [2, 4]


@pytest.mark.parametrize("failure", FAILURES, ids=str)
def test_after_three_tries_the_page_is_left_for_later(failure: Said) -> None:
    upstream = Scripted([failure] * 3)
    with pytest.raises(TryLater) as caught:
        upstream.read()
    assert caught.value.seconds == 8
    assert len(upstream.asked) == 3
    assert upstream.time.passed < 7, "who gives up has nothing to wait for"


def test_what_is_said_of_a_failure_shows_neither_token_nor_content() -> None:
    for failure in FAILURES:
        upstream = Scripted([failure] * 3)
        with pytest.raises(TryLater) as caught:
            upstream.read(20)
        detail = word_detail(caught.value.problem)
        assert detail.startswith("siasn was asked for items from row 21 on, and gave ")
        assert not any(word in detail for word in ("token-1", SECRET, "SITI", "Maintenance"))


@pytest.mark.parametrize("status", [301, 400, 403, 404, 410, 422])
def test_what_would_never_do_is_not_asked_again(status: int) -> None:
    upstream = Scripted([httpx.Response(status, headers={"location": "https://elsewhere.example"})])
    with pytest.raises(UpstreamRejected, match=f"bad-answer.*status {status}") as caught:
        upstream.read()
    assert caught.value.problem.type == "upstream-rejected"
    assert len(upstream.asked) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_all_workers_pause_for_as_long_as_the_upstream_says(status: int) -> None:
    upstream = Scripted([httpx.Response(status, headers={"retry-after": "17"}), data(*TEN, total=10)])
    upstream.read()
    assert upstream.rates.held_until() >= START + 17
    assert upstream.time.passed >= 17


def test_too_many_requests_without_a_time_pause_all_workers_too() -> None:
    upstream = Scripted([httpx.Response(429), httpx.Response(429), data(*TEN, total=10)])
    upstream.read()
    assert upstream.rates.held_until() >= START + 2 + 4


def test_a_pause_that_is_longer_than_the_time_left_is_for_later() -> None:
    upstream = Scripted([httpx.Response(429, headers={"retry-after": "120"})])
    with pytest.raises(TryLater) as caught:
        upstream.read(seconds=60)
    assert 115 <= caught.value.seconds <= 120
    assert upstream.time.passed < 1, "nothing is won by waiting"


def test_an_upstream_that_gives_fewer_rows_than_asked_for_loses_none() -> None:
    upstream = Scripted([data(0, 1, 2, 3, total=25), data(4, 5, 6, 7, total=25), data(8, 9, total=25)])
    (page,) = upstream.read()
    assert [row["itemId"] for row in page.rows] == [str(at) for at in TEN]
    asked = [(request.url.params["offset"], request.url.params["limit"]) for request in upstream.asked]
    assert asked == [("0", "10"), ("4", "6"), ("8", "2")]


def test_a_total_that_promises_too_much_ends_with_an_empty_answer() -> None:
    upstream = Scripted([data(0, 1, total=5), data(total=5)])
    assert len(upstream.read()[0].rows) == 2


def test_more_rows_than_asked_for_are_no_answer() -> None:
    upstream = Scripted([data(*range(11), total=11)] * 3)
    with pytest.raises(TryLater, match="11 rows where 10 were asked for"):
        upstream.read()


def test_without_a_total_pages_are_read_to_the_end_and_no_further() -> None:
    source = replace(ITEMS, has_total=False)
    upstream = Scripted([data(*TEN), data(10, 11), data()])
    pages = upstream.read(0, 10, 20, 30, source=source)
    assert [(page.offset, len(page.rows), page.total) for page in pages] == [(0, 10, None), (10, 2, None)]


def test_without_a_total_the_last_page_may_be_empty() -> None:
    source = replace(ITEMS, has_total=False)
    pages = Scripted([data(*TEN), data()]).read(0, 10, 20, source=source)
    assert [len(page.rows) for page in pages] == [10, 0]


def test_pages_come_in_the_order_of_their_offsets() -> None:
    upstream = Scripted([data(*TEN, total=30)] * 3)
    assert [page.offset for page in upstream.read(20, 0, 10, at_once=3)] == [20, 0, 10]


def test_the_first_page_that_cannot_be_had_ends_the_others() -> None:
    upstream = Scripted([httpx.Response(404)] * 5)
    with pytest.raises(UpstreamRejected):
        upstream.read(0, 10, 20, 30, 40, at_once=2)
    assert len(upstream.asked) <= 2


def test_a_reader_whose_time_is_up_says_so() -> None:
    with pytest.raises(TryLater):
        Scripted([data(*TEN, total=10)]).read(seconds=0)


def test_an_address_that_is_none_ends_it() -> None:
    upstream = Scripted([httpx.UnsupportedProtocol("no protocol")])
    with pytest.raises(UpstreamRejected, match="address"):
        upstream.read()


def test_a_secret_is_not_shown() -> None:
    assert SECRET not in repr(UPSTREAM)
    assert "value" not in repr(AccessToken("value", 1.0))
