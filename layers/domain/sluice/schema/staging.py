"""Good rows on their way into a dataset: the file they are staged in, the batch of a chunk, what a destination did."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sluice.model.rejection import Rejection
from sluice.schema.importer import Importer
from sluice.schema.validation import GoodRow


def dump_staged(rows: Iterable[GoodRow]) -> bytes:
    """Write rows as lines of number, key, hash and values, separated by tabs; JSON has no raw tab or line end."""
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


@dataclass(frozen=True)
class Batch:
    """The rows of one chunk that go into the importer's dataset; keys are distinct."""

    tenant: str
    importer: Importer
    job_id: str
    index: int
    rows: list[GoodRow]

    @property
    def dataset(self) -> str:
        """Name of the dataset."""
        return self.importer.dataset


@dataclass(frozen=True)
class Applied:
    """What a destination did with a batch; the four add up to its rows."""

    inserted: int
    updated: int
    unchanged: int
    rejections: list[Rejection] = field(default_factory=list)


@dataclass(frozen=True)
class Compared:
    """What a destination would do with a batch now; the three add up to its rows."""

    inserted: int
    updated: int
    unchanged: int


@dataclass(frozen=True)
class KeptRow:
    """A row that a rollback left as it is.

    Parameters
    ----------
    key
        The row's key.
    job_id
        The job that wrote the row that is there now; ``None`` when the row was removed.
    code, params
        Why it was left, as in `sluice.model.rejection.Rejection`.
    """

    key: str
    job_id: str | None
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Undone:
    """What became of the rows that a chunk had changed: reversed, kept because they were changed since, or failed."""

    reversed: int
    kept: list[KeptRow] = field(default_factory=list)
    failed: list[KeptRow] = field(default_factory=list)
