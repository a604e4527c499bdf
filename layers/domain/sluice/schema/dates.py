"""Dates as people write them and as spreadsheets count them, and the format evidence that a column of them gives.

A date such as 05/06/2025 is ambiguous: day first (``dmy``) and month first (``mdy``) are both possible. One such as
31/12/2025 proves the order of its whole column. `DateEvidence` collects both while a chunk is checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Literal

from sluice.model.job import DateOrder
from sluice.schema.cells import InvalidValue
from sluice.schema.vocabulary import ENGLISH, Vocabulary

_TIME = r"(?:,?\s+\d.*)?"
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:T\d.*)?" + _TIME)
_NUMBERS = re.compile(r"(\d{1,2})[-/.\s](\d{1,2})[-/.\s](\d{4}|\d{2})" + _TIME)
_NAMED = re.compile(r"(\d{1,2})[-/.\s]*([^\W\d]+)[-/.,\s]*(\d{4}|\d{2})" + _TIME)
_BARE = re.compile(r"(\d{8})|(\d{5})(?:[.,]\d+)?")
# Two-digit years: 00 to 68 are of this century (POSIX strptime(3), %y).
_CENTURY_SPLIT = 69
# Excel's day 0, chosen so that days from 1 March 1900 on count right in spite of its 29 February 1900.
_DAY_ZERO = date(1899, 12, 30)
#: Numbers that count days, from 18 May 1927 to the end of 2099: the five digits of a spreadsheet's date whose format
#: was lost. A year has four digits, and a date without separators six to eight, so neither is taken for such a number.
FIRST_SERIAL: Final = 10_000
LAST_SERIAL: Final = (date(2099, 12, 31) - _DAY_ZERO).days
# yyyymmdd, as ISO 8601 and SAP have it. No ddmmyyyy or mmddyyyy of 1900 to 2099 is read so by mistake: its year would
# have to begin with a month 19 or 20.
_FIRST_COMPACT = 1900_01_01
_LAST_COMPACT = 2099_12_31
#: What one date shows of its column's order: it proves one of the two, or it could be either.
Observation = Literal["dmy", "mdy", "either"]


@dataclass
class DateEvidence:
    """What the dates of one column show of their order; it grows while rows are checked.

    Parameters
    ----------
    dmy, mdy
        How many rows prove each order: the other one would make a thirteenth month. A row that is rejected for another
        cell proves it too.
    rows
        Numbers in the sheet of the good rows whose date is ambiguous. They were read day first.
    """

    dmy: int = 0
    mdy: int = 0
    rows: list[int] = field(default_factory=list)

    def add(self, observation: Observation, row: int, good: bool) -> None:
        """Count what the date of a row shows."""
        if observation == "dmy":
            self.dmy += 1
        elif observation == "mdy":
            self.mdy += 1
        elif good:
            self.rows.append(row)


def merge_evidence(chunks: Iterable[Mapping[str, DateEvidence]]) -> dict[str, DateEvidence]:
    """Join the evidence of all chunks of a job, by field; rows in the order of the chunks."""
    whole: dict[str, DateEvidence] = {}
    for chunk in chunks:
        for name, part in chunk.items():
            known = whole.setdefault(name, DateEvidence())
            known.dmy += part.dmy
            known.mdy += part.mdy
            known.rows += part.rows
    return whole


def settle_date_order(evidence: DateEvidence) -> DateOrder | None:
    """Return the order of a column's dates, as far as the file proves it.

    Returns
    -------
    DateOrder or None
        ``mdy``: the rows in `DateEvidence.rows` have to be read again, see `sluice.schema.validation.with_orders`.
        ``dmy``: all rows stay as they were read, either because other rows prove it or because no date is ambiguous.
        ``None``: some dates are ambiguous, and the others prove nothing or contradict each other, so the caller has to
        say.
    """
    if not evidence.rows:
        return "dmy"
    if bool(evidence.dmy) == bool(evidence.mdy):
        return None
    return "dmy" if evidence.dmy else "mdy"


def date_from_text(
    text: str, order: DateOrder | None, otherwise: DateOrder = "dmy", vocabulary: Vocabulary = ENGLISH
) -> tuple[date, Observation | None]:
    """Read a date that was written as text.

    Parameters
    ----------
    text
        The cell.
    order
        Of dates written with numbers alone; ``None`` when it is not known: then a part above 12 is the day.
    otherwise
        The order of ambiguous dates, when ``order`` is not known.
    vocabulary
        Names of the months.

    Returns
    -------
    tuple
        The date, and what it shows of an order that is not known; ``None`` when it shows nothing.

    Raises
    ------
    InvalidValue
        ``not-a-date`` or ``not-in-calendar``.
    """
    text = text.strip()
    observation: Observation | None = None
    if found := _ISO.fullmatch(text):
        year, month, day = map(int, found.groups())
    elif found := _NUMBERS.fullmatch(text):
        first, second, year = map(int, found.groups())
        if order is None:
            observation = _observed(first, second)
            order = otherwise if observation == "either" else observation
        day, month = (second, first) if order == "mdy" else (first, second)
        year = _whole_year(year, found[3])
    elif (found := _NAMED.fullmatch(text)) and (named := vocabulary.month(found[2])):
        day, month, year = int(found[1]), named, _whole_year(int(found[3]), found[3])
    elif found := _BARE.fullmatch(text):
        return date_from_number(int(found[1] or found[2])), None
    else:
        raise InvalidValue("not-a-date")
    return _calendar_day(year, month, day), observation


def date_from_number(number: float) -> date:
    """Read a date that was stored as a number: the days that a spreadsheet counts, or yyyymmdd.

    Raises
    ------
    InvalidValue
        ``not-a-date`` if the number is neither; ``not-in-calendar`` for a day that does not exist.
    """
    if FIRST_SERIAL <= number < LAST_SERIAL + 1:
        return _DAY_ZERO + timedelta(days=int(number))  # the fraction is the time of day
    if _FIRST_COMPACT <= number <= _LAST_COMPACT and number == int(number):
        return _calendar_day(int(number) // 10_000, int(number) // 100 % 100, int(number) % 100)
    raise InvalidValue("not-a-date")


def _observed(first: int, second: int) -> Observation | None:
    if first > 12:
        return "dmy"
    if second > 12:
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
