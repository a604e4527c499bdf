"""The journal of a chunk: what it does to the dataset, written down before it does it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from itertools import count
from typing import Protocol

from sluice.model.errors import NotFound
from sluice.schema.staging import Undone, to_kept_row


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
    closed
        The chunk was undone before it was delivered, and never will be.
    """

    before: dict[str, dict[str, str] | None]
    unchanged: int
    at: str
    closed: bool = False

    def dump(self) -> bytes:
        """Write it as JSON lines: the head, then a line for each key."""
        lines = [json.dumps({"unchanged": self.unchanged, "at": self.at, "closed": self.closed})]
        lines += [json.dumps([key, image]) for key, image in self.before.items()]
        return "\n".join(lines).encode()


def journal_key(tenant: str, job_id: str, index: int) -> str:
    """The S3 key of a chunk's journal, below the folder of its job."""
    return f"jobs/{tenant}/{job_id}/journal/{index:06d}.jsonl"


def load_journal(body: bytes) -> Journal:
    """Read what `Journal.dump` wrote."""
    head, *lines = body.split(b"\n")
    return Journal(dict(json.loads(line) for line in lines), **json.loads(head))


def settle(store: Store, key: str, journal: Journal, job_id: str) -> Journal:
    """Keep the journal, or take what earlier attempts of the same chunk left.

    The first attempt's journal holds the true before-images: a later attempt may see rows that the first one wrote.
    Between two attempts there may be days (a retry), in which other jobs have written: such records get their images in
    a journal that follows the first, for a rollback has to put those back.

    Parameters
    ----------
    journal
        What this attempt sees.
    job_id
        Whose chunk it is; its own writes are no news.
    """
    if store.write_once(key, journal.dump()):
        return journal
    known = read_journal(store, key)
    news = {
        each: image
        for each, image in journal.before.items()
        if not (image and image["job"] == job_id) and (each not in known.before or known.before[each] != image)
    }
    if known.closed or not news:
        return known
    added = Journal(news, 0, journal.at)
    for number in count(2):
        if store.write_once(_following(key, number), added.dump()):
            return _joined(known, added)
    raise AssertionError("unreachable")


def read_journal(store: Store, key: str) -> Journal:
    """All journals of a chunk in one: of a record that several have, the last image holds."""
    whole = load_journal(store.read(key))
    for number in count(2):
        try:
            whole = _joined(whole, load_journal(store.read(_following(key, number))))
        except NotFound:
            return whole
    raise AssertionError("unreachable")


def _joined(first: Journal, second: Journal) -> Journal:
    more = len(second.before.keys() - first.before.keys())
    return Journal(first.before | second.before, first.unchanged - more, first.at, first.closed)


def _following(key: str, number: int) -> str:
    return f"{key.removesuffix('.jsonl')}-{number}.jsonl"


def read_undone(store: Store, key: str) -> Undone | None:
    """What came of undoing the chunk of this journal; ``None`` as long as it was not done to its end."""
    try:
        told = json.loads(store.read(_of_undone(key)))
    except NotFound:
        return None
    return Undone(
        told["reversed"], [to_kept_row(each) for each in told["kept"]], [to_kept_row(each) for each in told["failed"]]
    )


def write_undone(store: Store, key: str, undone: Undone) -> Undone:
    """Keep what came of undoing a chunk, or take what another attempt left."""
    if store.write_once(_of_undone(key), json.dumps(asdict(undone)).encode()):
        return undone
    return read_undone(store, key) or undone


def _of_undone(key: str) -> str:
    return key.removesuffix(".jsonl") + ".undone.json"
