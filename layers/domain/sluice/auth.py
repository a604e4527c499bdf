"""Who is calling: bearer tokens of an OIDC issuer."""

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

# Asymmetric ones only: a token "signed" with a public key as an HMAC secret must not pass (RFC 8725, section 2.1).
_ALGORITHMS = ["RS256", "ES256"]
_KEYS_SECONDS = 300
_TIMEOUT = 5
_LEEWAY = 10
_UNREACHABLE_SECONDS = 5


@dataclass(frozen=True)
class Caller:
    """A caller: the tenant, the subject, and the scopes of the token ``until`` it expires, in epoch seconds."""

    tenant: str
    subject: str
    scopes: frozenset[str]
    until: int

    def need(self, scope: str) -> None:
        """Reject a caller without the scope; ``imports:admin`` holds the others.

        Raises
        ------
        Forbidden
            If the token does not carry it.
        """
        if scope not in self.scopes and ADMIN not in self.scopes:
            raise Forbidden(scope)


@dataclass(frozen=True)
class Issuer:
    """Whose tokens are taken, and how they name the tenant.

    Parameters
    ----------
    url
        What ``iss`` must be.
    audience
        What ``aud`` must hold; a Cognito access token has none and names it in ``client_id``.
    tenant_claim
        The claim with the tenant's name.
    jwks_url
        Where the keys are; found by OIDC discovery when empty.
    """

    url: str
    audience: str
    tenant_claim: str
    jwks_url: str = ""


def issuer_of(settings: IssuerSettings) -> Issuer:
    """Build the issuer from a function's settings."""
    return Issuer(settings.issuer, settings.audience, settings.tenant_claim, settings.jwks_url)


def identify(authorization: str | None, issuer: Issuer) -> Caller:
    """Check the ``Authorization`` header and say who it is.

    Raises
    ------
    Unauthorized
        If there is no bearer token, or it is expired, forged, or from or for another party.
    TryLater
        If the issuer's keys cannot be had.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.casefold() != "bearer" or not token.strip():
        raise Unauthorized("no-token")
    claims = _claims(token.strip(), issuer)
    tenant = str(claims.get(issuer.tenant_claim, ""))
    if not TENANT.fullmatch(tenant):
        raise Unauthorized("no-tenant", claim=issuer.tenant_claim)
    # Cognito writes a resource server's name before its scopes: sluice/imports:read
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
        # not the caller's fault: the same token is good once the issuer is back
        raise TryLater("issuer-away", _UNREACHABLE_SECONDS) from None
    except jwt.PyJWTError:
        raise Unauthorized("invalid") from None
    meant_for = claims.get("aud", claims.get("client_id"))
    if issuer.audience not in (meant_for if isinstance(meant_for, list) else [meant_for]):
        raise Unauthorized("other-audience", audience=issuer.audience)
    return claims


@cache
def _keys(issuer: Issuer) -> jwt.PyJWKClient:
    return jwt.PyJWKClient(issuer.jwks_url or _discover(issuer.url), lifespan=_KEYS_SECONDS, timeout=_TIMEOUT)


def _discover(url: str) -> str:
    """Where the issuer says its keys are (OpenID Connect Discovery 1.0, section 4)."""
    answer = httpx.get(f"{url.rstrip('/')}/.well-known/openid-configuration", timeout=_TIMEOUT)
    answer.raise_for_status()
    return str(answer.json()["jwks_uri"])
