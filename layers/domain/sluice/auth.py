"""Authentication: identify callers by the bearer tokens of an OIDC issuer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
import jwt

from sluice.config import IssuerSettings
from sluice.model.errors import Forbidden, TryLater, Unauthorized
from sluice.model.job import TENANT

READ = "imports:read"
WRITE = "imports:write"
ADMIN = "imports:admin"

# Only asymmetric ones: a token "signed" with a public key as an HMAC secret must not pass (RFC 8725, section 2.1).
_ALGORITHMS = ["RS256", "ES256"]
_KEYS_SECONDS = 300
_TIMEOUT = 5
_LEEWAY = 10
_UNREACHABLE_SECONDS = 5


@dataclass(frozen=True)
class Caller:
    """A caller: tenant, subject and scopes of the token, and its expiry ``until`` in epoch seconds."""

    tenant: str
    subject: str
    scopes: frozenset[str]
    until: int

    def need(self, scope: str) -> None:
        """Reject a caller without the scope; ``imports:admin`` includes the others.

        Raises
        ------
        Forbidden
            If the token has neither the scope nor ``imports:admin``.
        """
        if scope not in self.scopes and ADMIN not in self.scopes:
            raise Forbidden(scope)


@dataclass(frozen=True)
class Issuer:
    """The issuer of accepted tokens.

    Parameters
    ----------
    url
        Required value of the claim ``iss``.
    audience
        Required value of ``aud``, or of ``client_id`` in a Cognito access token, which has no ``aud``.
    tenant_claim
        Claim that names the tenant.
    jwks_url
        Address of the signing keys; if empty, OIDC discovery finds it.
    """

    url: str
    audience: str
    tenant_claim: str
    jwks_url: str = ""


def issuer_of(settings: IssuerSettings) -> Issuer:
    """Build the issuer from a function's settings."""
    return Issuer(settings.issuer, settings.audience, settings.tenant_claim, settings.jwks_url)


def identify(authorization: str | None, issuer: Issuer) -> Caller:
    """Validate the ``Authorization`` header and return its caller.

    Raises
    ------
    Unauthorized
        If there is no bearer token, or it is expired or forged, has another issuer or audience, or names no tenant.
    TryLater
        If the issuer's keys cannot be fetched.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.casefold() != "bearer" or not token.strip():
        raise Unauthorized("no-token")
    claims = _claims(token.strip(), issuer)
    tenant = str(claims.get(issuer.tenant_claim, ""))
    if not TENANT.fullmatch(tenant):
        raise Unauthorized("no-tenant", claim=issuer.tenant_claim)
    # Cognito prefixes scopes with the resource server's name: sluice/imports:read
    scopes = (scope.removeprefix(f"{issuer.audience}/") for scope in str(claims.get("scope", "")).split())
    return Caller(tenant, str(claims["sub"]), frozenset(scopes), int(claims["exp"]))


def _claims(token: str, issuer: Issuer) -> dict[str, Any]:
    try:
        key = _keys(issuer).get_signing_key_from_jwt(token)
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=_ALGORITHMS,
            issuer=issuer.url,
            leeway=_LEEWAY,
            options={"require": ["exp", "iss", "sub"], "verify_aud": False},
        )
    except jwt.ExpiredSignatureError:
        raise Unauthorized("expired") from None
    except (jwt.PyJWKClientConnectionError, httpx.HTTPError):
        # not an invalid token: the same token is accepted once the issuer is available
        raise TryLater("issuer-away", _UNREACHABLE_SECONDS) from None
    except jwt.PyJWTError:
        raise Unauthorized("invalid") from None
    audience = claims.get("aud", claims.get("client_id"))
    if issuer.audience not in (audience if isinstance(audience, list) else [audience]):
        raise Unauthorized("other-audience", audience=issuer.audience)
    return claims


@cache
def _keys(issuer: Issuer) -> jwt.PyJWKClient:
    return jwt.PyJWKClient(issuer.jwks_url or _discover(issuer.url), lifespan=_KEYS_SECONDS, timeout=_TIMEOUT)


def _discover(url: str) -> str:
    """Fetch the address of the issuer's keys (OpenID Connect Discovery 1.0, section 4)."""
    answer = httpx.get(f"{url.rstrip('/')}/.well-known/openid-configuration", timeout=_TIMEOUT)
    answer.raise_for_status()
    return str(answer.json()["jwks_uri"])
