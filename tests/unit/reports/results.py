"""Categorised rows, and result workbooks of them as openpyxl reads them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import openpyxl
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sluice.reports.result_workbook import CategorisedRow, write_result_workbook


@dataclass(frozen=True)
class Kind:
    """A category."""

    slug: str
    title: str


CATEGORIES = [
    Kind("here", "Registered in this ward"),
    Kind("elsewhere", "Registered in another ward"),
    Kind("not", "Not registered"),
    Kind("invalid", "Invalid ID number"),
]
TITLES = ["ID Number", "Surname", "", "Cell"]
VALUE_TITLE = "Ward found"
FACTS = {"File": "members.xlsx", "Ward": "79800001"}

HERE = CategorisedRow(2, ["0001015800084", "Dlamini", None, 27821234567.0], "here")
ELSEWHERE = CategorisedRow(3, ["8501015800088", "Naidoo", None, None], "elsewhere", "79800002")
INVALID = CategorisedRow(4, ["123", "van Wyk", "x", None], "invalid", None, "has 3 digits instead of 13")


def result_of(
    rows: Iterable[CategorisedRow],
    titles: Sequence[str] = TITLES,
    categories: Sequence[Kind] = CATEGORIES,
    facts: Mapping[str, str] = FACTS,
) -> Workbook:
    """Write the result workbook of these rows and open it with openpyxl."""
    out = io.BytesIO()
    write_result_workbook(out, value_title=VALUE_TITLE, categories=categories, titles=titles, rows=rows, facts=facts)
    return openpyxl.load_workbook(out)


def values_of(sheet: Worksheet) -> list[list[object]]:
    """Read the values of a sheet, row by row."""
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def unescaped(value: object) -> object:
    """Undo the escapes of ECMA-376 part 1, 22.9.2.19 in a text, which openpyxl does not."""
    if not isinstance(value, str):
        return value
    return re.sub("_x([0-9a-fA-F]{4})_", lambda match: chr(int(match[1], 16)), value)
