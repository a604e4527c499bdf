"""What a template says of its columns: in comments on their headers, and on a sheet of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sluice.reporting.columns import ColumnFacts, written
from sluice.rows.importer import Importer

#: Name of the sheet; imports read the first sheet only.
NOTES: Final = "Notes"
_HEADER = ("Column", "What it holds", "Required", "Allowed values", "Other headers accepted", "Example")
_WIDTHS = (24, 44, 22, 40, 36, 24)


def note_of(facts: ColumnFacts, example: str) -> str:
    """The comment on a column's header."""
    described = f"{facts.description}\n" if facts.description else ""
    lines = [
        f"{described}Holds {facts.holds}.",
        f"{_required(facts)}.",
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
    title, body = book.add_format({"bold": True, "font_size": 14}), book.add_format({"text_wrap": True, "valign": "top"})
    for place, width in enumerate(_WIDTHS):
        sheet.set_column(place, place, width)
    sheet.write_string(0, 0, f"How to fill in {importer.title}", title)
    row = 1
    for row, line in enumerate(_instructions(importer), row):
        sheet.write_string(row, 0, line)
    for place, text in enumerate(_HEADER):
        sheet.write_string(row + 2, place, text, head)
    for at, column in enumerate(facts, row + 3):
        holds = f"{column.description} ({column.holds})" if column.description else column.holds.capitalize()
        line = (column.title, holds, _required(column), column.allowed, ", ".join(column.aliases), examples[column.field])
        for place, text in enumerate(line):
            sheet.write_string(at, place, text, body)


def _instructions(importer: Importer) -> list[str]:
    order = {"dmy": "day/month/year", "mdy": "month/day/year"}.get(str(importer.conventions.dates), "year-month-day")
    mark = "comma" if importer.conventions.decimal == "," else "point"
    return [
        "Fill in the first sheet, from row 2 on. Leave its header row as it is; columns may be moved or left out.",
        "Row 2 is an example. It would be imported like any other row: overwrite it or delete it.",
        "Columns with a dark header must be filled in.",
        f"Numbers and dates that are written as text are read with a decimal {mark} and as {order}.",
    ]


def _required(facts: ColumnFacts) -> str:
    if facts.required:
        return "Required; names the row" if facts.key else "Required"
    if facts.default is None:
        return "Optional"
    return f"Optional; empty means {written(facts.default, _PLAIN)}"
