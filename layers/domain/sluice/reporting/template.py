"""An importer's template: a workbook to fill in, which imports as it is."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sluice.reporting.columns import ColumnFacts, describe, written
from sluice.reporting.excel import SHEET_ROWS
from sluice.reporting.notes import note_of, write_notes
from sluice.reporting.sheetname import sheet_name
from sluice.reporting.validation import is_short, offered, validation_of
from sluice.schema.context import Context, Conventions
from sluice.schema.importer import Importer

_LISTS: Final = "Lists"
# The same importer gives the same bytes, whenever it is asked.
_CREATED: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - XlsxWriter takes no zones
_OPTIONS: Final = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
_NARROWEST, _WIDEST = 12, 40
# Number formats are in English notation in every file; programs show them with the marks of the person's language:
# an amount is 1.250.000,50 in Indonesia.
_FORMATS: dict[str, str] = {"money": "#,##0.00", "number": "General", "whole": "0"}
_DATES: dict[str | None, str] = {"dmy": "dd/mm/yyyy", "mdy": "mm/dd/yyyy", None: "yyyy-mm-dd"}
_REQUIRED = {"bold": True, "bottom": 1, "font_color": "#FFFFFF", "bg_color": "#1F3864"}
_OPTIONAL = {"bold": True, "bottom": 1, "font_color": "#1F3864", "bg_color": "#D9E1F2"}
_EXAMPLE_NOTE = "This row is an example. It would be imported like any other row: overwrite it or delete it."


def template(importer: Importer) -> bytes:
    """Make the .xlsx template of an importer.

    The first sheet has the header (required columns dark), cells formatted and checked for their column's kind, and
    one row of examples in grey italics. That row is valid: uploaded untouched, it is imported. So it shows at a glance
    what a good row looks like, a first upload can be tried with nothing typed, and no importer needs a word that means
    "not this one". The grey goes as soon as its key is overwritten. The sheet "Notes" describes every column.

    Parameters
    ----------
    importer
        Whose template it is.

    Returns
    -------
    bytes
        The workbook; the same for the same importer.

    Raises
    ------
    pydantic.ValidationError
        If the examples of the importer's columns are not a good row.
    """
    import xlsxwriter  # noqa: PLC0415 - a fifth of a second that other requests to the API never need

    facts = describe(importer)
    examples = _examples(importer, facts)
    shown = {
        column.field: _shown(column, examples[column.field], importer.conventions)
        for column in facts
        if column.field in examples
    }
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, _OPTIONS) as book:
        book.set_properties({"title": importer.title, "created": _CREATED})
        sheet = book.add_worksheet(sheet_name(importer.title))
        write_notes(book, importer, facts, shown)
        ranges = _write_lists(book, facts)
        sheet.freeze_panes(1, 0)
        headers = {True: book.add_format(_REQUIRED), False: book.add_format(_OPTIONAL)}
        for place, column in enumerate(facts):
            example = shown.get(column.field, "")
            sheet.set_column(
                place, place, _width(column, example), book.add_format({"num_format": _format(column, importer)})
            )
            sheet.write_string(0, place, column.title, headers[column.required])
            note = note_of(column, example, importer.conventions)
            sheet.write_comment(0, place, note, {"x_scale": 2, "y_scale": 1.6})
            if rule := validation_of(column, ranges.get(column.field)):
                sheet.data_validation(1, place, SHEET_ROWS - 1, place, rule)
        _write_example(book, sheet, facts, examples)
    return file.getvalue()


def _examples(importer: Importer, facts: Sequence[ColumnFacts]) -> dict[str, Any]:
    """Values of the example row by field: amounts and dates as such, all else as it was declared."""
    declared = {column.field: column.example for column in facts if column.example is not None}
    row = importer.row.model_validate(declared, context=Context(importer.conventions))
    typed = {"number", "whole", "money", "date"}
    return {
        column.field: getattr(row, column.field) if column.kind in typed else declared[column.field]
        for column in facts
        if column.field in declared
    }


def _shown(column: ColumnFacts, value: Any, conventions: Conventions) -> str:
    """An example as text: amounts as they were declared, currency and all; dates in the importer's order."""
    if isinstance(column.example, str) and column.kind != "date":
        return column.example
    return written(value, conventions)


def _write_example(book: Any, sheet: Any, facts: Sequence[ColumnFacts], examples: Mapping[str, Any]) -> None:
    for place, column in enumerate(facts):
        match examples.get(column.field):
            case None:
                continue
            case bool() as value:
                sheet.write_string(1, place, "yes" if value else "no")
            case Decimal() | int() | float() as value if column.kind in _FORMATS:
                sheet.write_number(1, place, value)
            case date() as value:
                sheet.write_datetime(1, place, value)
            case value:
                sheet.write_string(1, place, str(value))
    sheet.write_comment(1, 0, _EXAMPLE_NOTE)
    key, value = next((place, examples.get(column.field)) for place, column in enumerate(facts) if column.key)
    quoted = str(value).replace('"', '""')
    unchanged = f'={_cell(1, key)}&""="{quoted}"'
    grey = book.add_format({"italic": True, "font_color": "#7F7F7F"})
    sheet.conditional_format(1, 0, 1, len(facts) - 1, {"type": "formula", "criteria": unchanged, "format": grey})


def _write_lists(book: Any, facts: Sequence[ColumnFacts]) -> dict[str, str]:
    """Put choices that are too long for a validation on a hidden sheet; gives their ranges by field."""
    long = {column.field: words for column in facts if not is_short(words := offered(column))}
    if not long:
        return {}
    sheet = book.add_worksheet(_LISTS)
    sheet.hide()
    ranges = {}
    for place, (field, words) in enumerate(long.items()):
        sheet.write_column(0, place, words, book.add_format({"num_format": "@"}))
        ranges[field] = f"={_LISTS}!{_cell(0, place)}:{_cell(len(words) - 1, place)}"
    return ranges


def _cell(row: int, place: int) -> str:
    from xlsxwriter.utility import xl_rowcol_to_cell  # noqa: PLC0415 - as in `template`

    return str(xl_rowcol_to_cell(row, place, row_abs=True, col_abs=True))


def _format(column: ColumnFacts, importer: Importer) -> str:
    """Text keeps its leading zeros only in cells that are text."""
    if column.kind == "date":
        return _DATES[importer.conventions.dates]
    return _FORMATS.get(column.kind, "@")


def _width(column: ColumnFacts, example: str) -> int:
    return min(max(len(column.title) + 2, len(example) + 2, _NARROWEST), _WIDEST)
