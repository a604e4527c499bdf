"""Wrong cells as rejections: errors of the spreadsheet program, and what pydantic found."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from enum import Enum
from typing import Any, Final, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

from sluice.model.rejection import CUSTOM, Rejection
from sluice.schema.annotations import choices_of, types_of
from sluice.schema.cells import BrokenRow, Cell, CellError, InvalidValue
from sluice.schema.currencies import without_currency
from sluice.schema.importer import Importer
from sluice.schema.text import EXACT

# A rejection holds a cell up to this many characters; a longer one is cut off, so that one cell cannot fill a report.
_SHOWN = 200
# Characters of a sentence of an importer's own.
_SENTENCE = 1_000

#: Pydantic's error type to our code, and the names in its context to those of our parameters.
PYDANTIC_CODES: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "missing": ("required", {}),
    "greater_than_equal": ("below-minimum", {"ge": "minimum"}),
    "greater_than": ("not-above", {"gt": "limit"}),
    "less_than_equal": ("above-maximum", {"le": "maximum"}),
    "less_than": ("not-below", {"lt": "limit"}),
    "string_too_long": ("too-long", {"max_length": "length"}),
    "string_too_short": ("too-short", {"min_length": "length"}),
    "too_long": ("too-long", {"max_length": "length"}),
    "too_short": ("too-short", {"min_length": "length"}),
    "string_type": ("not-text", {}),
    "string_unicode": ("unstorable-characters", {}),
    "string_pattern_mismatch": ("wrong-form", {}),
    "literal_error": ("not-a-choice", {}),
    "enum": ("not-a-choice", {}),
    "int_type": ("not-whole", {}),
    "int_parsing": ("not-whole", {}),
    "int_from_float": ("not-whole", {}),
    "int_parsing_size": ("too-many-digits", {}),
    "float_type": ("not-a-number", {}),
    "float_parsing": ("not-a-number", {}),
    "decimal_type": ("not-a-number", {}),
    "decimal_parsing": ("not-a-number", {}),
    "finite_number": ("not-a-number", {}),
    "decimal_max_digits": ("over-digits", {"max_digits": "digits"}),
    "decimal_max_places": ("over-decimal-places", {"decimal_places": "places"}),
    "date_type": ("not-a-date", {}),
    "date_parsing": ("not-a-date", {}),
    "date_from_datetime_parsing": ("not-a-date", {}),
    "bool_type": ("not-yes-or-no", {}),
    "bool_parsing": ("not-yes-or-no", {}),
}
# Reasons that a person understands by an example.
_WITH_EXAMPLE = frozenset(
    {
        *("wrong-form", "not-a-number", "not-whole", "not-a-date", "not-digits", "not-text", "shortened-number"),
        *("shown-otherwise", "unclear-digits"),
    }
)
# Texts that people write for no value, or for 0; beside them, those that are a dash and signs alone, such as $-.
_NO_VALUE = frozenset(["n/a", "n.a.", "n.a", "na", "n/d", "n.d.", "nd", "k.a.", "none", "nil", "null", "?", "tbd"])
_WITHOUT_VALUE = frozenset({"not-a-number", "not-whole", "not-a-date", "not-digits", "not-yes-or-no", "wrong-form"})
_DASHES = frozenset("-‐‑‒–—―−")
_OF_PYDANTIC = frozenset(get_args(ErrorType))


class SheetRejections:
    """Makes the rejections of one sheet.

    Parameters
    ----------
    sheet
        Its name.
    importer
        Whose rows are checked.
    """

    def __init__(self, sheet: str, importer: Importer) -> None:
        self._sheet, self._importer = sheet, importer
        self._titles = {column.field: column.title for column in importer.columns}
        self._columns = {column.field: column for column in importer.columns}

    def broken(self, number: int, cells: BrokenRow) -> Rejection:
        """Reject a row whose cells cannot be assigned to columns; its value is the row."""
        shown = " | ".join(as_text(cell, _SHOWN) for cell in cells if cell is not None)
        return Rejection(self._sheet, number, None, shown[:_SHOWN], cells.code, cells.params)

    def errors(self, number: int, values: Mapping[str, Cell]) -> list[Rejection]:
        """Reject the cells of a row that hold errors of the spreadsheet program, or formulas without a value."""
        errors = {field: cell for field, cell in values.items() if isinstance(cell, CellError)}
        return [
            Rejection(self._sheet, number, self._titles[field], as_text(cell.text), cell.code, params)
            for field, cell in errors.items()
            for params in [{**cell.params, **self._hint(field, cell.code, cell.text, cell.params)}]
        ]

    def invalid(self, number: int, values: Mapping[str, Cell], error: ValidationError) -> list[Rejection]:
        """Reject the cells of a row in which pydantic found errors."""
        found = []
        for detail in error.errors(include_url=False):
            field = str(detail["loc"][0]) if detail["loc"] else ""
            # not pydantic's input: a validator may have changed the cell before it was rejected
            value = as_text(values[field]) if field in values else None
            code, params = _coded(detail, self._annotation(field))
            code = "no-value" if code in _WITHOUT_VALUE and _says_nothing(value or "") else code
            params |= self._hint(field, code, value, params)
            found.append(Rejection(self._sheet, number, self._titles.get(field), value, code, params))
        return found

    def _hint(self, field: str, code: str, value: str | None, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return what helps a person to correct a cell: the form of its column, an example, or the nearest choice."""
        column = self._columns.get(field)
        if code == "not-a-choice" and value and "choices" in params:
            choices = {str(choice).casefold(): choice for choice in params["choices"]}
            found = get_close_matches(value.strip().casefold(), choices, 1)
            return {"nearest": choices[found[0]]} if found else {}
        if column is None or code not in _WITH_EXAMPLE:
            return {}
        if code == "wrong-form" and column.form:
            return {"form": column.form}
        return {"example": str(column.example)} if column.example is not None else {}

    def _annotation(self, field: str) -> Any:
        known = self._importer.row.model_fields.get(field)
        return known.annotation if known else None


def as_text(cell: Cell, longest: int = _SHOWN) -> str:
    """Return a cell as a person would read it, cut off to a length that a report can hold."""
    match cell:
        case bool():
            text = "TRUE" if cell else "FALSE"
        case datetime() | date() | time():
            text = cell.isoformat()
        case float() if cell.is_integer() and abs(cell) < EXACT:
            text = str(int(cell))  # every number of a workbook is a float
        case timedelta() | _:
            text = str(cell)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _coded(error: ErrorDetails, annotation: Any) -> tuple[str, dict[str, Any]]:
    """Return code and parameters of what pydantic found.

    A sentence of the importer's own is the parameter ``text``; its code is the type of a ``PydanticCustomError``, or
    `CUSTOM`.
    """
    type, context = error["type"], error.get("ctx", {})
    if type in PYDANTIC_CODES:
        code, names = PYDANTIC_CODES[type]
        if code == "not-a-choice":
            choices = _choices(annotation)
            return code, {"choices": choices} if choices else {"expected": context["expected"]}
        return code, {ours: _plain(context[name]) for name, ours in names.items()}
    if type in {"value_error", "assertion_error"}:
        own = context["error"]
        return (own.code, dict(own.params)) if isinstance(own, InvalidValue) else (CUSTOM, {"text": _cut(str(own))})
    if type in _OF_PYDANTIC:
        return "wrong-type", {}  # pydantic's own sentence would speak of inputs and types
    return type, {name: _plain(value) for name, value in context.items()} | {"text": _cut(error["msg"])}


def _choices(annotation: Any) -> list[Any]:
    """Return the values that a column takes: of its `Literal` and of its enumeration."""
    enumerations = [each for each in types_of(annotation) if isinstance(each, type) and issubclass(each, Enum)]
    members = [member.value for enumeration in enumerations for member in enumeration]
    return [_plain(choice) for choice in (*choices_of(annotation), *members)]


def _says_nothing(cell: str) -> bool:
    text = cell.strip().casefold()
    with suppress(InvalidValue):
        text, _ = without_currency(text)  # Rp -
    return text in _NO_VALUE or (not _DASHES.isdisjoint(text) and not any(map(str.isalnum, text)))


def _plain(value: Any) -> Any:
    """Return a value as JSON takes it; amounts and dates become text."""
    if isinstance(value, str):
        return _cut(value)
    return value if value is None or isinstance(value, int | float) else _cut(str(value))


def _cut(text: str) -> str:
    """Cut a sentence that an importer makes of a cell to what a report can hold."""
    return text if len(text) <= _SENTENCE else text[: _SENTENCE - 1] + "…"
