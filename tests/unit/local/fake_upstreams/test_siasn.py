"""The fake civil-service register: lists, tokens, rate limit, faults, counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.fake_upstreams import server, siasn
from local.fake_upstreams.rows import LISTS, row
from local.fake_upstreams.server import Served, serving
from local.fake_upstreams.settings import Settings, changed, fault_of
from local.fake_upstreams.siasn import Register
from local.fake_upstreams.stub import Request
from local.processes import free_port
from sluice.catalog.registry import SOURCES
from sluice.model.recipe import Recipe
from sluice.schema.decisions import settle
from sluice.schema.validation import Checked
from sluice.upstream.source import Source, SourcePage
from tests.support.sources import check_pages

QUERY = {"offset": "0", "limit": "100"}
PAGE = Request("pangkat", QUERY)
each = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)


class Ticking:
    """A register with a clock that the test sets."""

    def __init__(self, **settings: Any) -> None:
        self.time = 1000.0
        self.register = Register(Settings(**settings), lambda: self.time)
        self.token = self.new_token()

    def new_token(self) -> str:
        """Return a new token."""
        token: str = self.register.token("sluice", "not-a-secret").body["access_token"]
        return token

    def page(self, offset: int = 0, limit: int = 100, path: str = "pangkat") -> tuple[int, Any]:
        """Return status and body of a page."""
        reply = self.register.respond(Request(path, {"offset": str(offset), "limit": str(limit)}), self.token)
        return reply.status, reply.body


@pytest.fixture
def served() -> Iterator[Served[Register]]:
    """A register on loopback."""
    with serving(Register(Settings(rows=250))) as running:
        yield running


@pytest.fixture
def http(served: Served[Register]) -> Iterator[httpx.Client]:
    """A client with a token."""
    with httpx.Client(base_url=served.url, trust_env=False) as client:
        grant = {"grant_type": "client_credentials"}
        granted = client.post("/oauth2/token", auth=("sluice", "not-a-secret"), data=grant)
        client.headers["Authorization"] = f"Bearer {granted.json()['access_token']}"
        yield client


def checked(source: Source, **settings: Any) -> Checked:
    """Return the rows of a list as Sluice checks them."""
    status, body = Ticking(**settings).page(limit=1000, path=source.path)
    assert status == 200
    return check_pages(source, [SourcePage(0, body["data"], body["total"])])


@each
def test_every_source_has_a_list_of_valid_rows(source: Source) -> None:
    found = checked(source, rows=500)
    assert (len(found.good), found.rejections) == (500, [])
    assert settle(Recipe(), found.evidence, source.rows)[1] == [], "a sync has no person to ask"


@each
def test_wrong_every_makes_single_rows_invalid(source: Source) -> None:
    found = checked(source, rows=500, wrong_every=100)
    assert sorted(rejection.row for rejection in found.rejections) == [1, 101, 201, 301, 401]


def test_rows_are_edited_added_and_deleted_between_two_syncs() -> None:
    register = Ticking(rows=300)
    before = {each["nip"]: each for each in register.page(limit=1000)[1]["data"]}
    register.register.change({"first": 5, "edited_every": 100})
    after = {each["nip"]: each for each in register.page(limit=1000)[1]["data"]}
    both = before.keys() & after.keys()
    assert (len(before), len(after), len(both)) == (300, 300, 295)
    edited = [nip for nip in both if before[nip] != after[nip]]
    assert len(edited) == 2, "those with the numbers 100 and 200"
    assert all(before[nip] | {"statusUsulan": ""} == after[nip] | {"statusUsulan": ""} for nip in edited)


def test_every_list_has_a_source() -> None:
    assert {source.path for source in SOURCES} == set(LISTS)


def test_a_row_depends_on_number_and_seed_and_its_key_is_unique() -> None:
    assert row("skk", 77, 1, wrong=False) == row("skk", 77, 1, wrong=False) != row("skk", 77, 2, wrong=False)
    keys = {row("skk", number, 1, wrong=False)["nip"] for number in range(-2000, 8000)}
    assert len(keys) == 10_000
    assert {len(key) for key in keys} == {18}


def test_pages_end_with_the_list() -> None:
    register = Ticking(rows=250)
    sizes = [len(register.page(offset)[1]["data"]) for offset in (0, 100, 200, 300, 10**9)]
    assert sizes == [100, 100, 50, 0, 0]
    assert register.page(0)[1]["total"] == 250


def test_a_list_can_lack_a_total_and_have_smaller_pages() -> None:
    register = Ticking(without_total=True, most_rows=30)
    _, body = register.page()
    assert (set(body), len(body["data"])) == ({"data"}, 30)


def test_a_token_expires_after_its_lifetime() -> None:
    register = Ticking(token_seconds=2.0)
    assert register.page()[0] == 200
    register.time += 2
    assert register.page()[0] == 401
    register.token = register.new_token()
    assert register.page()[0] == 200
    assert register.register.seen()["tokens"] == 2


@pytest.mark.parametrize("credentials", [("sluice", "wrong"), ("wrong", "not-a-secret"), ("", "")])
def test_wrong_credentials_get_no_token(credentials: tuple[str, str]) -> None:
    assert Register(Settings()).token(*credentials).status == 401


def test_requests_over_the_rate_get_429_for_a_second() -> None:
    register = Ticking(rate=3, retry_after=7)
    assert [register.page()[0] for _ in range(4)] == [200, 200, 200, 429]
    reply = register.register.respond(PAGE, register.token)
    assert reply.headers == {"Retry-After": "7"}
    register.time += 1
    assert register.page()[0] == 200


def test_the_busiest_second_counts_all_requests_of_any_second() -> None:
    register = Ticking(rate=3)
    for time in (0.0, 0.6, 0.7, 0.9, 1.5, 1.55, 1.65, 3.0):
        register.time = 1000 + time
        register.page()
    assert register.register.seen()["busiest_second"] == 5, "from 0.6 up to, but not including, 1.6"


def test_retry_after_can_be_a_date_or_missing() -> None:
    register = Ticking(rate=1, retry_as_date=True)
    register.page()
    assert register.register.respond(PAGE, register.token).headers["Retry-After"].endswith(" GMT")
    register.register.change({"retry_after": 0})
    assert register.register.respond(PAGE, register.token).headers == {}


def test_rows_added_at_the_front_shift_pages() -> None:
    register = Ticking(rows=300, moves_every=1, moves_by=2)
    first, second = register.page(0)[1], register.page(100)[1]
    assert (first["total"], second["total"]) == (300, 302)
    assert first["data"][98:] == second["data"][:2], "the last rows of a page repeat on the next"


def test_rows_removed_at_the_front_hide_others() -> None:
    register = Ticking(rows=300, moves_every=2, moves_by=-5)
    pages = [register.page(offset)[1] for offset in (0, 100, 200)]
    assert [page["total"] for page in pages] == [300, 300, 295]
    assert len({each["nip"] for page in pages for each in page["data"]}) == 295


def test_faults_have_their_shares_and_depend_on_the_seed() -> None:
    settings = Settings(errors=0.3, slow=0.1, broken=0.1, cut=0.1, garbled=0.1)
    found = [fault_of(settings, at / 1000) for at in range(1000)]
    faults = ["500", "502", "503", "slow", "broken", "cut", "garbled"]
    assert Counter(found) == Counter([fault for fault in faults for _ in range(100)] + [None] * 300)
    first, second = Ticking(errors=0.5, seed=4), Ticking(errors=0.5, seed=4)
    assert [first.page()[0] for _ in range(50)] == [second.page()[0] for _ in range(50)]


def test_pages_are_counted_by_offset_and_responses_by_status_or_fault() -> None:
    register = Ticking(rows=300)
    register.page(0)
    register.page(100)
    register.page(100)
    register.page(path="nothing")
    register.register.change({"broken": 1.0})
    register.page(200)
    seen = register.register.seen()
    assert seen["pages"]["pangkat"] == {"0": 1, "100": 2}
    assert seen["answers"] == {"200": 3, "404": 1, "broken": 1}
    assert seen["requests"] == 5


@pytest.mark.parametrize("changes", [{"row": 1}, {"rows": "many"}, {"rows": 1.5}, {"retry_as_date": 1}])
def test_unknown_settings_and_wrong_types_are_rejected(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"setting|of type"):
        changed(Settings(), changes)


def test_pages_over_http_need_a_token(http: httpx.Client) -> None:
    assert len(http.get("/pangkat", params={"offset": 200, "limit": 100}).json()["data"]) == 50
    assert http.get("/pangkat", params={"offset": "x", "limit": 100}).status_code == 400
    del http.headers["Authorization"]
    assert http.get("/pangkat", params=QUERY).status_code == 401
    assert http.get("/_seen").json()["answers"] == {"200": 1, "400": 1, "401": 1}


def test_settings_change_while_it_runs_and_a_reset_restores_them(http: httpx.Client) -> None:
    assert http.post("/_set", json={"rows": 7}).status_code == 200
    assert http.get("/skk", params=QUERY).json()["total"] == 7
    assert http.post("/_set", json={"rowz": 7}).status_code == 400
    assert http.post("/_set", content=b"{").status_code == 400
    assert http.post("/_reset").status_code == 200
    assert http.get("/_seen").json()["requests"] == 0
    assert http.get("/skk", params=QUERY).status_code == 401, "earlier tokens are invalid"


def test_faults_over_http_are_broken_connections_truncated_bodies_and_html(http: httpx.Client) -> None:
    for fault in ("broken", "cut"):
        http.post("/_set", json={"broken": 0, "cut": 0, fault: 1})
        with pytest.raises(httpx.RemoteProtocolError):
            http.get("/skk", params=QUERY)
    http.post("/_set", json={"cut": 0, "garbled": 1})
    page = http.get("/skk", params=QUERY)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html")


def test_the_server_runs_once_in_the_background_until_it_is_stopped(tmp_path: Path) -> None:
    port = free_port()
    url = server.start(siasn.NAME, tmp_path, port)
    try:
        assert server.start(siasn.NAME, tmp_path, port) == url
        assert httpx.get(f"{url}/_seen", trust_env=False).json()["requests"] == 0
    finally:
        assert server.stop(siasn.NAME, tmp_path)
    assert not server.stop(siasn.NAME, tmp_path)
