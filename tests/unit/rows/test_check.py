"""Records of a file become good rows and refusals."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.model.rejection import Rejection
from sluice.rows.cell import Cell, CellError
from sluice.rows.check import check_rows
from sluice.rows.row import Row
from tests.unit.rows.sample import FIELDS, Sample, check, good, row_of, samples

CELLS: st.SearchStrategy[Cell] = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
    st.sampled_from(["#N/A", "#DIV/0!"]).map(CellError),
    st.sampled_from(["A-1", "12.50", "31/12/2025", "yes", "gold", "EUR", "0812"]),
)


def test_a_good_row_keeps_its_number_key_and_values() -> None:
    """The values are the JSON that is stored."""
    row = good(code="P-1", price="€ 12.50", stock="40", phone="0812", updated="31/12/2025", active="ya", tier="gold")
    assert (row.number, row.key) == (2, "P-1")
    assert json.loads(row.values) == {
        "code": "P-1",
        "price": "12.5",
        "weight": "0",
        "stock": 40,
        "phone": "0812",
        "updated": "2025-12-31",
        "active": True,
        "tier": "gold",
        "currency": "EUR",
    }


def test_a_row_with_several_wrong_cells_is_refused_once() -> None:
    """Each cell has its reason, in the order of the columns; the row counts once."""
    checked = check(row_of(), row_of(price="-1", stock="1.5", currency="euro"), row_of(code="B"))
    assert (checked.seen, len(checked.good), checked.refused) == (3, 2, 1)
    assert checked.refusals == [
        Rejection("Sheet1", 3, "Price", "-1", "must be 0 or more"),
        Rejection("Sheet1", 3, "Stock", "1.5", "is not a whole number"),
        Rejection("Sheet1", 3, "Currency", "euro", "is not written in the expected form"),
    ]


def test_error_cells_are_refused_as_what_they_are() -> None:
    """Two of one row are two refusals of one refused row; what else is wrong with it comes to light next time."""
    checked = check(row_of(code=CellError("#REF!"), price=CellError("#N/A"), stock="x"))
    assert [(found.column, found.value) for found in checked.refusals] == [("Code", "#REF!"), ("Price", "#N/A")]
    assert {found.reason for found in checked.refusals} == {"is an error of the spreadsheet"}
    assert (checked.seen, checked.refused) == (1, 1)


@pytest.mark.parametrize("empty", [None, "", " ", "\t \n", "\xa0", "\u3000"])
def test_a_cell_that_looks_empty_is_empty(empty: Cell) -> None:
    """A required one is missing, any other has its default; a key of blanks would name nothing."""
    checked = check(row_of(code=empty), row_of(currency=empty))
    assert checked.refusals == [Rejection("Sheet1", 2, "Code", None, "is required")]
    assert json.loads(checked.good[0].values)["currency"] == "EUR"


def test_a_row_that_ends_early_is_filled_with_empty_cells() -> None:
    """Spreadsheets leave out what is empty at the end of a row."""
    checked = check(["A"], [])
    assert [row.key for row in checked.good] == ["A"]
    assert [(found.row, found.column) for found in checked.refusals] == [(3, "Code")]


def test_cells_of_columns_that_nobody_asked_for_are_left_alone() -> None:
    """Even when they hold errors."""
    fields = {1: "code", 3: "price"}
    row: list[Cell] = [CellError("#N/A"), "A", date(2026, 1, 1), "5", "rest"]
    checked = check_rows(samples, fields, "Sheet1", [(9, row)])
    assert [(good.number, good.key) for good in checked.good] == [(9, "A")]


@pytest.mark.parametrize(("cell", "key"), [(123.0, "123"), (123, "123"), (1.5, "1.5"), ("007", "007"), (" A ", "A")])
def test_a_number_in_a_text_column_is_its_digits(cell: Cell, key: str) -> None:
    """Spreadsheets store 123 as 123.0; text keeps its leading zeros."""
    assert good(code=cell).key == key


@pytest.mark.parametrize(
    "cell", [True, date(2026, 3, 1), datetime.fromisoformat("2026-03-01"), time(12), timedelta(hours=30)]
)
def test_a_spreadsheets_date_or_truth_value_is_no_text(cell: Cell) -> None:
    """MAR-1 that Excel made a date must not be imported as something nobody wrote."""
    (refusal,) = check(row_of(code=cell)).refusals
    assert refusal.reason == "must be text"


@pytest.mark.parametrize(
    ("field", "cell", "shown"),
    [
        ("price", " (€ 1,000.00) ", " (€ 1,000.00) "),
        ("price", -5.0, "-5"),
        ("price", -5.5, "-5.5"),
        ("stock", "1e99", "1e99"),
        ("phone", "0-1", "0-1"),
        ("tier", " Golden ", " Golden "),
        ("active", datetime.fromisoformat("2026-01-02T03:04"), "2026-01-02T03:04:00"),
        ("active", time(3, 4), "03:04:00"),
        ("active", timedelta(hours=30), "1 day, 6:00:00"),
        ("updated", True, "TRUE"),
        ("updated", False, "FALSE"),
    ],
)
def test_a_refusal_shows_the_value_as_it_was_found(field: str, cell: Cell, shown: str) -> None:
    """Not what a validator made of it before it was refused."""
    (refusal,) = check(row_of(**{field: cell})).refusals
    assert refusal.value == shown


def test_a_long_value_is_cut_in_the_refusal() -> None:
    """One cell must not fill a report."""
    (refusal,) = check(row_of(code="x" * 32_767)).refusals
    assert refusal.value == "x" * 199 + "…"
    assert refusal.reason == "is longer than 8 characters"


@pytest.mark.parametrize(
    ("field", "cells"),
    [
        ("price", ["1250.50", "1,250.5", "€ 1250.500", 1250.5]),
        ("price", ["100", "100.00", "1e2", 100, 100.0]),
        ("price", ["0", "-0", "0.00", 0.0, -0.0, None]),
        ("stock", ["1,000", 1000, 1000.0, "1000.0"]),
        ("phone", ["0812345", "0812-345", "'0812345"]),
        ("updated", ["31/12/2025", "31-Des-2025", "20251231", 46022, date(2025, 12, 31)]),
        ("active", ["yes", True, "ya", 1, 1.0, None]),
        ("weight", ["0.00001", "1e-5", 1e-5, 0.00001]),
        ("tier", ["gold", " Gold ", "GOLD\n", "gOLD\xa0"]),
        ("currency", ["EUR", " EUR ", None]),
    ],
)
def test_equal_values_have_equal_hashes(field: str, cells: list[Cell]) -> None:
    """Else a file saved in another format would update every row."""
    assert len({good(**{field: cell}).hash for cell in cells}) == 1


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("code", "A", "a"),
        ("code", "1", "01"),
        ("price", "1.25", "12.5"),
        ("stock", 1, 10),
        ("phone", None, "000"),
        ("updated", "1/2/2026", "2/1/2026"),
        ("active", True, False),
        ("tier", None, "gold"),
    ],
)
def test_different_values_have_different_hashes(field: str, one: Cell, other: Cell) -> None:
    """A change of any column is a change."""
    assert good(**{field: one}).hash != good(**{field: other}).hash


def test_the_importers_last_hand_is_on_every_good_row() -> None:
    """`normalise` sees the row as its model, and what it makes is what is staged."""

    def in_capitals(row: Row) -> Row:
        assert isinstance(row, Sample)
        return row.model_copy(update={"code": row.code.upper()})

    checked = check(row_of(code="a"), row_of(code="b", price="x"), importer=replace(samples, normalise=in_capitals))
    assert [row.key for row in checked.good] == ["A"]
    assert b'"code":"A"' in checked.good[0].values


@given(st.lists(st.lists(CELLS, max_size=len(FIELDS) + 2), max_size=20))
def test_rows_seen_are_good_rows_and_refused_rows(rows: list[list[Cell]]) -> None:
    """No row is lost, none is both, and whatever the cells hold nothing but refusals comes of it."""
    checked = check(*rows)
    good_rows, refused_rows = {row.number for row in checked.good}, {found.row for found in checked.refusals}
    assert checked.seen == len(rows) == len(checked.good) + checked.refused
    assert good_rows | refused_rows == set(range(2, 2 + len(rows)))
    assert not good_rows & refused_rows
    assert checked.refused == len(refused_rows)
    assert [row.number for row in checked.good] == sorted(good_rows)
    assert all(row.key.strip() for row in checked.good)
