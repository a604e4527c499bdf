"""Tokens of the local issuer, verified as Sluice verifies them."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from local import issuer
from local.issuer import Issuer
from local.processes import free_port


@pytest.fixture
def made(tmp_path: Path) -> Issuer:
    """An issuer without a server; minting needs only its key."""
    return Issuer(tmp_path, "http://127.0.0.1:1")


def verified(made: Issuer, token: str, keys: dict[str, Any] | None = None, audience: str = "sluice") -> dict[str, Any]:
    """Return the claims after a check of signature, issuer, audience and expiry."""
    known = jwt.PyJWKSet.from_dict(keys or made.documents()["/.well-known/jwks.json"])
    key = known[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], audience=audience, issuer=made.url)
    return claims


def test_a_token_has_tenant_subject_and_scopes(made: Issuer) -> None:
    """Scopes are one string, separated by spaces (RFC 8693)."""
    claims = verified(made, made.mint("acme", ["imports:read", "imports:write"], subject="ana"))
    assert (claims["tenant"], claims["sub"], claims["scope"]) == ("acme", "ana", "imports:read imports:write")
    assert claims["exp"] - claims["iat"] == timedelta(hours=12).total_seconds()


def test_a_negative_lifetime_gives_an_expired_token(made: Issuer) -> None:
    with pytest.raises(jwt.ExpiredSignatureError):
        verified(made, made.mint(lifetime=timedelta(minutes=-5)))


def test_a_token_for_another_audience_does_not_verify(made: Issuer) -> None:
    with pytest.raises(jwt.InvalidAudienceError):
        verified(made, made.mint(audience="another-service"))


def test_claims_can_be_added(made: Issuer) -> None:
    assert verified(made, made.mint(tenant="a", nickname="b"))["nickname"] == "b"


def test_the_key_is_generated_once_and_only_its_owner_can_read_it(made: Issuer) -> None:
    """A restart keeps the token file valid."""
    first = made.mint()
    assert verified(Issuer(made.folder, made.url), first)
    assert (made.folder / "issuer-key.pem").stat().st_mode & 0o077 == 0


def test_the_private_key_is_not_published(made: Issuer) -> None:
    """The key set has only modulus and exponent."""
    (key,) = made.documents()["/.well-known/jwks.json"]["keys"]
    assert set(key) == {"kty", "use", "alg", "kid", "n", "e"}


def test_the_server_runs_once_until_it_is_stopped(tmp_path: Path) -> None:
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
