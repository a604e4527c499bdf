"""Signing in at an issuer: which replies are accepted, and what is never sent or shown."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from sluice_cli.errors import LoginFailed, Unreachable
from sluice_cli.oidc import REDIRECT, Issuer, Tokens, claims, secure
from tests.support.oidc import CLIENT, SCOPES, Provider, click, serving

TOKEN = "the-access-token"


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider that redirects to loopback."""
    with serving(Provider(lambda: TOKEN)) as server:
        server.redirect_uri = REDIRECT
        yield server


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as client:
        yield client


@pytest.fixture
def issuer(provider: Provider, http: httpx.Client) -> Issuer:
    return Issuer.discover(provider.url, CLIENT, SCOPES, http)


def reply_with(**reply: str) -> Callable[[str], httpx.Response]:
    """Send a reply of another making to the redirect address, with the right state unless it has one."""

    def send(page: str) -> httpx.Response:
        asked = dict(parse_qsl(urlsplit(page).query))
        return httpx.get(asked["redirect_uri"], params={"state": asked["state"], **reply}, trust_env=False)

    return send


def test_a_sign_in_returns_the_tokens_and_shows_a_page(issuer: Issuer, provider: Provider) -> None:
    pages: list[httpx.Response] = []
    tokens = issuer.sign_in(REDIRECT, lambda page: pages.append(click(page, "Yes")))
    assert (tokens.access_token, tokens.refresh_token) == (TOKEN, next(iter(provider.refresh_tokens)))
    assert "You are signed in" in pages[0].text


def test_a_fixed_redirect_address_is_used_as_it_is(issuer: Issuer, provider: Provider) -> None:
    """Cognito knows http://localhost with a port, and compares exactly."""
    free = httpx.URL(provider.url).port
    assert free
    with serving(Provider(lambda: TOKEN)) as closed:
        port = httpx.URL(closed.url).port
    provider.redirect_uri = f"http://localhost:{port}/signed-in"
    assert issuer.sign_in(provider.redirect_uri, lambda page: click(page, "Yes")).access_token == TOKEN
    assert provider.asked_for_tokens[0]["redirect_uri"] == provider.redirect_uri


def test_a_denied_sign_in_says_so(issuer: Issuer) -> None:
    with pytest.raises(LoginFailed, match="access_denied"):
        issuer.sign_in(REDIRECT, lambda page: click(page, "No"))


def test_a_reply_with_another_state_is_ignored(issuer: Issuer, provider: Provider) -> None:
    """Any page of the browser can call loopback."""

    def browse(page: str) -> None:
        assert reply_with(code="stolen", state="forged")(page).status_code == 400
        click(page, "Yes")

    assert issuer.sign_in(REDIRECT, browse).access_token == TOKEN
    assert [asked["code"] for asked in provider.asked_for_tokens] != ["stolen"]


def test_a_reply_of_another_issuer_is_rejected_before_the_code_is_sent(issuer: Issuer, provider: Provider) -> None:
    with pytest.raises(LoginFailed, match="another issuer"):
        issuer.sign_in(REDIRECT, reply_with(code="c", iss="https://other.example"))
    assert provider.asked_for_tokens == []


def test_a_code_of_another_sign_in_is_worthless_without_its_verifier(issuer: Issuer) -> None:
    codes: list[str] = []

    def intercept(page: str) -> None:
        asked = dict(parse_qsl(urlsplit(page).query))
        shown = httpx.get(page, trust_env=False).text
        codes.append(str(re.search(r"code=([^&]+)", shown)[1]))  # type: ignore[index] # the page has it
        httpx.get(asked["redirect_uri"], params={"state": asked["state"], "error": "lost"}, trust_env=False)

    with pytest.raises(LoginFailed, match="lost"):
        issuer.sign_in(REDIRECT, intercept)
    with pytest.raises(LoginFailed, match="invalid_grant"):
        issuer.sign_in(REDIRECT, reply_with(code=codes[0]))


def test_a_sign_in_that_never_ends_gives_up(issuer: Issuer) -> None:
    with pytest.raises(LoginFailed, match="Start again"):
        issuer.sign_in(REDIRECT, lambda _: None, patience=0.01)


@pytest.mark.parametrize("redirect", ["https://127.0.0.1/", "http://example.com/", "myapp://here"])
def test_a_redirect_address_that_is_not_on_loopback_is_rejected(issuer: Issuer, redirect: str) -> None:
    with pytest.raises(LoginFailed, match="loopback"):
        issuer.sign_in(redirect, lambda _: None)


def test_a_port_that_is_in_use_is_named(issuer: Issuer, provider: Provider) -> None:
    port = httpx.URL(provider.url).port
    with pytest.raises(LoginFailed, match=f"Port {port}"):
        issuer.sign_in(f"http://127.0.0.1:{port}/", lambda _: None)


def test_a_refresh_token_is_exchanged_once(issuer: Issuer, provider: Provider) -> None:
    provider.refresh_tokens = {"first"}
    second = issuer.refresh("first").refresh_token
    assert second in provider.refresh_tokens
    with pytest.raises(LoginFailed, match="The refresh token is not valid"):
        issuer.refresh("first")


def test_a_refresh_token_stays_when_the_issuer_gives_no_other() -> None:
    """Cognito does so."""
    metadata = {"issuer": "https://i", "token_endpoint": "https://i/token"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"access_token": TOKEN, "expires_in": 60}))
    with httpx.Client(transport=transport) as http:
        assert Issuer(metadata, CLIENT, SCOPES, http).refresh("kept").refresh_token == "kept"


def test_a_sign_in_by_code_waits_until_the_person_has_typed_it(issuer: Issuer, provider: Provider) -> None:
    provider.device_replies = ["authorization_pending", "slow_down", "authorization_pending", ""]
    shown: list[tuple[str, str]] = []
    pauses: list[float] = []
    tokens = issuer.sign_in_elsewhere(lambda page, code: shown.append((page, code)), sleep=pauses.append)
    assert tokens.access_token == TOKEN
    assert shown == [(f"{provider.url}/activate", "WDJB-MJHT")]
    assert pauses == [1, 1, 6, 6]


def test_a_sign_in_by_code_that_is_denied_says_so(issuer: Issuer, provider: Provider) -> None:
    provider.device_replies = ["access_denied"]
    with pytest.raises(LoginFailed, match="access_denied"):
        issuer.sign_in_elsewhere(lambda *_: None, sleep=lambda _: None)


def test_an_issuer_without_sign_in_by_code_says_what_to_do(provider: Provider, http: httpx.Client) -> None:
    provider.without = {"device_authorization_endpoint"}
    with pytest.raises(LoginFailed, match="without --device"):
        Issuer.discover(provider.url, CLIENT, SCOPES, http).sign_in_elsewhere(lambda *_: None)


def test_a_revoked_refresh_token_is_of_no_use(issuer: Issuer, provider: Provider, http: httpx.Client) -> None:
    provider.refresh_tokens = {"first"}
    assert issuer.revoke("first")
    assert provider.refresh_tokens == set()
    provider.without = {"revocation_endpoint"}
    assert not Issuer.discover(provider.url, CLIENT, SCOPES, http).revoke("first")


def test_metadata_of_another_issuer_is_rejected(http: httpx.Client, provider: Provider) -> None:
    at, provider.url = provider.url, "https://other.example"
    with pytest.raises(LoginFailed, match="another issuer"):
        Issuer.discover(at, CLIENT, SCOPES, http)


@pytest.mark.parametrize("body", ["", "[]", "<html>"])
def test_an_issuer_that_sends_no_metadata_is_an_error_that_names_its_address(body: str) -> None:
    with (
        httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, text=body))) as http,
        pytest.raises(LoginFailed, match=r"https://issuer\.example"),
    ):
        Issuer.discover("https://issuer.example", CLIENT, SCOPES, http)


def test_an_issuer_that_does_not_respond_is_unreachable_and_no_token_is_quoted() -> None:
    """The same call may succeed later, other than a sign-in that was rejected."""

    def break_off(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError(f"while sending {request.read().decode()}")

    metadata = {"issuer": "https://i", "token_endpoint": "https://i/token"}
    with (
        httpx.Client(transport=httpx.MockTransport(break_off)) as broken,
        pytest.raises(Unreachable, match="https://i/token") as failed,
    ):
        Issuer(metadata, CLIENT, SCOPES, broken).refresh("secret-refresh-token")
    assert "secret" not in str(failed.value)


@pytest.mark.parametrize(
    "address", ["http://example.com", "ftp://example.com", "example.com", "http://127.0.0.1.evil.com"]
)
def test_an_address_that_others_can_read_is_rejected(address: str) -> None:
    with pytest.raises(LoginFailed, match="https://"):
        secure(address)


def test_an_endpoint_without_encryption_is_never_called() -> None:
    """Metadata that was tampered with must not get a code or a refresh token."""
    metadata = {"issuer": "https://i", "token_endpoint": "http://evil.example/token"}
    with (
        httpx.Client(transport=httpx.MockTransport(lambda _: pytest.fail("called"))) as http,
        pytest.raises(LoginFailed, match="https://"),
    ):
        Issuer(metadata, CLIENT, SCOPES, http).refresh("secret")


def test_tokens_are_not_in_a_representation(issuer: Issuer) -> None:
    assert "secret" not in repr(Tokens("secret-1", 0, "secret-2"))


@pytest.mark.parametrize("token", ["", "a.b", "a.!.c", "a.W10.c", "opaque"])
def test_a_token_that_is_no_jwt_says_nothing(token: str) -> None:
    nothing: dict[str, Any] = {}
    assert claims(token) == nothing
