"""A row model with one column of every cell type, and shorthands to validate with it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ValidationError, create_model

from sluice.catalog.conventions import INTERNATIONAL
from sluice.schema.cell_types import Context, Conventions, Currency, Date, Digits, Flag, Money, Number, Whole
from sluice.schema.cells import Cell
from sluice.schema.importer import Importer, Row, column
from sluice.schema.validation import Checked, GoodRow, check_rows

INDONESIAN = Conventions(decimal=",")


class Sample(Row):
    """One column of every type, with the constraints that importers use."""

    code: str = column("Code", key=True, max_length=8)
    price: Money = column("Price", default=0, ge=0, le=10**9)
    weight: Number = column("Weight", default=0, gt=-1000, lt=1000)
    stock: Whole = column("Stock", default=0, ge=0)
    phone: Digits | None = column("Phone", default=None, min_length=3)
    updated: Date | None = column("Updated", default=None)
    active: Flag = column("Active", default=True)
    tier: Literal["gold", "silver"] | None = column("Tier", default=None)
    currency: Currency = column("Currency", default="EUR")


samples = Importer("samples", row=Sample, dataset="samples", title="Samples", conventions=INTERNATIONAL, blanks="clear")
FIELDS = dict(enumerate(Sample.model_fields))
TITLES = [found.title for found in samples.columns]


def read(kind: Any, cell: Cell, conventions: Conventions = INTERNATIONAL) -> Any:
    """Read a cell as a cell type does.

    Raises
    ------
    ValueError
        With the code of the rejection as its text.
    """
    model: type[BaseModel] = create_model("One", cell=(kind, ...))
    try:
        return model.model_validate({"cell": cell}, context=Context(conventions)).cell  # type: ignore[attr-defined]
    except ValidationError as error:
        raise ValueError(error.errors()[0]["msg"].removeprefix("Value error, ")) from None


def check(*rows: list[Cell], importer: Importer = samples) -> Checked:
    """Check rows that begin in row 2 of the sheet "Sheet1"."""
    return check_rows(importer, FIELDS, "Sheet1", enumerate(rows, start=2))


def row_of(**cells: Cell) -> list[Cell]:
    """Make a row of these cells, the others empty; its code is "A" unless one is given."""
    return [{"code": "A", **cells}.get(field) for field in Sample.model_fields]


def good(**cells: Cell) -> GoodRow:
    """Return the one good row that these cells make."""
    (row,) = check(row_of(**cells)).good
    return row
