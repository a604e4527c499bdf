"""Rejections: rows that are wrong by their own content, each with a code and its parameters.

`sluice.wording` writes the sentence where a person reads it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

#: Code of a sentence that an importer of the catalogue wrote; its one parameter is ``text``.
CUSTOM: Final = "custom"
#: Code of a sentence that was stored before there were codes; its one parameter is ``text``.
STORED_TEXT: Final = "stored-text"
#: Code of a row whose key an earlier row of the file has; a correction treats such rows differently.
DUPLICATE_KEY: Final = "duplicate-key"
#: Header of the first column of a report: the row's number in the file that was imported.
ROW_TITLE: Final = "Original row"
#: Header of the column behind it, if rows of several sheets were imported: the name of the row's sheet.
SHEET_TITLE: Final = "Original sheet"
#: Header of the column behind these: the job that made the report, as `JobMark` writes it.
JOB_TITLE: Final = "Original job"
#: Headers by which a file is recognised as a report of Sluice.
REPORT_TITLES: Final = frozenset({ROW_TITLE, SHEET_TITLE, JOB_TITLE})

_STORED_DUPLICATE: Final = re.compile(r"repeats the (.*) of row (\d+)")


@dataclass(frozen=True)
class Rejection:
    """A rejection: one cell that makes its row unusable.

    Parameters
    ----------
    sheet
        Name of the sheet; empty for CSV.
    row
        Row number as a spreadsheet shows it, header rows included.
    column
        The column's title, or ``None`` when the row as a whole is wrong.
    value
        The cell as found, as text.
    code
        Stable slug of what is wrong, such as ``below-minimum``.
    params
        JSON values that the code's sentence names, such as ``{"minimum": 0}``.
    """

    sheet: str
    row: int
    column: str | None
    value: str | None
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


def to_rejection(stored: Mapping[str, Any]) -> Rejection:
    """Read a rejection that was stored as JSON with the names of its fields."""
    return Rejection(stored["sheet"], stored["row"], stored["column"], stored["value"], *code_of(stored))


def code_of(stored: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the code and the parameters of a stored reason, also if an older version stored it as a sentence."""
    if "code" in stored:
        return stored["code"], stored["params"]
    text = stored["reason"]
    if duplicate := _STORED_DUPLICATE.fullmatch(text):
        return DUPLICATE_KEY, {"column": duplicate[1], "first": int(duplicate[2])}
    return STORED_TEXT, {"text": text}
