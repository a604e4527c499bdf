"""The header again among the rows of a file, and markers of empty cells."""

from __future__ import annotations

import pytest

from sluice.model.recipe import Decision, Recipe
from sluice.schema.cells import Cell
from sluice.schema.validation import Checked, check_rows
from tests.unit.schema.sample import samples

TITLES = ["Code", "Ignored", "Stock\nof parts", "Currency"]
FIELDS = {0: "code", 2: "stock", 3: "currency"}


def check(*rows: list[Cell], recipe: Recipe | None = None) -> Checked:
    return check_rows(samples, FIELDS, "", enumerate(rows, 2), recipe, titles=TITLES)


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
        (2, "Stock", "not-a-number"),
        (2, "Currency", "wrong-form"),
        (3, "Code", "required"),
    ]
