"""Headers of two rows: names of groups above, cells merged over both rows, and rows that are no second header row."""

from __future__ import annotations

import io

import pytest
import xlsxwriter

from sluice.model.errors import FileRejected
from sluice.reading import Header, match_header
from sluice.schema.cells import Cell, Record
from sluice.schema.importer import Column
from sluice.wording import word_detail
from tests.unit.reading.driving import head_of

COLUMNS = (
    Column("order_id", ("ORDER_ID",), required=True, key=True),
    Column("name", ("STANDARD_NAME", "NAMA"), required=True, key=False),
    Column("install", ("BIAYA_PASANG",), required=False, key=False),
    Column("monthly", ("HRG_BULANAN", "HARGA"), required=False, key=False),
    Column("status", ("STATUS",), required=False, key=False),
)


def head(*rows: list[Cell], first: int = 1) -> list[Record]:
    """Make rows from a number on."""
    return list(enumerate(rows, first))


def matched(*rows: list[Cell], first: int = 1) -> Header:
    """Match rows to the columns."""
    return match_header(head(*rows, first=first), COLUMNS, None)


def test_group_names_above_a_complete_header_are_skipped() -> None:
    """One of them may be a header, too."""
    header = matched(
        ["PELANGGAN", None, "HARGA", None], ["ORDER_ID", "NAMA", "BIAYA_PASANG", "HRG_BULANAN"], ["1", "A", 1, 2]
    )
    assert header.row == 2
    assert header.fields == {0: "order_id", 1: "name", 2: "install", 3: "monthly"}
    assert header.ignored == []


def test_headers_may_be_merged_over_two_rows() -> None:
    """The upper row has the required ones, and the lower one the rest of a group: together they match more."""
    header = matched(
        ["Laporan Order"],
        ["ORDER_ID", "STANDARD_NAME", "HARGA", None, "STATUS"],
        [None, None, "BIAYA_PASANG", "HRG_BULANAN"],
        ["1", "A", 1, 2, "OK"],
    )
    assert header.row == 3
    assert header.fields == {0: "order_id", 1: "name", 2: "install", 3: "monthly", 4: "status"}
    assert header.titles == ["ORDER_ID", "STANDARD_NAME", "BIAYA_PASANG", "HRG_BULANAN", "STATUS"]
    assert header.matched["monthly"] == "HRG_BULANAN"


def test_required_columns_may_be_spread_over_both_rows() -> None:
    """The key is in one row, and the name in the other."""
    header = matched(["ORDER_ID", "PELANGGAN", None], [None, "STANDARD_NAME", "KOTA"], ["1", "A", "Madiun"])
    assert (header.row, header.fields, header.ignored) == (2, {0: "order_id", 1: "name"}, ["KOTA"])
    header = matched(["STATUS", "ORDER", None], [None, "ORDER_ID", "NAMA"], ["OK", "1", "A"])
    assert (header.row, header.fields) == (2, {0: "status", 1: "order_id", 2: "name"})


def test_a_single_row_with_all_columns_takes_precedence() -> None:
    """The rows around it are titles and data, whatever they contain."""
    header = matched(
        [None, None, None, "STATUS"], ["ORDER_ID", "NAMA", "STATUS", "HARGA"], [None, "STATUS", "NAMA", "ORDER_ID"]
    )
    assert (header.row, header.titles) == (2, ["ORDER_ID", "NAMA", "STATUS", "HARGA"])


def test_data_below_the_header_is_not_a_second_header_row() -> None:
    """One of its values may be the name of a column."""
    header = matched(["ORDER_ID", "NAMA", "NOTE"], ["1", "STATUS", "STATUS"], ["2", "B", None])
    assert header.row == 1
    assert header.ignored == ["NOTE"]


def test_two_rows_with_the_same_column_are_not_one_header() -> None:
    """The group's name is then only a name."""
    header = matched(["ORDER_ID", "NAMA", "STATUS", None], [None, None, "HARGA", "HRG_BULANAN"])
    assert (header.row, header.ignored) == (1, [])


def test_two_rows_with_a_blank_one_between_them_are_not_one_header() -> None:
    """They do not touch, so no cell is merged over them."""
    rows: list[Record] = [(1, ["ORDER_ID", "PELANGGAN"]), (3, [None, "STANDARD_NAME"])]
    with pytest.raises(FileRejected) as rejected:
        match_header(rows, COLUMNS, None)
    assert rejected.value.problem.type == "missing-header"


def test_columns_that_are_in_neither_header_row_are_missing() -> None:
    """The rejection names only those."""
    with pytest.raises(FileRejected) as rejected:
        matched(["ORDER_ID", "HARGA", None], [None, "BIAYA_PASANG", "HRG_BULANAN"])
    assert rejected.value.problem.params["missing"] == ["STANDARD_NAME"]
    assert "Row 2 lacks" in word_detail(rejected.value.problem)


def test_merged_cells_of_a_workbook_are_recognised() -> None:
    """Spreadsheet programs store the text in the first cell, and nothing in the others."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.merge_range("A1:D1", "LAPORAN ORDER")
        sheet.merge_range("A3:A4", "ORDER_ID")
        sheet.merge_range("B3:B4", "STANDARD\nNAME")
        sheet.merge_range("C3:D3", "HARGA")
        sheet.write_row("C4", ["BIAYA PASANG", "HRG\xa0BULANAN"])
        sheet.write_row("A5", ["0012", "A", 1, 2])
    header = match_header(head_of(file.getvalue()), COLUMNS, None)
    assert header.row == 4
    assert header.fields == {0: "order_id", 1: "name", 2: "install", 3: "monthly"}
