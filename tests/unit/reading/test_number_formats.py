"""Number formats: dates, spans of time, and the numbers that a format shows as something else than their digits."""

from __future__ import annotations

import pytest

from sluice.reading.number_formats import (
    CURRENCY,
    DECIMALS,
    GENERAL,
    OTHERWISE,
    PADDED,
    format_kind,
    formatted,
    formatted_as,
    kind_of_code,
)
from sluice.schema.cells import FormattedNumber

NUMBER, DAY, SPAN = 0, 14, 46


def amount_in(sign: str) -> int:
    """Return the kind of an amount that is shown beside a currency."""
    return CURRENCY + int.from_bytes(sign.encode())


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("General", NUMBER),
        ("Standard", NUMBER),
        ("Allgemein", NUMBER),
        ("Estándar", NUMBER),
        ("Standaard", NUMBER),
        ("Všeobecný", NUMBER),
        ("Yleinen", NUMBER),
        ("Umum", NUMBER),
        ("[Red]Standard", NUMBER),
        ("@", NUMBER),
        ("0.00 MWH", NUMBER),
        ("#,##0 days", NUMBER),
        ('0.0" days"', NUMBER),
        ("[$-1010409]#,##0.00;\\-#,##0.00", NUMBER),
        ("0\\d", NUMBER),
        ("0_d", NUMBER),
        ("0*m", NUMBER),
        ("?0;\\s", NUMBER),
        ("General;yyyy", NUMBER),
        ("[DBNum1]General", NUMBER),
        ("dd/mm/yyyy", DAY),
        ("TT.MM.JJJJ", DAY),
        ("yyyy-mm-ddThh:mm:ss.000", DAY),
        ("mm:ss.0", DAY),
        ("h:mm AM/PM", DAY),
        ('yyyy"年"m"月"d"日"', DAY),
        ("yyyy年m月d日", DAY),
        ("[$-F800]dddd\\, mmmm dd\\, yyyy", DAY),
        ("[ENG][$-409]d\\-mmm", DAY),
        ("[h]:mm:ss", SPAN),
        ("[mm]:ss", SPAN),
        ('"[h]"0', NUMBER),
    ],
)
def test_letters_of_a_date_count_where_they_stand_for_one(code: str, kind: int) -> None:
    """General has another name in every language, and most of them have such letters."""
    found = kind_of_code(code)
    assert found == kind if kind else found not in {DAY, SPAN}


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        # ids
        ("00000", PADDED + 5),
        ("#0000", PADDED + 4),
        ("[Red]00000", PADDED + 5),
        ("[$-409]00000", PADDED + 5),
        ("00000;-00000;;@", PADDED + 5),
        ("00000_)", PADDED + 5),
        ('"AB-"000', OTHERWISE),
        ('"R-"000', OTHERWISE),
        ('"RM"0000', OTHERWISE),
        ("AB000", OTHERWISE),
        ("\\A0", OTHERWISE),
        ('"No. "0', OTHERWISE),
        ("000-00-0000", OTHERWISE),
        ("000\\-00\\-0000", OTHERWISE),
        ("###-####", OTHERWISE),
        ("(000) 000-0000", OTHERWISE),
        ("00\\ 00\\ 00", OTHERWISE),
        ("000.000.000", OTHERWISE),
        ("0000.00", OTHERWISE),
        ("+0", OTHERWISE),
        ('0" kg"', kind_of_code("0")),
        ('0"A"', OTHERWISE),
        ("0\\A", OTHERWISE),
        ('0"ID"', OTHERWISE),
        ('0"kg"', kind_of_code("0")),
        ("0\\d", kind_of_code("0")),
        ('0" Stk"', kind_of_code("0")),
        ("00,000", OTHERWISE),
        ("0,000", OTHERWISE),
        ('"Stk" 0', kind_of_code("0")),
        ('General" kg"', OTHERWISE),
        ('"AB-"@', OTHERWISE),
        # what hides a number, or shows a part of it
        (";;;", OTHERWISE),
        ('"Yes";;"No"', OTHERWISE),
        ("0,", OTHERWISE),
        ('0.0,,"M"', OTHERWISE),
        ("*00", OTHERWISE),
        # by the number
        ("[<=99999]00000;00000-0000", OTHERWISE),
        ("[<=9999999]###-####;(###) ###-####", OTHERWISE),
        ("[Red][<100]0;0", DECIMALS),
        # decimals
        ("0", DECIMALS),
        ("#", DECIMALS),
        ("0.00", DECIMALS + 202),
        ("_-* 0.00_-", DECIMALS + 202),
        ("0.##", DECIMALS + 2),
        ("# ?/?", DECIMALS),
        # amounts, and General
        ("#,##0.00", GENERAL),
        ("# ##0", GENERAL),
        ("#\\ ###\\ ##0.00", GENERAL),
        ("#'##0", GENERAL),
        ('_-"Rp"* #,##0_-;-"Rp"* #,##0_-;_-"Rp"* "-"_-;_-@_-', amount_in("Rp")),
        ("[$€-407] 0.00", amount_in("€")),
        ('0.00" kr."', amount_in("kr.")),
        ("$0", amount_in("$")),
        ("\\$0.00", amount_in("$")),
        ("[$USD] #,##0.00", amount_in("USD")),
        ("#,##0.00 [$CHF-807]", amount_in("CHF")),
        ("[$km/h-407] 0", GENERAL),
        ("[$-409]#,##0.00", GENERAL),
        ("0%", GENERAL),
        ("0.00E+00", GENERAL),
        ("G/通用格式", GENERAL),
        ("", GENERAL),
        ("@", GENERAL),
    ],
)
def test_a_format_is_known_by_what_it_shows_beside_the_digits(code: str, kind: int) -> None:
    assert kind_of_code(code) == kind


def test_the_formats_of_the_readers_own_currency_name_none() -> None:
    """A program shows the sign of its user for 5 to 8 and 37 to 44, whatever the workbook says."""
    code = '_("$"* #,##0.00_)'
    assert {format_kind(number, {number: code}) for number in (5, 8, 37, 44)} == {GENERAL}
    assert format_kind(164, {164: code}) == amount_in("$")


@pytest.mark.parametrize(
    ("number", "code", "shown"),
    [
        (123.0, "00000", FormattedNumber(123.0, "00123")),
        (0.0, "000", FormattedNumber(0.0, "000")),
        (123456.0, "00000", 123456.0),
        (1.5, "00000", FormattedNumber(1.5)),
        (-5.0, "00000", FormattedNumber(-5.0)),
        (7.0, "000-00-0000", FormattedNumber(7.0)),
        (1.1, "0.00", FormattedNumber(1.1)),
        (1.25, "0.00", 1.25),
        (1.234, "0.00", FormattedNumber(1.234)),
        (0.1 + 0.2, "0.0", 0.1 + 0.2),
        (5.0, "0.00", 5.0),
        (1.5, "0", FormattedNumber(1.5)),
        (0.5, "# ?/?", FormattedNumber(0.5)),
        (1.1, "0.##", 1.1),
        (1.1, "#,##0.00", 1.1),
        (1.1, "General", 1.1),
    ],
)
def test_a_number_is_itself_unless_its_format_shows_something_else(number: float, code: str, shown: object) -> None:
    """A whole number with a point and zeros behind it is a whole number."""
    assert formatted(number, kind_of_code(code)) == shown


@pytest.mark.parametrize(
    ("number", "text", "shown"),
    [
        (123.0, "00123", FormattedNumber(123.0, "00123")),
        (123.0, "123", 123.0),
        (123.0, "", 123.0),
        (123.0, "###", 123.0),
        (123.0, "123.00", 123.0),
        (123.0, "AB-123", FormattedNumber(123.0)),
        (7.0, "000-00-0007", FormattedNumber(7.0)),
        (62812.0, "+62812", FormattedNumber(62812.0)),
        (5.0, "5 kg", 5.0),
        (45.0, "Stk\xa045", 45.0),
        (5.0, "5kg", FormattedNumber(5.0)),
        (5.0, "5 kg net", FormattedNumber(5.0)),
        (5.5, "5 kg", FormattedNumber(5.5)),
        (12.0, "012 kg", FormattedNumber(12.0)),
        (5.0, "5 SEK", FormattedNumber(5.0, None, "SEK")),
        (5.0, "5 USD", FormattedNumber(5.0, None, "USD")),
        (120000.0, "1.2E+05", 120000.0),
        (1.5, "2", FormattedNumber(1.5)),
        (1.1, "1,10", FormattedNumber(1.1)),
        (1.1, "1,1", 1.1),
        (1.1, "0001.10", FormattedNumber(1.1)),
        (0.05, ".05", 0.05),
        (1 / 3, "0.33", FormattedNumber(1 / 3)),
        (1 / 3, "0.333333333", 1 / 3),
        (123456.789012345, "123456.789", 123456.789012345),
        (1234567.5, "1.234.567,50", 1234567.5),
        (1234567.0, "1\u202f234\u202f567", 1234567.0),
        (5.5, "Rp5,50", FormattedNumber(5.5, None, "Rp")),
        (-12.5, "-$12.50", FormattedNumber(-12.5, None, "$")),
        (12.5, "12,50 ¤", 12.5),
        (-5.0, "(5)", -5.0),
        (0.5, "50 %", 0.5),
        (1e12, "1E+12", 1e12),
        (1.0, "WAHR", FormattedNumber(1.0)),
    ],
)
def test_a_number_beside_the_text_that_its_cell_shows(number: float, text: str, shown: object) -> None:
    """As .ods stores both; General rounds what has more digits than it shows."""
    assert formatted_as(number, text) == shown
