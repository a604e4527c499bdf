"""Error cells and typed values in unusual spellings: read as the standard has them, or rejected by their reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.reading.made import ods_cell, ods_document, ods_table
from tests.reading.outcomes import Outcome, outcome_of
from tests.reading.test_cases_cells import ERROR, outcome_of_cells
from tests.support.factories_files import sheet_part, workbook
from tests.unit.reading.driving import read_all

HEAD = ("Part Number", "Description", "Price", "Stock", "Updated", "Active")


def outcome_of_ods(**cells: str) -> Outcome:
    """Import a row of .ods with the XML of some of its cells."""
    usual = {"Part Number": ods_cell("K"), "Description": ods_cell("F"), "Price": ods_cell(1)}
    own = {name.title(): xml for name, xml in cells.items()}
    row = "".join((usual | own).get(title, ods_cell(None)) for title in HEAD)
    return outcome_of(ods_document(ods_table(["".join(map(ods_cell, HEAD)), row])), "a.ods")


def typed(kind: str, attribute: str, value: str, shown: str = "") -> str:
    return (
        f'<table:table-cell office:value-type="{kind}" office:{attribute}="{value}"><text:p>{shown}</text:p>'
        "</table:table-cell>"
    )


@pytest.mark.parametrize("text", ["#WERT!", "Err:503", "#N/D", "#NV", "#¿NOMBRE?", "#ДЕЛ/0!", "#VALEUR !"])
@pytest.mark.parametrize("formula", ["", ' table:formula="of:=A1+1"'])
def test_an_error_of_any_language_beside_a_number_of_ods_is_one(text: str, formula: str) -> None:
    """Programs store 0 beside it."""
    cell = typed("float", "value", "0", text).replace("<table:table-cell", f"<table:table-cell{formula}")
    outcome = outcome_of_ods(stock=cell)
    assert outcome.rejected == {2: [f"Stock: {ERROR}"]}
    assert [each.value for each in outcome.rejections] == [text]


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2025-01-31Z", "2025-01-31"),
        ("2025-01-31+07:00", "2025-01-31"),
        ("2025-01-31T23:00:00Z", "2025-01-31"),
        ("2025-01-31T23:00:00.123456789-05:00", "2025-01-31"),
        ("2025-01-30T24:00:00", "2025-01-31"),
        ("2025-01-30T24:00:00Z", "2025-01-31"),
    ],
)
def test_a_date_of_ods_in_each_spelling_of_xml_schema_is_its_day(value: str, day: str) -> None:
    assert outcome_of_ods(updated=typed("date", "date-value", value)).table("updated") == {2: (day,)}


def test_yes_and_no_of_ods_in_each_spelling() -> None:
    """As in .xlsx."""
    for value, active in (("true", True), ("TRUE", True), ("1", True), ("False", False), ("0", False)):
        assert outcome_of_ods(active=typed("boolean", "boolean-value", value)).table("active") == {2: (active,)}


def test_a_value_of_ods_that_is_none_of_its_type_is_rejected_by_what_is_wrong() -> None:
    cells: dict[str, tuple[str, str]] = {
        "updated": (typed("date", "date-value", "2025-13-31"), "Updated: is not a date"),
        "active": (typed("boolean", "boolean-value", "perhaps"), "Active: must be yes or no, such as yes, no, 1 or 0"),
        "stock": (typed("float", "value", "seven"), "Stock: is not a number"),
    }
    for name, (cell, reason) in cells.items():
        ((_, (found,)),) = outcome_of_ods(**{name: cell}).rejected.items()
        assert found.startswith(reason)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("2025-01-30T24:00:00", datetime(2025, 1, 31)),  # noqa: DTZ001 - as below
        ("2025-01-30T24:00", datetime(2025, 1, 31)),  # noqa: DTZ001 - as below
        ("2025-01-30T24:00:00Z", datetime(2025, 1, 31)),  # noqa: DTZ001 - as below
        ("2025-01-30T23:30:00+01:00", datetime(2025, 1, 30, 23, 30)),  # noqa: DTZ001 - cells know no zone
    ],
)
def test_a_date_of_xlsx_that_ends_its_day_is_the_next_midnight(text: str, cell: Any) -> None:
    rows = f'<row r="1"><c r="A1" t="d"><v>{text}</v></c></row>'
    assert read_all(workbook({"Data": sheet_part(rows)})) == [(1, [cell])]


@pytest.mark.parametrize("cell", [' t="e"><v></v></c>', ' t="e"><v/></c>', ' t="e"/>', ' t="e"><f>1/0</f><v></v></c>'])
def test_an_error_cell_without_a_text_is_an_error(cell: str) -> None:
    """Its column would take its default otherwise."""
    outcome = outcome_of_cells({"stock": cell}, {"brand": cell})
    assert outcome.rejected == {2: [f"Stock: {ERROR}"], 3: [f"Brand: {ERROR}"]}
