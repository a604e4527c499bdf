"""An importer's template: a workbook to fill in, which imports as it is."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sluice.reports.cells import SHEET_ROWS
from sluice.reports.columns import ColumnFacts, describe, format_value
from sluice.reports.workbook import HEADER, sheet_name
from sluice.schema.cell_types import Context, Conventions
from sluice.schema.importer import Importer

#: Custom property of a template; its value is the importer's name.
TEMPLATE_PROPERTY: Final = "Sluice template"
# Names of the sheets behind the first. Imports read the first sheet only.
NOTES: Final = "Notes"
_LISTS: Final = "Lists"
# The same importer gives the same bytes at any time.
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
# Columns of the sheet with the notes.
_NOTE_TITLES = ("Column", "What it holds", "Required", "Allowed values", "Other headers accepted", "Example")
_NOTE_WIDTHS = (24, 44, 22, 40, 36, 24)

# Characters that a list of choices may have inside a validation, commas included; characters of its texts.
_LIST_CHARACTERS, _MESSAGE, _TITLE = 255, 255, 32
# What Excel holds: any number, any date of its calendar.
_SMALLEST, _LARGEST = -9.99e307, 9.99e307
_FIRST_DAY = date(1900, 1, 1)
# The words of a drop-down list, by the word that the column's example uses.
_FLAGS = (("yes", "no"), ("ya", "tidak"), ("true", "false"), ("active", "inactive"), ("aktif", "nonaktif"))
_VALIDATES = {"whole": "integer", "number": "decimal", "money": "decimal"}


def build_template(importer: Importer) -> bytes:
    """Make the .xlsx template of an importer.

    The first sheet has the header (required columns dark), cells formatted and checked for their column's kind, and
    one row of examples in grey italics. That row is valid: uploaded untouched, it is imported. So it shows what a good
    row looks like, a first upload works without typing, and no importer needs a word that marks a row as an example.
    The grey goes as soon as its key is overwritten. The sheet "Notes" describes every column.

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
        book.set_custom_property(TEMPLATE_PROPERTY, importer.name, "text")
        sheet = book.add_worksheet(sheet_name(importer.title))
        _write_notes(book, importer, facts, shown)
        ranges = _write_lists(book, facts)
        sheet.freeze_panes(1, 0)
        headers = {True: book.add_format(_REQUIRED), False: book.add_format(_OPTIONAL)}
        for place, column in enumerate(facts):
            example = shown.get(column.field, "")
            sheet.set_column(
                place, place, _width(column, example), book.add_format({"num_format": _format(column, importer)})
            )
            sheet.write_string(0, place, column.title, headers[column.required])
            note = _comment(column, example, importer.conventions)
            sheet.write_comment(0, place, note, {"x_scale": 2, "y_scale": 1.6})
            if rule := _validation(column, ranges.get(column.field)):
                sheet.data_validation(1, place, SHEET_ROWS - 1, place, rule)
        _write_example(book, sheet, facts, examples)
    return file.getvalue()


def _examples(importer: Importer, facts: Sequence[ColumnFacts]) -> dict[str, Any]:
    """Return the example row by field: amounts and dates as values, all else as it was declared."""
    declared = {column.field: column.example for column in facts if column.example is not None}
    row = importer.row.model_validate(declared, context=Context(importer.conventions))
    typed = {"number", "whole", "money", "date"}
    return {
        column.field: getattr(row, column.field) if column.kind in typed else declared[column.field]
        for column in facts
        if column.field in declared
    }


def _shown(column: ColumnFacts, value: Any, conventions: Conventions) -> str:
    """Format an example: amounts as they were declared, with the currency; dates in the importer's order."""
    if isinstance(column.example, str) and column.kind != "date":
        return column.example
    return format_value(value, conventions)


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
    """Put choices that are too long for a validation on a hidden sheet; returns their ranges by field."""
    long = {column.field: words for column in facts if not _is_short(words := offered_choices(column))}
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
    from xlsxwriter.utility import xl_rowcol_to_cell  # noqa: PLC0415 - as in `build_template`

    return str(xl_rowcol_to_cell(row, place, row_abs=True, col_abs=True))


def _format(column: ColumnFacts, importer: Importer) -> str:
    """Return the number format of a column; text keeps its leading zeros only in cells of text."""
    if column.kind == "date":
        return _DATES[importer.conventions.dates]
    return _FORMATS.get(column.kind, "@")


def _width(column: ColumnFacts, example: str) -> int:
    return min(max(len(column.title) + 2, len(example) + 2, _NARROWEST), _WIDEST)


def offered_choices(facts: ColumnFacts) -> tuple[str, ...]:
    """Return the words of the column's drop-down list; empty if it has none."""
    if facts.kind != "flag":
        return facts.choices
    word = facts.example.casefold() if isinstance(facts.example, str) else None
    return next((pair for pair in _FLAGS if word in pair), _FLAGS[0])


def _is_short(choices: tuple[str, ...]) -> bool:
    """Say whether the choices fit into the validation itself; others need a range of cells."""
    return len(",".join(choices)) <= _LIST_CHARACTERS and not any("," in choice for choice in choices)


def _validation(facts: ColumnFacts, source: str | None) -> dict[str, Any] | None:
    """Make XlsxWriter's ``data_validation`` of a column: it stops nothing that the importer itself would accept.

    Lists stop words that they do not have. Any other check only warns, because an importer also takes numbers and dates
    as text, such as ``Rp 1.250.000``, which is no number to Excel. ``source`` is the range of cells with the column's
    choices, if they are not short. ``None`` is no check.
    """
    if choices := offered_choices(facts):
        rule: dict[str, Any] | None = {"validate": "list", "source": source or list(choices)}
    elif facts.kind == "date":
        rule = {"validate": "date"} | (_between(facts) or {"criteria": ">=", "value": _FIRST_DAY})
    elif facts.kind in _VALIDATES:
        anything = {"criteria": "between", "minimum": _SMALLEST, "maximum": _LARGEST}
        rule = {"validate": _VALIDATES[facts.kind]} | (_between(facts) or anything)
    else:
        rule = _length(facts)
    if rule is None:
        return None
    message = f"This column holds {facts.holds}" + (f": {facts.allowed}." if facts.allowed else ".")
    return rule | {
        "error_type": "stop" if choices else "warning",
        "error_title": facts.title[:_TITLE],
        "error_message": message if len(message) <= _MESSAGE else message[: _MESSAGE - 1] + "…",
    }


def _between(facts: ColumnFacts) -> dict[str, Any] | None:
    limits = facts.limits
    lower = limits.gt if limits.ge is None else limits.ge
    upper = limits.lt if limits.le is None else limits.le
    if lower is not None and upper is not None:
        return {"criteria": "between", "minimum": lower, "maximum": upper}  # Excel's includes both ends
    if lower is not None:
        return {"criteria": ">" if limits.ge is None else ">=", "value": lower}
    if upper is not None:
        return {"criteria": "<" if limits.le is None else "<=", "value": upper}
    return None


def _length(facts: ColumnFacts) -> dict[str, Any] | None:
    least, most = facts.limits.min_length, facts.limits.max_length
    if least is not None and most is not None:
        return {"validate": "length", "criteria": "between", "minimum": least, "maximum": most}
    if most is not None:
        return {"validate": "length", "criteria": "<=", "value": most}
    if least is not None:
        return {"validate": "length", "criteria": ">=", "value": least}
    return None


def _comment(facts: ColumnFacts, example: str, conventions: Conventions) -> str:
    """Make the comment on a column's header."""
    described = f"{facts.description}\n" if facts.description else ""
    lines = [
        f"{described}Holds {facts.holds}.",
        f"{_required(facts, conventions)}.",
        f"Allowed: {facts.allowed}." if facts.allowed else "",
        f"Also accepted as header: {', '.join(facts.aliases)}." if facts.aliases else "",
        f"Example: {example}" if example else "",
    ]
    return "\n".join(filter(None, lines))


def _write_notes(book: Any, importer: Importer, facts: Sequence[ColumnFacts], examples: Mapping[str, str]) -> None:
    """Add the sheet with notes: how to fill in the template, then a line for each column with its example."""
    sheet = book.add_worksheet(NOTES)
    head = book.add_format(HEADER)
    body = book.add_format({"text_wrap": True, "valign": "top"})
    for place, width in enumerate(_NOTE_WIDTHS):
        sheet.set_column(place, place, width)
    sheet.write_string(0, 0, f"How to fill in {importer.title}", book.add_format({"bold": True, "font_size": 14}))
    instructions = _instructions(importer)
    sheet.write_column(1, 0, instructions)
    top = len(instructions) + 2
    sheet.write_row(top, 0, _NOTE_TITLES, head)
    for row, column in enumerate(facts, top + 1):
        sheet.write_row(row, 0, _line(column, examples.get(column.field, ""), importer.conventions), body)


def _line(facts: ColumnFacts, example: str, conventions: Conventions) -> tuple[str, ...]:
    holds = f"{facts.description} ({facts.holds})" if facts.description else facts.holds.capitalize()
    return (facts.title, holds, _required(facts, conventions), facts.allowed, ", ".join(facts.aliases), example)


def _instructions(importer: Importer) -> list[str]:
    orders = {"dmy": "day/month/year", "mdy": "month/day/year"}
    order = orders.get(importer.conventions.dates or "", "year-month-day")
    mark = "comma" if importer.conventions.decimal == "," else "point"
    return [
        "Fill in the first sheet, from row 2 on. Leave its header row as it is; columns may be moved or left out.",
        "Row 2 is an example. It would be imported like any other row: overwrite it or delete it.",
        "Columns with a dark header must be filled in.",
        f"Type numbers and dates as your computer takes them. Where they are text, write a decimal {mark} and {order}.",
    ]


def _required(facts: ColumnFacts, conventions: Conventions) -> str:
    if facts.required:
        return "Required; names the row" if facts.key else "Required"
    if facts.default is None:
        return "Optional"
    return f"Optional; empty means {format_value(facts.default, conventions)}"
