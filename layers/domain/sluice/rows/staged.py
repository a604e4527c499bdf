"""Staged rows: how good rows wait in a file between parsing and loading, and what loading makes of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from sluice.model.refusal import Refusal
from sluice.rows.check import GoodRow


@dataclass(frozen=True)
class Batch:
    """The rows of one chunk on their way into a dataset; keys are distinct."""

    tenant: str
    dataset: str
    job_id: str
    index: int
    rows: list[GoodRow]


@dataclass(frozen=True)
class Applied:
    """What a destination did with a batch; the four add up to its rows."""

    inserted: int
    updated: int
    unchanged: int
    refusals: list[Refusal] = field(default_factory=list)


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
