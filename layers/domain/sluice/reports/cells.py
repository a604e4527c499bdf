"""Cells of a report: as text that reads back the same and is no formula, as values of Excel, as the XML of a sheet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import Final
from xml.sax.saxutils import escape

from sluice.schema.cells import Cell, CellError, FormattedNumber, PlainText

# Microsoft, "Excel specifications and limits"; characters are counted in UTF-16.
SHEET_ROWS: Final = 1_048_576
SHEET_COLUMNS: Final = 16_384
CELL_CHARACTERS: Final = 32_767

# What begins a formula: OWASP, "CSV Injection" (= + - @, and the wide and small forms that East Asian editions read
# alike).
_SIGNS: Final = "=+\\-@＝＋－＠\N{SMALL PLUS SIGN}\N{SMALL HYPHEN-MINUS}\N{SMALL EQUALS SIGN}\N{SMALL COMMERCIAL AT}"
# What a program may skip before one: spaces of every width, controls, and characters without any width. None of them
# begins a cell, so the search from each place where one begins ends before the next.
_BLANK: Final = (
    "[\x00-\x08\x0b\x0c\x0e-\x20\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f"
    "\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0]*+"
)
# What is dropped from before one: OWASP as well (tab, carriage return, line feed), and OWASP ASVS 5.0, 1.2.10 (NUL).
_DROPPED: Final = "\t\r\n\0"
# Where a cell begins. The second place is inside a text: a program whose language separates lists by semicolons, which
# Indonesian and German editions of Excel do, splits a line there although commas separate the fields, and then takes a
# quote inside a field, and a line feed behind it, literally.
_FIRST: Final = f"(?='*+(?:{_BLANK}[{_SIGNS}]|[{_DROPPED}]))"
_FURTHER: Final = f"(?='*+{_BLANK}[{_SIGNS}])"
_STARTS: Final = (rf"\A{_FIRST}", rf"(?<=[;\t\r\n]){_FURTHER}")
_ESCAPED_STARTS: Final = (rf"\A'{_FIRST}", rf"(?<=[;\t\r\n])'{_FURTHER}")
_DANGEROUS = re.compile("|".join(_STARTS))
_ESCAPED = re.compile("|".join(_ESCAPED_STARTS))
# Telephone numbers as most of the world writes them, negative numbers, a lone dash: they compute nothing.
_NUMBER = re.compile(r" *+[+-][0-9 ().,]*+")

#: Number formats by type of cell.
NUMBER_FORMATS: Final[Mapping[type, str]] = {
    # else a telephone number that is corrected by hand loses its leading zero, and text with "=" becomes a formula
    str: "@",
    int: "General",
    float: "General",
    bool: "General",
    datetime: "yyyy-mm-dd hh:mm:ss",
    date: "yyyy-mm-dd",
    time: "hh:mm:ss",
    timedelta: "[h]:mm:ss",
    type(None): "General",
}

# Beyond it neighbouring whole numbers are one in a cell; as text they keep their digits.
_EXACT = 2**53
# Day 0 of Excel's calendar, seen from behind the 29 February 1900 that only Excel knows, and the first day after it.
_DAY_0, _FIRST_DAY = datetime(1899, 12, 30), date(1900, 3, 1)  # noqa: DTZ001 - cells have no zones
_LAST_SPAN = timedelta(days=2_958_466)  # to the end of the year 9999
_DAY = timedelta(days=1)
# ECMA-376 part 1, 22.9.2.19: what XML cannot hold is _xHHHH_, and text that looks like that has its underscore escaped.
_LOOKS_ESCAPED = re.compile("_(?=x[0-9a-fA-F]{4}_)")
_CONTROL = re.compile("[\0-\x08\x0b-\x1f\ufffe\uffff]")
_SPECIAL = re.compile(f"[&<>]|{_LOOKS_ESCAPED.pattern}|{_CONTROL.pattern}")


def cell_text(cell: Cell) -> str:
    """Format a cell in full: plain numbers, ISO dates, ``TRUE``, hours as ``30:15:00``; an empty cell is ``""``.

    Unlike the value of a rejection, which is cut to a few characters, it is never shortened.
    """
    match cell:
        case None:
            text = ""
        case bool():
            text = "TRUE" if cell else "FALSE"
        case float():
            text = _plain(cell)
        case datetime():
            text = cell.isoformat(" ")
        case date() | time():
            text = cell.isoformat()
        case timedelta():
            text = _hours(cell)
        case CellError():
            text = cell.text
        case _:
            text = str(cell)
    return text


def excel_value(cell: Cell) -> Cell:
    """Return the cell, or its text if Excel has no such value: dates before March 1900, errors, very large numbers."""
    match cell:
        case FormattedNumber(value=value, text=text):
            return text or (str(cell) if cell.currency else excel_value(value))
        case CellError():
            possible = False
        case bool():
            possible = True
        case int():
            possible = abs(cell) <= _EXACT
        case float():
            possible = isfinite(cell)
        case datetime():
            possible = cell.date() >= _FIRST_DAY
        case date():
            possible = cell >= _FIRST_DAY
        case timedelta():
            possible = timedelta() <= cell < _LAST_SPAN
        case _:
            possible = True
    return cell if possible else cell_text(cell)


def truncate(text: str) -> str:
    """Cut a text to what a cell of Excel holds."""
    if len(text) <= CELL_CHARACTERS // 2:
        return text
    return text.encode("utf-16-le", "replace")[: 2 * CELL_CHARACTERS].decode("utf-16-le", "ignore")


def truncation_note(title: str, cell: Cell) -> str | None:
    """Describe the cut if the cell is a text that Excel cannot hold in full; ``None`` for any other cell."""
    if type(cell) is str and truncate(cell) != cell:
        return f"{title}: was cut to {CELL_CHARACTERS:,} characters"
    return None


def column_letters() -> list[str]:
    """Letters of all columns of a sheet."""
    from xlsxwriter.utility import xl_col_to_name  # noqa: PLC0415 - slow to import, and most workers never need it

    return [xl_col_to_name(column) for column in range(SHEET_COLUMNS)]


class CellWriter:
    """Writes cells as the XML of a sheet.

    Parameters
    ----------
    letters
        Letters of the columns of a sheet.
    """

    def __init__(self, letters: Sequence[str]) -> None:
        self._starts = [f'<c r="{name}' for name in letters]

    def cell(self, column: int, row: int, cell: Cell, formats: Mapping[type, int]) -> str:
        """Write the cell in a column (from 0) of a row (from 1); ``formats`` are indexes of cell formats by type."""
        cell = excel_value(cell)
        if type(cell) is str:
            return self.text(column, row, cell, formats[str])
        start = f'{self._starts[column]}{row}" s="{formats[type(cell)]}"'
        match cell:
            case None:
                return f"{start}/>"
            case bool():
                return f'{start} t="b"><v>{cell:d}</v></c>'
            case int() | float():
                return f"{start}><v>{cell!r}</v></c>"
            case date() | time() | timedelta():
                return f"{start}><v>{_serial(cell)!r}</v></c>"
        raise TypeError(f"no cell holds {type(cell)}")

    def text(self, column: int, row: int, text: str, format_: int) -> str:
        """Write a cell of text, which no program runs as a formula, cut to what a cell holds."""
        start = f'{self._starts[column]}{row}" s="{format_}"'
        if not text:
            return f"{start}/>"
        text = truncate(text)
        if _SPECIAL.search(text):
            text = _CONTROL.sub(_escaped, _LOOKS_ESCAPED.sub("_x005F_", escape(text)))
        return f'{start} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _plain(number: float) -> str:
    """Format without exponent and ``.0``: 1e16 is 10000000000000000."""
    text = f"{Decimal(repr(number)):f}"
    return text.removesuffix(".0")


def _hours(span: timedelta) -> str:
    minutes, seconds = divmod(round(abs(span).total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{'-' if span < timedelta() else ''}{hours}:{minutes:02}:{seconds:02}"


def _serial(moment: date | time | timedelta) -> float:
    """Days since the beginning of Excel's calendar; a time of day, and a span, are days or parts of one."""
    if isinstance(moment, time):
        moment = datetime.combine(_DAY_0, moment)
    if isinstance(moment, datetime):
        moment -= _DAY_0
    elif isinstance(moment, date):
        moment -= _DAY_0.date()
    return moment / _DAY


def _escaped(match: re.Match[str]) -> str:
    return f"_x{ord(match[0]):04X}_"


def escape_formula(text: str) -> str:
    """Put an apostrophe wherever a program would begin a formula, and wherever text looks escaped already.

    A plus or a minus before nothing but figures stays as it is. Workbooks need no escape: their cells have types, and a
    text cell is never a formula.
    """
    return text if _NUMBER.fullmatch(text) else _DANGEROUS.sub("'", text)


def unescape_formula(text: str) -> str:
    """Undo `escape_formula` exactly: ``unescape_formula(escape_formula(text)) == text`` holds of every text."""
    return _ESCAPED.sub("", text)


class RecordTexts:
    """Escapes the texts of records, of which none is a marker of an empty cell, and undoes it.

    A text that equals a marker of the importer gets an apostrophe too, so that the file can be imported again.

    Parameters
    ----------
    markers
        Texts by which the importer's files mark cells that are empty or cleared.
    """

    def __init__(self, markers: Iterable[str]) -> None:
        self._marked = re.compile(f"'*(?:{'|'.join(map(re.escape, markers)) or '(?!)'})")

    def escape(self, text: str) -> str:
        """Escape a text; `unescape` undoes it exactly."""
        return f"'{text}" if self._marked.fullmatch(text) else escape_formula(text)

    def unescape(self, text: str) -> str:
        """Return the text of a record; one that equals a marker stands for itself."""
        if text.startswith("'") and self._marked.fullmatch(text):
            return PlainText(text[1:])
        return unescape_formula(text)
