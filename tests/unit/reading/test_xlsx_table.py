"""Workbooks of any program, split at any row, have the cells that openpyxl reads."""

from __future__ import annotations

import io
from datetime import date, datetime, time, timedelta
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.reading import open_table
from sluice.schema.cells import CellError
from tests.support.factories_files import (
    STRICT,
    sheet_part,
    strings_part,
    workbook,
    written_by_openpyxl,
    written_by_xlsxwriter,
)
from tests.support.workspace import MemoryWorkspace
from tests.unit.reading.driving import LIMITS, head_of, numbers_of, oracle, read_all, segments_of, trimmed

TEXT = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=12)
CELLS = st.one_of(
    st.none(),
    TEXT.filter(lambda text: "_x" not in text and not text.startswith("=") and not text.startswith("#")),
    st.integers(-(10**9), 10**9),
    st.floats(-1e9, 1e9, allow_nan=False).map(lambda value: round(value, 4)),
    st.booleans(),
    st.dates(date(1901, 1, 1), date(2200, 1, 1)),
    st.datetimes(datetime(1901, 1, 1), datetime(2200, 1, 1)).map(lambda value: value.replace(microsecond=0)),  # noqa: DTZ001 - cells know no zone
)
ROWS = st.lists(st.lists(CELLS, max_size=6), min_size=1, max_size=30)


def numbers(*values: float) -> str:
    """Make cells without references."""
    return "".join(f"<c><v>{value}</v></c>" for value in values)


@pytest.mark.parametrize("write", [written_by_openpyxl, written_by_xlsxwriter])
@given(rows=ROWS, chunk_rows=st.integers(1, 12))
@settings(max_examples=60, deadline=None)
def test_the_segments_together_have_the_cells_that_openpyxl_reads(
    write: Any, rows: list[list[Any]], chunk_rows: int
) -> None:
    """This holds for any rows and any chunk size."""
    file = write([["header"], *rows])
    assert trimmed(read_all(file, chunk_rows=chunk_rows)) == oracle(file)


@given(rows=ROWS, chunk_rows=st.integers(1, 12))
@settings(max_examples=30, deadline=None)
def test_inline_strings_read_like_shared_ones(rows: list[list[Any]], chunk_rows: int) -> None:
    """XlsxWriter's constant-memory mode writes no string table."""
    file = written_by_xlsxwriter([["header"], *rows], inline=True)
    assert trimmed(read_all(file, chunk_rows=chunk_rows)) == oracle(file)


@pytest.mark.parametrize("prefix", ["", "x", "ns0"])
def test_a_namespace_prefix_makes_no_difference(prefix: str) -> None:
    """Programs built on some XML libraries write ``<x:row>``."""
    colon = f"{prefix}:" if prefix else ""
    rows = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
        '<row r="2"><c r="A2"><v>5</v></c><c r="C2" t="inlineStr"><is><t>in &lt;line&gt;</t></is></c></row>'
    )
    strings = "<si><t>plain</t></si><si><r><t>rich </t></r><r><t>text</t></r></si>"
    for tag in ("row", "c", "v", "is", "t", "si", "r"):
        for end in (" ", ">"):
            rows = rows.replace(f"<{tag}{end}", f"<{colon}{tag}{end}").replace(f"</{tag}>", f"</{colon}{tag}>")
            strings = strings.replace(f"<{tag}{end}", f"<{colon}{tag}{end}").replace(f"</{tag}>", f"</{colon}{tag}>")
    file = workbook({"Data": sheet_part(rows, prefix)}, strings_part(strings, prefix=prefix))
    layout, _, _ = segments_of(file)
    assert layout.format == "xlsx"
    assert read_all(file, chunk_rows=1) == [(1, ["plain", "rich text"]), (2, [5.0, None, "in <line>"])]


def test_a_workbook_of_libreoffice_is_split() -> None:
    """Its cells have the style first, some are empty but styled, and its rows have many attributes."""
    rows = (
        '<row r="1" customFormat="false" ht="12.8" hidden="false" customHeight="false" outlineLevel="0" collapsed='
        '"false"><c r="A1" s="0" t="s"><v>0</v></c><c r="B1" s="0"/></row>'
        '<row r="2" customFormat="false" ht="12.8" hidden="true"><c s="1" r="A2"><v>45000</v></c>'
        '<c s="0" t="s" r="B2"><v>1</v></c><c s="0" t="n" r="C2"><v>1.50</v></c></row>'
    )
    strings = strings_part(
        '<si><t xml:space="preserve">Datum</t></si>', '<si><t xml:space="preserve"> a &amp; b</t></si>'
    )
    file = workbook({"Data": sheet_part(rows)}, strings)
    assert trimmed(read_all(file)) == [(1, ["Datum"]), (2, [date(2023, 3, 15), " a & b", 1.5])]
    assert trimmed(read_all(file)) == oracle(file)


def test_a_workbook_of_google_sheets_is_split() -> None:
    """Its trailing rows are styled and empty, its styles part declares many namespaces."""
    rows = (
        '<row r="1"><c r="A1" s="0" t="s"><v>0</v></c><c r="B1" s="0" t="b"><v>1</v></c></row>'
        '<row r="2"><c r="A2" s="0"><f>1+1</f><v>2</v></c><c r="B2" s="0" t="str"><f>"0"&amp;"1"</f><v>01</v></c></row>'
        '<row r="3"><c r="A3" s="0"/></row><row r="4"/>'
    )
    file = workbook({"Sheet1": sheet_part(rows)}, strings_part("<si><t>Yes?</t></si>"))
    _, segments, _ = segments_of(file)
    assert read_all(file) == [(1, ["Yes?", True]), (2, [2.0, "01"])]
    assert segments[0].rows == 2


def test_rows_and_cells_without_reference_follow_each_other() -> None:
    """The reference is optional in the format."""
    file = workbook({"Data": sheet_part("".join(f"<row>{numbers(at, at * 2)}</row>" for at in range(1, 8)))})
    assert read_all(file, chunk_rows=3) == [(at, [at, at * 2]) for at in range(1, 8)]
    assert [row for row, _ in read_all(file, after_row=4, chunk_rows=2)] == [5, 6, 7]


def test_gaps_and_empty_rows_keep_the_row_numbers_of_the_spreadsheet() -> None:
    """Row 1,048,576 costs no more than the next row."""
    rows = (
        f'<row r="2">{numbers(2)}</row><row r="5"/><row>{numbers(6)}</row><row/><row>{numbers(8)}</row>'
        f'<row r="1048576"><c r="XFD1048576"><v>9</v></c></row>'
    )
    for chunk_rows in (1, 2, 10):
        records = trimmed(read_all(workbook({"Data": sheet_part(rows)}), chunk_rows=chunk_rows))
        assert [row for row, _ in records] == [2, 6, 8, 1048576]
        assert records[-1][1] == [None] * 16383 + [9.0]


def test_a_million_formatted_rows_are_not_data() -> None:
    """They are in no segment and do not count towards the limit."""
    blank = "".join(f'<row r="{at}" s="1"><c r="A{at}" s="1"/></row>' for at in range(3, 50_000))
    file = workbook({"Data": sheet_part(f'<row r="1">{numbers(1)}</row><row r="2">{numbers(2)}</row>{blank}')})
    _, segments, _ = segments_of(file, after_row=1, chunk_rows=100)
    assert [(segment.first_row, segment.rows) for segment in segments] == [(2, 1)]


def test_errors_stay_errors() -> None:
    """They may have a formula, and never become the text of the error."""
    rows = (
        '<row r="1"><c r="A1" t="e"><v>#N/A</v></c><c r="B1" s="1" t="e"><f>1/0</f><v>#DIV/0!</v></c>'
        '<c r="C1" t="str"><v>#N/A</v></c></row>'
    )
    file = workbook({"Data": sheet_part(rows)})
    assert read_all(file) == [(1, [CellError("#N/A"), CellError("#DIV/0!"), "#N/A"])]


def test_a_formula_that_no_program_has_computed_is_not_an_empty_cell() -> None:
    """Libraries write formulas without values, in several forms; empty text is a value."""
    rows = (
        '<row r="1"><c r="A1"><f>B1&amp;&quot;x&quot;&#10;</f><v></v></c><c r="B1" s="1" t="n"><f>1+1</f><v/></c>'
        '<c r="C1"><f>A1</f></c><c r="D1" t="str"><f>""</f><v></v></c><c r="E1"><f>2*3</f><v>6</v></c>'
        '<c r="F1"><f t="shared" si="0"/></c><c r="G1" t="inlineStr"><is><t>=A1</t></is></c></row>'
    )
    file = workbook({"Data": sheet_part(rows)})
    unknown = [CellError('=B1&"x"\n'), CellError("=1+1"), CellError("=A1")]
    assert read_all(file) == [(1, [*unknown, None, 6.0, CellError("="), "=A1"])]


@pytest.mark.parametrize(("date1904", "day"), [(False, date(2023, 3, 15)), (True, date(2027, 3, 16))])
def test_dates_follow_the_calendar_of_the_workbook(date1904: bool, day: date) -> None:
    """Day 45,000 is four years later in a workbook of 1904; formats distinguish dates, times and durations."""
    values = ((1, 45000), (2, 45000.25), (3, 1.5), (4, 45000), (2, 0.5))
    cells = "".join(f'<c s="{style}"><v>{value}</v></c>' for style, value in values)
    file = workbook({"Data": sheet_part(f'<row r="1">{cells}</row>')}, date1904=date1904)
    assert numbers_of(read_all(file)) == [
        (1, [day, datetime.combine(day, time(6)), timedelta(hours=36), 45000.0, time(12)]),
    ]
    assert head_of(file) == read_all(file)


def test_iso_dates_of_strict_files_are_dates() -> None:
    """Strict Open XML has its own namespaces and writes dates as text of type ``d``."""
    rows = '<row r="1"><c r="A1" t="d"><v>2024-02-29</v></c><c r="B1" t="d"><v>2024-02-29T06:00:00</v></c></row>'
    file = workbook({"Data": sheet_part(rows, namespace=STRICT)})
    assert read_all(file) == [(1, [date(2024, 2, 29), datetime(2024, 2, 29, 6)])]  # noqa: DTZ001 - cells know no zone


def test_text_is_not_changed() -> None:
    """Leading zeros, spaces, escapes and entities stay; phonetic readings of Japanese text are ignored."""
    elements = (
        "<si><t>007</t></si>",
        '<si><t xml:space="preserve"> x </t></si>',
        "<si><t>a_x000D_b_x005F_c</t></si>",
        "<si><t>&lt;&amp;&#233;</t></si>",
        '<si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh></si>',
        "<si/>",
        "<si><t/></si>",
        "<si><t>last</t></si>",
    )
    cells = "".join(f'<c t="s"><v>{at}</v></c>' for at in range(len(elements)))
    file = workbook({"Data": sheet_part(f"<row>{cells}</row>")}, strings_part(*elements))
    assert read_all(file) == [(1, ["007", " x ", "a\rb_c", "<&é", "東京", None, None, "last"])]


@pytest.mark.parametrize(
    "odd",
    [
        '<!-- </row> --><row r="2"><c r="A2"><v>2</v></c></row>',
        '<row r="2"><c r="A2" t="str"><v><![CDATA[</row>]]></v></c></row>',
        "<row r='2'><c r='A2'><v>2</v></c></row>",
        '<row r="2"><c r="A2"><v>2</v></c></row >',
    ],
    ids=["comment", "cdata", "single-quotes", "space-in-end-tag"],
)
def test_xml_that_cannot_be_split_reads_the_same(odd: str) -> None:
    """openpyxl's streaming reader continues from the first row that cannot be split."""
    many = "".join(f'<row r="{at}"><c r="A{at}"><v>{at}</v></c></row>' for at in range(3, 60))
    file = workbook({"Data": sheet_part(f'<row r="1"><c r="A1"><v>1</v></c></row>{odd}{many}')})
    assert read_all(file, chunk_rows=7) == oracle(file)


def test_a_comment_far_below_changes_the_reader_in_the_middle() -> None:
    """The segments before it stay as they are."""
    before = "".join(f'<row r="{at}"><c r="A{at}"><v>{at}</v></c></row>' for at in range(1, 12_000))
    after = '<!-- </row> --><row r="12000"><c r="A12000" t="e"><v>#REF!</v></c></row>'
    file = workbook({"Data": sheet_part(before + after)})
    layout, segments, _ = segments_of(file, chunk_rows=500)
    assert layout.format == "xlsx"
    assert [segment.index for segment in segments] == list(range(len(segments)))
    assert read_all(file, chunk_rows=500)[-2:] == [(11_999, [11_999.0]), (12_000, [CellError("#REF!")])]
    assert [row for row, _ in read_all(file, chunk_rows=500)] == list(range(1, 12_001))


def test_a_sheet_in_utf_16_is_read() -> None:
    """XML allows it; report generators write it, but no spreadsheet program does."""
    part = sheet_part('<row r="1"><c r="A1" t="inlineStr"><is><t>é</t></is></c></row>').replace("UTF-8", "UTF-16")
    assert read_all(workbook({"Data": part.encode("utf-16")})) == [(1, ["é"])]


def test_one_odd_number_does_not_fail_its_slice() -> None:
    """calamine rejects white space around a number; the slice then goes through openpyxl."""
    rows = '<row r="7"><c r="A7" t="n"><v> 3 </v></c><c r="B7" t="s"><v>0</v></c></row>'
    file = workbook({"Data": sheet_part(rows)}, strings_part("<si><t>text</t></si>"))
    assert read_all(file) == [(7, [3.0, "text"])]


def test_the_first_visible_sheet_with_data_is_read() -> None:
    """Hidden sheets contain lookup lists, and empty ones are left over."""
    empty = sheet_part('<row r="1"><c r="A1" s="1"/></row>')
    file = workbook(
        {name: sheet_part(f"<row>{numbers(at)}</row>") for at, name in enumerate(("Lists", "Code"))}
        | {"Empty": empty, "Data": sheet_part(f"<row>{numbers(42)}</row>")},
        states={"Lists": "hidden", "Code": "veryHidden"},
        base="/xl/",
    )
    layout, _, _ = segments_of(file)
    assert layout.sheet == "Data"
    assert read_all(file) == [(1, [42.0])]


def test_a_worker_reads_only_the_strings_it_needs() -> None:
    """It reads adjacent strings together, and none of the rest of the table."""
    elements = [f"<si><t>{at:06}{'x' * 2000}</t></si>" for at in range(2000)]
    rows = "".join(f'<row r="{at + 1}"><c r="A{at + 1}" t="s"><v>{at}</v></c></row>' for at in range(2000))
    file = workbook({"Data": sheet_part(rows)}, strings_part(*elements))
    _, segments, workspace = segments_of(file, chunk_rows=100)
    workspace.reads.clear()
    records = read_all(file, chunk_rows=100)
    assert [str(cells[0])[:6] for _, cells in records] == [f"{at:06}" for at in range(2000)]
    assert len(segments) == 20


def test_the_sheets_of_an_xlsx_file_are_those_with_data_and_say_whether_they_are_hidden() -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name in ("Empty", "Data", "More", "Hidden", "Nothing"):
        sheet = book.create_sheet(name)
        if name in {"Data", "More", "Hidden"}:
            sheet.append([name])
        sheet.sheet_state = "hidden" if name == "Hidden" else "visible"
    file = io.BytesIO()
    book.save(file)
    assert segments_of(file.getvalue())[0].sheet == "Data"
    opened = open_table(file, "file", LIMITS, MemoryWorkspace())
    sheets = [(table.sheet, table.is_hidden) for table in opened.tables]
    assert sheets == [("Data", False), ("More", False), ("Hidden", True)]
