"""What a template says of its columns: in comments on their headers, and on a sheet of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sluice.reporting.columns import ColumnFacts, written
from sluice.schema.context import Conventions
from sluice.schema.importer import Importer

#: Name of the sheet; imports read the first sheet only.
NOTES: Final = "Notes"
_HEADER = ("Column", "What it holds", "Required", "Allowed values", "Other headers accepted", "Example")
_WIDTHS = (24, 44, 22, 40, 36, 24)


def note_of(facts: ColumnFacts, example: str, conventions: Conventions) -> str:
    """The comment on a column's header."""
    described = f"{facts.description}\n" if facts.description else ""
    lines = [
        f"{described}Holds {facts.holds}.",
        f"{_required(facts, conventions)}.",
        f"Allowed: {facts.allowed}." if facts.allowed else "",
        f"Also accepted as header: {', '.join(facts.aliases)}." if facts.aliases else "",
        f"Example: {example}" if example else "",
    ]
    return "\n".join(filter(None, lines))


def write_notes(book: Any, importer: Importer, facts: Sequence[ColumnFacts], examples: Mapping[str, str]) -> None:
    """Add the sheet: how to fill in the template, then a line for each column.

    Parameters
    ----------
    book
        An XlsxWriter workbook.
    importer
        Whose template it is.
    facts
        Its columns.
    examples
        Field to the example as it is written in the importer's conventions.
    """
    sheet = book.add_worksheet(NOTES)
    head = book.add_format({"bold": True, "bg_color": "#D9E1F2", "bottom": 1})
    body = book.add_format({"text_wrap": True, "valign": "top"})
    for place, width in enumerate(_WIDTHS):
        sheet.set_column(place, place, width)
    sheet.write_string(0, 0, f"How to fill in {importer.title}", book.add_format({"bold": True, "font_size": 14}))
    instructions = _instructions(importer)
    sheet.write_column(1, 0, instructions)
    top = len(instructions) + 2
    sheet.write_row(top, 0, _HEADER, head)
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
    return f"Optional; empty means {written(facts.default, conventions)}"
