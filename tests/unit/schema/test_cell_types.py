"""Cell types: money, numbers, digits, codes and flags as people write them."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.schema.cell_types import (
    DEFAULT,
    Code,
    Conventions,
    Coordinate,
    Digits,
    Flag,
    Key,
    Money,
    Number,
    Whole,
)
from sluice.schema.cells import Cell, InvalidValue
from sluice.schema.text import name_from_text
from tests.unit.schema.sample import INDONESIAN, read


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1234.5", "1234.5"),
        ("1,234.50", "1234.5"),
        ("1 234 567.89", "1234567.89"),
        ("1'234.50", "1234.5"),
        ("1\xa0234.50", "1234.5"),
        ("1\u202f234", "1234"),
        ("  7 ", "7"),
        ("+7", "7"),
        ("-7", "-7"),
        ("(12.00)", "-12"),
        ("12.", "12"),
        ("1e3", "1000"),
        ("2.5E-3", "0.0025"),
        ("-0", "0"),
        ("-0.00", "0"),
        ("0e99", "0"),
        ("0." + "0" * 60, "0"),
        (12.5, "12.5"),
        (0.1, "0.1"),
        (1e-7, "0.0000001"),
        (5.5e-17, "0.000000000000000055"),
        (12, "12"),
    ],
)
def test_numbers_are_read_as_people_write_them(cell: Cell, value: str) -> None:
    """Numbers may have thousands separators and brackets as a minus, and are exact to the last digit."""
    assert read(Number, cell) == Decimal(value)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("€ 1,234.50", "1234.5"),
        ("1,234.50 EUR", "1234.5"),
        ("$12", "12"),
        ("usd 12", "12"),
        ("R 99.90", "99.9"),
        ("£0.01", "0.01"),
        ("-€5.00", "-5"),
        ("€-5.00", "-5"),
        ("($12.00)", "-12"),
        ("(12.00 €)", "-12"),
        ("12.-", "12"),
        ("R 1,200.--", "1200"),
        ("12", "12"),
    ],
)
def test_money_may_name_its_currency_before_or_after(cell: Cell, value: str) -> None:
    """The currency is dropped, and the minus stays."""
    assert read(Money, cell) == Decimal(value)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("Rp 1.250.000,50", "1250000.5"),
        ("Rp. 1.250.000", "1250000"),
        ("IDR 75.000", "75000"),
        ("75.000 IDR", "75000"),
        ("75.000,5 Rp", "75000.5"),
        ("Rp 1.250.000,-", "1250000"),
        ("Rp.1.250.000,--", "1250000"),
        ("1.250.000,-", "1250000"),
        ("1.250.000.-", "1250000"),
        ("Rp 1.250.000,–", "1250000"),
        ("IDR\xa01.250.000,-", "1250000"),
        ("(Rp 2.500,-)", "-2500"),
        ("5,- IDR", "5"),
        ("(Rp 2.500,00)", "-2500"),
        ("-Rp 2.500", "-2500"),
        ("1250000,5", "1250000.5"),
        (1250000.5, "1250000.5"),
        ("1,250,000.50", "1250000.5"),
        ("-", None),
        ("Rp -", None),
        ("1.250.000,---", None),
        ("1.250.000-", None),
    ],
)
def test_indonesian_money_has_a_decimal_comma(cell: Cell, value: str | None) -> None:
    """``None`` means rejected, because Sluice guesses nothing; a number that can only have a point is read so."""
    if value is None:
        with pytest.raises(ValueError, match=r"^not-a-number$"):
            read(Money, cell, INDONESIAN)
    else:
        assert read(Money, cell, INDONESIAN) == Decimal(value)


@pytest.mark.parametrize("conventions", [DEFAULT, INDONESIAN])
@pytest.mark.parametrize(
    ("cell", "value"),
    [("-7.868212", "-7.868212"), ("-7,868212", "-7.868212"), ("106.845", "106.845"), (106.845, "106.845"), ("0", "0")],
)
def test_coordinates_have_a_point_or_a_comma_whatever_the_conventions(
    cell: Cell, value: str, conventions: Conventions
) -> None:
    """Devices write a point where people write a comma, and degrees are never grouped."""
    assert read(Coordinate, cell, conventions) == Decimal(value)


@pytest.mark.parametrize("cell", ["", "7°52'", "-7.868.212", "1234.5", "S 7.8", "1e2", True, date(2026, 1, 1)])
def test_invalid_coordinates_are_rejected(cell: Cell) -> None:
    """One of them is a number with thousands separators that a spreadsheet made of a coordinate."""
    with pytest.raises(ValueError, match=r"."):
        read(Coordinate, cell)


@pytest.mark.parametrize(
    "cell", ["", "abc", "1.2.3", "12,34.5", "--5", "5+", "1.250.00,50", "NaN", "Infinity", "0x1F", "1/2", True]
)
def test_invalid_numbers_are_rejected(cell: Cell) -> None:
    """A misplaced separator is invalid too, because neither mark explains it."""
    with pytest.raises(ValueError, match=r"^not-a-number$"):
        read(Number, cell)


@pytest.mark.parametrize("kind", [Money, Number, Whole])
@pytest.mark.parametrize(
    "cell",
    [
        1e39,
        -1e300,
        10**38,
        "1e99999999",
        "-1e99999999",
        "1e400",
        "1e-400",
        "1e" + "9" * 30,
        "9" * 5000,
        "0." + "1" * 5000,
    ],
)
def test_a_number_beyond_what_databases_hold_is_rejected_at_once(kind: object, cell: Cell) -> None:
    """Written out in full, the first one would exhaust a worker's memory and time."""
    with pytest.raises(ValueError, match=r"^too-many-digits$"):
        read(kind, cell)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12))
def test_separators_do_not_change_the_value_of_a_number(number: Decimal) -> None:
    """This holds in both conventions."""
    english = f"{number:,.4f}"
    indonesian = english.translate(str.maketrans(",.", ".,"))
    assert read(Number, english) == read(Number, indonesian, INDONESIAN) == read(Number, str(number)) == number


@pytest.mark.parametrize(("cell", "value"), [("1,000", 1000), ("40.0", 40), (40.0, 40), (7, 7), ("-3", -3), ("0", 0)])
def test_whole_numbers_may_be_written_as_decimals(cell: Cell, value: int) -> None:
    """Spreadsheets store 40 as 40.0."""
    assert read(Whole, cell) == value


@pytest.mark.parametrize("cell", ["1.5", 1.5, "0.0001"])
def test_a_fraction_is_not_rounded_to_a_whole_number(cell: Cell) -> None:
    """Half a part would become none."""
    with pytest.raises(ValueError, match="fractional"):
        read(Whole, cell)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("0812345678", "0812345678"),
        ("'0812345678", "0812345678"),
        ("0812-3456-78", "0812345678"),
        (" 08 12 ", "0812"),
        ("000", "000"),
        (812345678, "812345678"),
    ],
)
def test_digits_stay_text_and_keep_their_leading_zeros(cell: Cell, value: str) -> None:
    """Telephone and identity numbers are names, not amounts."""
    assert read(Digits, cell) == value


@pytest.mark.parametrize("cell", ["", "12a", "+62812", "1.5", 1.5, True, "٣٤", "½", date(2026, 1, 1)])
def test_digits_are_the_ten_ascii_ones(cell: Cell) -> None:
    """Databases do not treat the digits of other scripts as equal to them."""
    with pytest.raises(ValueError, match=r"^not-digits$"):
        read(Digits, cell)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("0812345678", "0812345678"),
        ("'0812345678", "0812345678"),
        (" +62 812-3456 ", "+62 812-3456"),
        ("SID-0047/A", "SID-0047/A"),
        ("12E5", "12E5"),
        ("E5", "E5"),
        ("1E-5", "1E-5"),
        ("1002345678.0", "1002345678"),
        ("''AB", "AB"),
        ("12.00", "12.00"),
    ],
)
def test_a_code_is_not_changed(cell: Cell, value: str) -> None:
    """Leading zeros, letters and dashes stay; only the apostrophe that marks text in a spreadsheet is removed."""
    assert read(Code, cell) == value


@pytest.mark.parametrize(
    "cell",
    [
        *("1,23457E+11", "1.23457E+11", "'8.12346E+10", "1.23457e+11", "1E+12", "1.23457e+011", "1,5E+8", "1e5"),
        *("1.5E-05", "1234567890123456.0"),
    ],
)
def test_a_code_that_a_spreadsheet_has_shortened_is_rejected(cell: str) -> None:
    """Its last digits are lost, and it identifies nothing any more."""
    with pytest.raises(ValueError, match=r"^shortened-number$"):
        read(Code, cell)


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        *(("'12-3", "12-3"), ("'3/4", "3/4"), ("'00A", "00A"), ("'00123", "00123"), (" ' 007", "007"), ("''5", "5")),
        *(("'12E5", "12E5"), ("'1002345678.0", "1002345678")),
        *(
            ("'t Hart", "'t Hart"),
            ("'s-Gravenhage", "'s-Gravenhage"),
            ("5'", "5'"),
            ("6'2", "6'2"),
            ("O'Neill", "O'Neill"),
        ),
    ],
)
def test_an_apostrophe_before_a_digit_is_no_part_of_a_key_or_a_code(cell: str, name: str) -> None:
    """It kept a spreadsheet from reading a date or a number; before a word it may belong to it."""
    assert read(Key, cell) == read(Code, cell) == name


@pytest.mark.parametrize(
    ("kind", "cell", "name"), [(Key, "'AB-1", "'AB-1"), (Code, "'AB-1", "AB-1"), (Code, "'s-1001", "s-1001")]
)
def test_an_apostrophe_before_a_letter_is_one_of_a_key_and_none_of_a_code(kind: Any, cell: str, name: str) -> None:
    assert read(kind, cell) == name


def test_a_number_that_was_shortened_before_its_apostrophe_is_rejected() -> None:
    with pytest.raises(ValueError, match=r"^shortened-number$"):
        read(Key, "'1E5")


@pytest.mark.parametrize("cell", ["'", "  ' "])
def test_an_apostrophe_alone_is_no_code(cell: str) -> None:
    """It is rejected as an empty cell."""
    with pytest.raises(ValueError, match=r"^required$"):
        read(Code, cell)


@pytest.mark.parametrize("cell", [True, "yes", "Y", " TRUE ", "t", "1", 1, "x", "Active", "ya", "Aktif", "benar"])
def test_yes_is_read_in_english_and_indonesian(cell: Cell) -> None:
    """Case makes no difference."""
    assert read(Flag, cell) is True


@pytest.mark.parametrize("cell", [False, "no", "N", "false", "F", "0", 0, "inactive", "TIDAK", "nonaktif", "salah"])
def test_no_is_read_in_english_and_indonesian(cell: Cell) -> None:
    """Case makes no difference."""
    assert read(Flag, cell) is False


@pytest.mark.parametrize("cell", ["", "maybe", "2", 2, 0.5, time(12), datetime.fromisoformat("2026-01-01"), "yesno"])
def test_anything_else_is_neither_yes_nor_no(cell: Cell) -> None:
    """Sluice guesses nothing."""
    with pytest.raises(ValueError, match=r"^not-yes-or-no$"):
        read(Flag, cell)


@given(st.from_regex(r"\s*[(+-]?(Rp|€)?[0-9., ']{0,30}([eE][+-]?[0-9]{0,40})?[)]?\s*", fullmatch=True))
def test_any_text_is_an_amount_or_rejected(cell: str) -> None:
    """An error of another kind would fail the whole chunk."""
    try:
        answer = read(Money, cell)
    except ValueError as rejected:
        answer = str(rejected)
    assert isinstance(answer, Decimal) or answer in {"not-a-number", "too-many-digits"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        *(("A\xa0B", "A B"), (" A B ", "A B"), ("7.0", "7"), ("1.50", "1.50")),
        *(("K\u20111", "K-1"), ("K\u20101", "K-1"), ("K\u20131", "K\u20131"), ("K\u22121", "K\u22121")),
    ],
)
def test_a_name_has_plain_spaces_and_hyphens_and_no_point_of_a_float(text: str, name: str) -> None:
    assert name_from_text(text) == name


@pytest.mark.parametrize("character", ["\u200b", "\xad", "\u200d", "\u2060", "\u3164", "\ufe0f"])
def test_a_name_with_an_invisible_character_inside_is_rejected(character: str) -> None:
    with pytest.raises(InvalidValue) as rejected:
        name_from_text(f"AB{character}C")
    assert rejected.value.code == "invisible-character"
    assert rejected.value.params == {"character": f"U+{ord(character):04X}", "place": 3}
