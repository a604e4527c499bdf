"""Dates as people write them."""

from __future__ import annotations

import re
from datetime import date

from sluice.rows.conventions import Conventions

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]\d.*)?")
_NUMBERS = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})(?: \d.*)?")
_NAMED = re.compile(r"(\d{1,2})[-/. ]*([^\W\d]+)[-/., ]*(\d{4}|\d{2})(?: \d.*)?")
# English and Bahasa Indonesia, by the first three letters; "agu" and "ags" are both in use for August.
_MONTHS = {
    name: number
    for number, names in enumerate(
        [
            "jan",
            "feb peb",
            "mar",
            "apr",
            "may mei",
            "jun",
            "jul",
            "aug agu ags agt",
            "sep",
            "oct okt",
            "nov nop",
            "dec des",
        ],
        start=1,
    )
    for name in names.split()
}
# Two-digit years: 00 to 68 are of this century, as in POSIX strptime(3), %y.
_CENTURY_SPLIT = 69


def date_from_text(text: str, conventions: Conventions) -> date:
    """Read a date that was written as text.

    Raises
    ------
    ValueError
        If it is not a date; the message finishes the sentence "this value …".
    """
    text = text.strip()
    if found := _ISO.fullmatch(text):
        year, month, day = (int(part) for part in found.groups())
    elif found := _NUMBERS.fullmatch(text):
        first, second, year = (int(part) for part in found.groups())
        day, month = (first, second) if conventions.dates == "dmy" else (second, first)
        year = _whole_year(year, found[3])
    elif (found := _NAMED.fullmatch(text)) and (named := _MONTHS.get(found[2][:3].casefold())):
        day, month, year = int(found[1]), named, _whole_year(int(found[3]), found[3])
    else:
        raise ValueError("is not a date")
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError("is not a date of the calendar") from None


def _whole_year(year: int, written: str) -> int:
    if len(written) == len("2025"):
        return year
    return year + (2000 if year < _CENTURY_SPLIT else 1900)
