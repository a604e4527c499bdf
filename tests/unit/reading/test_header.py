"""Headers: found below titles, matched in any spelling, and rejected with the nearest title."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from sluice.model.errors import FileRejected, Problem
from sluice.reading import Header, match_header
from sluice.schema.cells import Cell, Record
from sluice.schema.importer import Column
from sluice.wording import word_detail

COLUMNS = (
    Column("part_number", ("Part Number", "SKU"), required=True, key=True),
    Column("price", ("Price", "Unit Price"), required=True, key=False),
    Column("free_stock", ("Free Stock",), required=False, key=False),
    Column("category", ("Catégorie",), required=False, key=False),
)


def head(*rows: list[Cell]) -> list[Record]:
    """Rows from number 1 on."""
    return list(enumerate(rows, 1))


def matched(*rows: list[Cell], mapping: Mapping[str, str] | None = None) -> Header:
    """Match rows to the columns."""
    return match_header(head(*rows), COLUMNS, mapping)


def rejected(*rows: list[Cell], mapping: Mapping[str, str] | None = None) -> Problem:
    """Match rows that must be rejected."""
    with pytest.raises(FileRejected) as caught:
        matched(*rows, mapping=mapping)
    return caught.value.problem


def test_columns_are_found_by_title_alias_and_field_name() -> None:
    """In any order, with others in between."""
    header = matched(["sku", None, "Note", "unit price", "free_stock"], ["1", None, "x", 2.0, 3.0])
    assert header.row == 1
    assert header.fields == {0: "part_number", 3: "price", 4: "free_stock"}
    assert header.matched == {"part_number": "sku", "price": "unit price", "free_stock": "free_stock"}
    assert header.titles == ["sku", "", "Note", "unit price", "free_stock"]
    assert header.ignored == ["Note"]


@pytest.mark.parametrize("title", ["PART NUMBER", " part-number ", "Part\nNumber", "Part_Number*", "Pärt  Number:"])
def test_case_accents_spaces_and_punctuation_make_no_difference(title: str) -> None:
    """People and programs write headers in every way."""
    assert matched([title, "PRICE", "categorie"]).fields == {0: "part_number", 1: "price", 3 - 1: "category"}


def test_titles_above_the_header_are_skipped() -> None:
    """Even when one of them looks like a column, or is full of dates and numbers."""
    header = matched(["Price"], ["As of", 45000.0], ["Part Number", "Price"], ["1", 2.0])
    assert header.row == 3


def test_the_mapping_of_the_caller_wins() -> None:
    """Over what the header would mean by itself; to a field or to a title."""
    header = matched(
        ["Article", "Price", "Net", "SKU"], mapping={"article": "part_number", "NET": "Unit Price", "Price": "category"}
    )
    assert header.fields == {0: "part_number", 1: "category", 2: "price"}
    assert header.ignored == ["SKU"]


def test_a_mapping_to_an_unknown_column_is_rejected() -> None:
    """With the columns there are."""
    problem = rejected(["Part Number", "Price"], mapping={"Price": "prize"})
    assert problem.type == "bad-mapping"
    assert "'prize'" in word_detail(problem)
    assert "free_stock" in word_detail(problem)


def test_a_mapping_of_a_header_that_is_not_there_is_rejected() -> None:
    """With the headers there are."""
    problem = rejected(["Part Number", "Price"], mapping={"Nett": "free_stock"})
    assert problem.type == "bad-mapping"
    assert "'Nett'" in word_detail(problem)


def test_two_columns_for_one_field_are_rejected() -> None:
    """Only the sender knows which one is meant."""
    problem = rejected(["SKU", "Part Number", "Price"])
    assert problem.type == "duplicate-header"
    assert (problem.params["field"], problem.params["found"]) == ("part_number", ["SKU", "Part Number"])
    assert matched(["SKU", "Part Number", "Price"], mapping={"SKU": "part_number"}).fields == {
        0: "part_number",
        2: "price",
    }


def test_two_headers_mapped_to_one_field_are_rejected() -> None:
    """As if they were spelled alike."""
    assert rejected(["A", "B", "Price"], mapping={"A": "sku", "B": "sku"}).type == "duplicate-header"


def test_missing_columns_are_named_with_the_nearest_header() -> None:
    """All of them at once."""
    problem = rejected(["Free Stock", "Pryce", "Colour"])
    assert problem.type == "missing-header"
    assert problem.params["missing"] == ["Part Number", "Price"]
    assert problem.params["nearest"] == {"Part Number": None, "Price": "Pryce"}
    assert "'Price' (nearest: 'Pryce')" in word_detail(problem)


def test_without_any_known_header_there_is_none() -> None:
    """Neither in a file of other things nor in one without header."""
    problem = rejected(["1", 2.0, None], ["2", 3.0, None])
    assert problem.type == "no-header"
    assert "'Part Number'" in word_detail(problem)
    assert rejected().type == "no-header"
