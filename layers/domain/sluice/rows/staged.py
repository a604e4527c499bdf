"""Staged rows: how good rows wait in a file between parsing and loading, and what loading makes of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from sluice.model.rejection import Rejection
from sluice.rows.check import GoodRow
from sluice.rows.importer import Importer


@dataclass(frozen=True)
class Batch:
    """The rows of one chunk on their way into the importer's dataset; keys are distinct."""

    tenant: str
    importer: Importer
    job_id: str
    index: int
    rows: list[GoodRow]

    @property
    def dataset(self) -> str:
        """Where the rows end up."""
        return self.importer.dataset


@dataclass(frozen=True)
class Applied:
    """What a destination did with a batch; the four add up to its rows."""

    inserted: int
    updated: int
    unchanged: int
    refusals: list[Rejection] = field(default_factory=list)


@dataclass(frozen=True)
class Compared:
    """What a destination would do with a batch now; the three add up to its rows."""

    inserted: int
    updated: int
    unchanged: int


@dataclass(frozen=True)
class Left:
    """A row that a rollback left as it is.

    Parameters
    ----------
    key
        The row's key.
    job_id
        Who wrote the row that is there now; ``None`` when there is none any more.
    reason
        In words that finish the sentence "this row …".
    """

    key: str
    job_id: str | None
    reason: str


@dataclass(frozen=True)
class Undone:
    """What became of the rows that a chunk had changed: taken back, kept for they were changed since, or failed."""

    reversed: int
    kept: list[Left] = field(default_factory=list)
    failed: list[Left] = field(default_factory=list)


def dump_staged(rows: Iterable[GoodRow]) -> bytes:
    """Write rows as lines of number, key, hash and values, parted by tabs; JSON has no raw tab or line end."""
    return b"".join(
        b"%d\t%s\t%s\t%s\n" % (row.number, json.dumps(row.key).encode(), row.hash.encode(), row.values) for row in rows
    )


def load_staged(body: bytes) -> list[GoodRow]:
    """Read what `dump_staged` wrote."""
    rows = []
    for line in body.split(b"\n")[:-1]:
        number, key, hash_, values = line.split(b"\t", 3)
        rows.append(GoodRow(int(number), json.loads(key), hash_.decode(), values))
    return rows
