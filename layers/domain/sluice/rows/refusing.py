"""Wrong cells become refusals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from pydantic import ValidationError

from sluice.model.rejection import Rejection
from sluice.rows.cell import Cell, CellError
from sluice.rows.reasons import reason_for

# A cell is shown in refusals up to this many characters; longer ones are cut so that one cell cannot fill a report.
_SHOWN = 200


class Refusing:
    """Makes the refusals of one sheet.

    Parameters
    ----------
    sheet
        Its name.
    titles
        Field name to the column's title.
    """

    def __init__(self, sheet: str, titles: Mapping[str, str]) -> None:
        self._sheet, self._titles = sheet, titles

    def errors(self, number: int, values: Mapping[str, Cell]) -> list[Rejection]:
        """Refuse the cells of a row that hold errors of the spreadsheet program."""
        reason = "is an error of the spreadsheet"
        return [
            Rejection(self._sheet, number, self._titles[field], cell.text, reason)
            for field, cell in values.items()
            if isinstance(cell, CellError)
        ]

    def invalid(self, number: int, values: Mapping[str, Cell], error: ValidationError) -> list[Rejection]:
        """Refuse the cells of a row that pydantic found wrong."""
        found = []
        for detail in error.errors(include_url=False):
            field = str(detail["loc"][0]) if detail["loc"] else ""
            # not pydantic's input: a validator may have turned the cell into something else before it was refused
            value = as_text(values[field]) if field in values else None
            found.append(Rejection(self._sheet, number, self._titles.get(field), value, reason_for(detail)))
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
