"""The template of an importer explains itself, checks what is typed, and imports as it is."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime

import openpyxl
import pytest
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from pydantic import ValidationError

from sluice.catalog.registry import IMPORTERS
from sluice.reading import match_header
from sluice.reports.columns import describe
from sluice.reports.template import build_template, offered_choices
from sluice.schema.cell_types import Conventions, Date, Flag
from sluice.schema.importer import Importer, Row, column
from sluice.schema.validation import check_rows
from tests.unit.reading.driving import head_of, read_all
from tests.unit.reports.sample import opened, orders, sheet_of
from tests.unit.schema.sample import read

BOOK = opened(build_template(orders))
SHEET, NOTES = BOOK["Orders"], BOOK["Notes"]
PLACES = {facts.field: place for place, facts in enumerate(describe(orders), 1)}


def validation(field: str) -> DataValidation | None:
    """Find what Excel checks in a column."""
    letter = get_column_letter(PLACES[field])
    found = [rule for rule in SHEET.data_validations.dataValidation if str(rule.sqref) == f"{letter}2:{letter}1048576"]
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.parametrize("importer", [*IMPORTERS, orders], ids=lambda importer: importer.name)
def test_a_template_imports_as_it_is(importer: Importer) -> None:
    """Every column is matched by its title, and the example row is a good one with the values of the examples."""
    file = build_template(importer)
    header = match_header(head_of(file), importer.columns, None)
    assert (header.row, header.ignored) == (1, [])
    assert list(header.matched.items()) == [(found.field, found.title) for found in importer.columns]
    checked = check_rows(importer, header.fields, "", read_all(file, after_row=header.row))
    assert checked.rejections == []
    assert [good.number for good in checked.good] == [2]
    examples = [None if facts.example is None else str(facts.example) for facts in describe(importer)]
    declared = check_rows(importer, header.fields, "", [(2, [*examples])])
    assert checked.good == declared.good


def test_the_example_has_amounts_and_dates_as_values_and_all_else_as_text() -> None:
    """Formats follow the importer's conventions; a program shows them in the language of its user."""
    cells = {field: SHEET.cell(2, place) for field, place in PLACES.items()}
    assert {field: cell.value for field, cell in cells.items()} == {
        "number": "O-1",
        "fee": 1_250_000.5,
        "weight": -12.5,
        "lines": 3,
        "phone": "0812345678",
        "ordered": datetime.fromisoformat("2026-01-31"),
        "active": "ya",
        "speed": "slow",
        "province": "Bali",
        "note": None,
    }
    formats = {field: cell.number_format for field, cell in cells.items() if cell.value is not None}
    assert formats == {
        "number": "@",
        "fee": "#,##0.00",
        "weight": "General",
        "lines": "0",
        "phone": "@",
        "ordered": "dd/mm/yyyy",
        "active": "@",
        "speed": "@",
        "province": "@",
    }


def test_a_format_applies_to_the_whole_column() -> None:
    """The leading zero of the next telephone number survives too."""
    formats = {
        field: SHEET.column_dimensions[get_column_letter(place)].number_format for field, place in PLACES.items()
    }
    assert (formats["phone"], formats["note"], formats["fee"], formats["ordered"]) == (
        "@", "@", "#,##0.00", "dd/mm/yyyy",
    )  # fmt: skip


@pytest.mark.parametrize(("dates", "code"), [("mdy", "mm/dd/yyyy"), (None, "yyyy-mm-dd")])
def test_dates_are_formatted_in_the_importers_order(dates: str | None, code: str) -> None:
    """An importer without an order gets ISO dates, which every importer reads."""

    class Day(Row):
        id: str = column("Id", key=True, examples=["1"])
        day: Date | None = column("Day", default=None, examples=["2026-01-31"])

    conventions = Conventions(dates=dates)  # type: ignore[arg-type]
    importer = Importer("days", row=Day, dataset="days", title="Days", conventions=conventions)
    assert sheet_of(build_template(importer))["B2"].number_format == code


def test_required_columns_have_a_dark_header() -> None:
    """Titles are not changed, because the file is matched by them."""
    assert [cell.value for cell in SHEET[1]] == [found.title for found in orders.columns]
    dark = [cell.value for cell in SHEET[1] if cell.fill.fgColor.rgb == "FF1F3864"]
    assert dark == [found.title for found in orders.columns if found.required]
    assert SHEET.freeze_panes == "A2"


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("number", ("textLength", "lessThanOrEqual", "20", None, "warning")),
        ("fee", ("decimal", "between", "0", "1000000000", "warning")),
        ("weight", ("decimal", "between", "-1000", "1000", "warning")),
        ("lines", ("whole", "greaterThanOrEqual", "1", None, "warning")),
        ("phone", ("textLength", "between", "3", "15", "warning")),
        ("ordered", ("date", "greaterThanOrEqual", "1", None, "warning")),
        ("active", ("list", "between", '"ya,tidak"', None, None)),
        ("speed", ("list", "between", "Lists!$A$1:$A$2", None, None)),
        ("province", ("list", "between", "Lists!$B$1:$B$21", None, None)),
    ],
)
def test_excel_checks_what_is_typed(field: str, expected: tuple[str | None, ...]) -> None:
    """Excel stops words that a list does not have; it only warns of what the importer may still read."""
    rule = validation(field)
    assert rule is not None
    operator = rule.operator or "between"
    assert (rule.type, operator, rule.formula1, rule.formula2, rule.errorStyle) == expected
    assert rule.allowBlank
    assert rule.error


def test_a_column_without_limits_is_not_checked() -> None:
    """Such a column takes any text."""
    assert validation("note") is None


def test_choices_that_are_too_long_for_a_check_are_on_a_hidden_sheet() -> None:
    """Choices with a comma are there too, because a comma separates choices in a check."""
    lists = BOOK["Lists"]
    assert lists.sheet_state == "hidden"
    assert [cell.value for cell in lists["A"] if cell.value] == ["slow", "fast, very"]
    assert [cell.value for cell in lists["B"]] == list(describe(orders)[PLACES["province"] - 1].choices)
    assert "Lists" not in opened(build_template(IMPORTERS[0])).sheetnames


@pytest.mark.parametrize(
    ("example", "words"),
    [("ya", ("ya", "tidak")), ("Yes", ("yes", "no")), (True, ("yes", "no")), ("0", ("yes", "no")),
     ("aktif", ("aktif", "nonaktif")), ("inactive", ("active", "inactive")), ("TRUE", ("true", "false"))],
)  # fmt: skip
def test_a_flag_offers_the_words_of_its_example(example: object, words: tuple[str, str]) -> None:
    """The importer reads both words."""
    facts = replace(describe(orders)[PLACES["active"] - 1], example=example)
    assert offered_choices(facts) == words
    assert [read(Flag, word) for word in words] == [True, False]


def test_headers_explain_their_columns() -> None:
    """A comment says what the column holds, whether it is required, what is allowed, and its other headers."""
    comment = SHEET.cell(1, PLACES["number"]).comment
    assert comment is not None
    assert comment.text.splitlines() == [
        "As on the form",
        "Holds text.",
        "Required; names the row.",
        "Allowed: at most 20 characters.",
        "Also accepted as header: Order.",
        "Example: O-1",
    ]


def test_notes_describe_every_column() -> None:
    """The sheet is behind the first, which alone is imported; examples are in the importer's notation."""
    rows = [[str(cell or "") for cell in row] for row in NOTES.iter_rows(values_only=True)]
    at = next(number for number, row in enumerate(rows) if row[0] == "Column")
    assert rows[at] == ["Column", "What it holds", "Required", "Allowed values", "Other headers accepted", "Example"]
    table = {row[0]: row[1:] for row in rows[at + 1 :]}
    assert list(table) == [found.title for found in orders.columns]
    assert table["Order Number"] == [
        "As on the form (text)", "Required; names the row", "at most 20 characters", "Order", "O-1",
    ]  # fmt: skip
    assert table["Fee"] == [
        "An amount of money",
        "Required",
        "0 or more, 1000000000 or less",
        "Biaya",
        "Rp 1.250.000,50",
    ]
    assert table["Lines"] == ["A whole number", "Optional; empty means 1", "1 or more", "", "3"]
    assert table["Ordered"][4] == "31/01/2026"
    assert table["Note"] == ["Text", "Optional", "", "", ""]
    assert any("Row 2 is an example. It would be imported like any other row" in row[0] for row in rows[:at])


def test_the_example_row_is_marked_as_an_example() -> None:
    """It is in grey italics until its key is overwritten, and has a comment."""
    ((area, rules),) = [(str(found.sqref), found.rules) for found in SHEET.conditional_formatting]
    assert (area, rules[0].formula) == ("A2:J2", ['$A$2&""="O-1"'])
    assert rules[0].dxf is not None
    assert rules[0].dxf.font is not None
    assert rules[0].dxf.font.i
    assert SHEET["A2"].comment is not None
    assert "overwrite it or delete it" in SHEET["A2"].comment.text


def test_the_same_importer_gives_the_same_bytes() -> None:
    """Caches can compare templates byte by byte."""
    assert build_template(orders) == build_template(orders)


def test_examples_that_are_not_a_valid_row_raise_an_error() -> None:
    """Such examples are a mistake of the declaration, not of the person who fills in the template."""

    class Bare(Row):
        id: str = column("Id", key=True)

    with pytest.raises(ValidationError):
        build_template(Importer("bare", row=Bare, dataset="bare", title="Bare"))


def test_a_filled_in_template_is_imported() -> None:
    """One row overwrites the example, one is below it."""
    file = io.BytesIO(build_template(orders))
    book = openpyxl.load_workbook(file)
    for row, number in ((2, "O-7"), (3, "O-8")):
        for field, value in (("number", number), ("fee", 5), ("phone", "0812"), ("active", "tidak")):
            book["Orders"].cell(row, PLACES[field], value)
    out = io.BytesIO()
    book.save(out)
    header = match_header(head_of(out.getvalue()), orders.columns, None)
    checked = check_rows(orders, header.fields, "", read_all(out.getvalue(), after_row=header.row))
    assert ([good.key for good in checked.good], checked.rejections) == (["O-7", "O-8"], [])
