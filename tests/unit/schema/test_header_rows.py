"""Rows of a file that are the header of another table: they and the rows below are no records of this one."""

from __future__ import annotations

import pytest

from sluice.catalog.registry import importer_named
from sluice.model.recipe import Decision, Evidence, Recipe, Shown
from sluice.schema.cells import Cell
from sluice.schema.importer import Importer
from sluice.schema.validation import Checked, check_rows

TITLES = ["Part Number", "Description", "Price", "Stock"]
OF_DEALERS = ["Dealer Code", "Name", "City", "Country"]
PRODUCTS, DEALERS = importer_named("products"), importer_named("dealers")
GOOD: list[Cell] = ["K-1", "Filter", "1.50", "5"]


def checked(importer: Importer, titles: list[str], *rows: list[Cell], recipe: Recipe | None = None) -> Checked:
    """Check rows from row 2 on."""
    fields = {
        at: column.field for at, title in enumerate(titles) for column in importer.columns if column.title == title
    }
    return check_rows(importer, fields, "Data", list(enumerate(rows, 2)), recipe, titles=titles)


def codes(found: Checked) -> dict[int, str]:
    return {each.row: each.code for each in found.rejections}


@pytest.mark.parametrize(
    "again",
    [
        ["Part Number", "Description", "Stock", "Price"],
        ["Part Number", "Description", "Old Price", "Sold"],
        ["Site", "part number ", "PRICE", "Stock"],
        [None, "Part Number", None, "Stock"],
    ],
)
def test_a_row_of_titles_in_other_places_is_rejected_with_those_below(again: list[Cell]) -> None:
    found = checked(PRODUCTS, TITLES, GOOD, [None] * 4, again, ["K-2", "Filter", "9", "3"], ["Ulm", "K-3", "9", "3"])
    assert [row.key for row in found.good] == ["K-1"]
    assert {row: code for row, code in codes(found).items() if row > 3} == {
        4: "other-header",
        5: "below-other-header",
        6: "below-other-header",
    }
    assert found.rejections[-1].params == {"at_row": 4}
    assert found.evidence["other_header"].rows[0].row == 4


def test_titles_are_no_record_where_each_column_is_text() -> None:
    found = checked(
        DEALERS, OF_DEALERS, ["D-1", "A", "Kiel", "DE"], ["Dealer Code", "Name", "Country", "City"], ["D-2"]
    )
    assert ([row.key for row in found.good], codes(found)) == (["D-1"], {3: "other-header", 4: "below-other-header"})


@pytest.mark.parametrize(
    "row",
    [
        ["Price", "Description", "5", "7"],  # a list of columns has their names, and says more of them than not
        ["Stock", "Label", "5", "7"],
        ["K-2", "Stock", "Filter", "7"],
        ["part number", "DESCRIPTION", "Price", "Stock"],  # the same header, which is ignored
        ["pArT nUmBeR", "Description", "Price", "Stock"],
    ],
)
def test_other_rows_leave_those_below_as_they_are(row: list[Cell]) -> None:
    found = checked(PRODUCTS, TITLES, row, GOOD)
    assert (found.good[-1].key, found.evidence.keys() & {"other_header"}) == ("K-1", set())


def test_the_header_of_another_chunk_rejects_the_rows_below_it_in_its_sheet_alone() -> None:
    for sheet, keys in {"Data": ["K-1"], "Other": ["K-1", "K-1"]}.items():
        evidence = Evidence(
            {"other_header": 1}, (Shown(2, "a", "other_header", sheet), Shown(9, "a", "other_header", sheet))
        )
        recipe = Recipe(2, {"other_header": Decision("reject", "proven", 2, evidence)})
        fields = {0: "part_number", 1: "description", 2: "price", 3: "stock"}
        found = check_rows(PRODUCTS, fields, "Data", [(1, GOOD), (3, GOOD)], recipe, titles=TITLES)
        assert [row.key for row in found.good] == keys
