"""The journal of a chunk: it is written before the records are, so that a rollback finds them as they were."""

from __future__ import annotations

import json
from itertools import count
from typing import Protocol

from sluice.destinations.dynamodb.stored import Journal, dump_journal, journal_key, load_journal, undone_key
from sluice.destinations.stored import dump_undone, load_undone
from sluice.model.errors import NotFound
from sluice.schema.staging import Batch, Undone


class ObjectStore(Protocol):
    """Where journals are kept."""

    def read(self, key: str) -> bytes:
        """Read an object; raises `NotFound`."""

    def write_once(self, key: str, body: bytes) -> bool:
        """Store an object unless there is one; says whether this call did it."""


def write_journal(store: ObjectStore, batch: Batch, seen: Journal) -> Journal:
    """Write the journal of a chunk, or continue the one that earlier attempts wrote; returns the journal that holds.

    The first attempt's journal holds the true before-images: a later attempt may see records that the first one wrote.
    Between two attempts there may be days (a retry), in which other jobs have written: the images of such records go
    into a journal that continues the first, because a rollback has to put those back.

    Parameters
    ----------
    seen
        The journal that this attempt would write if it was the first.
    """
    if store.write_once(journal_key(batch), dump_journal(seen)):
        return seen
    known = read_journal(store, batch)
    images = {
        key: image
        for key, image in seen.before.items()
        # what this job wrote itself is not news
        if not (image and image.job_id == batch.job_id) and (key not in known.before or known.before[key] != image)
    }
    if known.closed or not images:
        return known
    added = Journal(images, 0, seen.at)
    for number in count(2):
        if store.write_once(journal_key(batch, number), dump_journal(added)):
            return _joined(known, added)
    raise AssertionError("unreachable")


def read_journal(store: ObjectStore, batch: Batch) -> Journal:
    """Read all journals of a chunk as one: of a record that several contain, the last image holds."""
    whole = load_journal(store.read(journal_key(batch)))
    for number in count(2):
        try:
            whole = _joined(whole, load_journal(store.read(journal_key(batch, number))))
        except NotFound:
            return whole
    raise AssertionError("unreachable")


def _joined(first: Journal, second: Journal) -> Journal:
    more = len(second.before.keys() - first.before.keys())
    return Journal(first.before | second.before, first.unchanged - more, first.at, first.closed)


def write_undone(store: ObjectStore, batch: Batch, undone: Undone) -> Undone:
    """Write the result of undoing a chunk; returns the one that another attempt wrote before, if there is one."""
    if store.write_once(undone_key(batch), json.dumps(dump_undone(undone)).encode()):
        return undone
    return read_undone(store, batch) or undone


def read_undone(store: ObjectStore, batch: Batch) -> Undone | None:
    """Read the result of undoing a chunk; ``None`` as long as it is not undone to the end."""
    try:
        body = store.read(undone_key(batch))
    except NotFound:
        return None
    return load_undone(json.loads(body))
