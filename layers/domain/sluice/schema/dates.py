"""Dates as people write them and as spreadsheets count them, and the order of day and month that one shows.

A date such as 05/06/2025 is ambiguous: day first (``dmy``) and month first (``mdy``) are both possible. One such as
31/12/2025 shows the order of its column. With a year of two digits the year may come first (``ymd``), too: 25-01-15 is
15 January 2025 or 25 January 2015. Days written with slashes or points and a year of two digits are day first or month
first nearly everywhere (Unicode CLDR has yy/mm/dd for Japanese and few others), so there the year counts as first only
if the column speaks for it, or if the day would be before 2020 otherwise.

With points, the day is before the month in every locale of CLDR. So 05.06.2025 speaks for that, if less than a proof
does; beside am or pm it does not, since a person who writes these may write the month first with points, too.

A day of the week beside a date must be that of the date, and shows the order if only one order gives it.

A spreadsheet of another country *half swaps* a column of texts. It reads them in the other order and makes typed dates
of all that it can, which are those whose day is at most 12, with day and month swapped; the others stay text.
`is_half_swapped` finds such a column.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Final, Literal, get_args
from unicodedata import decimal

from sluice.model.recipe import OPEN_ORDERS, RARELY_YMD, Evidence, Order
from sluice.schema.cells import InvalidValue
from sluice.schema.vocabulary import ENGLISH, Vocabulary

# A time of day behind a date, with its zone; the day stays as it is written. Anything else there is no time: two dates
# in one cell are not the first of them.
_HOUR, _SIXTY = r"(?:[01]?[0-9]|2[0-3])", r"(?:[0-5][0-9])"
_MIDNIGHT = r"24[:.]00(?:[:.]00)?"
_CLOCK = (
    rf"(?:{_MIDNIGHT}|{_HOUR}[:.]{_SIXTY}(?:[:.](?:{_SIXTY}|60))?(?:[.,]\d+)?(?:\s*[ap]\.?m\.?)?|"
    r"(?:0?[0-9]|1[0-2])\s*[ap]\.?m\.?)"
)
_COMPACT = rf"(?:[01][0-9]|2[0-3]){_SIXTY}(?:{_SIXTY}|60)?"
_ZONE = r"(?:\s*(?:[a-z]{1,5}|[a-z]+/[a-z_]+))?(?:\s*[+-]\d{2}(?::?\d{2})?)?"
_TIME = rf"(?:(?:,?\s+|T){_CLOCK}{_ZONE}|T{_COMPACT}(?:[.,]\d+)?{_ZONE})?"
_ORDINAL = r"(?:st|nd|rd|th|er|[º°])?"
# A point behind the last number, as in 2025.03.04. and 31.12.2025. (Hungarian, Croatian), says nothing.
_ISO = re.compile(
    rf"(\d{{4}})[-/.]\s?(\d{{1,2}})[-/.]\s?(\d{{1,2}})\.?(?:{_TIME}|Z|[+-]\d{{2}}:\d{{2}})", re.IGNORECASE
)
_NUMBERS = re.compile(r"(\d{1,2})(?:[-/.]\s?|\s)(\d{1,2})(?:[-/.]\s?|\s)(\d{4}|\d{2})\.?" + _TIME, re.IGNORECASE)
_DAY_FIRST = re.compile(
    rf"(?P<day>\d{{1,2}}){_ORDINAL}[-/.\s]*(?P<month>[^\W\d]+)[-/.,\s]*(?P<year>\d{{4}}|\d{{2}})" + _TIME, re.IGNORECASE
)
_MONTH_FIRST = re.compile(
    rf"(?P<month>[^\W\d]+)[-/.\s]*(?P<day>\d{{1,2}}){_ORDINAL}[-/.,\s]+(?P<year>\d{{4}}|\d{{2}})" + _TIME, re.IGNORECASE
)
_YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})[-/.\s]*(?P<month>[^\W\d]+)[-/.\s]*(?P<day>\d{1,2})\.?" + _TIME, re.IGNORECASE
)
_NAMED = (_DAY_FIRST, _MONTH_FIRST, _YEAR_FIRST)
_BARE = re.compile(rf"(\d{{8}})(?:T{_COMPACT}{_ZONE})?|(\d{{5}}(?:[.,]\d+)?)", re.IGNORECASE)
# Year, month and day with their signs in Chinese, Japanese and Korean; the year is always first.
_EAST_ASIAN = re.compile(r"(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일号號]")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)?")
_BEHIND_WEEKDAY = re.compile(r"(?:\d{1,2}:.*)?", re.DOTALL)
_HALF_DAY = re.compile(r"[ap]\.?m", re.IGNORECASE)
# Characters of a date with its day of the week and a time at most.
_LONGEST = 100
# Dashes and slashes in the place of those of ASCII, which editors and East Asian keyboards write.
_ASCII_FORMS = str.maketrans("‐‑‒–−－／．", "------/.")
# Two-digit years: 00 to 68 are of this century (POSIX strptime(3), %y).
_CENTURY_SPLIT = 69
_LONGEST_MONTH = 31
# Separators with which a year of two digits is rarely first, and the year from which on it is then not looked for:
# under 24/12/31 and 25/01/15 as day first, it is in the second that the year 2015 gives them away.
_RARELY_YMD = "/."
_RECENT = 20
# Excel's day 0, chosen so that days from 1 March 1900 on count right in spite of its 29 February 1900.
_DAY_ZERO = date(1899, 12, 30)
#: Days between the calendars of 1900 and 1904 (Microsoft, "Date systems in Excel").
DAYS_TO_1904: Final = 1462
# Days that numbers of five digits count: those of a spreadsheet's date whose format was lost. Beyond them such a number
# is more often another form: 25031 is day 31 of 2025 in files of mainframes, and the spreadsheet's 12 July 1968; 50125
# is 05/01/25 without its zero, and 26 March 2037.
_FIRST_COUNTED, _LAST_COUNTED = date(1990, 1, 1), date(2036, 12, 31)
_FIVE_DIGITS: Final = 10_000
# yyyymmdd, as ISO 8601 and SAP have it. No ddmmyyyy or mmddyyyy of 1900 to 2099 is read so by mistake: its year would
# have to begin with a month 19 or 20.
_D, _M = "(?:0[1-9]|[12][0-9]|3[01])", "(?:0[1-9]|1[0-2])"
# Six digits that would be a date with a year of two digits, and five that would be one if they had lost a zero.
_SIX = re.compile(rf"(?:{_D}{_M}|{_M}{_D})[0-9]{{2}}|[0-9]{{2}}{_M}{_D}")
_SEVEN_DIGITS = 1_000_000
_FIVE = re.compile(rf"[1-9]{_D}[0-9]{{2}}")
_FIRST_COMPACT = 1900_01_01
_LAST_COMPACT = 2099_12_31
_MONTHS = 12
_WHOLE_YEAR = 4
_ORDERS = frozenset(get_args(Order))
# What dates show whose year may be first, and those that cannot be month first.
_MAYBE_YMD = frozenset({shown for shown, orders in OPEN_ORDERS.items() if "ymd" in orders} | RARELY_YMD.keys())
_NO_MDY = frozenset({"dmy-or-ymd", "dmy-rarely-ymd"})
_DAY_SECONDS = 86_400
_HALF_SECOND = timedelta(milliseconds=500)
#: What a date shows of its column, see `sluice.model.recipe.Shown`; ``None`` if it shows nothing.
ShownDate = str | None
Digits = Literal["six-digits", "five-digits"]
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
    proofs = [counts.get("dmy", 0) + counts.get("dmy-rarely-ymd", 0), counts.get("mdy", 0)]
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
        ``not-a-date``, ``not-in-calendar``, ``unclear-digits``, ``unclear-month`` or
        ``other-weekday``.
    """
    text = text.strip() if text.isascii() else _in_ascii(text)
    shown: ShownDate = None
    if found := _ISO.fullmatch(text):
        year, month, day = int(found[1]), int(found[2]), int(found[3])
        shown = None if text[4] == "-" else "year-first"
    elif found := _NUMBERS.fullmatch(text):
        first, second, last = int(found[1]), int(found[2]), int(found[3])
        is_whole = len(found[3]) == _WHOLE_YEAR
        shown = _order_of(found, first, second) if is_whole else _short_order(found, first, second, last)
        order = shown if shown in _ORDERS else order  # type: ignore[assignment]  # as `in` does not narrow
        if shown == "ymd" or (order == "ymd" and shown in _MAYBE_YMD):
            year, month, day = _whole_year(first, found[1]), second, last
        else:
            is_month_first = order == "mdy" and shown not in _NO_MDY
            day, month = (second, first) if is_month_first else (first, second)
            year = _whole_year(last, found[3])
    elif found := _BARE.fullmatch(text):
        return date_from_number(float((found[1] or found[2]).replace(",", ".")), days_later)
    else:
        return _in_words(text, order, vocabulary)
    return _calendar_day(year, month, day), shown


def _in_words(text: str, order: Order, vocabulary: Vocabulary) -> tuple[date, ShownDate]:
    """Read a date whose month has its name, in any order, or that has its day of the week beside it."""
    for form in _NAMED:
        if (found := form.fullmatch(text)) and (month := vocabulary.month(found["month"])):
            year = _whole_year(int(found["year"]), found["year"])
            return _calendar_day(year, month, int(found["day"])), None
    for word in _WORD.finditer(text) if len(text) <= _LONGEST else ():
        if (weekday := vocabulary.weekday(word[0])) is not None:
            before, behind = text[: word.start()].rstrip(" ,(（"), text[word.end() :].lstrip(" .,)）")
            if not before or _BEHIND_WEEKDAY.fullmatch(behind):
                return _on_weekday(weekday, f"{before} {behind}".strip(), order, vocabulary)
    plain = (
        _WORD.sub(lambda word: "" if word[0].casefold() in vocabulary.particles else word[0], text).rstrip(" .").strip()
    )
    if plain == text:
        if unclear := [word for word in _WORD.findall(text) if word.casefold() in vocabulary.unclear]:
            raise InvalidValue("unclear-month", month=unclear[0])
        raise InvalidValue("not-a-date")
    return _in_words(plain, order, vocabulary)


def _on_weekday(weekday: int, text: str, order: Order, vocabulary: Vocabulary) -> tuple[date, ShownDate]:
    """Read a date whose day of the week is known, from 0 for Monday. If it fits in one order only, it shows this one.

    Raises
    ------
    InvalidValue
        ``other-weekday``.
    """
    vocabulary = vocabulary.without_weekdays
    day, shown = date_from_text(text, order, vocabulary)
    _, rarely = RARELY_YMD.get(shown or "", ("", shown))
    fitting = {}
    for each in OPEN_ORDERS.get(rarely or "", ()):
        with suppress(InvalidValue):
            fitting[each] = date_from_text(text, each, vocabulary)[0]
    fitting = {each: found for each, found in fitting.items() if found.weekday() == weekday}
    if len(fitting) == 1:
        (shown, day), *_ = fitting.items()
    if day.weekday() != weekday:
        raise InvalidValue("other-weekday")
    return day, shown


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
        ``unclear-digits`` if it has five digits and counts no day of our time, ``not-a-date`` if the number is neither;
        ``not-in-calendar`` for a day that does not exist.
    """
    if _FIVE_DIGITS <= number < 10 * _FIVE_DIGITS:
        # the fraction is the time of day, and is rounded to its second as `day_of` does it
        day = _DAY_ZERO + timedelta(days=days_later + int(number * _DAY_SECONDS + 0.5) // _DAY_SECONDS)
        if _FIRST_COUNTED <= day <= _LAST_COUNTED:
            return day, shown_by_typed(day)
    if _FIRST_COMPACT <= number <= _LAST_COMPACT and number == int(number):
        return _calendar_day(int(number) // 10_000, int(number) // 100 % 100, int(number) % 100), None
    raise InvalidValue("unclear-digits" if _FIVE_DIGITS <= number < 10 * _FIVE_DIGITS else "not-a-date")


def digits_of(cell: str | float) -> Digits | None:
    """Return whether a cell is a number of six digits that would be a date without separators, or of five likewise.

    310125 is 31/01/25 there, and 50125 may be 05/01/25 without its zero, as spreadsheets show such numbers: then it is
    none of the days that they count.
    """
    if isinstance(cell, str):
        text = _in_ascii(cell)
    else:
        text = f"{cell:.0f}" if 0 < cell < _SEVEN_DIGITS and cell % 1 == 0 else ""
    if _SIX.fullmatch(text):
        return "six-digits"
    return "five-digits" if _FIVE.fullmatch(text) else None


def day_of(moment: datetime) -> date:
    """Return the day of a time that is rounded to its second: a spreadsheet shows 23:59:59.9 as the next midnight."""
    day = moment.date()
    return day if day == date.max else (moment + _HALF_SECOND).date()


def _order_of(found: re.Match[str], first: int, second: int) -> ShownDate:
    if first > _MONTHS:
        return "dmy"
    if second > _MONTHS:
        return "mdy"
    if first == second:
        return None
    return "dotted" if _is_dotted(found) else "either"


def _is_dotted(found: re.Match[str]) -> bool:
    text, end = found.string, found.end(3)
    return text[found.end(1)] == text[found.end(2)] == "." and not (end < len(text) and _HALF_DAY.search(text, end))


def _short_order(found: re.Match[str], first: int, second: int, last: int) -> ShownDate:
    """Return what a date shows whose year has two digits."""
    if len(found[1]) == 1 or not (0 < second <= _MONTHS and 0 < last <= _LONGEST_MONTH) or first == second == last:
        return _order_of(found, first, second)  # the year cannot be first, or it does not matter
    if not 0 < first <= _LONGEST_MONTH:
        return "ymd"
    is_rare = found.string[found.end(1)] in _RARELY_YMD
    if first > _MONTHS:
        return "dmy-rarely-ymd" if is_rare and last >= _RECENT else "dmy-or-ymd"
    if not is_rare:
        return "any-order"
    if first == second:
        return "rarely-ymd"
    return "dotted-rarely-ymd" if _is_dotted(found) else "either-rarely-ymd"


def _in_ascii(text: str) -> str:
    """Return a text with the digits and signs of ASCII, without white space around it."""
    signs = text.translate(_ASCII_FORMS)
    ascii_digits = "".join(str(decimal(each)) if each.isdecimal() else each for each in signs)
    return _EAST_ASIAN.sub(r"\1-\2-\3 ", ascii_digits, 1).strip()


def _calendar_day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise InvalidValue("not-in-calendar") from None


def _whole_year(year: int, written: str) -> int:
    if len(written) == _WHOLE_YEAR:
        return year
    return year + (2000 if year < _CENTURY_SPLIT else 1900)
