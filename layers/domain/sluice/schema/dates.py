"""Dates as people write them and as spreadsheets count them, and the order of day and month that one shows.

A date such as 05/06/2025 is ambiguous: day first (``dmy``) and month first (``mdy``) are both possible. One such as
31/12/2025 shows the order of its column.

A spreadsheet of another country *half swaps* a column of texts. It reads them in the other order and makes typed dates
of all that it can, which are those whose day is at most 12, with day and month swapped; the others stay text.
`is_half_swapped` finds such a column.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Final, Literal

from sluice.model.recipe import Evidence
from sluice.schema.cells import InvalidValue
from sluice.schema.vocabulary import ENGLISH, Vocabulary

# A time of day behind a date, with its zone; the day stays as it is written. Anything else there is no time: two dates
# in one cell are not the first of them.
_CLOCK = r"(?:\d{1,2}(?:[:.]\d{2}){1,2}(?:[.,]\d+)?(?:\s*[ap]\.?m\.?)?|\d{1,2}\s*[ap]\.?m\.?)"
_ZONE = r"(?:\s*(?:[a-z]{1,5}|[a-z]+/[a-z_]+))?(?:\s*[+-]\d{2}(?::?\d{2})?)?"
_TIME = rf"(?:(?:,?\s+|T){_CLOCK}{_ZONE}|T\d{{4,6}}(?:[.,]\d+)?{_ZONE})?"
_ORDINAL = r"(?:st|nd|rd|th)?"
_ISO = re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}})(?:{_TIME}|Z|[+-]\d{{2}}:\d{{2}})", re.IGNORECASE)
_NUMBERS = re.compile(r"(\d{1,2})(?:[-/.]\s?|\s)(\d{1,2})(?:[-/.]\s?|\s)(\d{4}|\d{2})" + _TIME, re.IGNORECASE)
_DAY_FIRST = re.compile(
    rf"(?P<day>\d{{1,2}}){_ORDINAL}[-/.\s]*(?P<month>[^\W\d]+)[-/.,\s]*(?P<year>\d{{4}}|\d{{2}})" + _TIME, re.IGNORECASE
)
_MONTH_FIRST = re.compile(
    rf"(?P<month>[^\W\d]+)[-/.\s]*(?P<day>\d{{1,2}}){_ORDINAL}[-/.,\s]+(?P<year>\d{{4}}|\d{{2}})" + _TIME, re.IGNORECASE
)
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})[-/.\s]*(?P<month>[^\W\d]+)[-/.\s]*(?P<day>\d{1,2})" + _TIME, re.IGNORECASE)
_NAMED = (_DAY_FIRST, _MONTH_FIRST, _YEAR_FIRST)
_BARE = re.compile(rf"(\d{{8}})(?:T\d{{4,6}}{_ZONE})?|(\d{{5}}(?:[.,]\d+)?)", re.IGNORECASE)
# Dashes and slashes in the place of those of ASCII, which editors and East Asian keyboards write.
_ASCII_FORMS = str.maketrans("‐‑‒–−－／．", "------/.")
# Two-digit years: 00 to 68 are of this century (POSIX strptime(3), %y).
_CENTURY_SPLIT = 69
# Excel's day 0, chosen so that days from 1 March 1900 on count right in spite of its 29 February 1900.
_DAY_ZERO = date(1899, 12, 30)
#: Days between the calendars of 1900 and 1904 (Microsoft, "Date systems in Excel").
DAYS_TO_1904: Final = 1462
#: Numbers that count days, from 18 May 1927 to the end of 2099: the five digits of a spreadsheet's date whose format
#: was lost. A year has four digits, and a date without separators six to eight, so neither is taken for such a number.
FIRST_SERIAL: Final = 10_000
LAST_SERIAL: Final = (date(2099, 12, 31) - _DAY_ZERO).days
# yyyymmdd, as ISO 8601 and SAP have it. No ddmmyyyy or mmddyyyy of 1900 to 2099 is read so by mistake: its year would
# have to begin with a month 19 or 20.
_FIRST_COMPACT = 1900_01_01
_LAST_COMPACT = 2099_12_31
_MONTHS = 12
_DAY_SECONDS = 86_400
_HALF_SECOND = timedelta(milliseconds=500)
#: Order of day and month in dates that are written with numbers alone.
Order = Literal["dmy", "mdy"]
#: What a date shows of its column, see `sluice.model.recipe.Shown`; ``None`` if it shows nothing.
ShownDate = Literal["dmy", "mdy", "either", "swappable", "typed"] | None
# Typed dates, and texts that prove the order, in a column that counts as half swapped. By chance, two dates in five
# have a day up to 12; typed dates of one column that all have, beside texts that all have not, are rare.
_TYPED, _PROVING = 2, 2


def is_half_swapped(evidence: Evidence) -> bool:
    """Whether a spreadsheet may have swapped day and month of a column's typed dates.

    So it is if at least two typed dates have a day that could be another month, none has a day above 12, and at least
    two texts prove one order, none the other. A column without texts never is: all of its dates were typed, and early
    in the month. Ambiguous texts beside them change nothing, because a file may be joined from several.
    """
    counts = evidence.counts
    proofs = [counts.get(order, 0) for order in ("dmy", "mdy")]
    swappable, texts = counts.get("swappable", 0), max(proofs)
    return swappable >= _TYPED and not evidence.shows("typed") and texts >= _PROVING and min(proofs) == 0


def date_from_text(
    text: str, order: Order = "dmy", vocabulary: Vocabulary = ENGLISH, *, days_later: int = 0
) -> tuple[date, ShownDate]:
    """Read a date that was written as text.

    Parameters
    ----------
    text
        The cell.
    order
        Of an ambiguous date; any other is read as it must be.
    vocabulary
        Names of the months.
    days_later
        As in `date_from_number`.

    Returns
    -------
    tuple
        The date, and what it shows. Five digits are a typed date that has lost its format.

    Raises
    ------
    InvalidValue
        ``not-a-date`` or ``not-in-calendar``.
    """
    text = text.strip() if text.isascii() else text.translate(_ASCII_FORMS).strip()
    shown: ShownDate = None
    if found := _ISO.fullmatch(text):
        year, month, day = map(int, found.groups())
    elif found := _NUMBERS.fullmatch(text):
        first, second, year = map(int, found.groups())
        shown = _order_of(first, second)
        day, month = (second, first) if (order if shown == "either" else shown) == "mdy" else (first, second)
        year = _whole_year(year, found[3])
    elif found := _BARE.fullmatch(text):
        return date_from_number(float((found[1] or found[2]).replace(",", ".")), days_later)
    else:
        year, month, day = _named_date(text, vocabulary)
    return _calendar_day(year, month, day), shown


def _named_date(text: str, vocabulary: Vocabulary) -> tuple[int, int, int]:
    """Read a date whose month has its name, in any order: the name says which of the numbers is the day."""
    for form in _NAMED:
        if (found := form.fullmatch(text)) and (month := vocabulary.month(found["month"])):
            return _whole_year(int(found["year"]), found["year"]), month, int(found["day"])
    raise InvalidValue("not-a-date")


def shown_by_typed(day: date) -> ShownDate:
    """Return what a typed date shows: whether its day could be another month."""
    if day.day > _MONTHS:
        return "typed"
    return "swappable" if day.day != day.month else None


def swapped(day: date) -> date:
    """Swap day and month of a swappable date."""
    return day.replace(month=day.day, day=day.month)


def date_from_number(number: float, days_later: int = 0) -> tuple[date, ShownDate]:
    """Read a date that was stored as a number: the days that a spreadsheet counts, or yyyymmdd.

    Parameters
    ----------
    number
        The cell.
    days_later
        Days between day 0 of Excel's usual calendar and that of the workbook: 0 or `DAYS_TO_1904`.

    Returns
    -------
    tuple
        The date, and what it shows. The days that a spreadsheet counts are a typed date that has lost its format.

    Raises
    ------
    InvalidValue
        ``not-a-date`` if the number is neither; ``not-in-calendar`` for a day that does not exist.
    """
    if FIRST_SERIAL <= number < LAST_SERIAL + 1:
        # the fraction is the time of day, and is rounded to its second as `day_of` does it
        day = _DAY_ZERO + timedelta(days=days_later + int(number * _DAY_SECONDS + 0.5) // _DAY_SECONDS)
        return day, shown_by_typed(day)
    if _FIRST_COMPACT <= number <= _LAST_COMPACT and number == int(number):
        return _calendar_day(int(number) // 10_000, int(number) // 100 % 100, int(number) % 100), None
    raise InvalidValue("not-a-date")


def day_of(moment: datetime) -> date:
    """Return the day of a time that is rounded to its second: a spreadsheet shows 23:59:59.9 as the next midnight."""
    day = moment.date()
    return day if day == date.max else (moment + _HALF_SECOND).date()


def _order_of(first: int, second: int) -> ShownDate:
    if first > _MONTHS:
        return "dmy"
    if second > _MONTHS:
        return "mdy"
    return "either" if first != second else None


def _calendar_day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise InvalidValue("not-in-calendar") from None


def _whole_year(year: int, written: str) -> int:
    if len(written) == len("2025"):
        return year
    return year + (2000 if year < _CENTURY_SPLIT else 1900)
