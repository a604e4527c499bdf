"""What a date shows of its column, and which columns a spreadsheet may have half swapped."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.model.recipe import Decision, Evidence, Recipe
from sluice.schema.cell_types import Context, Conventions
from sluice.schema.cells import Cell, InvalidValue
from sluice.schema.dates import date_from_number, date_from_text, is_half_swapped, shown_by_typed, swapped
from tests.unit.schema.sample import check, row_of


@pytest.mark.parametrize(
    ("cell", "shows"),
    [
        ("31/12/2025", "dmy"),
        ("12/31/2025", "mdy"),
        ("3-4-25 10:00", "either"),
        ("01.11.2025", "dotted"),
        ("1. 11. 2025.", "dotted"),
        ("1.11.25 08:00", "dotted"),
        ("01.11.2025 08:00 GMT", "dotted"),
        ("01.11.25", "dotted-rarely-ymd"),
        # neither of a person who writes am and pm, nor with another sign
        ("01.11.2025 1:05 PM", "either"),
        ("01.11.25 1:05 p.m.", "either-rarely-ymd"),
        ("01.11/2025", "either"),
        ("01/11.2025", "either"),
        ("11.30.2025", "mdy"),
        # a day of the week shows the order, if one order alone has it
        ("Tue 04/03/2025", "dmy"),
        ("Tue 3/4/25", "mdy"),
        ("Thu 01-02-03", "mdy"),
        ("Sun 01-02-04", "any-order"),
        ("Wed 2025-03-05", None),
        ("05/05/2025", None),
        ("2025-04-03", None),
        ("3 April 2025", None),
        ("20250403", None),
        (date(2025, 4, 3), "swappable"),
        (datetime(2025, 4, 13, 10), "typed"),  # noqa: DTZ001  # cells have no zone
        (date(2025, 5, 5), None),
        (45750, "swappable"),
        (45760.5, "typed"),
        ("45750", "swappable"),
        (20250403, None),
        ("soon", None),
        ("13/13/25", None),
        ("24-12-31", "dmy-or-ymd"),
        ("31-01-25 10:00", "dmy-or-ymd"),
        ("31 01 25", "dmy-or-ymd"),
        ("25/01/15", "dmy-or-ymd"),
        ("25/01/25", "dmy-rarely-ymd"),
        ("31.01.25", "dmy-rarely-ymd"),
        ("01-02-03", "any-order"),
        ("05-05-12", "any-order"),
        ("01/02/03", "either-rarely-ymd"),
        ("01.02.03", "dotted-rarely-ymd"),
        ("5/6/07", "either"),
        ("05/05/25", "rarely-ymd"),
        ("05-05-05", None),
        ("99-12-31", "ymd"),
        ("00.12.31", "ymd"),
        ("31-12-99", "dmy"),
        ("05-06-00", "either"),
        ("12-31-25", "mdy"),
        ("2024/12/31", "year-first"),
        ("2024.12.31", "year-first"),
        ("30/02/2025", None),
    ],
)
def test_a_date_shows_its_order_or_whether_it_could_be_swapped(cell: Cell, shows: str | None) -> None:
    """Five digits are a typed date that has lost its format; a cell that is no date shows nothing."""
    found = check(row_of(updated=cell)).evidence.get("date_order.updated", Evidence())
    assert dict(found.counts) == ({shows: 1} if shows else {})


def test_an_ambiguous_date_is_read_in_the_order_that_is_asked_for() -> None:
    assert date_from_text("03/04/2025", "dmy") == (date(2025, 4, 3), "either")
    assert date_from_text("03/04/2025", "mdy") == (date(2025, 3, 4), "either")
    assert date_from_text("31/12/2025", "mdy") == (date(2025, 12, 31), "dmy")


def test_a_typed_date_is_swappable_if_its_day_could_be_another_month() -> None:
    assert [shown_by_typed(date(2025, 4, day)) for day in (3, 4, 12, 13)] == ["swappable", None, "swappable", "typed"]
    assert swapped(date(2025, 4, 3)) == date(2025, 3, 4)
    assert date_from_number(45750) == (date(2025, 4, 3), "swappable")


@pytest.mark.parametrize(
    ("counts", "is_one"),
    [
        ({"swappable": 2, "dmy": 2}, True),
        ({"swappable": 9, "mdy": 3}, True),
        ({"swappable": 9, "dmy": 3, "either": 5}, True),
        ({"swappable": 900}, False),
        ({"swappable": 9, "either": 9}, False),
        ({"swappable": 9, "dmy": 3, "typed": 1}, False),
        ({"swappable": 9, "dmy": 3, "mdy": 1}, False),
        ({"swappable": 1, "dmy": 9}, False),
        ({"swappable": 9, "dmy": 1}, False),
        ({}, False),
    ],
)
def test_a_column_is_half_swapped_if_typed_dates_are_early_and_texts_prove_an_order(
    counts: dict[str, int], is_one: bool
) -> None:
    """A column of typed dates that are all early in the month is none, nor one with a typed day above twelve."""
    assert is_half_swapped(Evidence(counts)) is is_one


_DATES = st.sampled_from(
    [
        *("05/05/2025", "03/04/2025", "31/12/2025", "12/31/2025", "2025-04-03", "3 April 2025", "20250403", "45750"),
        *("0202-02-02", "soon", "30/02/2025", 45750, 45750.0, 45782, 20250403, 1),
    ]
)


@given(st.lists(st.tuples(st.sampled_from(["start", "updated"]), _DATES), min_size=2, max_size=12))
def test_what_one_cell_was_read_as_never_changes_how_another_is_read(cells: list[tuple[str, str | float]]) -> None:
    """A context keeps days that it has read; columns differ in their order, and one may not show the other."""
    orders = {"date_order.start": Decision("mdy", "answered", 2), "date_order.updated": Decision("dmy", "default")}
    recipe = Recipe(2, orders)

    def read(context: Context, field: str, cell: str | float) -> tuple[object, ...]:
        context.shown.clear()
        try:
            found: object = context.written_date(field, cell)
        except InvalidValue as error:
            found = error.code
        return found, dict(context.shown)

    shared = Context(Conventions(), recipe)
    for field, cell in cells:
        assert read(shared, field, cell) == read(Context(Conventions(), recipe), field, cell)
