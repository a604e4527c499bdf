"""South African ID numbers: which are valid, and how cells with them are read."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from sluice.catalog.elections.id_number import IdNumber, why_not_an_id_number

WRITTEN: TypeAdapter[str] = TypeAdapter(IdNumber)
GOOD = "8001015009087"


def with_check_digit(twelve: str) -> str:
    """Return the ID number that begins so; it is found by trying, so that the rule is not repeated here."""
    (found,) = [number for last in "0123456789" if why_not_an_id_number(number := twelve + last) is None]
    return found


@st.composite
def id_numbers(draw: st.DrawFn, first: date = date(1900, 1, 1), last: date = date(2026, 12, 31)) -> str:
    """Draw ID numbers of people who were born between these days."""
    day = draw(st.dates(first, last))
    serial, citizenship, a = draw(st.integers(0, 9999)), draw(st.sampled_from("012")), draw(st.sampled_from("0189"))
    return with_check_digit(f"{day:%y%m%d}{serial:04d}{citizenship}{a}")


@pytest.mark.parametrize("number", [GOOD, "9202204720083"])
def test_published_examples_are_valid(number: str) -> None:
    assert why_not_an_id_number(number) is None


def test_the_29th_of_february_2000_is_a_date_though_that_of_1900_is_not() -> None:
    assert why_not_an_id_number(with_check_digit("000229580008")) is None


@given(number=id_numbers())
def test_just_one_check_digit_fits(number: str) -> None:
    """`with_check_digit` finds no other."""
    assert why_not_an_id_number(number) is None


@given(number=id_numbers(), place=st.integers(0, 12), other=st.sampled_from("0123456789"))
def test_one_mistyped_digit_is_always_found(number: str, place: int, other: str) -> None:
    assume(number[place] != other)
    assert why_not_an_id_number(number[:place] + other + number[place + 1 :]) is not None


@given(number=id_numbers(), place=st.integers(0, 11))
def test_two_swapped_digits_are_found_unless_they_are_0_and_9(number: str, place: int) -> None:
    """The Luhn formula does not find those."""
    pair = number[place : place + 2]
    assume(pair[0] != pair[1] and set(pair) != {"0", "9"})
    assert why_not_an_id_number(number[:place] + pair[::-1] + number[place + 2 :]) is not None


@given(text=st.text() | st.from_regex(r"[0-9]{0,20}", fullmatch=True) | st.from_regex(r"[0-9]{13}", fullmatch=True))
def test_any_text_has_a_reason_or_is_thirteen_digits(text: str) -> None:
    reason = why_not_an_id_number(text)
    assert reason or (len(text) == 13 and text.isascii() and text.isdecimal())
    assert not re.search("[0-9]{3}", reason or ""), "the reason shows nothing of the number"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "must be digits only"),
        ("80010150O9087", "must be digits only"),
        ("８００１０１５００９０８７", "must be digits only"),
        ("800101 5009 087", "must be digits only"),
        ("-8001015009087", "must be digits only"),
        ("800101500908", "has 12 digits and not 13"),
        ("80010150090871", "has 14 digits and not 13"),
        ("8013015009087", "does not begin with a day of birth (YYMMDD)"),
        ("8002305009087", "does not begin with a day of birth (YYMMDD)"),
        ("0102295009087", "does not begin with a day of birth (YYMMDD)"),
        ("8000005009087", "does not begin with a day of birth (YYMMDD)"),
        ("8001015009387", "has no citizenship (0, 1 or 2) as its 11th digit"),
        ("8001015009088", "has a wrong check digit; one of its digits is mistyped"),
    ],
)
def test_the_reason_names_the_mistake_and_not_the_number(text: str, reason: str) -> None:
    assert why_not_an_id_number(text) == reason


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (GOOD, GOOD),
        ("800101 5009 087", GOOD),
        ("800101-5009-08-7", GOOD),
        (" '8001015009087\u00a0", GOOD),
        (8001015009087, GOOD),
        ("0501015009087", "0501015009087"),
        ("80010150O9087", "80010150O9087"),
        ("not known - ask her", "not known - ask her"),
        ("8,00102E+12", "8,00102E+12"),
        ("12", "12"),
        ("N/A", "N/A"),
    ],
)
def test_digits_lose_their_gaps_and_other_text_stays_as_it_is(cell: Any, text: str) -> None:
    assert WRITTEN.validate_python(cell) == text


@given(number=id_numbers(date(2000, 1, 1), date(2009, 12, 31)))
def test_the_leading_zeros_of_a_number_cell_are_restored(number: str) -> None:
    assert WRITTEN.validate_python(int(number)) == number
    assert WRITTEN.validate_python(number[1:]) == number[1:], "text keeps the digits that it has"


@given(number=st.integers(0, 10**12))
def test_no_zeros_are_added_unless_they_make_an_id_number(number: int) -> None:
    written = TypeAdapter(IdNumber, config={"coerce_numbers_to_str": True}).validate_python(number)
    assert written == str(number) or why_not_an_id_number(written) is None


@given(text=st.text(min_size=1) | id_numbers())
def test_reading_twice_gives_the_same(text: str) -> None:
    """A staged row may be validated again."""
    assume(text.strip().removeprefix("'").strip())
    assume(not text.strip().startswith("''"))
    once = WRITTEN.validate_python(text)
    assert WRITTEN.validate_python(once) == once


@pytest.mark.parametrize("cell", ["'", " ' "])
def test_an_apostrophe_alone_is_an_empty_cell(cell: str) -> None:
    with pytest.raises(ValueError, match="is required"):
        WRITTEN.validate_python(cell)
