"""The journal of a chunk: what it does to the dataset, written down before it does it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Protocol

from sluice.model.errors import NotFound
from sluice.rows.staged import Left, Undone


class Store(Protocol):
    """Where journals are kept."""

    def read(self, key: str) -> bytes:
        """Read an object; raises `NotFound`."""

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
    at
        When the chunk was delivered, RFC 3339; its records hold from then on, at every attempt.
    """

    before: dict[str, dict[str, str] | None]
    unchanged: int
    at: str

    def dump(self) -> bytes:
        """Write it as JSON lines: the head, then a line for each key."""
        lines = [json.dumps({"unchanged": self.unchanged, "at": self.at})]
        lines += [json.dumps([key, image]) for key, image in self.before.items()]
        return "\n".join(lines).encode()


def load_journal(body: bytes) -> Journal:
    """Read what `Journal.dump` wrote."""
    head, *lines = body.split(b"\n")
    return Journal(dict(json.loads(line) for line in lines), **json.loads(head))


def settle(store: Store, key: str, journal: Journal) -> Journal:
    """Keep the journal, or take the one that an earlier attempt of the same chunk left.

    The first attempt's journal holds the true before-images: a later attempt may see rows that the first one wrote.
    """
    if store.write_once(key, journal.dump()):
        return journal
    return load_journal(store.read(key))


def read_undone(store: Store, key: str) -> Undone | None:
    """What came of undoing the chunk of this journal; ``None`` as long as it was not done to its end."""
    try:
        told = json.loads(store.read(_of_undone(key)))
    except NotFound:
        return None
    return Undone(told["reversed"], [Left(**each) for each in told["kept"]], [Left(**each) for each in told["failed"]])


def write_undone(store: Store, key: str, undone: Undone) -> Undone:
    """Keep what came of undoing a chunk, or take what another attempt left."""
    if store.write_once(_of_undone(key), json.dumps(asdict(undone)).encode()):
        return undone
    return read_undone(store, key) or undone


def _of_undone(key: str) -> str:
    return key.removesuffix(".jsonl") + ".undone.json"
