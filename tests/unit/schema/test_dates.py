"""Dates as people write them and as spreadsheets store them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.datetime import to_excel

from sluice.schema.cell_types import Context, Conventions, Date
from sluice.schema.cells import Cell
from sluice.schema.dates import DAYS_TO_1904
from tests.unit.schema.sample import read

LAST_DAY = date(2025, 12, 31)
EUROPEAN = Conventions(dates="dmy")
AMERICAN = Conventions(dates="mdy")


@pytest.mark.parametrize(
    "cell",
    [
        "2025-12-31",
        "2025/12/31",
        "2025.12.31",
        "2025-12-31T23:59:59Z",
        "2025-12-31 23:59",
        "31/12/2025",
        "31-12-2025",
        "31.12.2025",
        "31 12 2025",
        "31/12/25",
        "31/12/2025 14:30:00",
        "31-Des-2025",
        "31-DES-25",
        "31 Desember 2025",
        "31 Dec 2025",
        "31-Dec-2025 08:00",
        "31 December, 2025",
        "31\xa0Desember\n2025",
        "31/12/2025, 10.20.30",
        "31/12/2025\n10:20",
        "2025-12-31 10:20:30",
        "31Dec2025",
        "Dec 31, 2025",
        "December 31 2025",
        "Dec-31-2025",
        "Dec. 31st, 2025",
        "31st December 2025",
        "2025-Dec-31",
        "31 Dezember 2025",
        "Dec 31, 25 5:00 PM",
        "2025-12-31T23:30:00-05:00",
        "2025-12-31 00:00:00.0000000 +00:00",
        "31/12/2025 10:20 WIB",
        "31. 12. 2025",
        "2025-12-31Z",
        "2025-12-31+07:00",
        "20251231T235900Z",
        "31\u201112\u20112025",
        "2025\uff0f12\uff0f31",
        "31.12.2025 24:00",
        "31.12.2025.",
        "31. 12. 2025. 10:20",
        "2025.12.31.",
        "2025. 12. 31.",
        "2025年12月31日",
        "2025年12月31日 10:20",
        "2025년 12월 31일",
        "31st of December 2025",
        "Wednesday, December 31, 2025",
        "Wed, 31 Dec 2025 10:20:30 +0000",
        "Wed. 31/12/2025",
        "2025/12/31(Wed)",
        "2025/12/31 （Wed） 10:20",
        "31.12.2025, Wed",
        "2025-12-31T23:59:60Z",
        "٢٠٢٥-١٢-٣١ ١٠:٥٩",
        "  31/12/2025  ",
        LAST_DAY,
        datetime.fromisoformat("2025-12-31T23:59"),
    ],
)
def test_a_date_is_read_in_every_written_form(cell: Cell) -> None:
    """A time of day after it is dropped."""
    assert read(Date, cell) == LAST_DAY


@pytest.mark.parametrize(
    ("name", "month"),
    [
        *zip(
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
            range(1, 13),
            strict=True,
        ),
        *zip(["Januari", "Pebruari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus"], range(1, 9), strict=True),
        *zip(["September", "Oktober", "Nopember", "Desember"], range(9, 13), strict=True),
        ("Ags", 8),
        ("Agt", 8),
        ("Sept", 9),
        ("November", 11),
    ],
)
def test_months_have_english_and_indonesian_names(name: str, month: int) -> None:
    """Names may be whole or short."""
    assert read(Date, f"1 {name} 2026") == date(2026, month, 1)


def test_dates_of_numbers_alone_follow_the_declared_order() -> None:
    """3/4 is ambiguous; a date that begins with the year is not, nor one with a part above twelve."""
    assert read(Date, "03/04/2026", EUROPEAN) == date(2026, 4, 3)
    assert read(Date, "03/04/2026", AMERICAN) == date(2026, 3, 4)
    assert read(Date, "2026-04-03", AMERICAN) == date(2026, 4, 3)
    assert read(Date, "31/12/2025", AMERICAN) == read(Date, "12/31/2025", EUROPEAN) == LAST_DAY


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("31/12/2025", LAST_DAY),
        ("12/31/2025", LAST_DAY),
        ("12/31/25 5:00 PM", LAST_DAY),
        ("04/04/2026", date(2026, 4, 4)),
        ("03/04/2026", date(2026, 4, 3)),
    ],
)
def test_without_a_declared_order_a_part_above_twelve_is_the_day(cell: str, day: date) -> None:
    """If no part is above twelve, the first one is the day until the order is known."""
    assert read(Date, cell) == day


@pytest.mark.parametrize(("written", "year"), [("00", 2000), ("68", 2068), ("69", 1969), ("99", 1999)])
def test_two_digit_years_split_as_in_posix(written: str, year: int) -> None:
    """The rule is that of strptime's %y."""
    assert read(Date, f"1/2/{written}") == date(year, 2, 1)


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        (46022, LAST_DAY),
        (46022.999, LAST_DAY),
        ("46022", LAST_DAY),
        (" 46022.4306 ", LAST_DAY),
        ("46022,4306", LAST_DAY),
        (32_874, date(1990, 1, 1)),
        (50_040.5, date(2036, 12, 31)),
    ],
)
def test_five_digits_are_the_days_that_a_spreadsheet_counts(cell: Cell, day: date) -> None:
    """A date without its format may be a number or a text; its fraction is the time of day."""
    assert read(Date, cell) == day
    assert read(Date, cell, AMERICAN) == day


@pytest.mark.parametrize(
    "cell", [25_031, "25031", 32_873, 50_041, "50125", 10_000, 99_999, 73_051, 311225, "311225", "010225"]
)
def test_five_digits_that_count_no_day_of_our_time_and_six_are_no_date(cell: Cell) -> None:
    """25031 is the 31st day of 2025 in files of mainframes, 50125 may be 05/01/25 without its zero."""
    with pytest.raises(ValueError, match=r"^unclear-digits$"):
        read(Date, cell)


@given(st.dates(date(1990, 1, 1), date(2036, 12, 31)))
def test_days_are_counted_as_spreadsheets_count_them(day: date) -> None:
    """openpyxl is the oracle."""
    assert read(Date, int(to_excel(day))) == day  # type: ignore[no-untyped-call]  # openpyxl's


@pytest.mark.parametrize("cell", [20251231, 20251231.0, "20251231"])
def test_eight_digits_are_year_month_and_day(cell: Cell) -> None:
    """ISO 8601 calls this the basic format."""
    assert read(Date, cell) == LAST_DAY


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_eight_digits_in_another_order_are_rejected(day: date) -> None:
    """They are never read as another day than the one that was written."""
    for form in ("%d%m%Y", "%m%d%Y"):
        with pytest.raises(ValueError, match=r"^not-(a-date|in-calendar)$"):
            read(Date, day.strftime(form))


@pytest.mark.parametrize("cell", [1900, 2025.0, 2099, "2025", 9_999, "9999", "100000"])
def test_a_year_alone_is_no_date(cell: Cell) -> None:
    with pytest.raises(ValueError, match=r"^not-a-date$"):
        read(Date, cell)


@pytest.mark.parametrize(
    "cell",
    [
        *("31 Janitor 2025", "Marching 3, 2025", "June 2025", "31/12/2025 01/01/2026", "2025-12-31 and later"),
        *(
            "Dec 312025",
            "31/12/2025 5",
            "114/01/31",
            "",
            "tomorrow",
            "31/12",
            "31-Foo-2025",
            "12/31/2025/1",
            "46022-1",
            "2025-01-31 25:99",
            "2025-01-31 24:01",
            "31/01/2025 10:60",
            "2025-01-31T10:30:61",
            "2025-01-31T2530",
            "20250131T1060",
            "31/01/2025 13 pm",
            "46,022",
            "20251231.5",
        ),
        *(20251231.5, 0, -46022, 1.5, float("nan"), float("inf"), 1e300, True, time(12), timedelta(1)),
    ],
)
def test_invalid_dates_are_rejected(cell: Cell) -> None:
    """Sluice makes nothing fit."""
    with pytest.raises(ValueError, match=r"^not-a-date$"):
        read(Date, cell)


@pytest.mark.parametrize(
    "cell",
    ["31/02/2025", "29/02/2025", "02/30/2025", "32/13/2025", "00/01/2025", "2025-13-01", "0000-01-01", "20251301"],
)
def test_a_day_that_the_calendar_does_not_have_is_rejected(cell: str) -> None:
    """It is not moved to the next month."""
    with pytest.raises(ValueError, match=r"^not-in-calendar$"):
        read(Date, cell, EUROPEAN)


@given(st.dates())
def test_every_day_of_the_calendar_can_be_written_and_read(day: date) -> None:
    """All forms with a four-digit year are tried."""
    any_year = Conventions(dates="dmy", years=(1, 9999))
    for form in (
        "{0.year:04}-{0.month:02}-{0.day:02}",
        "{0.day}/{0.month}/{0.year:04}",
        "{0.day:02}.{0.month:02}.{0.year:04}",
    ):
        assert read(Date, form.format(day), any_year) == day


@given(st.text(max_size=20))
def test_any_text_is_a_date_or_rejected(text: str) -> None:
    """No text causes an error of another kind."""
    try:
        answer = read(Date, text)
    except ValueError as rejected:
        answer = str(rejected)
    assert isinstance(answer, date) or answer in {
        *("not-a-date", "not-in-calendar", "implausible-year", "unclear-digits", "other-weekday"),
    }


@pytest.mark.parametrize(
    "cell", ["Tuesday, December 31, 2025", "Tue 31/12/2025", "2025-12-31 (Thu)", "Mon 03/04/2025", "Tue 01-02-03"]
)
def test_a_date_beside_another_day_of_the_week_is_rejected(cell: str) -> None:
    with pytest.raises(ValueError, match=r"^other-weekday$"):
        read(Date, cell)


@pytest.mark.parametrize(
    "cell",
    [
        *("1 Wed 2 2025", "Wed", "Wed Wed 31/12/2025", "Wed, 31 Dec 2025 Wed", "12 Wed.2.2025", "Wed " * 20_000),
        *(
            "2025年12月3日1",
            "25年12月31日",
            "12025年12月31日",
            "Wedding 31/12/2025",
            "31 of 2025",
            f"Wed {' ' * 99}31/12/2025",
        ),
    ],
)
def test_a_day_of_the_week_elsewhere_makes_no_date(cell: str) -> None:
    """What is taken off joins no two numbers."""
    with pytest.raises(ValueError, match=r"^not-a-date$"):
        read(Date, cell)


@pytest.mark.parametrize(
    "cell", ["15/01/2568", "2568-01-15", "1025-01-15", date(205, 1, 15), datetime.fromisoformat("9999-12-31T01:00")]
)
def test_a_year_outside_of_the_window_is_rejected(cell: Cell) -> None:
    """A slip, a Buddhist year, a sentinel: no such day is meant."""
    with pytest.raises(ValueError, match=r"^implausible-year$"):
        read(Date, cell)


def test_an_importer_declares_its_years_and_its_sentinels() -> None:
    until = Conventions(years=(1800, 2030), sentinels=(date(9999, 12, 31),))
    assert read(Date, "9999-12-31", until) == read(Date, date(9999, 12, 31), until) == date(9999, 12, 31)
    assert read(Date, "31/12/1800", until) == date(1800, 12, 31)
    for year in (1799, 2031, 9998):
        with pytest.raises(ValueError, match=r"^implausible-year$"):
            read(Date, f"31/12/{year}", until)


@pytest.mark.parametrize(
    "cell", [46021.99999999999, "46021,99999999999", datetime.fromisoformat("2025-12-30T23:59:59.999600")]
)
def test_a_moment_just_before_midnight_is_of_the_day_that_a_spreadsheet_shows(cell: Cell) -> None:
    assert read(Date, cell) == LAST_DAY
    assert read(Date, 46021.9999) == date(2025, 12, 30)
    assert read(Date, datetime.fromisoformat("9999-12-31T23:59:59.9"), Conventions(years=(1, 9999))) == date.max


def test_a_workbook_of_1904_counts_days_from_there() -> None:
    """A number and a text are of the same calendar; yyyymmdd is of none."""
    context = Context(Conventions(dates="dmy"), days_later=DAYS_TO_1904)
    for cell in (44560, 44559.99999999999, "44560"):
        assert context.written_date("day", cell) == LAST_DAY
    assert context.written_date("day", 20251231) == LAST_DAY
