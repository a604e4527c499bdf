"""Authentication: identify callers by the bearer tokens of an OIDC issuer."""

from __future__ import annotations

import json
import logging
import queue
import re
import threading
import time
from dataclasses import dataclass, field
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
_LEEWAY = 10
# OpenID Connect Core 1.0, section 2: at most 255 characters. Controls and lone surrogates could be stored nowhere.
_SUBJECT = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,255}")
# Times of tokens are stored; DynamoDB takes 38 digits, and a signed claim can have more.
_LATEST = 2**40

# Keys are fetched again after five minutes, or for a key id that is not among them.
_FRESH_SECONDS = 300
# An issuer that is away must not take the API with it: its last keys count for a day, which bounds how long a key that
# the issuer has withdrawn meanwhile is accepted.
_LAST_GOOD_SECONDS = 24 * 3600
# Between two attempts; without any key each attempt may end the outage of the API.
_PAUSE_SECONDS = 30
_FIRST_KEYS_PAUSE_SECONDS = 5
# An attempt as a whole, since a call waits for it.
_TIMEOUT = 5
# Key sets have some KB.
_LARGEST_ANSWER = 256 * 1024

_log = logging.getLogger(__name__)


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
    tenant, subject, scope = claims.get(issuer.tenant_claim), claims["sub"], claims.get("scope")
    # texts only: "None" or "True" would be one tenant for all whose issuer writes null or true
    if not isinstance(tenant, str) or not TENANT.fullmatch(tenant):
        raise Unauthorized("no-tenant", claim=issuer.tenant_claim)
    if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject):
        raise Unauthorized("no-subject")
    # Cognito prefixes scopes with the resource server's name: sluice/imports:read
    words = scope.split() if isinstance(scope, str) else []
    scopes = (word.removeprefix(f"{issuer.audience}/") for word in words)
    return Caller(tenant, subject, frozenset(scopes), min(int(claims["exp"]), _LATEST))


def _claims(token: str, issuer: Issuer) -> dict[str, Any]:
    try:
        key = _keys(issuer).get(jwt.get_unverified_header(token).get("kid"))
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
    # PyJWT lets some errors of hostile JSON pass: nesting too deep, an `exp` of infinity, numbers of 4,301 digits
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
        raise Unauthorized("invalid") from None
    audience = claims.get("aud", claims.get("client_id"))
    if issuer.audience not in (audience if isinstance(audience, list) else [audience]):
        raise Unauthorized("other-audience", audience=issuer.audience)
    return claims


@cache
def _keys(issuer: Issuer) -> SigningKeys:
    return SigningKeys(issuer)


@dataclass
class SigningKeys:
    """The signing keys of an issuer, fetched when a key is needed that is not there or not fresh.

    A failed attempt leaves the last keys as they are. Forged key ids cause one attempt in ``_PAUSE_SECONDS`` at most.
    """

    issuer: Issuer
    keys: dict[str, jwt.PyJWK] = field(default_factory=dict)
    fetched_at: float = 0
    tried_at: float = 0
    failed: bool = False

    def get(self, key_id: object) -> jwt.PyJWK:
        """Return a key by its id.

        Raises
        ------
        Unauthorized
            If the issuer has no such key.
        TryLater
            If the issuer's keys cannot be fetched, and the last ones have no such key or are older than a day.
        """
        if self._is_due(key_id):
            self._fetch()
        if time.time() - self.fetched_at > _LAST_GOOD_SECONDS:
            self.keys = {}
        if isinstance(key_id, str) and (found := self.keys.get(key_id)):
            return found
        if self.failed or not self.keys:
            # not an invalid token: the same token may be accepted once the issuer is available
            raise TryLater("issuer-away", self._seconds_to_next())
        raise Unauthorized("invalid")

    def _is_due(self, key_id: object) -> bool:
        is_fresh = key_id in self.keys and time.time() - self.fetched_at < _FRESH_SECONDS
        return not is_fresh and time.time() - self.tried_at >= self._pause()

    def _pause(self) -> int:
        return _PAUSE_SECONDS if self.keys else _FIRST_KEYS_PAUSE_SECONDS

    def _seconds_to_next(self) -> int:
        return max(1, round(self.tried_at + self._pause() - time.time()))

    def _fetch(self) -> None:
        try:
            keys = _within(_TIMEOUT, self.issuer)
        except Exception as error:  # noqa: BLE001 - whatever an issuer answers, the last keys stay, and callers wait
            # the error's text may hold what the issuer answered
            _log.warning("the keys of the issuer could not be fetched: %s", type(error).__name__)
            self.failed = True
        else:
            self.keys, self.fetched_at, self.failed = keys, time.time(), False
        self.tried_at = time.time()


def _within(seconds: float, issuer: Issuer) -> dict[str, jwt.PyJWK]:
    """Fetch the keys; raises `TimeoutError` after so many seconds, which no time-out of a single read can ensure."""
    outcome: queue.SimpleQueue[dict[str, jwt.PyJWK] | Exception] = queue.SimpleQueue()

    def fetch() -> None:
        try:
            outcome.put(_keys_of(fetch_json(issuer.jwks_url or _discover(issuer.url))))
        except Exception as error:  # noqa: BLE001 - raised again in the caller's thread
            outcome.put(error)

    threading.Thread(target=fetch, daemon=True).start()
    try:
        found = outcome.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(found, Exception):
        raise found
    return found


def _keys_of(document: object) -> dict[str, jwt.PyJWK]:
    """Return the signing keys of a JSON Web Key Set by their ids; raises `ValueError` if there is none."""
    if not isinstance(document, dict):
        raise ValueError("the key set is no object")
    found = jwt.PyJWKSet.from_dict(document).keys
    keys = {key.key_id: key for key in found if key.key_id and key.public_key_use in {"sig", None}}
    if not keys:
        raise ValueError("the key set has no key for signatures")
    return keys


def _discover(url: str) -> str:
    """Fetch the address of the issuer's keys (OpenID Connect Discovery 1.0, section 4)."""
    return str(fetch_json(f"{url.rstrip('/')}/.well-known/openid-configuration")["jwks_uri"])


def fetch_json(url: str) -> Any:
    """Fetch a JSON document of the issuer.

    A redirect is not followed: it could lead to keys of another host.

    Raises
    ------
    httpx.HTTPError
        If the issuer does not answer with success.
    ValueError
        If the answer is no JSON, or too large.
    """
    with httpx.stream("GET", url, timeout=_TIMEOUT) as answer:
        answer.raise_for_status()
        content = bytearray()
        for piece in answer.iter_bytes():
            content += piece
            if len(content) > _LARGEST_ANSWER:
                raise ValueError("the issuer's answer is too large")
    return json.loads(content)
