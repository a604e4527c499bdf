"""What the use cases need of upstreams; `bootstrap` picks the real things, tests hand in fakes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from sluice.lookups.lookup import Asked, Found, Lookup, Told
from sluice.sources.page import Page
from sluice.sources.source import Source


class Upstreams(Protocol):
    """What is pulled page by page, and what is asked key by key."""

    def read(self, source: Source, offsets: Sequence[int], *, before: float) -> list[Page]:
        """The pages of a source that begin at the offsets, before that time in epoch seconds; see `read_pages`."""

    def ask(self, lookup: Lookup, keys: Iterable[str], *, before: float, told: Told) -> Asked:
        """Ask for each of the keys, before that time in epoch seconds; see `sluice.lookups.asking.ask`."""


class Answers(Protocol):
    """What look-ups were answered before, for each tenant by itself; times are epoch seconds."""

    def get(self, tenant: str, lookup: Lookup, keys: Iterable[str], *, now: int) -> dict[str, Found]:
        """The answers to these keys that are still good."""

    def keep(self, tenant: str, lookup: Lookup, key: str, found: Found, *, until: int) -> None:
        """Keep the answer to a key, in place of one before; at ``until`` it is good no longer."""
