"""Slices of typed cells, and the files that become such: .xls and .ods."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sluice.reading.cells import read_cells, write_cells
from sluice.schema.cells import Cell, CellError
from tests.factories_files import packed, written_by_xlwt
from tests.unit.reading.driving import cuts_of, head_of, read_all

CELLS: st.SearchStrategy[Cell] = st.one_of(
    st.none(),
    st.text(),
    st.booleans(),
    st.floats(allow_nan=False),
    st.datetimes(),
    st.dates(),
    st.times(),
    st.timedeltas(timedelta(0), timedelta(10_000)),
    st.text(max_size=5).map(CellError),
)

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


@given(rows=st.lists(st.lists(CELLS)))
def test_every_kind_of_cell_survives_storage(rows: list[list[Cell]]) -> None:
    """To the microsecond, and with its type."""
    records = list(enumerate(rows, 1))
    again = list(read_cells(write_cells(records)))
    assert again == records
    assert [[type(cell) for cell in row] for _, row in again] == [[type(cell) for cell in row] for row in rows]


def test_types_are_told_apart() -> None:
    """A date is not a datetime at midnight, nor text that looks like one."""
    cells: list[Cell] = [date(2024, 1, 2), datetime(2024, 1, 2), time(1), timedelta(1), "2024-01-02"]  # noqa: DTZ001 - cells know no zone
    assert list(read_cells(write_cells([(1, cells)]))) == [(1, cells)]


def test_an_xls_sheet_is_read_whole() -> None:
    """Text keeps its zeros, numbers and dates their types, and rows below a gap their numbers."""
    rows = [("id", "when", "price"), ("007", date(2024, 2, 29), 1.5), (), ("ö", None, 2)]
    file = written_by_xlwt(rows)
    layout, cuts, _ = cuts_of(file, after_row=1, chunk_rows=1)
    assert (layout.format, layout.sheet, len(cuts)) == ("cells", "Data", 2)
    assert read_all(file, after_row=1, chunk_rows=1) == [(2, ["007", date(2024, 2, 29), 1.5]), (4, ["ö", None, 2.0])]


def test_an_opendocument_sheet_is_read_whole() -> None:
    """Blank rows keep their numbers; a failed cell is an error."""
    file = packed(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": ODS,
            "META-INF/manifest.xml": '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:'
            'manifest:1.0"/>',
        }
    )
    layout, cuts, _ = cuts_of(file, after_row=1, chunk_rows=1)
    assert (layout.format, layout.sheet, len(cuts)) == ("cells", "Data", 2)
    records = read_all(file, after_row=1, chunk_rows=1)
    assert [(number, cells[:2]) for number, cells in records] == [
        (4, [7.0, date(2024, 2, 29)]),
        (5, [CellError("#N/A"), None]),
    ]
    assert head_of(file, 1) == [(1, ["id", "when"])]
