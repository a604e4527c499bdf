"""Authorization: which tokens are valid, and which claims are read from them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sluice import auth as identity
from sluice.auth import ADMIN, READ, WRITE, Caller, Issuer, identify
from sluice.model.errors import Forbidden, TryLater, Unauthorized
from sluice.wording import word_detail
from tests.support import issuer
from tests.support.issuer import AUDIENCE, ISSUER, token

TRUSTED = Issuer(ISSUER, AUDIENCE, "tenant", f"{ISSUER}/keys")


@pytest.fixture(autouse=True)
def no_keys_of_another_test() -> Iterator[None]:
    """Clear the cache of keys, which lives as long as the process."""
    identity._keys.cache_clear()
    yield
    identity._keys.cache_clear()


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the addresses that keys were requested from, without a request."""
    addresses: list[str] = []

    def fetch(url: str) -> dict[str, object]:
        addresses.append(url)
        return issuer.key_set()

    monkeypatch.setattr(identity, "fetch_json", fetch)
    return addresses


def caller(bearer: str, trusted: Issuer = TRUSTED) -> Caller:
    """Return the caller that the token names."""
    return identify(f"Bearer {bearer}", trusted)


def rejection(authorization: str | None, trusted: Issuer = TRUSTED) -> str:
    """Return the reason of the rejection."""
    with pytest.raises(Unauthorized) as rejected:
        identify(authorization, trusted)
    return word_detail(rejected.value.problem)


@pytest.mark.usefixtures("fetched")
def test_a_valid_token_names_caller_tenant_and_scopes() -> None:
    """The API needs these three claims."""
    assert replace(caller(token()), until=0) == Caller("acme", "ann", frozenset({READ, WRITE}), 0)


@pytest.mark.usefixtures("fetched")
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_case_insensitive(scheme: str) -> None:
    """RFC 9110 requires it."""
    assert identify(f"{scheme}  {token()} ", TRUSTED).subject == "ann"


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Token abc"])
def test_a_request_without_a_bearer_token_is_rejected(authorization: str | None) -> None:
    """The error names the header to send, and no keys are fetched."""
    assert rejection(authorization) == "Send a token in the header 'Authorization: Bearer …'."


@pytest.mark.usefixtures("fetched")
def test_an_expired_token_is_rejected_with_that_reason() -> None:
    """The caller can request a new one."""
    assert rejection(f"Bearer {issuer.expired()}") == "The token has expired. Get a new one."


@pytest.mark.usefixtures("fetched")
@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(token(iss="https://elsewhere.example"), id="another issuer"),
        pytest.param(token(iss=f"{ISSUER}/"), id="nearly our issuer"),
        pytest.param(token(key="forger"), id="another key under the same id"),
        pytest.param(token(kid="unknown"), id="an unknown key id"),
        pytest.param(token(kid=None), id="no key id"),
        pytest.param(issuer.signed_with_the_public_key(), id="HS256 with the public key"),
        pytest.param(issuer.unsigned(), id="alg none"),
        pytest.param(token(exp=None), id="never expires"),
        pytest.param(token(sub=None), id="no subject"),
        pytest.param(token(sub=7), id="a subject that is no text"),
        pytest.param(token()[:-8] + "AAAAAAAA", id="a signature that was changed"),
        pytest.param(token(nbf=2**40), id="not yet valid"),
        pytest.param("hello", id="no token at all"),
        pytest.param("a.b.c", id="three parts of nothing"),
        pytest.param("é.ü.ß", id="not even ASCII"),
        pytest.param(".." * 2000, id="dots"),
    ],
)
def test_an_invalid_token_is_rejected_without_details(bad: str) -> None:
    """A forger must not learn which check failed."""
    assert rejection(f"Bearer {bad}") == "Invalid token: wrong issuer, wrong signature, or no token at all."


@pytest.mark.usefixtures("fetched")
@pytest.mark.parametrize("changed", ["payload", "header"])
def test_a_token_whose_content_was_changed_is_rejected(changed: str) -> None:
    """The signature covers header and claims."""
    good, other = token().split("."), token(tenant="other", kid=issuer.KEY_ID).split(".")
    parts = [good[0], other[1], good[2]] if changed == "payload" else [good[0][:-1] + "A", good[1], good[2]]
    assert "Invalid token" in rejection("Bearer " + ".".join(parts))


@pytest.mark.usefixtures("fetched")
@pytest.mark.parametrize("audience", ["other", ["other", "another"], [], "", "sluice2", None])
def test_a_token_for_another_audience_is_rejected(audience: str | list[str] | None) -> None:
    """One issuer serves many applications."""
    assert rejection(f"Bearer {token(aud=audience)}") == "Invalid token: its audience is not 'sluice'."


@pytest.mark.usefixtures("fetched")
def test_one_matching_audience_of_several_is_enough() -> None:
    """`aud` may be a list."""
    assert caller(token(aud=["other", "sluice"])).tenant == "acme"


@pytest.mark.usefixtures("fetched")
def test_an_access_token_of_cognito_names_its_client_instead_of_an_audience() -> None:
    """It has no `aud`; a token that has one is checked by that alone."""
    assert caller(token(aud=None, client_id="sluice", token_use="access")).tenant == "acme"
    assert "audience" in rejection(f"Bearer {token(aud=None, client_id='other')}")
    assert "audience" in rejection(f"Bearer {token(aud='other', client_id='sluice')}")


@pytest.mark.usefixtures("fetched")
@pytest.mark.parametrize(
    "tenant",
    [
        *(None, "", "a#b", "a/b", "../acme", "acme ", "a.b", "acme\n", "ácme", "a" * 65, "a\x00", "١"),
        *(["acme"], {"a": 1}, [], True, False, 5, 1.5),
    ],
)
def test_a_tenant_that_could_reach_the_keys_of_another_is_rejected(tenant: object) -> None:
    """`#` separates the keys of the tables, and `/` those of the bucket."""
    assert rejection(f"Bearer {token(tenant=tenant)}") == "Invalid token: its claim 'tenant' names no tenant."


@pytest.mark.usefixtures("fetched")
def test_users_whose_issuer_writes_null_have_no_tenant_in_common() -> None:
    """As text, null would be the tenant "None" of all of them."""
    for subject in ("alice@one", "mallory@two"):
        assert "names no tenant" in rejection(f"Bearer {issuer.token_with_null('tenant', sub=subject)}")


@pytest.mark.usefixtures("fetched")
@pytest.mark.parametrize("subject", ["", "a" * 256, "a\x00b", "a\nb", "\x7f", "\ud800"])
def test_a_subject_that_could_not_be_stored_or_shown_is_rejected(subject: str) -> None:
    """It is shown as the requester of jobs, and idempotency keys belong to it."""
    assert "its claim 'sub'" in rejection(f"Bearer {token(sub=subject)}")
    assert caller(token(sub="Ünal O'Hara|auth0+7@example.org")).subject == "Ünal O'Hara|auth0+7@example.org"


@pytest.mark.usefixtures("fetched")
@pytest.mark.parametrize("subject", [True, 5, ["ann"], {"ann": 1}, []])
def test_a_subject_that_is_no_text_is_rejected(subject: object) -> None:
    """Two callers must not be one because their subjects are written alike."""
    assert "Invalid token" in rejection(f"Bearer {token(sub=subject)}")
    assert "Invalid token" in rejection(f"Bearer {issuer.token_with_null('sub')}")


@pytest.mark.usefixtures("fetched")
@pytest.mark.parametrize("scope", [["imports:admin"], {"imports:admin": 1}, True, 5, "", "imports:admin,imports:read"])
def test_a_scope_that_is_no_list_of_words_allows_nothing(scope: object) -> None:
    """RFC 9068 writes scopes as one text, with spaces."""
    known = caller(token(scope=scope))
    with pytest.raises(Forbidden):
        known.need(READ)


@pytest.mark.usefixtures("fetched")
@pytest.mark.parametrize("claim", ["exp", "nbf", "iat", "iss", "aud"])
@pytest.mark.parametrize("value", [float("inf"), float("nan"), 10**4000, "x", [], {}, "\ud800"])
def test_an_odd_claim_never_breaks_a_call(claim: str, value: object) -> None:
    """A claim that makes sense to no reader makes the token invalid, at worst."""
    with suppress(Unauthorized):
        assert caller(issuer.with_claims(issuer.claims() | {claim: value})).until <= 2**40


@pytest.mark.usefixtures("fetched")
def test_the_name_of_the_tenant_claim_can_be_configured() -> None:
    """Cognito's custom claims begin with `custom:`."""
    cognito = replace(TRUSTED, tenant_claim="custom:tenant")
    assert caller(token(tenant="wrong", **{"custom:tenant": "right-1_A"}), cognito).tenant == "right-1_A"


@pytest.mark.usefixtures("fetched")
def test_a_token_without_scopes_allows_nothing() -> None:
    """It is valid all the same, because it names the caller."""
    known = caller(token(scope=None))
    with pytest.raises(Forbidden, match="imports:read"):
        known.need(READ)


@pytest.mark.usefixtures("fetched")
def test_a_scope_of_cognito_begins_with_its_resource_server() -> None:
    """Only the scopes of our own resource server count."""
    assert caller(token(scope="sluice/imports:read other/imports:write")).scopes >= {READ}
    with pytest.raises(Forbidden):
        caller(token(scope="sluice/imports:read other/imports:write")).need(WRITE)


@pytest.mark.parametrize(
    ("scopes", "needed", "allowed"),
    [
        ({READ}, READ, True),
        ({READ}, WRITE, False),
        ({WRITE}, READ, False),
        ({ADMIN}, READ, True),
        ({ADMIN}, WRITE, True),
        ({"imports:readx"}, READ, False),
        (set(), READ, False),
    ],
)
def test_a_scope_allows_what_it_names_and_admin_allows_all(scopes: set[str], needed: str, allowed: bool) -> None:
    """Writing does not include reading, because scopes are granted one by one."""
    known = Caller("acme", "ann", frozenset(scopes), 0)
    if allowed:
        known.need(needed)
    else:
        with pytest.raises(Forbidden) as rejected:
            known.need(needed)
        assert rejected.value.problem.params == {"scope": needed}


def test_an_issuer_without_discovery_is_not_the_callers_fault(discovered: str) -> None:
    """The same holds for an issuer that returns another document."""
    with pytest.raises(TryLater):
        caller(token(), Issuer(f"{discovered}/elsewhere", AUDIENCE, "tenant"))


class Discovery(BaseHTTPRequestHandler):
    """An issuer that publishes the address of its keys, as OpenID Connect Discovery defines it."""

    def do_GET(self) -> None:
        """Serve the two addresses."""
        here = f"http://{self.headers['Host']}"
        found = {
            "/realm/.well-known/openid-configuration": {"issuer": f"{here}/realm", "jwks_uri": f"{here}/some/keys"},
            "/some/keys": issuer.key_set(),
        }.get(self.path)
        self.send_response(404 if found is None else 200)
        self.end_headers()
        self.wfile.write(json.dumps(found).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@pytest.fixture
def discovered() -> Iterator[str]:
    """Yield the address of an issuer on loopback."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Discovery) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/realm"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("slash", ["", "/"])
def test_without_an_address_the_keys_are_found_by_discovery(discovered: str, slash: str) -> None:
    """The issuer's own document has the address; a slash at the end of the issuer's name makes no difference."""
    url = discovered + slash
    assert caller(token(iss=url), Issuer(url, AUDIENCE, "tenant")).tenant == "acme"
