"""Wrong cells become rejections."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

from sluice.model.rejection import Rejection
from sluice.schema.cells import Cell, CellError

# A cell is shown in rejections up to this many characters; longer ones are cut so that one cell cannot fill a report.
_SHOWN = 200
_REASONS: dict[str, Callable[[dict[str, Any]], str]] = {
    "missing": lambda _: "is required",
    "greater_than_equal": lambda ctx: f"must be {ctx['ge']} or more",
    "greater_than": lambda ctx: f"must be more than {ctx['gt']}",
    "less_than_equal": lambda ctx: f"must be {ctx['le']} or less",
    "less_than": lambda ctx: f"must be less than {ctx['lt']}",
    "string_too_long": lambda ctx: f"is longer than {ctx['max_length']} characters",
    "string_too_short": lambda ctx: f"is shorter than {ctx['min_length']} characters",
    "too_long": lambda ctx: f"is longer than {ctx['max_length']} characters",
    "too_short": lambda ctx: f"is shorter than {ctx['min_length']} characters",
    "string_type": lambda _: "must be text",
    "string_unicode": lambda _: "has characters that cannot be stored",
    "string_pattern_mismatch": lambda _: "is not written in the expected form",
    "literal_error": lambda ctx: f"must be one of {ctx['expected']}",
    "enum": lambda ctx: f"must be one of {ctx['expected']}",
    "int_type": lambda _: "is not a whole number",
    "int_parsing": lambda _: "is not a whole number",
    "int_from_float": lambda _: "is not a whole number",
    "int_parsing_size": lambda _: "has too many digits",
    "float_type": lambda _: "is not a number",
    "float_parsing": lambda _: "is not a number",
    "decimal_type": lambda _: "is not a number",
    "decimal_parsing": lambda _: "is not a number",
    "finite_number": lambda _: "is not a number",
    "decimal_max_digits": lambda ctx: f"has more than {ctx['max_digits']} digits",
    "decimal_max_places": lambda ctx: f"has more than {ctx['decimal_places']} decimal places",
    "date_type": lambda _: "is not a date",
    "date_parsing": lambda _: "is not a date",
    "date_from_datetime_parsing": lambda _: "is not a date",
    "bool_type": lambda _: "must be yes or no",
    "bool_parsing": lambda _: "must be yes or no",
    "value_error": lambda ctx: str(ctx["error"]),
    "assertion_error": lambda ctx: str(ctx["error"]),
}
_OF_PYDANTIC = frozenset(get_args(ErrorType))


class SheetRejections:
    """Makes the rejections of one sheet.

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
        """Reject the cells of a row that hold errors of the spreadsheet program."""
        reason = "is an error of the spreadsheet"
        return [
            Rejection(self._sheet, number, self._titles[field], cell.text, reason)
            for field, cell in values.items()
            if isinstance(cell, CellError)
        ]

    def invalid(self, number: int, values: Mapping[str, Cell], error: ValidationError) -> list[Rejection]:
        """Reject the cells of a row that pydantic found wrong."""
        found = []
        for detail in error.errors(include_url=False):
            field = str(detail["loc"][0]) if detail["loc"] else ""
            # not pydantic's input: a validator may have turned the cell into something else before it was rejected
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


def reason_for(error: ErrorDetails) -> str:
    """Say in words what pydantic found; an error type of an own validator keeps its sentence."""
    if say := _REASONS.get(error["type"]):
        return say(error.get("ctx", {}))
    if error["type"] in _OF_PYDANTIC:
        return "is not what this column holds"  # pydantic's own sentence would speak of inputs and types
    return error["msg"]
