"""An upstream as a deployment knows it: its address and our credentials there."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Upstream:
    """Where an upstream is, and who we are there; its secret is not shown.

    Parameters
    ----------
    name
        What sources and look-ups call it.
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
