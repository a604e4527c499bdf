"""Headers: found below titles, matched in any spelling, and rejected with the nearest title."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from sluice.model.errors import FileRejected, Problem
from sluice.reading import (
    FileLayout,
    Header,
    HeaderFit,
    ask_for_header,
    ask_for_mapping,
    check_required,
    described,
    fit,
    locate_header,
    match_header,
)
from sluice.schema.cells import Cell, Record
from sluice.schema.importer import Column
from sluice.wording import word_detail, word_effect

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


def test_two_headers_of_one_field_are_rejected_and_a_mapping_says_which_is_meant() -> None:
    """Only the sender knows which one it is."""
    problem = rejected(["SKU", "Part Number", "Price"])
    assert problem.type == "duplicate-header"
    assert (problem.params["field"], problem.params["found"]) == ("part_number", ["SKU", "Part Number"])
    assert word_detail(problem) == (
        "Row 1: the headers 'SKU', 'Part Number' all match the column 'Part Number'. Map the one that is meant in the "
        """recipe, such as {"columns": {"SKU": "part_number"}}, or rename or remove all but one."""
    )
    assert matched(["SKU", "Part Number", "Price"], mapping={"SKU": "part_number"}).fields == {
        0: "part_number",
        2: "price",
    }


def test_of_two_headers_with_the_same_text_a_mapping_names_one_by_the_letter_of_its_column() -> None:
    problem = rejected(["SKU", "Price", "Price"])
    assert """{"columns": {"Price [B]": "price"}}""" in word_detail(problem)
    header = matched(["SKU", "Price", "Price"], mapping={"Price [C]": "price"})
    assert (header.fields, header.ignored) == ({0: "part_number", 2: "price"}, ["Price"])


def test_two_headers_mapped_to_one_field_are_rejected() -> None:
    """The rejection is that of two headers with the same spelling."""
    assert rejected(["A", "B", "Price"], mapping={"A": "sku", "B": "sku"}).type == "duplicate-header"


def test_a_missing_column_is_named_with_the_nearest_header() -> None:
    """The row is quoted, and the recipe that would map it."""
    problem = rejected(["SKU", "Free Stock", "Pryce", "Colour"])
    assert problem.type == "missing-header"
    assert problem.params["missing"] == ["Price"]
    assert problem.params["nearest"] == {"Price": "Pryce"}
    assert word_detail(problem).startswith(
        "Row 1 lacks 'Price' (nearest: 'Pryce'). It reads 'SKU', 'Free Stock', 'Pryce', 'Colour'. Add or rename the "
        """columns, or map them. If the nearest are meant, the recipe is {"columns": {"Pryce": "Price"}}."""
    )


def test_a_row_with_less_than_half_of_the_required_columns_is_no_header() -> None:
    """It is quoted all the same, with what comes nearest."""
    problem = rejected(["Report"], ["Free Stock", "Pryce", "SCU"])
    assert problem.type == "no-header"
    assert word_detail(problem) == (
        "No row has at least half of the columns that this import requires. Row 1 reads 'Report'. Titles stand above "
        """the table. If the header is further down, name its row in the recipe, such as {"header": 60}. Nearest, in """
        "row 2: 'Price' (nearest: 'Pryce'). If the nearest are meant, the recipe is "
        """{"columns": {"Pryce": "Price"}}. The header needs 'Part Number', 'Price'."""
    )


CAUSES: list[tuple[str, list[list[Cell]], str]] = [
    ("markup", [["<table>"], ["<tr>", "<td>"]], "Open the file in a spreadsheet program"),
    ("quoted-lines", [["Part Number,Price"], ["1,2"]], "contains a comma: each line stands in one pair of quotes"),
    ("delimiter", [["Part Number^Price"], ["1^2"]], "its delimiter seems to be '^', which is not read"),
    (
        "delimiter",
        [["Part Number§Price"], ["1, small", "2, large"]],
        "its delimiter seems to be '§', which is not read",
    ),
    ("delimiter", [["Part Number->Price"], ["1->2"]], "its delimiter seems to be '->', which is not read"),
    ("one-column", [["Remarks"], ["None"]], "Check its delimiter and its quotes"),
    ("data", [["A-1", 2.5, 3.0], ["A-2", 2.0, 1.0]], "This looks like data"),
    ("data", [["A-1", "12,50", "2026-01-31"]], "Add one above the data"),
    ("title-block", [["Report of May"], ["Colour", "Size"]], "Titles stand above the table"),
]


@pytest.mark.parametrize(("cause", "rows", "said"), CAUSES)
def test_the_likely_cause_of_a_missing_header_is_named(cause: str, rows: list[list[Cell]], said: str) -> None:
    problem = described(rejected(*rows), FileLayout("csv", "", delimiter=";"))
    assert (problem.type, problem.params["cause"]) == ("no-header", cause)
    assert said in word_detail(problem)
    quoted = ", ".join(f"'{cell}'" for cell in rows[0])
    assert f"Row 1 (split at each semicolon) reads {quoted}. " in word_detail(problem)


def test_without_a_likely_cause_the_row_is_quoted_with_its_sheet() -> None:
    problem = described(rejected(["Colour", "Size"], ["red", "L"]), FileLayout("xlsx", "May"))
    assert word_detail(problem) == (
        "No row has at least half of the columns that this import requires. Row 1 of the sheet 'May' reads 'Colour', "
        "'Size'. The header needs 'Part Number', 'Price'."
    )


def test_a_problem_quotes_the_beginning_of_a_long_row() -> None:
    read = rejected([f"{number} {'x' * 100}" for number in range(50)]).params["first_row"]
    assert (len(read), read[-1]) == (13, "…")
    assert {len(title) for title in read[:-1]} == {61}


def test_a_first_row_of_data_is_not_quoted_where_it_may_not_be_shown() -> None:
    """Rows of a lookup are persons."""
    problem = rejected(["8001015009087", "0821234567", "Mokoena"])
    hidden = described(problem, FileLayout("xlsx", "List"), shows_data=False)
    assert "8001015009087" in word_detail(problem)
    assert "8001015009087" not in str(hidden)
    assert "This looks like data" in word_detail(hidden)


def test_a_problem_of_an_earlier_version_is_still_worded() -> None:
    assert "'Price'" in word_detail(Problem("no-header", {"expected": ["Price"]}))
    assert word_detail(Problem("duplicate-header", {"field": "price", "found": ["A", "B"], "column": "Price"}))
    missing = {"missing": ["Price"], "nearest": {"Price": "Prise"}, "header_row": 2}
    assert word_detail(Problem("missing-header", missing)).startswith("Row 2 lacks 'Price' (nearest: 'Prise'). Add")


def test_a_file_without_a_known_header_has_no_header() -> None:
    """It may have other content, or no row at all."""
    problem = rejected(["1", 2.0, None], ["2", 3.0, None])
    assert problem.type == "no-header"
    assert "'Part Number'" in word_detail(problem)
    assert rejected().type == "no-header"


# ---------------------------------------------------------------------- rows to choose from


def test_a_named_row_is_the_header_whatever_stands_above_it() -> None:
    rows = head(["SKU", "Price"], ["1", 2.0], ["Part Number", "Unit Price", "Free Stock"], ["1", 2.0, 3.0])
    assert locate_header(rows, COLUMNS, None).row == 1
    header = locate_header(rows, COLUMNS, None, 3)
    assert (header.row, header.fields) == (3, {0: "part_number", 1: "price", 2: "free_stock"})


def test_a_named_row_that_is_blank_is_said_to_be_so() -> None:
    with pytest.raises(FileRejected) as caught:
        locate_header(head(["SKU", "Price"]), COLUMNS, None, 7)
    assert "Row 7, which was given as the header, is blank or not there." in word_detail(caught.value.problem)


def test_two_different_rows_with_all_required_columns_are_asked_about() -> None:
    """Two tables stand one below the other, for example."""
    rows = head(["SKU", "Price"], ["1", 2.0], ["Price", "Colour", "SKU"], [2.0, "red", "1"])
    question = ask_for_header(rows, COLUMNS, None)
    assert question is not None
    assert (question.key, question.kind) == ("header", "header")
    assert [choice.value for choice in question.choices] == [1, 3]
    said = [word_effect(choice.effect, choice.params) for choice in question.choices]
    assert said[1] == "row 3 is the header ('Price', 'Colour', 'SKU'), and the rows below it are read"


@pytest.mark.parametrize(
    "rows",
    [
        [["SKU", "Price"], ["1", 2.0], ["SKU", "Price"], ["2", 3.0]],  # the header again
        [["SKU", "Price"], ["Part Number", "Unit Price"], ["1", 2.0]],  # in other words
        [["SKU", "Price", "Free Stock", "Category"], ["1", 2.0, 3.0, "SKU"]],  # a value of a row
        [["SKU", "Colour"], ["1", "red"]],
    ],
)
def test_a_header_that_comes_again_and_data_are_no_question(rows: list[list[Cell]]) -> None:
    assert ask_for_header(head(*rows), COLUMNS, None) is None


def test_of_headers_in_two_languages_the_lower_one_is_the_header() -> None:
    """So that none of them is read as data."""
    assert matched(["SKU", "Price"], ["Part Number", "Unit Price"], ["1", 2.0]).row == 2
    assert matched(["SKU", "Price"], ["SKU", "Price"], ["1", 2.0]).row == 1


def test_how_well_rows_fit_is_found_without_a_rejection() -> None:
    assert fit(head(["SKU", "Price", "Categorie"]), COLUMNS, None) == (True, 3, 1, 3)
    assert fit(head(["SKU;Price"]), COLUMNS, None) == HeaderFit()
    assert fit(head(["SKU", "Betrag"]), COLUMNS, {"Betrag": "price", "x": "unknown"}) == (True, 2, 1, 2)


# ---------------------------------------------------------------------- the question about a missing column


def test_a_question_about_a_missing_column_lists_headers_by_likelihood() -> None:
    header = locate_header(head(["SKU", "Colour", "Old Price", "Net price [EUR]", "Shelf"]), COLUMNS, None)
    question = ask_for_mapping(header, COLUMNS, can_update=True)
    assert question is not None
    assert [choice.value for choice in question.choices] == [
        {"Net price [EUR]": "price"},
        {"Old Price": "price"},
        {"Colour": "price"},
        {"Shelf": "price"},
        {"mode": "update"},
    ]
    assert question.params["likely"] == {"Net price [EUR]": "price"}


def test_a_row_whose_required_columns_are_only_likely_is_asked_about_as_a_whole() -> None:
    """Each title is misspelt; the first choice names all of them."""
    header = locate_header(head(["Stock of May"], ["Part Numbr", "Pricee", "Colour"]), COLUMNS, None)
    question = ask_for_mapping(header, COLUMNS, can_update=True)
    assert question is not None
    assert (header.row, header.fields) == (2, {})
    assert question.choices[0].value == {"Part Numbr": "part_number", "Pricee": "price"}
    assert word_effect(question.choices[0].effect, question.choices[0].params) == (
        "'Part Numbr' is read as the column 'Part Number' and 'Pricee' is read as the column 'Price'"
    )
    assert question.params["likely"] == {"Part Numbr": "part_number", "Pricee": "price"}


def test_without_a_likely_header_none_is_preselected() -> None:
    header = locate_header(head(["SKU", "Colour", "Shelf"]), COLUMNS, None)
    question = ask_for_mapping(header, COLUMNS, can_update=False)
    assert question is not None
    assert question.params["likely"] == {}
    assert [choice.value for choice in question.choices] == [{"Colour": "price"}, {"Shelf": "price"}]


def test_without_an_unmatched_header_the_file_is_rejected() -> None:
    header = locate_header(head(["SKU"]), COLUMNS, None)
    assert ask_for_mapping(header, COLUMNS, can_update=True) is None
    with pytest.raises(FileRejected) as caught:
        check_required(header, COLUMNS)
    assert "In mode 'update' a file needs the key alone" in word_detail(caught.value.problem)


def test_the_only_required_column_is_asked_for_where_two_others_have_headers() -> None:
    """An update needs the key alone."""
    columns = [replace(column, required=column.key) for column in COLUMNS]
    header = locate_header(head(["Teil", "Price", "Free Stock"]), columns, None)
    question = ask_for_mapping(header, columns, can_update=False)
    assert question is not None
    assert question.choices[0].value == {"Teil": "part_number"}
    with pytest.raises(FileRejected, match="no-header"):
        locate_header(head(["Teil", "Price"]), columns, None)
