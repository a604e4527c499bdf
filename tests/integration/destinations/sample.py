"""Rows of every type that a column can have, and batches of them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Any, Literal, Self

from pydantic import model_validator

from sluice.model.options import LoadOptions
from sluice.schema.cell_types import Date, Flag, Money, Whole
from sluice.schema.importer import Importer, Row, column
from sluice.schema.staging import Batch
from sluice.schema.validation import GoodRow, check_rows


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


class Offer(Row):
    """A row with a required column, and one that is blank now and then."""

    code: str = column("Code", key=True)
    low: Money = column("Low")
    high: Money | None = column("High", default=None)
    label: str | None = column("Label", default=None)
    stock: Whole = column("Stock", default=0)


class RuledOffer(Offer):
    """The same with a rule over two columns."""

    @model_validator(mode="after")
    def _high_is_above_low(self) -> Self:
        if self.high is not None and self.high < self.low:
            raise ValueError("high is below low")
        return self


def _label_by_stock(row: Row) -> Row:
    """Write labels in capitals, and name what is sold out."""
    assert isinstance(row, RuledOffer)
    label = "SOLD OUT" if row.stock == 0 else row.label
    return row.model_copy(update={"label": label and label.upper()})


OFFERS = Importer("offers", row=Offer, dataset="offers", title="Offers", archive=True)
#: Rules over several columns.
RULED = Importer("ruled", row=RuledOffer, dataset="ruled", title="Offers with rules", normalise=_label_by_stock)


def staged(
    importer: Importer, rows: Mapping[str, Mapping[str, Any]], columns: Collection[str], options: LoadOptions
) -> list[GoodRow]:
    """Return rows ``{code: {field: cell}}`` of a file with these columns beside the key, as parsing stages them.

    Rows that parsing rejects are not among them.
    """
    fields = ["code", *columns]
    records = [
        (number, [code, *(cells.get(name) for name in columns)])
        for number, (code, cells) in enumerate(rows.items(), start=2)
    ]
    return check_rows(importer, dict(enumerate(fields)), "", records, options=options).good


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
    hold: int = 0,
) -> Batch:
    """Return a chunk of such rows."""
    return Batch(tenant, importer, job, index, things(rows), hold=hold)
