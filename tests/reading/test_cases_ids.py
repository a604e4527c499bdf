"""Ids that are numbers, under formats that show something else: what a person sees, or a rejection, in each format."""

from __future__ import annotations

import io
from typing import Any

import pytest
import xlwt

from sluice.reading.xlsx.parser import STYLES as STYLES_PART
from sluice.reading.xlsx.parser import read_slice
from sluice.schema.cells import FormattedNumber
from tests.reading.made import ods_cell, ods_document, ods_table
from tests.reading.outcomes import Outcome, outcome_of
from tests.reading.test_cases_cells import number, outcome_of_cells, sheet_of, styles_of, text
from tests.support.factories_files import sheet_part, workbook
from tests.support.harness import Harness
from tests.unit.reading.driving import read_all, segments_of

SHOWN = "is a number that its cell shows as something else. Write what it shows as text, such as"
HEAD = ("Part Number", "Description", "Price", "Stock", "Brand")


def as_xls(*rows: tuple[Any, ...], codes: dict[int, str], style: str = "") -> bytes:
    """Write rows below the header, with number formats by the place of a cell."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Data")
    for at, row in enumerate([HEAD, *rows]):
        for place, value in enumerate(row):
            code = codes.get(place, "General") if at else "General"
            sheet.write(at, place, value, xlwt.easyxf(style, num_format_str=code))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def as_ods(*rows: tuple[Any, ...]) -> bytes:
    """Write rows below the header; a pair is a number and what its cell shows."""

    def cell(value: Any) -> str:
        if not isinstance(value, tuple):
            return ods_cell(value)
        held, shown = value
        start = f'<table:table-cell office:value-type="float" office:value="{held}">'
        return f"{start}<text:p>{shown}</text:p></table:table-cell>"

    return ods_document(ods_table(["".join(map(cell, row)) for row in [HEAD, *rows]]))


def keys_of(outcome: Outcome) -> list[str]:
    return [key for (key,) in outcome.table("part_number").values()]


def test_an_id_with_leading_zeros_is_what_its_cell_shows_in_each_format() -> None:
    styles = styles_of("00000", "[Red]00000_)")
    of_xlsx = outcome_of_cells({"part_number": number(123, 1)}, {"part_number": number(7, 2)}, styles=styles)
    of_xls = outcome_of(as_xls((123, "F", 1), (7, "F", 1), codes={0: "00000"}), "a.xls")
    of_ods = outcome_of(as_ods(((123, "00123"), "F", 1), ((7, "00007"), "F", 1)), "a.ods")
    for outcome in (of_xlsx, of_xls, of_ods):
        assert outcome.rejected == {}
        assert keys_of(outcome) == ["00123", "00007"]


@pytest.mark.parametrize(
    ("held", "code", "shown"),
    [
        (123, '"AB-"000', "AB-123"),
        (7, "000-00-0000", "000-00-0007"),
        (812345678, "0000-000-000", "0812-345-678"),
        (62812, '"+"0', "+62812"),
        (1.1, "0.00", "1.10"),
        (2.5, "0", "3"),
        (5, '"AB-"0', "AB-5"),
    ],
)
def test_a_number_that_its_cell_shows_as_something_else_is_no_text(held: float, code: str, shown: str) -> None:
    """Two ids of a column would be one otherwise; each text is rejected, and every format says why."""
    outcomes = [
        outcome_of_cells({"brand": number(held, 1)}, {"part_number": number(held, 1)}, styles=styles_of(code)),
        outcome_of(as_xls(("K-1", "F", 1, 1, held), (held, "F", 1), codes={0: code, 4: code}), "a.xls"),
        outcome_of(as_ods(("K-1", "F", 1, 1, (held, shown)), ((held, shown), "F", 1)), "a.ods"),
    ]
    for outcome in outcomes:
        assert outcome.rows == {}
        assert outcome.rejected == {2: [f"Brand: {SHOWN} Bosch"], 3: [f"Part Number: {SHOWN} AB-00123"]}
        assert {each.value for each in outcome.rejections} == {str(held)}


def test_a_format_changes_no_number_and_no_date() -> None:
    """Also a serial under a format of digits, which a column of dates reads as a day."""
    codes = ("00000", '"No. "000', "0.00", "#,##0.00", '"AB-"0')
    cells = [{"price": number("12.5", at), "stock": number(7, at), "updated": number(45688, at)} for at in range(1, 6)]
    of_xlsx = outcome_of_cells(*cells, styles=styles_of(*codes))
    assert [*of_xlsx.table("price", "stock", "updated").values()] == [("12.5", 7, "2025-01-31")] * len(codes)
    of_xls = [
        outcome_of(as_xls(("K", "F", 12.5, 7), codes={2: code, 3: code}), "a.xls").table("price", "stock")
        for code in codes
    ]
    assert of_xls == [{2: ("12.5", 7)}] * len(codes)
    of_ods = outcome_of(as_ods(("K", "F", (12.5, "No. 012"), (7, "007"))), "a.ods")
    assert of_ods.table("price", "stock") == {2: ("12.5", 7)}


def test_an_amount_and_a_number_with_its_own_digits_are_text_as_before() -> None:
    codes = ("General", "0", "#,##0", "0.00", "0%", '"Rp"* #,##0', "@", "0.0#")
    rows = [{"brand": number(1234, at)} for at in range(1, len(codes) + 1)]
    outcome = outcome_of_cells(*rows, {"brand": number("1.25", 4)}, styles=styles_of(*codes))
    assert outcome.rejected == {}
    assert [brand for (brand,) in outcome.table("brand").values()] == [*["1234"] * len(codes), "1.25"]


@pytest.mark.parametrize(
    "cell",
    [
        ' s="1"><v>123</v></c>',
        ' s="1" t="n"><v>123</v></c>',
        ' s="1"><f>A1+1</f><v>123</v></c>',
        ' s="1"><f t="shared" si="0"/><v>123</v></c>',
        *(" t='n' s='1'><v> 123 </v></c>", ' s="&#49;"><v>+123</v></c>', ' s="1" ><v>1.23E2</v></c>'),
    ],
)
def test_an_id_in_every_spelling_of_its_cell_is_what_the_cell_shows(cell: str) -> None:
    assert keys_of(outcome_of_cells({"part_number": cell}, styles=styles_of("00000"))) == ["00123"]


def test_an_id_is_what_its_cell_shows_in_a_workbook_of_very_many_formats() -> None:
    codes = ["00000"] * 60 + [f"{'0' * digits}.{'0' * places}" for digits in (1, 2) for places in range(1, 30)]
    rows = [{"part_number": number(at, at)} for at in range(1, 61)]
    outcome = outcome_of_cells(*rows, styles=styles_of(*codes))
    assert keys_of(outcome) == [f"{at:05}" for at in range(1, 61)]


def test_a_text_that_looks_like_a_cell_is_itself() -> None:
    """It is escaped, so that no search for cells finds it."""
    odd = '<c r="A1" s="1"><v>7</v></c>'
    outcome = outcome_of_cells({"part_number": text("K"), "brand": text(odd)}, styles=styles_of("00000"))
    assert outcome.table("brand") == {2: (odd,)}


def test_slices_beside_styles_of_an_earlier_version_are_read() -> None:
    """Its reduced styles knew dates and spans only: a number is its digits, as it was for the chunks before."""
    file = outcome_file(number(123, 1))
    layout, (segment, *_), workspace = segments_of(file)
    now = list(read_slice(layout, segment.first_row, segment.body, workspace))
    assert now == [(1, [FormattedNumber(123.0, "00123")])]
    workspace.write(STYLES_PART, workspace.read(STYLES_PART).replace(b'numFmtId="205"', b'numFmtId="0"'))
    assert list(read_slice(layout, segment.first_row, segment.body, workspace)) == [(1, [123.0])]


def outcome_file(cell: str) -> bytes:
    """Make a workbook of one cell."""
    return workbook({"Data": sheet_part(f'<row r="1"><c r="A1"{cell}</row>')}, styles=styles_of("00000"))


def test_a_rejected_row_keeps_the_id_that_its_cell_shows() -> None:
    """Its corrected report gives the record the same key as the row would have had."""
    harness = Harness()
    cells = {"part_number": number(123, 1), "price": text("wrong"), "stock": number(5, 2)}
    file = workbook({"Data": sheet_of(cells)}, styles=styles_of("00000", '"AB-"0'))
    outcome = outcome_of(file, "a.xlsx", on=harness)
    assert [(each.column, each.value) for each in outcome.rejections] == [("Price", "wrong")]
    workbook_of_errors = harness.make_file(outcome.job.ref, "errors.xlsx")
    rows = [cells for _, cells in read_all(workbook_of_errors)]
    assert [row[rows[0].index(title)] for row in rows[1:] for title in ("Part Number", "Stock")] == ["00123", 5.0]
    assert b",00123," in harness.make_file(outcome.job.ref, "errors.csv")
