"""``sluice login``, ``logout`` and ``info``: a person signs in without a browser, at a real provider on loopback."""

import json
import time
import webbrowser
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import BaseHTTPRequestHandler
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from sluice_cli import connection
from sluice_cli.oidc import REDIRECT, Issuer
from tests.support import issuer as signer
from tests.support.oidc import CLIENT, SCOPES, Provider, click, in_background, serving
from tests.unit.cli.fake_api import job, run

STORE = Path("sluice") / "profiles.json"


class Deployment:
    """An API that accepts the tokens of `provider` that are not `expired`, and the settings of its console."""

    def __init__(self, provider: Provider) -> None:
        self.provider, self.expired = provider, set[str]()
        self.url = ""
        self.client_id: str | None = CLIENT

    def settings(self) -> dict[str, Any]:
        issuer = self.provider.url if self.client_id else None
        return {"api_url": f"{self.url}/v1", "issuer": issuer, "client_id": self.client_id, "scopes": SCOPES}


class Pages(BaseHTTPRequestHandler):
    """The pages of a deployment."""

    deployment: Deployment

    def do_GET(self) -> None:
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if self.path == "/config.json":
            self._answer(200, self.deployment.settings())
        elif not token or token in self.deployment.expired:
            problem = {"type": "/problems/unauthorized", "title": "A valid bearer token is required"}
            self._answer(401, problem)
        else:
            self._answer(200, job("completed"))

    def _answer(self, status: int, body: Any) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider where Ann signs in; each of her tokens is another one."""
    serial = count()
    with serving(Provider(lambda: signer.token(jti=str(next(serial))))) as server:
        server.redirect_uri = REDIRECT
        yield server


@pytest.fixture
def deployment(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """A deployment, and a browser in which Ann says yes; no local stack."""
    made = Deployment(provider)
    monkeypatch.setattr(Pages, "deployment", made, raising=False)
    monkeypatch.setattr(connection, "entry_points", lambda group: ())
    monkeypatch.setattr(connection, "issuer_http", partial(httpx.Client, trust_env=False))
    monkeypatch.setattr(webbrowser, "open", lambda page: click(page, "Yes"))
    with in_background(Pages) as made.url:
        yield made


@pytest.fixture
def stored(config: Path) -> Callable[..., dict[str, Any]]:
    """Read a profile as it is kept."""
    return lambda name="default": json.loads((config / STORE).read_text())["profiles"][name]


def age(config: Path, seconds: float) -> None:
    """Let the access token expire in so many seconds."""
    kept = json.loads((config / STORE).read_text())
    for profile in kept["profiles"].values():
        profile["expires_at"] = time.time() + seconds
    (config / STORE).write_text(json.dumps(kept))


def test_login_at_the_consoles_address_is_all_that_a_person_needs(
    deployment: Deployment, stored: Callable[..., dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("login", f"{deployment.url}/console/index.html") == 0
    printed = capsys.readouterr()
    assert f"Signed in to {deployment.url}/v1 as ann" in printed.err
    assert run("job", "01JOB") == 0
    assert "01JOB" in capsys.readouterr().out
    kept = stored()
    for secret in (kept["access_token"], kept["refresh_token"]):
        assert secret not in printed.out + printed.err


def test_login_at_an_api_without_a_console_takes_issuer_and_client(
    deployment: Deployment, provider: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    at = [f"{deployment.url}/v1", "--issuer", provider.url]
    assert run("login", *at) == 2
    assert "--client-id" in capsys.readouterr().err
    assert run("login", *at, "--client-id", CLIENT, "--scopes", SCOPES) == 0
    assert run("job", "01JOB") == 0


def test_profiles_are_apart(deployment: Deployment, stored: Callable[..., dict[str, Any]]) -> None:
    assert run("--profile", "prod", "login", deployment.url) == 0
    assert run("job", "01JOB") == 1
    assert run("--profile", "prod", "job", "01JOB") == 0
    assert stored("prod")["api_url"] == f"{deployment.url}/v1"


def test_a_second_login_needs_no_address(deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("login") == 2
    assert "sluice login" in capsys.readouterr().err
    assert run("login", deployment.url) == 0
    assert run("login") == 0


def test_login_in_a_checkout_says_how_to_use_it(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """There the local stack comes first."""
    monkeypatch.setattr(connection, "entry_points", lambda group: ("local",))
    assert run("login", deployment.url) == 0
    assert "sluice --profile default" in capsys.readouterr().err


def test_login_by_a_code_needs_no_browser_here(
    deployment: Deployment, provider: Provider, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    provider.device_replies = [""]
    monkeypatch.setattr(webbrowser, "open", lambda _: pytest.fail("opened"))
    monkeypatch.setattr(Issuer.sign_in_elsewhere, "__kwdefaults__", {"sleep": lambda _: None})
    assert run("login", deployment.url, "--device") == 0
    assert "WDJB-MJHT" in capsys.readouterr().err


def test_login_at_a_console_without_an_issuer_says_what_to_do(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.client_id = None
    assert run("login", deployment.url) == 1
    assert "ConsoleClientId" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["http://console.example.com", "console.example.com"])
def test_login_without_encryption_is_rejected(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("login", address) == 1
    assert "https://" in capsys.readouterr().err


def test_an_access_token_is_exchanged_before_it_expires(
    deployment: Deployment, config: Path, stored: Callable[..., dict[str, Any]]
) -> None:
    run("login", deployment.url)
    before = stored()
    age(config, 5)
    assert run("job", "01JOB") == 0
    assert stored()["access_token"] != before["access_token"]
    assert stored()["refresh_token"] != before["refresh_token"]


def test_an_access_token_that_the_api_rejects_is_exchanged_and_the_call_repeated(
    deployment: Deployment, stored: Callable[..., dict[str, Any]]
) -> None:
    """The clock of this machine may be wrong."""
    run("login", deployment.url)
    deployment.expired = {stored()["access_token"]}
    assert run("job", "01JOB") == 0


def test_commands_at_the_same_time_exchange_a_refresh_token_once(
    deployment: Deployment, provider: Provider, config: Path
) -> None:
    """Many issuers end a session whose refresh token comes twice."""
    run("login", deployment.url)
    age(config, 5)
    found = [connection.find() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        tokens = set(pool.map(connection.current_token, found))
    assert len(tokens) == 1
    assert [asked["grant_type"] for asked in provider.asked_for_tokens].count("refresh_token") == 1


def test_an_issuer_that_does_not_respond_costs_nothing_while_the_token_is_valid(
    deployment: Deployment, config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("login", deployment.url)
    broken = httpx.MockTransport(lambda _: httpx.Response(503))
    monkeypatch.setattr(connection, "issuer_http", partial(httpx.Client, transport=broken))
    age(config, 30)
    assert run("job", "01JOB") == 0
    age(config, -5)
    capsys.readouterr()
    assert run("job", "01JOB") == 1
    printed = capsys.readouterr().err
    assert "The issuer responded with 503" in printed
    assert "login" not in printed, "it would be of no use"


def test_without_a_refresh_token_the_api_says_when_the_sign_in_is_over(
    deployment: Deployment, config: Path, stored: Callable[..., dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    run("login", deployment.url)
    kept = json.loads((config / STORE).read_text())
    kept["profiles"]["default"]["refresh_token"] = None
    (config / STORE).write_text(json.dumps(kept))
    age(config, -5)
    assert run("job", "01JOB") == 0, "the clock of this machine decides nothing"
    deployment.expired = {stored()["access_token"]}
    assert run("job", "01JOB") == 1
    assert "Sign in: sluice login" in capsys.readouterr().err


def test_an_expired_sign_in_says_how_to_sign_in_again(
    deployment: Deployment, provider: Provider, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("--profile", "prod", "login", deployment.url)
    provider.refresh_tokens.clear()
    age(config, -5)
    assert run("--profile", "prod", "job", "01JOB") == 1
    printed = capsys.readouterr().err
    assert "sluice --profile prod login" in printed
    assert "Traceback" not in printed


def test_logout_revokes_the_refresh_token_and_deletes_the_tokens(
    deployment: Deployment,
    provider: Provider,
    stored: Callable[..., dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    run("login", deployment.url)
    assert run("logout") == 0
    assert provider.refresh_tokens == set()
    assert (stored()["access_token"], stored()["refresh_token"]) == (None, None)
    assert run("job", "01JOB") == 1
    assert "sluice login" in capsys.readouterr().err
    assert run("login") == 0, "the addresses are kept"


def test_logout_deletes_the_tokens_of_an_issuer_that_does_not_respond(
    deployment: Deployment,
    stored: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run("login", deployment.url)
    broken = httpx.MockTransport(lambda _: httpx.Response(500))
    monkeypatch.setattr(connection, "issuer_http", partial(httpx.Client, transport=broken))
    assert run("logout") == 0
    assert stored()["refresh_token"] is None
    assert "did not revoke" in capsys.readouterr().err


def test_logout_of_an_unknown_profile_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--profile", "prod", "logout") == 1
    assert "'prod'" in capsys.readouterr().err


def test_info_shows_a_deployment_and_its_caller_but_no_token(
    deployment: Deployment, stored: Callable[..., dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    run("login", deployment.url)
    capsys.readouterr()
    assert run("info", "--json") == 0
    printed = capsys.readouterr().out
    facts = json.loads(printed)
    assert (facts["api_url"], facts["profile"], facts["caller"]) == (f"{deployment.url}/v1", "default", "ann")
    assert facts["token_expires_at"].endswith("Z")
    assert stored()["access_token"] not in printed
    assert run("info") == 0
    assert f"API docs        {deployment.url}/v1/docs\n" in capsys.readouterr().out


def test_info_shows_the_addresses_also_when_the_sign_in_has_expired(
    deployment: Deployment, config: Path, provider: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    run("login", deployment.url)
    provider.refresh_tokens.clear()
    age(config, -5)
    capsys.readouterr()
    assert run("info") == 1
    printed = capsys.readouterr()
    assert deployment.url in printed.out
    assert "sluice login" in printed.err
