"""The journal of a chunk: what it does to the dataset, written down before it does it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Protocol


class Store(Protocol):
    """Where journals are kept."""

    def read(self, key: str) -> bytes:
        """Read an object."""

    def write_once(self, key: str, body: bytes) -> bool:
        """Store an object unless there is one; says whether this call did it."""


@dataclass(frozen=True)
class Journal:
    """Before-images of the rows that a chunk changes.

    Parameters
    ----------
    before
        For each key that is written: the record as it was, ``None`` for a new one.
    unchanged
        Rows that the dataset has just so already.
    """

    before: dict[str, dict[str, str] | None]
    unchanged: int

    def dump(self) -> bytes:
        """Write it as JSON lines: the head, then a line for each key."""
        lines = [json.dumps({"unchanged": self.unchanged})]
        lines += [json.dumps([key, image]) for key, image in self.before.items()]
        return "\n".join(lines).encode()


def load_journal(body: bytes) -> Journal:
    """Read what `Journal.dump` wrote."""
    head, *lines = body.split(b"\n")
    return Journal(dict(json.loads(line) for line in lines), json.loads(head)["unchanged"])


def settle(store: Store, key: str, journal: Journal) -> Journal:
    """Keep the journal, or take the one that an earlier attempt of the same chunk left.

    The first attempt's journal holds the true before-images: a later attempt may see rows that the first one wrote.
    """
    if store.write_once(key, journal.dump()):
        return journal
    return load_journal(store.read(key))
