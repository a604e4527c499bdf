"""Any text, number and date that a program writes into a file is read as it was written."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluice.schema.text import ERROR_TEXTS
from tests.reading.made import as_ods, as_text, as_xls, as_xml
from tests.reading.oracles import cells_of
from tests.support.factories_files import written_by_openpyxl, written_by_xlsxwriter
from tests.support.sizes import size
from tests.unit.reading.driving import numbers_of, read_all

pytestmark = pytest.mark.timeout(size(120, 1_200))
Table = Sequence[Sequence[Any]]
#: Characters that XML can hold, without the carriage return, which its parsers read as a line end.
LETTERS = st.characters(exclude_categories=["Cs", "Cc"], include_characters="\t\n", exclude_characters="\ufffe\uffff")
#: An escape of ECMA-376, which most writers of .xlsx do not escape themselves.
_ESCAPE = re.compile("_x[0-9A-Fa-f]{4}_")
WORKBOOKS: dict[str, Callable[[Table], bytes]] = {
    "openpyxl.xlsx": written_by_openpyxl,
    "xlsxwriter.xlsx": written_by_xlsxwriter,
    "xlsxwriter-inline.xlsx": lambda table: written_by_xlsxwriter(table, inline=True),
    "by-hand.xlsx": as_xml,
    "xlwt.xls": as_xls,
    "by-hand.ods": as_ods,
    "pretty-printed.ods": lambda table: as_ods(table, between="\n  "),
}


def is_plain(text: str) -> bool:
    """Whether a text is none that a writer takes for something else: a formula, an error, an escape."""
    return not (text[:1] in {"=", "{"} or {text.strip(), text.strip().upper()} & ERROR_TEXTS or _ESCAPE.search(text))


def is_bare(text: str) -> bool:
    """Whether a text is none that a program wraps so that a spreadsheet takes it for a text."""
    return not text.lstrip().startswith(("'", "="))


texts = st.text(LETTERS, max_size=30).filter(is_plain)
numbers = st.one_of(
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.floats(-1e90, 1e90, allow_subnormal=False).map(
        lambda number: float(f"{number:.15g}")
    ),  # as a spreadsheet has it
)
days = st.dates(date(1900, 3, 1), date(9999, 12, 31))
moments = st.datetimes(datetime(1900, 3, 1), datetime(9999, 12, 31)).map(  # noqa: DTZ001 - a cell has no time zone
    lambda moment: moment.replace(microsecond=0)
)
times = st.times().map(lambda moment: moment.replace(microsecond=0))
#: Spans of time are of a day at most, because XlsxWriter has no format for others by itself.
everything = st.lists(st.one_of(texts, numbers, days, moments, times, st.booleans()), min_size=1, max_size=40)
a_few = settings(max_examples=size(30, 500), deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read_back(body: bytes, name: str) -> list[Any]:
    """Return the second cell of each row below the first."""
    found = cells_of(numbers_of(read_all(body, name)))
    return [found.get((row, 2)) for row in range(2, max(row for row, _ in found) + 1)]


def written(values: list[Any]) -> tuple[Table, list[Any]]:
    """Return a table of values, and what has to be read of it."""
    table = [("key", "value"), *((f"k{at}", value) for at, value in enumerate(values))]
    expected = cells_of(enumerate(table, 1))
    return table, [expected.get((row, 2)) for row in range(2, len(table) + 1)]


@pytest.mark.parametrize("name", WORKBOOKS)
@given(values=everything)
@a_few
def test_a_workbook_is_read_as_it_was_written(name: str, values: list[Any]) -> None:
    if name.startswith("by-hand.xlsx"):  # without styles, it has no dates
        values = [value for value in values if isinstance(value, str | int | float) and not isinstance(value, bool)]
    table, expected = written(values)
    assert read_back(WORKBOOKS[name](table), name) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@given(values=st.lists(st.text(LETTERS, max_size=30).filter(is_bare), min_size=1, max_size=30))
@a_few
def test_a_text_file_is_read_as_it_was_written(encoding: str, delimiter: str, values: list[str]) -> None:
    """One of its words proves UTF-8: a character of two bytes alone may be one of another encoding."""
    table, expected = written([*values, "Größe"])
    assert read_back(as_text(table, encoding, delimiter), "a.csv") == expected
