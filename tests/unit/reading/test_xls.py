"""Files that are read without a split: .xls and .ods."""

from __future__ import annotations

import io
from datetime import date

import xlwt

from sluice.reading import open_table
from sluice.schema.cells import CellError
from tests.support.factories_files import packed, written_by_xlwt
from tests.support.workspace import MemoryWorkspace
from tests.unit.reading.driving import LIMITS, head_of, read_all, segments_of

ODS = """<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" \
xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" \
xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>\
<table:table table:name="Data">
<table:table-row><table:table-cell office:value-type="string"><text:p>id</text:p></table:table-cell>\
<table:table-cell office:value-type="string"><text:p>when</text:p></table:table-cell></table:table-row>
<table:table-row table:number-rows-repeated="2"><table:table-cell/></table:table-row>
<table:table-row><table:table-cell office:value-type="float" office:value="7"><text:p>7</text:p></table:table-cell>\
<table:table-cell office:value-type="date" office:date-value="2024-02-29"><text:p>29.02.24</text:p>\
</table:table-cell></table:table-row>
<table:table-row><table:table-cell office:value-type="string"><text:p>#N/A</text:p></table:table-cell>\
</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"""
ODS_PARTS = {
    "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
    "content.xml": ODS,
    "META-INF/manifest.xml": '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
}


def test_an_xls_sheet_is_read_whole() -> None:
    """Text keeps its zeros, numbers and dates their types, and rows below a gap their numbers."""
    rows = [("id", "when", "price"), ("007", date(2024, 2, 29), 1.5), (), ("ö", None, 2)]
    file = written_by_xlwt(rows)
    layout, segments, _ = segments_of(file, after_row=1, chunk_rows=1)
    assert (layout.format, layout.sheet, len(segments)) == ("cells", "Data", 2)
    assert read_all(file, after_row=1, chunk_rows=1) == [(2, ["007", date(2024, 2, 29), 1.5]), (4, ["ö", None, 2.0])]


def test_an_opendocument_sheet_is_read_whole() -> None:
    """Blank rows keep their numbers; a failed cell is an error."""
    file = packed(ODS_PARTS)
    layout, segments, _ = segments_of(file, after_row=1, chunk_rows=1)
    assert (layout.format, layout.sheet, len(segments)) == ("cells", "Data", 2)
    records = read_all(file, after_row=1, chunk_rows=1)
    assert [(number, cells[:2]) for number, cells in records] == [
        (4, [7.0, date(2024, 2, 29)]),
        (5, [CellError("#N/A")]),
    ]
    assert head_of(file, 1) == [(1, ["id", "when"])]


def sheets(file: bytes) -> list[tuple[str, bool]]:
    opened = open_table(io.BytesIO(file), "file", LIMITS, MemoryWorkspace())
    return [(table.sheet, table.is_hidden) for table in opened.tables]


def test_the_sheets_of_an_xls_file_are_those_with_data() -> None:
    """An empty sheet is none, and a hidden one says so."""
    book = xlwt.Workbook()
    for name in ("Empty", "Data", "More", "Hidden", "Nothing"):
        sheet = book.add_sheet(name)
        if name in {"Data", "More", "Hidden"}:
            sheet.write(0, 0, name)
        sheet.visibility = 1 if name == "Hidden" else 0
    file = io.BytesIO()
    book.save(file)
    assert segments_of(file.getvalue())[0].sheet == "Data"
    assert sheets(file.getvalue()) == [("Data", False), ("More", False), ("Hidden", True)]


def test_the_sheets_of_an_opendocument_file_are_those_with_data() -> None:
    cell = '<table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell>'
    row = f"<table:table-row>{cell}</table:table-row>"
    more = f'<table:table table:name="More">{row}</table:table><table:table table:name="Empty"/>'
    body = ODS.replace("</office:spreadsheet>", f"{more}</office:spreadsheet>")
    assert [name for name, _ in sheets(packed({**ODS_PARTS, "content.xml": body}))][1:] == ["More"]


def test_text_is_a_table_without_a_sheet() -> None:
    assert sheets(b"a,b\n1,2\n") == [("", False)]
