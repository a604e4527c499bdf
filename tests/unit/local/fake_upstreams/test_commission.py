"""The fake electoral commission: lookups, tokens, rate limit, faults, counts."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.fake_upstreams import commission, server
from local.fake_upstreams.commission import Commission
from local.fake_upstreams.server import Served, serving
from local.fake_upstreams.settings import Behaviour, changed
from local.fake_upstreams.stub import Request
from local.fake_upstreams.voters import KINDS, Kind, id_number, id_numbers, invalid_id_number, truth
from local.processes import free_port

VOTER = id_number(0)
LOOKUP = Request(f"voters/{VOTER}", {})


class Ticking:
    """A commission with a clock that the test sets."""

    def __init__(self, **settings: Any) -> None:
        self.time = 1000.0
        self.commission = Commission(Behaviour(**settings), lambda: self.time)
        self.token = self.new_token()

    def new_token(self) -> str:
        """Return a new token."""
        reply = self.commission.token("sluice", "not-a-secret")
        return str(reply.body.get("access_token", ""))

    def look_up(self, key: str = VOTER) -> tuple[int, Any]:
        """Return status and body of a lookup."""
        reply = self.commission.respond(Request(f"voters/{key}", {}), self.token)
        return reply.status, reply.body


@pytest.fixture
def served() -> Iterator[Served[Commission]]:
    """A commission on loopback."""
    with serving(Commission(Behaviour())) as running:
        yield running


@pytest.fixture
def http(served: Served[Commission]) -> Iterator[httpx.Client]:
    """A client with a token."""
    with httpx.Client(base_url=served.url, trust_env=False) as client:
        grant = {"grant_type": "client_credentials"}
        granted = client.post("/oauth2/token", auth=("sluice", "not-a-secret"), data=grant)
        client.headers["Authorization"] = f"Bearer {granted.json()['access_token']}"
        yield client


def test_a_lookup_returns_the_voter_of_the_seed() -> None:
    roll = Ticking(seed=3)
    for each in id_numbers(50):
        voter = truth(each, 3)
        assert roll.look_up(each) == (200, {"id_number": each, "status": voter.status, "ward": voter.ward})


@pytest.mark.parametrize("kind", KINDS)
def test_an_invalid_id_number_gets_400_and_is_not_repeated_in_the_body(kind: Kind) -> None:
    key = invalid_id_number(kind, 1)
    status, body = Ticking().look_up(key)
    assert status == 400
    assert key not in str(body)


@pytest.mark.parametrize("path", ["voters", "voter", f"voters/{VOTER}/ward", f"people/{VOTER}", ""])
def test_any_other_path_gets_404(path: str) -> None:
    roll = Ticking()
    assert roll.commission.respond(Request(path, {}), roll.token).status == 404


def test_a_token_expires_after_its_lifetime() -> None:
    roll = Ticking(token_seconds=2.0)
    assert roll.look_up()[0] == 200
    roll.time += 2
    assert roll.look_up()[0] == 401
    roll.token = roll.new_token()
    assert roll.look_up()[0] == 200
    assert roll.commission.seen()["tokens"] == 2


def test_requests_over_the_rate_get_429_for_a_second() -> None:
    roll = Ticking(rate=3, retry_after=7)
    assert [roll.look_up()[0] for _ in range(4)] == [200, 200, 200, 429]
    assert roll.commission.respond(LOOKUP, roll.token).headers == {"Retry-After": "7"}
    roll.time += 1
    assert roll.look_up()[0] == 200
    assert roll.commission.seen()["busiest_second"] == 5


def test_complete_responses_are_counted_by_id_number() -> None:
    roll = Ticking()
    first, second, third = id_numbers(3)
    for each in (first, second, second, invalid_id_number("date", 3)):
        roll.look_up(each)
    seen = roll.commission.seen()
    assert (seen["answered"], seen["answered_ids"], seen["answered_again"]) == (3, 2, 1)
    assert "ids" not in seen
    assert roll.commission.seen(["ids"])["ids"] == {first: 1, second: 2}
    roll.commission.change({"away": True})
    assert roll.look_up(third)[0] == 503
    assert roll.commission.seen(["ids"])["ids"] == {first: 1, second: 2}
    assert roll.commission.seen()["answers"] == {"200": 3, "400": 1, "503": 1}


@pytest.mark.parametrize("fault", ["errors", "broken", "cut", "garbled"])
def test_a_response_with_a_fault_is_not_counted(fault: str) -> None:
    roll = Ticking(**{fault: 1.0})
    roll.look_up()
    assert (roll.commission.seen()["requests"], roll.commission.seen()["answered"]) == (1, 0)


def test_a_late_response_is_counted() -> None:
    roll = Ticking(slow=1.0, slow_seconds=0.5)
    assert roll.commission.respond(LOOKUP, roll.token).late == 0.5
    assert roll.commission.seen()["answered"] == 1


def test_a_commission_that_is_down_gives_503_also_for_tokens_until_it_is_up() -> None:
    roll = Ticking()
    roll.commission.change({"away": True})
    assert roll.commission.token("sluice", "not-a-secret").status == 503
    assert [roll.look_up(each)[0] for each in id_numbers(3)] == [503, 503, 503]
    roll.commission.change({"away": False})
    assert roll.look_up()[0] == 200, "with the earlier token"


def test_settings_of_another_upstream_are_rejected() -> None:
    with pytest.raises(ValueError, match="there is no setting 'rows'"):
        changed(Behaviour(), {"rows": 5})


def test_lookups_over_http_need_a_token(http: httpx.Client) -> None:
    voter = truth(VOTER)
    assert http.get(f"/voters/{VOTER}").json() == {"id_number": VOTER, "status": voter.status, "ward": voter.ward}
    del http.headers["Authorization"]
    assert http.get(f"/voters/{VOTER}").status_code == 401
    assert http.get("/_seen").json()["answers"] == {"200": 1, "401": 1}
    assert http.get("/_seen", params={"ids": 1}).json()["ids"] == {VOTER: 1}


def test_parallel_lookups_are_all_counted(http: httpx.Client) -> None:
    made = id_numbers(200)
    with ThreadPoolExecutor(10) as pool:
        found = list(pool.map(lambda each: http.get(f"/voters/{each}").json()["id_number"], made))
    assert found == made
    seen = http.get("/_seen").json()
    assert (seen["answered"], seen["answered_again"], seen["tokens"]) == (200, 0, 1)


def test_settings_change_while_it_runs_and_a_reset_sets_counts_to_zero(http: httpx.Client) -> None:
    http.post("/_set", json={"away": True}).raise_for_status()
    assert http.get(f"/voters/{VOTER}").status_code == 503
    assert http.post("/oauth2/token", auth=("sluice", "not-a-secret")).status_code == 503
    assert http.get("/_seen").json()["requests"] == 1, "its counts can be read while it is down"
    http.post("/_set", json={"away": False}).raise_for_status()
    assert http.get(f"/voters/{VOTER}").status_code == 200
    http.post("/_reset").raise_for_status()
    assert http.get("/_seen").json()["answered"] == 0


def test_faults_over_http_are_broken_connections_truncated_bodies_and_html(http: httpx.Client) -> None:
    for fault in ("broken", "cut"):
        http.post("/_set", json={"broken": 0, "cut": 0, fault: 1})
        with pytest.raises(httpx.RemoteProtocolError):
            http.get(f"/voters/{VOTER}")
    http.post("/_set", json={"cut": 0, "garbled": 1})
    page = http.get(f"/voters/{VOTER}")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html")
    assert http.get("/_seen").json()["answered"] == 0


def test_the_secret_of_the_functions_gets_a_token(served: Served[Commission]) -> None:
    known = server.secret(served.url)
    granted = httpx.post(f"{known['url']}/oauth2/token", auth=(known["client_id"], known["client_secret"]))
    assert granted.status_code == 200


def test_the_server_runs_once_in_the_background_until_it_is_stopped(tmp_path: Path) -> None:
    port = free_port()
    url = server.start(commission.NAME, tmp_path, port)
    try:
        assert server.start(commission.NAME, tmp_path, port) == url
        assert httpx.get(f"{url}/_seen", trust_env=False).json()["requests"] == 0
    finally:
        assert server.stop(commission.NAME, tmp_path)
    assert not server.stop(commission.NAME, tmp_path)
