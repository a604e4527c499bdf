"""The local issuer's tokens, verified as Sluice verifies them."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from local import issuer
from local.processes import free_port
from local.issuer import Issuer


@pytest.fixture
def told(tmp_path: Path) -> Issuer:
    """An issuer that is not being served; minting needs only its key."""
    return Issuer(tmp_path, "http://127.0.0.1:1")


def verified(told: Issuer, token: str, keys: dict[str, Any] | None = None, audience: str = "sluice") -> dict[str, Any]:
    """Return the claims, after signature, issuer, audience and expiry were checked."""
    known = jwt.PyJWKSet.from_dict(keys or told.documents()["/.well-known/jwks.json"])
    key = known[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], audience=audience, issuer=told.url)
    return claims


def test_a_token_verifies_and_says_who_may_do_what(told: Issuer) -> None:
    """Scopes are one string, separated by spaces, as OAuth has it."""
    claims = verified(told, told.mint("acme", ["imports:read", "imports:write"], subject="ana"))
    assert (claims["tenant"], claims["sub"], claims["scope"]) == ("acme", "ana", "imports:read imports:write")
    assert claims["exp"] - claims["iat"] == timedelta(hours=12).total_seconds()


def test_an_expired_token_can_be_minted_for_the_tests(told: Issuer) -> None:
    """A negative lifetime."""
    with pytest.raises(jwt.ExpiredSignatureError):
        verified(told, told.mint(lifetime=timedelta(minutes=-5)))


def test_a_token_for_another_audience_does_not_verify(told: Issuer) -> None:
    """The audience is checked by who takes the token."""
    with pytest.raises(jwt.InvalidAudienceError):
        verified(told, told.mint(audience="somebody-else"))


def test_any_claim_can_be_replaced(told: Issuer) -> None:
    """For the tests of what is refused."""
    assert verified(told, told.mint(tenant="a", nickname="b"))["nickname"] == "b"


def test_the_key_is_made_once_and_readable_by_its_owner_only(told: Issuer) -> None:
    """A restart must not invalidate the token file."""
    first = told.mint()
    assert verified(Issuer(told.folder, told.url), first)
    assert (told.folder / "issuer-key.pem").stat().st_mode & 0o077 == 0


def test_the_private_key_is_not_published(told: Issuer) -> None:
    """Only the modulus and the exponent are."""
    (key,) = told.documents()["/.well-known/jwks.json"]["keys"]
    assert set(key) == {"kty", "use", "alg", "kid", "n", "e"}


def test_the_issuer_serves_its_keys_until_it_is_stopped(tmp_path: Path) -> None:
    """Started twice it is the same process; stopped it is gone."""
    port = free_port()
    served = issuer.start(tmp_path, port)
    try:
        assert issuer.start(tmp_path, port) == served
        discovered = httpx.get(f"{served.url}/.well-known/openid-configuration", trust_env=False).json()
        assert discovered["issuer"] == served.url
        keys = httpx.get(discovered["jwks_uri"], trust_env=False).json()
        assert verified(served, served.mint(), keys)
        assert httpx.get(f"{served.url}/token", trust_env=False).status_code == 404
    finally:
        assert issuer.stop(tmp_path)
    assert not issuer.stop(tmp_path)
