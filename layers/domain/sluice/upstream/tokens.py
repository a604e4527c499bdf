"""An upstream's address and its bearer tokens. All workers share one token, so that each need not request its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from sluice.upstream.clock import Clock, SerialExecutor

# A token that is about to expire may have expired when the request arrives.
_MARGIN_SECONDS = 30.0
_MARGIN_SHARE = 0.1
# RFC 6749, section 5.1: `expires_in` is only recommended.
_DEFAULT_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Upstream:
    """Where an upstream is, and our credentials there; the secret is left out of ``repr``.

    Parameters
    ----------
    name
        The name that sources and lookups give it.
    url
        The address that all paths are relative to.
    client_id, client_secret
        Client credentials (RFC 6749, section 4.4).
    token_url
        Token endpoint; ``{url}/oauth2/token`` if it is empty.
    """

    name: str
    url: str
    client_id: str
    client_secret: str = field(repr=False)
    token_url: str = ""

    @property
    def token_endpoint(self) -> str:
        """Address of the token endpoint."""
        return self.token_url or self.address("oauth2/token")

    def address(self, path: str) -> str:
        """Return the address of a path."""
        return f"{self.url.rstrip('/')}/{path.lstrip('/')}"


@dataclass(frozen=True)
class AccessToken:
    """A bearer token, left out of ``repr``, and the epoch seconds until which it is used."""

    value: str = field(repr=False)
    good_until: float


class TokenStore(Protocol):
    """One token for each upstream, shared by all workers."""

    def get(self, upstream: str) -> AccessToken | None:
        """Return the token that was kept last; it may have expired."""

    def keep(self, upstream: str, token: AccessToken) -> None:
        """Keep a token in place of the one before."""


def read_token(body: Any, now: float) -> AccessToken:
    """Read the JSON of a token endpoint that was requested at ``now``.

    Raises
    ------
    ValueError
        If it has no usable token; the message shows nothing of the content.
    """
    value = body.get("access_token") if isinstance(body, dict) else None
    if not (isinstance(value, str) and value.isascii() and value.isprintable() and value):
        raise ValueError("a response without a token")
    expires_in = body.get("expires_in")
    is_given = isinstance(expires_in, int | float) and expires_in > 0  # True counts as one second
    seconds = float(expires_in) if is_given else _DEFAULT_SECONDS
    return AccessToken(value, now + seconds - min(_MARGIN_SECONDS, seconds * _MARGIN_SHARE))


class TokenProvider:
    """Provides one reader with a token of its upstream: the one in use, else the shared one.

    Parameters
    ----------
    upstream
        Its name.
    store
        The tokens that all workers share.
    executor, clock
        Of the reader.
    """

    def __init__(self, upstream: str, store: TokenStore, executor: SerialExecutor, clock: Clock) -> None:
        self._upstream, self._store, self._executor, self._clock = upstream, store, executor, clock
        self._current: AccessToken | None = None
        self._rejected: set[str] = set()

    async def get(self) -> AccessToken | None:
        """Return a token that is not known to be invalid; ``None`` if a new one has to be requested."""
        if not self._is_usable(self._current):
            self._current = await self._executor.run(self._store.get, self._upstream)
        return self._current if self._is_usable(self._current) else None

    async def keep(self, token: AccessToken) -> None:
        """Keep a new token for all workers."""
        self._current = token
        await self._executor.run(self._store.keep, self._upstream, token)

    def reject(self, token: AccessToken) -> None:
        """Exclude a token that the upstream rejected, even if it is still the shared one."""
        self._rejected.add(token.value)

    def _is_usable(self, token: AccessToken | None) -> bool:
        return token is not None and token.value not in self._rejected and self._clock.now() < token.good_until
