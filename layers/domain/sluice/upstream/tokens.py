"""Bearer tokens of an upstream, shared by all workers, so that a hundred of them do not fetch one each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from sluice.upstream.clock import Clock, SerialExecutor

# A token that is about to expire may have expired when it arrives.
_MARGIN_SECONDS = 30.0
_MARGIN_SHARE = 0.1
# RFC 6749, section 5.1, leaves it open whether the endpoint says how long a token holds.
_UNSAID_SECONDS: Final = 60.0


@dataclass(frozen=True)
class AccessToken:
    """A token, not shown, and until when to use it, in epoch seconds."""

    value: str = field(repr=False)
    good_until: float


class TokenStore(Protocol):
    """One token for each upstream."""

    def get(self, upstream: str) -> AccessToken | None:
        """The token that was kept last; it may have expired."""

    def keep(self, upstream: str, token: AccessToken) -> None:
        """Keep a token in place of the one before."""


def read_token(answer: Any, now: float) -> AccessToken:
    """Read the answer of a token endpoint that was asked at ``now``.

    Raises
    ------
    ValueError
        If it holds no token; the message says what it is, and never what is in it.
    """
    value = answer.get("access_token") if isinstance(answer, dict) else None
    if not (isinstance(value, str) and value.isascii() and value.isprintable() and value):
        raise ValueError("an answer without a token")
    told = answer.get("expires_in")
    said = isinstance(told, int | float) and told > 0  # True is a number to Python, and then means one second
    seconds = float(told) if said else _UNSAID_SECONDS
    return AccessToken(value, now + seconds - min(_MARGIN_SECONDS, seconds * _MARGIN_SHARE))


class TokenProvider:
    """The token of one upstream in one reader: its own, else the one that all share.

    Parameters
    ----------
    upstream
        Its name.
    tokens
        What all workers share.
    aside, clock
        Of the reader.
    """

    def __init__(self, upstream: str, tokens: TokenStore, aside: SerialExecutor, clock: Clock) -> None:
        self._upstream, self._tokens, self._aside, self._clock = upstream, tokens, aside, clock
        self._held: AccessToken | None = None
        self._rejected: set[str] = set()

    async def find(self) -> AccessToken | None:
        """A token that holds, as far as anybody knows; ``None`` when one has to be fetched."""
        if not self._holds(self._held):
            self._held = await self._aside(self._tokens.get, self._upstream)
        return self._held if self._holds(self._held) else None

    async def keep(self, token: AccessToken) -> None:
        """Keep a token that was just fetched, for all."""
        self._held = token
        await self._aside(self._tokens.keep, self._upstream, token)

    def reject(self, token: AccessToken) -> None:
        """Do not use a token again that the upstream did not take, even if others still keep it."""
        self._rejected.add(token.value)

    def _holds(self, token: AccessToken | None) -> bool:
        return token is not None and token.value not in self._rejected and self._clock.now() < token.good_until


@dataclass(frozen=True)
class Upstream:
    """Where an upstream is, and who we are there; its secret is not shown.

    Parameters
    ----------
    name
        What sources and lookups call it.
    url
        What its paths are below of.
    client_id, client_secret
        For tokens by client credentials (RFC 6749, section 4.4).
    token_url
        Where tokens come from; ``{url}/oauth2/token`` if it is empty.
    """

    name: str
    url: str
    client_id: str
    client_secret: str = field(repr=False)
    token_url: str = ""

    @property
    def tokens_at(self) -> str:
        """Address of the token endpoint."""
        return self.token_url or self.address("oauth2/token")

    def address(self, path: str) -> str:
        """Address of a path of its own."""
        return f"{self.url.rstrip('/')}/{path.lstrip('/')}"
