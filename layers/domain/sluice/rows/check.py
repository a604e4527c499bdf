"""Records of a file become good rows and refusals."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from pydantic import ValidationError

from sluice.model.refusal import Refusal
from sluice.rows.cell import Cell, CellError, Record
from sluice.rows.importer import Importer
from sluice.rows.reasons import reason_for
from sluice.rows.row import key_of

# A cell is shown in refusals up to this many characters; longer ones are cut so that one cell cannot fill a report.
_SHOWN = 200


@dataclass(frozen=True)
class GoodRow:
    """A row that passed: its number in the sheet, its key, a digest of its values, and those as JSON."""

    number: int
    key: str
    hash: str
    values: bytes


@dataclass(frozen=True)
class Checked:
    """What became of the records of a chunk; rows seen = good rows + refused rows."""

    good: list[GoodRow]
    refusals: list[Refusal]
    seen: int

    @property
    def refused(self) -> int:
        """Refused rows (a row with several wrong cells counts once)."""
        return self.seen - len(self.good)


def check_rows(importer: Importer, fields: Mapping[int, str], sheet: str, records: Iterable[Record]) -> Checked:
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

    Returns
    -------
    Checked
        Good rows in the order they came, and a refusal for each wrong cell.
    """
    titles = {column.field: column.title for column in importer.columns}
    key_field = key_of(importer.row).field
    validate = importer.row.__pydantic_validator__.validate_python
    dump = importer.row.__pydantic_serializer__.to_json
    places = sorted(fields.items())
    good: list[GoodRow] = []
    refusals: list[Refusal] = []
    seen = 0
    for number, cells in records:
        seen += 1
        values = _values(cells, places)
        if CellError in map(type, values.values()):
            refusals += _errors(values, sheet, number, titles)
            continue
        try:
            row = validate(values, context=importer.conventions)
            if importer.normalise:
                row = importer.normalise(row)
        except ValidationError as error:
            refusals.extend(_refusals(error, values, sheet, number, titles))
            continue
        body = dump(row)
        good.append(GoodRow(number, str(getattr(row, key_field)), _digest(body), body))
    return Checked(good, refusals, seen)


def _values(cells: list[Cell], places: list[tuple[int, str]]) -> dict[str, Any]:
    """The cells that hold something, by field. Runs for every cell of every file, hence one look at the type."""
    values: dict[str, Any] = {}
    for place, field in places:
        if place >= len(cells):
            break
        cell = cells[place]
        kind = type(cell)
        if kind is str:
            if cell and not cell.isspace():  # type: ignore[union-attr]  # it is a str
                values[field] = cell
        elif kind is float:
            values[field] = int(cell) if cell.is_integer() else cell  # type: ignore[union-attr,arg-type]  # 123.0 is 123
        elif cell is not None:
            values[field] = cell
    return values


def _errors(values: Mapping[str, Cell], sheet: str, number: int, titles: Mapping[str, str]) -> list[Refusal]:
    reason = "is an error of the spreadsheet"
    return [
        Refusal(sheet, number, titles[field], cell.text, reason)
        for field, cell in values.items()
        if isinstance(cell, CellError)
    ]


def _digest(body: bytes) -> str:
    """128 bits tell two states of a row apart: with 2**32 rows, two collide by chance once in 2**65 tries."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def _refusals(
    error: ValidationError, values: Mapping[str, Cell], sheet: str, number: int, titles: Mapping[str, str]
) -> list[Refusal]:
    found = []
    for detail in error.errors(include_url=False):
        field = str(detail["loc"][0]) if detail["loc"] else ""
        # not pydantic's input: a validator may have turned the cell into something else before it was refused
        value = as_text(values[field]) if field in values else None
        found.append(Refusal(sheet, number, titles.get(field), value, reason_for(detail)))
    return found


def as_text(cell: Cell) -> str:
    """A cell as a person would read it, cut to a length that a report can hold."""
    match cell:
        case bool():
            text = "TRUE" if cell else "FALSE"
        case datetime() | date() | time():
            text = cell.isoformat()
        case timedelta() | _:
            text = str(cell)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
