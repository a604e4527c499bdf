"""What the cells of a file are worth before a column reads them: errors as text, noise of binary numbers, midnights."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.schema.cells import NO_DAY, Cell, CellError
from sluice.schema.dates import date_from_number, day_of
from sluice.schema.validation import CellReader
from tests.unit.schema.sample import check, good, row_of, samples

read = CellReader(samples, {0: "currency", 1: "weight"}).values


def text_cell(text: str) -> Cell:
    """Read a cell of a column of text."""
    found: Cell = read([text])["currency"]
    return found


def number_cell(number: float) -> Cell:
    """Read a cell of a column of numbers."""
    found: Cell = read([None, number])["weight"]
    return found


@pytest.mark.parametrize("text", ["#N/A", " #DIV/0! ", "#ref!", "#NV", "#¡VALOR!", "#SPILL!", "########"])
def test_an_error_as_text_is_an_error(text: str) -> None:
    """A text file holds what the spreadsheet showed, in the language of its menus."""
    assert text_cell(text) == CellError(text.strip())
    (rejection,) = check(row_of(code=text)).rejections
    assert (rejection.code, rejection.value) == ("spreadsheet-error", text.strip())


@pytest.mark.parametrize("text", ["#1", "No. #7", "#NAME", "# N/A is the error", "###", "C#", "#sale!"])
def test_text_with_a_number_sign_is_text(text: str) -> None:
    """Only a whole cell that is an error is one."""
    assert text_cell(text) == text


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        (0.57999999999999996, 0.58),
        (102.71745296899999, 102.717452969),
        (0.30000000000000004, 0.3),
        (19.990000000000002, 19.99),
        (-12.100000000000001, -12.1),
        (1e-7, 1e-7),
        (1234567.00000001, 1234567.00000001),
        (123456789012345.6, 123456789012346.0),
    ],
)
def test_a_number_is_worth_its_15_significant_digits(stored: float, shown: float) -> None:
    """That is what a spreadsheet shows; the rest is noise of binary numbers."""
    assert number_cell(stored) == shown
    assert number_cell(shown) == shown


@given(st.decimals(-(10**9), 10**9, places=4, allow_nan=False))
def test_a_number_that_a_person_can_write_stays_as_it_is(number: object) -> None:
    """Up to 15 digits come back from a binary number unchanged."""
    assert number_cell(float(str(number))) == float(str(number))


@given(st.floats())
def test_a_number_cell_is_finite_or_an_error(number: float) -> None:
    """It has 15 digits at most, and a second look changes nothing."""
    cell = number_cell(number)
    assert isinstance(cell, CellError) or float(str(cell)) == float(f"{number:.15g}")


def test_noise_is_in_no_column() -> None:
    """A price and a code are what the person typed, not what the computer stored."""
    row = good(code=12.100000000000001, price=0.30000000000000004)
    assert row.key == "12.1"
    assert b'"0.3"' in row.values


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_is_rejected_in_a_column_of_text_too(number: float) -> None:
    assert [each.code for each in check(row_of(code=number)).rejections] == ["not-a-number"]


def test_the_day_that_does_not_exist_is_no_date_of_the_calendar() -> None:
    """The calendar of 1900 in spreadsheets has a 29 February."""
    assert [each.code for each in check(row_of(updated=CellError(NO_DAY))).rejections] == ["not-in-calendar"]


@pytest.mark.parametrize("seconds", [0.0, 0.4, 86399.4, 86399.6, 43200.0])
def test_a_typed_date_and_its_number_are_the_same_day(seconds: float) -> None:
    """Both are rounded to the second first, as a spreadsheet shows them."""
    typed = datetime(2025, 1, 30) + timedelta(seconds=seconds)  # noqa: DTZ001 - cells know no zone
    day = date(2025, 1, 31) if seconds > 86399.5 else date(2025, 1, 30)
    assert (day_of(typed), date_from_number(45687 + seconds / 86400)[0]) == (day, day)


def test_the_last_day_of_all_has_no_next_one() -> None:
    assert day_of(datetime.max) == date.max  # noqa: DTZ901 - cells know no zone
