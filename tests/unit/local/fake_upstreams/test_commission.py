"""The stand-in for the electoral commission: a roll, a limit, and bad days on request."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.processes import free_port
from local.fake_upstreams import commission, server
from local.fake_upstreams.commission import Commission
from local.fake_upstreams.server import Served, serving
from local.fake_upstreams.settings import Behaviour, changed
from local.fake_upstreams.stub import Request
from local.fake_upstreams.voters import KINDS, Kind, id_number, id_numbers, invalid_id_number, truth

SOMEBODY = id_number(0)
LOOK_UP = Request(f"voters/{SOMEBODY}", {})


class Ticking:
    """A commission whose time passes only when the test says so."""

    def __init__(self, **settings: Any) -> None:
        self.time = 1000.0
        self.commission = Commission(Behaviour(**settings), lambda: self.time)
        self.token = self.new_token()

    def new_token(self) -> str:
        """A token for whom it is for."""
        reply = self.commission.token("sluice", "not-a-secret")
        return str(reply.body.get("access_token", ""))

    def ask(self, key: str = SOMEBODY) -> tuple[int, Any]:
        """Status and body of a look-up."""
        reply = self.commission.answer(Request(f"voters/{key}", {}), self.token)
        return reply.status, reply.body


@pytest.fixture
def served() -> Iterator[Served[Commission]]:
    """A stand-in on loopback."""
    with serving(Commission(Behaviour())) as running:
        yield running


@pytest.fixture
def http(served: Served[Commission]) -> Iterator[httpx.Client]:
    """Somebody with a token."""
    with httpx.Client(base_url=served.url, trust_env=False) as client:
        grant = {"grant_type": "client_credentials"}
        answer = client.post("/oauth2/token", auth=("sluice", "not-a-secret"), data=grant)
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield client


def test_a_voter_is_told_as_it_is_true() -> None:
    roll = Ticking(seed=3)
    for each in id_numbers(50):
        told = truth(each, 3)
        assert roll.ask(each) == (200, {"id_number": each, "status": told.status, "ward": told.ward})


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_id_number_is_refused_and_not_repeated(kind: Kind) -> None:
    key = invalid_id_number(kind, 1)
    status, body = Ticking().ask(key)
    assert status == 400
    assert key not in str(body)


@pytest.mark.parametrize("path", ["voters", "voter", f"voters/{SOMEBODY}/ward", f"people/{SOMEBODY}", ""])
def test_nothing_else_is_there(path: str) -> None:
    roll = Ticking()
    assert roll.commission.answer(Request(path, {}), roll.token).status == 404


def test_a_token_holds_for_as_long_as_it_says() -> None:
    roll = Ticking(token_seconds=2.0)
    assert roll.ask()[0] == 200
    roll.time += 2
    assert roll.ask()[0] == 401
    roll.token = roll.new_token()
    assert roll.ask()[0] == 200
    assert roll.commission.seen()["tokens"] == 2


def test_more_requests_than_the_rate_allows_are_turned_away_for_a_second() -> None:
    roll = Ticking(rate=3, retry_after=7)
    assert [roll.ask()[0] for _ in range(4)] == [200, 200, 200, 429]
    assert roll.commission.answer(LOOK_UP, roll.token).headers == {"Retry-After": "7"}
    roll.time += 1
    assert roll.ask()[0] == 200
    assert roll.commission.seen()["busiest_second"] == 5


def test_whole_answers_are_counted_by_id_number() -> None:
    roll = Ticking()
    first, second, third = id_numbers(3)
    for each in (first, second, second, invalid_id_number("date", 3)):
        roll.ask(each)
    seen = roll.commission.seen()
    assert (seen["answered"], seen["answered_ids"], seen["answered_again"]) == (3, 2, 1)
    assert "ids" not in seen
    assert roll.commission.seen(["ids"])["ids"] == {first: 1, second: 2}
    roll.commission.change({"away": True})
    assert roll.ask(third)[0] == 503
    assert roll.commission.seen(["ids"])["ids"] == {first: 1, second: 2}
    assert roll.commission.seen()["answers"] == {"200": 3, "400": 1, "503": 1}


@pytest.mark.parametrize("fault", ["errors", "broken", "cut", "garbled"])
def test_an_answer_that_is_spoiled_does_not_count(fault: str) -> None:
    roll = Ticking(**{fault: 1.0})
    roll.ask()
    assert (roll.commission.seen()["requests"], roll.commission.seen()["answered"]) == (1, 0)


def test_an_answer_that_comes_late_counts() -> None:
    roll = Ticking(slow=1.0, slow_seconds=0.5)
    assert roll.commission.answer(LOOK_UP, roll.token).late == 0.5
    assert roll.commission.seen()["answered"] == 1


def test_the_one_who_is_away_gives_no_tokens_either_until_back() -> None:
    roll = Ticking()
    roll.commission.change({"away": True})
    assert roll.commission.token("sluice", "not-a-secret").status == 503
    assert [roll.ask(each)[0] for each in id_numbers(3)] == [503, 503, 503]
    roll.commission.change({"away": False})
    assert roll.ask()[0] == 200, "with the token of before"


def test_settings_that_belong_to_another_stand_in_are_refused() -> None:
    with pytest.raises(ValueError, match="there is no setting 'rows'"):
        changed(Behaviour(), {"rows": 5})


def test_voters_are_told_to_whoever_has_a_token(http: httpx.Client) -> None:
    told = truth(SOMEBODY)
    answer = http.get(f"/voters/{SOMEBODY}")
    assert answer.json() == {"id_number": SOMEBODY, "status": told.status, "ward": told.ward}
    del http.headers["Authorization"]
    assert http.get(f"/voters/{SOMEBODY}").status_code == 401
    assert http.get("/_seen").json()["answers"] == {"200": 1, "401": 1}
    assert http.get("/_seen", params={"ids": 1}).json()["ids"] == {SOMEBODY: 1}


def test_many_who_ask_at_once_are_all_answered_and_counted(http: httpx.Client) -> None:
    made = id_numbers(200)
    with ThreadPoolExecutor(10) as pool:
        told = list(pool.map(lambda each: http.get(f"/voters/{each}").json()["id_number"], made))
    assert told == made
    seen = http.get("/_seen").json()
    assert (seen["answered"], seen["answered_again"], seen["tokens"]) == (200, 0, 1)


def test_it_goes_away_and_comes_back_while_it_runs(http: httpx.Client) -> None:
    http.post("/_set", json={"away": True}).raise_for_status()
    assert http.get(f"/voters/{SOMEBODY}").status_code == 503
    assert http.post("/oauth2/token", auth=("sluice", "not-a-secret")).status_code == 503
    assert http.get("/_seen").json()["requests"] == 1, "tests are told all the same"
    http.post("/_set", json={"away": False}).raise_for_status()
    assert http.get(f"/voters/{SOMEBODY}").status_code == 200
    http.post("/_reset").raise_for_status()
    assert http.get("/_seen").json()["answered"] == 0


def test_broken_and_cut_and_garbled_answers_are_just_that(http: httpx.Client) -> None:
    for fault in ("broken", "cut"):
        http.post("/_set", json={"broken": 0, "cut": 0, fault: 1})
        with pytest.raises(httpx.RemoteProtocolError):
            http.get(f"/voters/{SOMEBODY}")
    http.post("/_set", json={"cut": 0, "garbled": 1})
    answer = http.get(f"/voters/{SOMEBODY}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html")
    assert http.get("/_seen").json()["answered"] == 0


def test_what_the_functions_know_of_it_gets_a_token(served: Served[Commission]) -> None:
    known = server.secret(served.url)
    answer = httpx.post(f"{known['url']}/oauth2/token", auth=(known["client_id"], known["client_secret"]))
    assert answer.status_code == 200


def test_it_runs_in_the_background_until_it_is_stopped(tmp_path: Path) -> None:
    """Started twice it is the same process; stopped it is gone."""
    port = free_port()
    url = server.start(commission.NAME, tmp_path, port)
    try:
        assert server.start(commission.NAME, tmp_path, port) == url
        assert httpx.get(f"{url}/_seen", trust_env=False).json()["requests"] == 0
    finally:
        assert server.stop(commission.NAME, tmp_path)
    assert not server.stop(commission.NAME, tmp_path)
