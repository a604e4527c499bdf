"""Cells of a result workbook, hostile ones above all."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.cell.cell import MergedCell

from sluice.reports.result_workbook import CategorisedRow, write_result_workbook
from sluice.schema.cells import Cell, CellError
from tests.unit.reports.results import CATEGORIES, VALUE_TITLE, Kind, result_of, unescaped, values_of

EVIL = [
    "=1+1",
    "+27821234567",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "＝1",
    "'=1",
    " =1",
    "\u3000=1",
    "x;=1",
    '=HYPERLINK("http://sluice.example")',
]

MOMENTS = st.datetimes(datetime(1900, 3, 1), datetime(9999, 12, 31)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001 - cells have no zones
PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    MOMENTS,
    MOMENTS.map(datetime.time),
    st.integers(0, 10**7).map(lambda seconds: timedelta(seconds=seconds)),
)
TEXT = st.one_of(st.text(st.characters(), max_size=40), st.sampled_from(EVIL), st.from_regex("_x00[0-9]{2}_"))


def written(cell: Cell) -> SheetCell | MergedCell:
    """Write one cell and read it with openpyxl."""
    return result_of([CategorisedRow(2, [cell], "here")], ["a"]).worksheets[1].cell(2, 2)


@pytest.mark.parametrize(
    ("cell", "kind", "number_format"),
    [
        ("007", "s", "@"),
        ("8501015800088", "s", "@"),
        (12.5, "n", "General"),
        (True, "b", "General"),
        (date(2026, 1, 31), "d", "yyyy-mm-dd"),
        (datetime.fromisoformat("2026-01-31T08:30:15"), "d", "yyyy-mm-dd hh:mm:ss"),
        (time(8, 30), "d", "hh:mm:ss"),
        (timedelta(hours=30), "d", "[h]:mm:ss"),
    ],
)
def test_a_cell_keeps_its_type(cell: Cell, kind: str, number_format: str) -> None:
    """Text keeps its leading zeros."""
    found = written(cell)
    expected = datetime.combine(cell, time()) if type(cell) is date else cell
    assert (found.value, found.data_type, found.number_format) == (expected, kind, number_format)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (CellError("#N/A"), "#N/A"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        (2**53 + 1, "9007199254740993"),
        (date(1850, 12, 31), "1850-12-31"),
        ("https://sluice.example", "https://sluice.example"),
        ("<row>&amp;</row>", "<row>&amp;</row>"),
        ("half \ud800 a pair", "half ? a pair"),
    ],
)
def test_a_value_that_excel_cannot_hold_is_written_as_text(cell: Cell, text: str) -> None:
    """No link or XML is made of text."""
    found = written(cell)
    assert (found.value, found.data_type, found.hyperlink) == (text, "s", None)


@pytest.mark.parametrize("evil", EVIL)
def test_no_formula_is_written_anywhere(evil: str) -> None:
    """Cells, headers, wards, reasons, facts and titles are text as it came; no sheet has an element of a formula."""
    out = io.BytesIO()
    rows = [CategorisedRow(2, [evil], "evil", evil, evil)]
    write_result_workbook(
        out, value_title=VALUE_TITLE, categories=[Kind("evil", evil)], titles=[evil], rows=rows, facts={evil: evil}
    )
    with zipfile.ZipFile(out) as file:
        sheets = [file.read(name) for name in file.namelist() if name.startswith("xl/worksheets/sheet")]
    assert len(sheets) == 2
    assert not any(re.search(b'<f[ >]|t="str"|<hyperlink', sheet) for sheet in sheets)
    book = result_of(rows, [evil], [Kind("evil", evil)], {evil: evil})
    first, table = values_of(book.worksheets[0]), values_of(book.worksheets[1])
    assert [unescaped(value) for value in (*first[0][:2], first[3][0], *table[0][1:2], *table[1][1:])] == [evil] * 7
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)


def test_a_workbook_with_control_characters_and_half_characters_opens() -> None:
    """They may be in cells, headers, reasons, facts and titles."""
    bad = "a\0b\x1f\ud800\ufffe\r_x0041_"
    shown = bad.removesuffix("_x0041_")  # openpyxl undoes the escape of this one in shared strings, and of no other
    book = result_of([CategorisedRow(2, [bad], "bad", bad, bad)], [bad], [Kind("bad", shown)], {shown: shown})
    table, first = values_of(book.worksheets[1]), values_of(book.worksheets[0])
    assert [unescaped(value) for value in (table[0][1], *table[1][1:])] == ["a\0b\x1f?\ufffe\r_x0041_"] * 4
    assert [unescaped(value) for value in (*first[0][:2], first[3][0])] == ["a\0b\x1f?\ufffe\r"] * 3


def test_a_text_that_is_too_long_is_cut_and_the_reason_says_so() -> None:
    """Excel counts characters in UTF-16; no character is cut in half, and the rest of the row is as it was."""
    rows = [
        CategorisedRow(2, ["x" * 40_000, "b"], "invalid", None, "is no ID number"),
        CategorisedRow(3, ["a", "😀" * 20_000], "invalid"),
    ]
    header, first, second = values_of(result_of(rows, ["ID", "Surname"])["Invalid ID number"])
    assert header[-1] == "Reason"
    assert first[1:] == ["x" * 32_767, "b", "is no ID number; ID: was cut to 32,767 characters"]
    assert second[1:] == ["a", "😀" * 16_383, "Surname: was cut to 32,767 characters"]


def test_facts_that_are_too_long_are_cut() -> None:
    """XlsxWriter would leave out longer texts."""
    assert values_of(result_of([], facts={"File": "x" * 40_000})["Summary"])[0][1] == "x" * 32_767


def test_a_very_wide_file_keeps_its_ward_and_reason() -> None:
    """Excel has no more than 16,384 columns, three of which are the report's."""
    row = CategorisedRow(2, [float(place) for place in range(16_390)], "here", "79800002", "odd")
    header, found = values_of(result_of([row], [f"c{place}" for place in range(16_390)]).worksheets[1])
    assert header[-3:] == ["c16380", "Ward found", "Reason"]
    assert found[-3:] == [16_380, "79800002", "odd"]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(CATEGORIES), st.lists(st.one_of(PLAIN, TEXT), max_size=5)), max_size=8))
def test_every_cell_of_the_rows_is_on_the_sheets(rows: list[tuple[Kind, list[Cell]]]) -> None:
    """openpyxl reads the cells one by one."""
    categorised = [CategorisedRow(at, cells, kind.slug) for at, (kind, cells) in enumerate(rows, 2)]
    book = result_of(categorised, list("abc"))
    for kind in CATEGORIES:
        sheet = book[kind.title]
        mine = [row for row in categorised if row.category == kind.slug]
        for at, row in enumerate(mine, 2):
            assert sheet.cell(at, 1).value == row.row
            for place, cell in enumerate(row.cells, 2):
                # behind the three columns of the file there is room for ward and reason
                assert_same(sheet.cell(at, place if place < 5 else place + 2).value, cell)
        assert sheet.max_row == max(len(mine), 1) + 1


def assert_same(found: object, cell: Cell) -> None:
    """Compare a value that openpyxl read with the cell that was written."""
    match cell:
        case str():
            expected = cell.encode("utf-8", "replace").decode()
            assert unescaped(found) == (expected or None)
        case bool() | int() | None:
            assert found == cell
        case float():
            assert found == pytest.approx(cell, rel=1e-15)
        case _:
            assert abs(seconds(found) - seconds(cell)) < 1


def seconds(moment: object) -> float:
    """Convert any moment or span to seconds, because openpyxl reads whole days as another type."""
    match moment:
        case datetime():
            return moment.replace(tzinfo=UTC).timestamp() - datetime(1899, 12, 30, tzinfo=UTC).timestamp()
        case time():
            return moment.hour * 3600 + moment.minute * 60 + moment.second + moment.microsecond / 1e6
        case timedelta():
            return moment.total_seconds()
    raise TypeError(type(moment))
