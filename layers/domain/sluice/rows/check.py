"""Records of a file become good rows and refusals."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from sluice.model.order import Order
from sluice.model.rejection import Rejection
from sluice.rows.cell import Cell, CellError, Record
from sluice.rows.context import Context
from sluice.rows.evidence import DateEvidence
from sluice.rows.importer import Importer
from sluice.rows.refusing import Refusing
from sluice.rows.row import Row, key_of
from sluice.rows.totals import Totals


@dataclass(frozen=True)
class GoodRow:
    """A row that passed: its number in the sheet, its key, a digest of its values, and those as JSON."""

    number: int
    key: str
    hash: str
    values: bytes


@dataclass(frozen=True)
class Checked:
    """What became of the records of a chunk; rows seen = good rows + refused rows.

    Parameters
    ----------
    good
        Rows that passed, in the order they came.
    refusals
        One for each wrong cell.
    seen
        Rows that were checked.
    left_out
        Rows that are no records and not among those seen: totals.
    dates
        Field name to what its dates tell of their order; only fields whose order nobody has said and that tell or
        need something.
    """

    good: list[GoodRow]
    refusals: list[Rejection]
    seen: int
    left_out: int = 0
    dates: dict[str, DateEvidence] = field(default_factory=dict)

    @property
    def refused(self) -> int:
        """Refused rows (a row with several wrong cells counts once)."""
        return self.seen - len(self.good)


def check_rows(
    importer: Importer,
    fields: Mapping[int, str],
    sheet: str,
    records: Iterable[Record],
    orders: Mapping[str, Order] | None = None,
) -> Checked:
    """Validate records against the importer's row model.

    Parameters
    ----------
    importer
        Whose rows these are.
    fields
        Which cell (counted from 0) belongs to which field.
    sheet
        Name of the sheet, for the refusals.
    records
        Row numbers and cells.
    orders
        Field name to the order of its dates, where somebody has said it for this file. It settles dates that could
        be either, also against the importer's conventions; a date that can be read in one way only is read so.

    Returns
    -------
    Checked
        Good rows in the order they came, and a refusal for each wrong cell.
    """
    refuse = Refusing(sheet, {column.field: column.title for column in importer.columns})
    totals = Totals(importer, fields)
    context = Context(importer.conventions, orders)
    validate = importer.row.__pydantic_validator__.validate_python
    stage = staging(importer)
    places = sorted(fields.items())
    good: list[GoodRow] = []
    refusals: list[Rejection] = []
    dates: defaultdict[str, DateEvidence] = defaultdict(DateEvidence)
    seen = left_out = 0
    for number, cells in records:
        values = _values(cells, places)
        if totals.include(cells, values):
            left_out += 1
            continue
        seen += 1
        if CellError in map(type, values.values()):
            refusals += refuse.errors(number, values)
            continue
        passed = False
        try:
            good.append(stage(number, validate(values, context=context)))
            passed = True
        except ValidationError as error:
            refusals += refuse.invalid(number, values, error)
        if context.noted:
            for name, sign in context.noted.items():
                dates[name].add(sign, number, passed)
            context.noted.clear()
    return Checked(good, refusals, seen, left_out, dict(dates))


def staging(importer: Importer) -> Callable[[int, Row], GoodRow]:
    """What makes a staged row of a row's number and its model; the importer's last hand is on it."""
    normalise = importer.normalise
    key = key_of(importer.row).field
    dump = importer.row.__pydantic_serializer__.to_json

    def stage(number: int, row: Row) -> GoodRow:
        if normalise:
            row = normalise(row)
        body = dump(row)
        return GoodRow(number, str(getattr(row, key)), digest(body), body)

    return stage


def _values(cells: list[Cell], places: list[tuple[int, str]]) -> dict[str, Any]:
    """The cells that hold something, by field. Runs for every cell of every file, hence one look at the type."""
    values: dict[str, Any] = {}
    for place, name in places:
        if place >= len(cells):
            break
        cell = cells[place]
        kind = type(cell)
        if kind is str:
            if cell and not cell.isspace():  # type: ignore[union-attr]  # it is a str
                values[name] = cell
        elif kind is float:
            values[name] = int(cell) if cell.is_integer() else cell  # type: ignore[union-attr,arg-type]  # 123.0 is 123
        elif cell is not None:
            values[name] = cell
    return values


def digest(body: bytes) -> str:
    """Hash of a row: its 128 bits tell states apart; with 2**32 rows, two collide by chance once in 2**65 tries."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()
