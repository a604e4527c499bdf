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
    """Make rows from number 1 on."""
    return list(enumerate(rows, 1))


def matched(*rows: list[Cell], mapping: Mapping[str, str] | None = None) -> Header:
    """Match rows to the columns."""
    return match_header(head(*rows), COLUMNS, mapping)


def rejected(*rows: list[Cell], mapping: Mapping[str, str] | None = None) -> Problem:
    """Match rows that must be rejected, and return the problem."""
    with pytest.raises(FileRejected) as caught:
        matched(*rows, mapping=mapping)
    return caught.value.problem


def test_columns_are_found_by_title_alias_and_field_name() -> None:
    """They may be in any order, with others in between."""
    header = matched(["sku", None, "Note", "unit price", "free_stock"], ["1", None, "x", 2.0, 3.0])
    assert header.row == 1
    assert header.fields == {0: "part_number", 3: "price", 4: "free_stock"}
    assert header.matched == {"part_number": "sku", "price": "unit price", "free_stock": "free_stock"}
    assert header.titles == ["sku", "", "Note", "unit price", "free_stock"]
    assert header.ignored == ["Note"]


@pytest.mark.parametrize("title", ["PART NUMBER", " part-number ", "Part\nNumber", "Part_Number*", "Pärt  Number:"])
def test_case_accents_spaces_and_punctuation_make_no_difference(title: str) -> None:
    """People and programs write headers in many ways."""
    assert matched([title, "PRICE", "categorie"]).fields == {0: "part_number", 1: "price", 3 - 1: "category"}


def test_titles_above_the_header_are_skipped() -> None:
    """A title may look like a column, or contain dates and numbers."""
    header = matched(["Price"], ["As of", 45000.0], ["Part Number", "Price"], ["1", 2.0])
    assert header.row == 3


def test_the_mapping_of_the_caller_takes_precedence() -> None:
    """It replaces the meaning that the header has by itself, and names a field or a title."""
    header = matched(
        ["Article", "Price", "Net", "SKU"], mapping={"article": "part_number", "NET": "Unit Price", "Price": "category"}
    )
    assert header.fields == {0: "part_number", 1: "category", 2: "price"}
    assert header.ignored == ["SKU"]


def test_a_mapping_to_an_unknown_column_is_rejected() -> None:
    """The problem lists the known columns."""
    problem = rejected(["Part Number", "Price"], mapping={"Price": "prize"})
    assert problem.type == "bad-mapping"
    assert "'prize'" in word_detail(problem)
    assert "free_stock" in word_detail(problem)


def test_a_mapping_of_a_missing_header_is_rejected() -> None:
    """The problem lists the headers of the file."""
    problem = rejected(["Part Number", "Price"], mapping={"Nett": "free_stock"})
    assert problem.type == "bad-mapping"
    assert "'Nett'" in word_detail(problem)


def test_two_headers_of_one_field_are_rejected() -> None:
    """Only the sender knows which one is meant."""
    problem = rejected(["SKU", "Part Number", "Price"])
    assert problem.type == "duplicate-header"
    assert (problem.params["field"], problem.params["found"]) == ("part_number", ["SKU", "Part Number"])
    assert matched(["SKU", "Part Number", "Price"], mapping={"SKU": "part_number"}).fields == {
        0: "part_number",
        2: "price",
    }


def test_two_headers_mapped_to_one_field_are_rejected() -> None:
    """The rejection is that of two headers with the same spelling."""
    assert rejected(["A", "B", "Price"], mapping={"A": "sku", "B": "sku"}).type == "duplicate-header"


def test_missing_columns_are_named_with_the_nearest_header() -> None:
    """All of them are in one problem."""
    problem = rejected(["Free Stock", "Pryce", "Colour"])
    assert problem.type == "missing-header"
    assert problem.params["missing"] == ["Part Number", "Price"]
    assert problem.params["nearest"] == {"Part Number": None, "Price": "Pryce"}
    assert "'Price' (nearest: 'Pryce')" in word_detail(problem)


def test_a_file_without_a_known_header_has_no_header() -> None:
    """It may have other content, or no header at all."""
    problem = rejected(["1", 2.0, None], ["2", 3.0, None])
    assert problem.type == "no-header"
    assert "'Part Number'" in word_detail(problem)
    assert rejected().type == "no-header"
