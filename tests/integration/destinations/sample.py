"""Rows of every type that a column can have, and batches of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Literal

from sluice.schema.cell_types import Date, Flag, Money, Whole
from sluice.schema.importer import Importer, Row, column
from sluice.schema.staging import Batch
from sluice.schema.validation import GoodRow


class Thing(Row):
    """A row with a value of each type."""

    code: str = column("Code", key=True)
    name: str | None = column("Name", default=None)
    price: Money | None = column("Price", default=None)
    amount: Whole = column("Amount", default=0)
    sold: Date | None = column("Sold", default=None)
    active: Flag = column("Active", default=True)
    size: Literal["S", "M", "L"] | None = column("Size", default=None)
    tags: list[str] | None = column("Tags", default=None)


THINGS = Importer("things", row=Thing, dataset="things", title="Things", archive=True)
#: The same dataset without an archive.
PLAIN = Importer("plain", row=Thing, dataset="things", title="Things")


def good(number: int, row: Row, key: str = "code") -> GoodRow:
    """Return a row as parsing stages it."""
    body = row.__pydantic_serializer__.to_json(row)
    return GoodRow(number, str(getattr(row, key)), hashlib.blake2b(body, digest_size=16).hexdigest(), body)


def things(rows: Mapping[str, Any]) -> list[GoodRow]:
    """Return rows from number 2 on: ``{code: amount}`` or ``{code: {field: value}}``."""
    fields = {code: {"amount": more} if isinstance(more, int) else more for code, more in rows.items()}
    return [good(number, Thing(code=code, **more)) for number, (code, more) in enumerate(fields.items(), start=2)]


def batch(
    rows: Mapping[str, Any],
    *,
    job: str = "01JOB",
    index: int = 0,
    tenant: str = "acme",
    importer: Importer = THINGS,
) -> Batch:
    """Return a chunk of such rows."""
    return Batch(tenant, importer, job, index, things(rows))
