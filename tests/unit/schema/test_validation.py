"""Checked rows: each is good or rejected."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.catalog.registry import IMPORTERS, SOURCES
from sluice.model.options import LoadOptions
from sluice.model.rejection import Rejection
from sluice.schema.annotations import is_text
from sluice.schema.cells import Cell, CellError
from sluice.schema.importer import Row
from sluice.schema.validation import check_rows
from tests.unit.schema.sample import FIELDS, Sample, check, good, row_of, samples

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


def test_a_row_with_several_wrong_cells_is_rejected_once() -> None:
    """Each wrong cell has its code, in the order of the columns; the row is counted once."""
    checked = check(row_of(), row_of(price="-1", stock="1.5", currency="pfund"), row_of(code="B"))
    assert (checked.seen, len(checked.good), checked.rejected) == (3, 2, 1)
    assert checked.rejections == [
        Rejection("Sheet1", 3, "Price", "-1", "below-minimum", {"minimum": "0"}),
        Rejection("Sheet1", 3, "Stock", "1.5", "not-whole"),
        Rejection("Sheet1", 3, "Currency", "pfund", "wrong-form"),
    ]


def test_error_cells_are_rejected_with_their_error() -> None:
    """Two error cells of a row are two rejections of one row; its other cells are not checked."""
    checked = check(row_of(code=CellError("#REF!"), price=CellError("#N/A"), stock="x"))
    assert [(found.column, found.value) for found in checked.rejections] == [("Code", "#REF!"), ("Price", "#N/A")]
    assert {found.code for found in checked.rejections} == {"spreadsheet-error"}
    assert (checked.seen, checked.rejected) == (1, 1)


@pytest.mark.parametrize("empty", [None, "", " ", "\t \n", "\xa0", "\u3000"])
def test_a_cell_that_looks_empty_is_empty(empty: Cell) -> None:
    """A required cell is missing then, and any other has its default; a key of blanks would identify nothing."""
    checked = check(row_of(code=empty), row_of(currency=empty))
    assert checked.rejections == [Rejection("Sheet1", 2, "Code", None, "required")]
    assert json.loads(checked.good[0].values)["currency"] == "EUR"


def test_a_row_that_ends_early_is_filled_with_empty_cells() -> None:
    """Spreadsheets leave out what is empty at the end of a row."""
    checked = check(["A"], [])
    assert [row.key for row in checked.good] == ["A"]
    assert [(found.row, found.column) for found in checked.rejections] == [(3, "Code")]


def test_cells_outside_the_importers_columns_are_not_checked() -> None:
    """They may even be errors."""
    fields = {1: "code", 3: "price"}
    row: list[Cell] = [CellError("#N/A"), "A", date(2026, 1, 1), "5", "rest"]
    checked = check_rows(samples, fields, "Sheet1", [(9, row)])
    assert [(good.number, good.key) for good in checked.good] == [(9, "A")]


@pytest.mark.parametrize(("cell", "key"), [(123.0, "123"), (123, "123"), (1.5, "1.5"), ("007", "007"), (" A ", "A")])
def test_a_number_in_a_text_column_becomes_its_digits(cell: Cell, key: str) -> None:
    """Spreadsheets store 123 as 123.0; text keeps its leading zeros."""
    assert good(code=cell).key == key


@pytest.mark.parametrize(
    "cell", [True, date(2026, 3, 1), datetime.fromisoformat("2026-03-01"), time(12), timedelta(hours=30)]
)
def test_a_date_or_a_flag_in_a_text_column_is_rejected(cell: Cell) -> None:
    """MAR-1 that Excel turned into a date must not be imported as text that is not in the file."""
    (rejection,) = check(row_of(code=cell)).rejections
    assert rejection.code == "not-text"


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
def test_a_rejection_shows_the_value_of_the_file(field: str, cell: Cell, shown: str) -> None:
    """Validators may have changed the value since."""
    (rejection,) = check(row_of(**{field: cell})).rejections
    assert rejection.value == shown


def test_a_long_value_is_shortened_in_the_rejection() -> None:
    """One cell must not fill a report."""
    (rejection,) = check(row_of(code="x" * 32_767)).rejections
    assert rejection.value == "x" * 199 + "…"
    assert (rejection.code, rejection.params) == ("too-long", {"length": 8})


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
    """Otherwise a file that is saved in another format would update every row."""
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


def test_normalise_changes_every_good_row() -> None:
    """It gets the row as its model, and its result is staged."""

    def in_capitals(row: Row) -> Row:
        assert isinstance(row, Sample)
        return row.model_copy(update={"code": row.code.upper()})

    checked = check(row_of(code="a"), row_of(code="b", price="x"), importer=replace(samples, normalise=in_capitals))
    assert [row.key for row in checked.good] == ["A"]
    assert b'"code":"A"' in checked.good[0].values


@given(st.lists(st.lists(CELLS, max_size=len(FIELDS) + 2), max_size=20))
def test_every_row_is_good_or_rejected(rows: list[list[Cell]]) -> None:
    """No row is lost or both, and a cell causes no error other than a rejection."""
    checked = check(*rows)
    good_rows, rejected_rows = {row.number for row in checked.good}, {found.row for found in checked.rejections}
    assert checked.seen == len(rows) == len(checked.good) + checked.rejected
    assert good_rows | rejected_rows == set(range(2, 2 + len(rows)))
    assert not good_rows & rejected_rows
    assert checked.rejected == len(rejected_rows)
    assert [row.number for row in checked.good] == sorted(good_rows)
    assert all(row.key.strip() for row in checked.good)


def test_every_importer_rejects_shortened_numbers_in_its_columns_of_text() -> None:
    """One of the catalogue that is made tomorrow, too; an ID number alone is judged by its lookup."""
    for importer in (*IMPORTERS, *(source.rows for source in SOURCES)):
        texts = [name for name, info in importer.row.model_fields.items() if is_text(info.annotation)]
        for name in texts:
            checked = check_rows(importer, {0: name}, "S", [(2, ["4,91512E+11"])], options=LoadOptions("update"))
            codes = {each.code for each in checked.rejections if each.value == "4,91512E+11"}
            assert codes == (set() if name == "id_number" else {"shortened-number"}), (importer.name, name)
