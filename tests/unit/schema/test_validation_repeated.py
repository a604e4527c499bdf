"""The header again among the rows of a file, markers of empty cells, and those that clear a value."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from sluice.model.options import LoadOptions
from sluice.model.recipe import Decision, Recipe
from sluice.schema.cell_types import Date
from sluice.schema.cells import Cell, Record
from sluice.schema.importer import Importer, Row, column
from sluice.schema.validation import Checked, check_rows
from tests.unit.schema.sample import samples

TITLES = ["Code", "Ignored", "Stock\nof parts", "Currency"]
FIELDS = {0: "code", 2: "stock", 3: "currency"}


def check(*rows: list[Cell], recipe: Recipe | None = None, importer: Importer = samples, **more: Any) -> Checked:
    return check_rows(importer, FIELDS, "", enumerate(rows, 2), recipe, titles=TITLES, **more)


@pytest.mark.parametrize(
    "again",
    [
        ["Code", "Ignored", "Stock\nof parts", "Currency"],
        ["CODE", "another", "STOCK OF PARTS", "CURRENCY"],
        ["code", None, "stock of  parts ", " currency"],
    ],
)
def test_the_header_again_is_ignored_and_counted_so(again: list[Cell]) -> None:
    checked = check(["A", "", 1, "EUR"], again, ["B", "", 2, "EUR"])
    assert [row.key for row in checked.good] == ["A", "B"]
    assert (checked.seen, checked.ignored, checked.rejections) == (2, 1, [])


@pytest.mark.parametrize("row", [["Code", None, 1, "EUR"], ["Code"], ["Code", "Ignored", "Stock of parts"]])
def test_a_row_that_has_not_all_headers_is_a_row(row: list[Cell]) -> None:
    checked = check(row)
    assert (checked.seen, checked.ignored) == (1, 0)


def test_null_markers_are_those_of_the_importer_or_of_the_recipe() -> None:
    """A marker is a whole cell, exactly."""
    rows: list[list[Cell]] = [["A", None, "NULL", "\\N"], ["-", None, 1, "EUR"]]
    by_importer, by_recipe = check(*rows), check(*rows, recipe=Recipe(1, {"null_markers": Decision(["-"], "given")}))
    assert [row.key for row in by_importer.good] == ["A", "-"]
    assert [(each.row, each.column, each.code) for each in by_recipe.rejections] == [
        (2, "Stock", "no-value"),
        (2, "Currency", "wrong-form"),
        (3, "Code", "required"),
    ]


@pytest.mark.parametrize(
    "cell", ["0000-00-00", "00.00.0000", "00/00/0000", "00000000", "0000-00-00 00:00:00", " 0000-00-00T00:00:00 "]
)
def test_a_date_of_zeros_is_a_blank_cell_of_its_column_and_a_text_elsewhere(cell: str) -> None:
    """MySQL and SAP write it for no date; `check_rows` decides it, whatever the recipe has for null markers."""
    fields = {0: "code", 1: "updated"}
    for recipe in (None, Recipe(1, {"null_markers": Decision(["-"], "given")})):
        checked = check_rows(samples, fields, "", [(2, ["A", cell])], recipe, KEEP)
        assert [json.loads(row.values) for row in checked.good] == [{"code": "A"}]
    assert [row.key for row in check_rows(samples, {0: "code"}, "", [(2, ["00000000"])]).good] == ["00000000"]
    cleared_by = clearing(cell.strip())
    (row,) = check_rows(samples, fields, "", [(2, ["A", cell])], cleared_by, KEEP).good
    assert json.loads(row.values) == {"code": "A", "updated": None}


@pytest.mark.parametrize("cell", ["0", "0000-00-01", "0000-01-00", "00.00.2025", "000000", "00:00:00", 0, 0.0])
def test_other_zeros_in_a_column_of_dates_are_rejected(cell: Cell) -> None:
    checked = check_rows(samples, {0: "code", 1: "updated"}, "", [(2, ["A", cell])], None, KEEP)
    assert [each.column for each in checked.rejections] == ["Updated"]


def test_a_date_of_zeros_is_required_where_a_date_is() -> None:
    class Due(Row):
        code: str = column("Code", key=True)
        due: Date = column("Due")

    dues = Importer("dues", row=Due, dataset="dues", title="Dues", blanks="clear")
    checked = check_rows(dues, {0: "code", 1: "due"}, "", [(2, ["A", "0000-00-00"])])
    assert [(each.column, each.code) for each in checked.rejections] == [("Due", "required")]


KEEP = LoadOptions(blanks="keep")


def clearing(*markers: str) -> Recipe:
    return Recipe(1, {"clear_markers": Decision(list(markers), "given")})


def test_a_cell_that_clears_its_column_says_the_default() -> None:
    """A blank one says nothing; the key, and a column without a default, cannot be cleared."""
    rows: list[list[Cell]] = [["A", None, " [clear] ", "[clear]"], ["B", None, "", "USD"], ["[clear]", None, 1, "EUR"]]
    checked = check(*rows, recipe=clearing("[clear]"), options=KEEP)
    assert [json.loads(row.values) for row in checked.good] == [
        {"code": "A", "stock": 0, "currency": "EUR"},
        {"code": "B", "currency": "USD"},
    ]
    assert [(each.column, each.value, each.code) for each in checked.rejections] == [
        ("Code", "[clear]", "not-clearable")
    ]


def test_a_column_that_is_empty_by_default_is_emptied() -> None:
    """No value is a value that such a row says."""
    rows: list[Record] = [(2, ["A", "[clear]"]), (3, ["B", None])]
    checked = check_rows(samples, {0: "code", 1: "phone"}, "", rows, clearing("[clear]"), KEEP)
    assert [json.loads(row.values) for row in checked.good] == [{"code": "A", "phone": None}, {"code": "B"}]


def test_a_text_that_clears_is_no_blank_and_no_error() -> None:
    """A caller may choose a null marker, or an error of a spreadsheet."""
    checked = check(
        ["A", None, "NULL", "#N/A"], ["B", None, "\\N", None], recipe=clearing("NULL", "#N/A"), options=KEEP
    )
    assert [json.loads(row.values) for row in checked.good] == [
        {"code": "A", "stock": 0, "currency": "EUR"},
        {"code": "B"},
    ]


def test_an_importer_declares_the_texts_that_clear() -> None:
    declared = replace(samples, conventions=replace(samples.conventions, clear_markers=("-",)))
    (row,) = check(["A", None, "-"], importer=declared, options=KEEP).good
    assert json.loads(row.values) == {"code": "A", "stock": 0}
