"""What a number shows of the decimal mark, and how an ambiguous one is read."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.model.recipe import Mark
from sluice.schema.numbers import amount_from_text, number_from_text, whole_from_text

MARKS: tuple[Mark, ...] = (".", ",")
OTHER = {".": ",", ",": "."}


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize(
    ("cell", "value", "shows"),
    [
        ("12,50", "12.5", ","),
        ("12.50", "12.5", "."),
        ("1.234,56", "1234.56", ","),
        ("1,234.56", "1234.56", "."),
        ("0,125", "0.125", ","),
        ("0.125", "0.125", "."),
        ("01.250", "1.25", "."),
        ("-0,999", "-0.999", ","),
        ("1.234.567", "1234567", ","),
        ("1,234,567", "1234567", "."),
        ("1250,500", "1250.5", ","),
        ("1250.500", "1250.5", "."),
        ("1 234.567", "1234.567", "."),
        ("1'234,567", "1234.567", ","),
        ("1\xa0234,5", "1234.5", ","),
        ("12,", "12", ","),
        ("1.2500", "1.25", "."),
        ("1.250e3", "1250", "."),
        ("2,5E-3", "0.0025", ","),
        ("(1.234,00)", "-1234", ","),
        ("1.500,00-", "-1500", ","),
        ("1.500,5-", "-1500.5", ","),
        ("\u22121.500,00", "-1500", ","),
        ("\u20131,500.00", "-1500", "."),
        ("- 1.500,00", "-1500", ","),
        ("( 12.50 )", "-12.5", "."),
        ("1,23,456.00", "123456", "."),
        ("12,34,567", "1234567", "."),
        ("1\u2019234.50", "1234.5", "."),
        ("1'234'567,5", "1234567.5", ","),
        ("1\u2009234,50", "1234.5", ","),
        (".500", "0.5", "."),
        ("-,5", "-0.5", ","),
        ("\uff11\uff0c\uff12\uff13\uff14\uff0e\uff15\uff10", "1234.5", "."),
        ("\u0661\u0662\u0663", "123", None),
        ("\u0661\u066c\u0662\u0663\u0664\u066b\u0665\u0660", "1234.5", None),
        ("1\u066c234", "1234", None),
        ("1\u066b250", "1.25", None),
        ("+5", "5", None),
        ("1250", "1250", None),
        ("1 250 000", "1250000", "other-groups"),
        ("1e3", "1000", None),
    ],
)
def test_a_number_with_one_possible_reading_is_read_so_by_either_mark(
    cell: str, value: str, shows: str | None, mark: Mark
) -> None:
    assert number_from_text(cell, mark) == amount_from_text(cell, mark)[:2] == (Decimal(value), shows)


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize(
    ("cell", "value", "shows"),
    [
        ("1.250,-", "1250", ","),
        ("1,250.-", "1250", "."),
        ("1.250.-", "1250", ","),
        ("49,-", "49", ","),
        ("2,--", "2", ","),
        ("12.--", "12", "."),
        ("12.500,– €", "12500", ","),
        ("(Rp 1.250,-)", "-1250", ","),
        ("1 250,-", "1250", ","),
        ("€ 12,50", "12.5", ","),
        ("CHF 1'234.50", "1234.5", "."),
        ("\u20b9 12,34,567.89", "1234567.89", "."),
        ("Rs. 1,23,456/-", "123456", "."),
        ("1.500,00- EUR", "-1500", ","),
        ("$(0,01)", "-0.01", ","),
        ("US$ -5.50", "-5.5", "."),
        ("$1,250,000", "1250000", "."),
    ],
)
def test_an_amount_without_cents_is_whole_and_shows_the_mark(cell: str, value: str, shows: str, mark: Mark) -> None:
    assert amount_from_text(cell, mark)[:2] == (Decimal(value), shows)


@pytest.mark.parametrize("cell", [" $-   ", "-   €", " -   € ", " Rp-   ", "$ -  ", "CHF -   "])
def test_zero_in_an_accounting_format_is_zero(cell: str) -> None:
    """Excel writes it so to a text file: with the currency, and with the widths of two decimals."""
    number, shown, currency = amount_from_text(cell, ".")
    assert number == 0
    assert shown is None
    assert currency is not None


@pytest.mark.parametrize(
    "cell", ["-", "- ", " -   ", "$-", "€ -", " $- ", "-€", "--   €", "-   x", "-   -   €", "$-   5-   ", "–   €"]
)
def test_a_dash_that_may_stand_for_no_amount_is_rejected(cell: str) -> None:
    with pytest.raises(ValueError, match="not-a-number"):
        amount_from_text(cell, ".")


@pytest.mark.parametrize(
    ("cell", "by_point", "by_comma"),
    [
        ("1.250", "1.25", "1250"),
        ("1,250", "1250", "1.25"),
        ("-12.500", "-12.5", "-12500"),
        ("173,900", "173900", "173.9"),
        ("999.000", "999", "999000"),
        (" (1.250) ", "-1.25", "-1250"),
        ("1.250 EUR", "1.25", "1250"),
    ],
)
def test_a_number_is_ambiguous_only_with_one_mark_once_and_three_digits_behind(
    cell: str, by_point: str, by_comma: str
) -> None:
    assert amount_from_text(cell, ".")[:2] == (Decimal(by_point), "either")
    assert amount_from_text(cell, ",")[:2] == (Decimal(by_comma), "either")


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize(
    "cell",
    [
        *("0.125.000", "0 125", "1.23.456", "1.234.56", "1,234,56.7", "12.34,567", "1234.567,8", "1.234 567"),
        *("01,23,456", "1,2,345", "123,45,678", "1,23,45", "5+", "-5-", "(-5)", "(5-)", "--5", "5 -", "1-2", "15%"),
        *(
            "50¢",
            "5k",
            "12 pcs",
            "½",
            "1\u066c23",
            "1\u066b234\u066b5",
            "1\u066c234,5",
            "1.250.000-",
            "12-",
            "\u2013",
            "10 Mbps",
        ),
        *("12.50,-", "0,125,-", "1.250.50,-", "1.250,5,-", "1,-,-", ",-", "1.234e3,5", "1.234.567e3"),
    ],
)
def test_a_number_that_neither_mark_explains_is_rejected(cell: str, mark: Mark) -> None:
    with pytest.raises(ValueError, match=r"^not-a-number$"):
        amount_from_text(cell, mark)


def written(number: Decimal, mark: Mark, *, grouped: bool, places: int) -> str:
    """Write a number as people do who use a mark."""
    text = f"{number:,.{places}f}" if grouped else f"{number:.{places}f}"
    return text if mark == "." else text.translate(str.maketrans(".,", ",."))


NUMBERS = st.integers(0, 6).flatmap(
    lambda places: st.tuples(
        st.decimals(-(10**9), 10**9, places=places, allow_nan=False, allow_infinity=False), st.just(places)
    )
)


@settings(deadline=None)  # a test that waits for the processor is not slow
@given(NUMBERS, st.sampled_from(MARKS), st.booleans())
def test_a_number_is_never_read_wrong_in_silence(number: tuple[Decimal, int], mark: Mark, grouped: bool) -> None:
    """Written with a mark it reads back by that mark; by the other mark too, or it says that it is ambiguous."""
    value, places = number
    cell = written(value, mark, grouped=grouped, places=places)
    assert number_from_text(cell, mark)[0] == value
    read, shows = number_from_text(cell, ",") if mark == "." else number_from_text(cell, ".")
    assert shows in {mark, None, "either"}
    assert read == value or shows == "either"


@settings(deadline=None)  # a test that waits for the processor is not slow
@given(st.text("0123456789.,' -+()eE", max_size=12))
def test_what_a_number_shows_does_not_depend_on_the_mark_it_is_read_by(cell: str) -> None:
    found = []
    for mark in MARKS:
        try:
            found.append(amount_from_text(cell, mark)[:2])
        except ValueError as error:
            found.append((Decimal("NaN"), str(error)))  # type: ignore[arg-type]  # stands for the rejection
    (one, shows), (other, shown) = found
    assert shows == shown
    assert str(one) == str(other) or shows == "either"


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize(
    ("cell", "shows"),
    [
        ("1.250", "point-groups"),
        ("-1,001", "comma-groups"),
        ("(999.990)", "point-groups"),
        ("1.250-", "point-groups"),
        ("１，２５０", "comma-groups"),
        ("1.000", "either"),
        ("250,000", "either"),
        ("1 250", "other-groups"),
        ("1.250.000", ","),
        ("0.250", "."),
    ],
)
def test_a_whole_number_that_would_be_a_fraction_shows_that_its_mark_groups(cell: str, shows: str, mark: Mark) -> None:
    number, shown = whole_from_text(cell, mark)
    assert shown == shows
    assert number == number_from_text(cell, mark)[0]


@pytest.mark.parametrize("text", ["1.23457E+11", "1,23457E+11", "-9.99E+15", "1E+12"])
def test_an_amount_that_a_spreadsheet_has_shortened_is_rejected(text: str) -> None:
    """Its last digits are lost, as those of an id are."""
    with pytest.raises(ValueError, match=r"^shortened-number$"):
        number_from_text(text, ".")


@pytest.mark.parametrize(
    ("text", "number"), [("1e3", 1000), ("1.5E2", 150), ("1.2345678E+11", 123456780000), ("1E+10", 10**10)]
)
def test_a_number_that_a_program_has_written_with_an_exponent_is_complete(text: str, number: int) -> None:
    assert number_from_text(text, ".")[0] == number
