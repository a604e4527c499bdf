"""``errors.xlsx``: rejected rows as they came, what is wrong with them, and how the workbook looks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice

import pytest
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.cell.cell import MergedCell

from sluice.model.rejection import JOB_TITLE, ROW_TITLE
from sluice.reports import errors_workbook, workbook
from sluice.reports.errors_workbook import write_errors_workbook
from sluice.reports.rejected_rows import REASONS_TITLE, RejectedRow
from sluice.schema.cells import Cell, CellError
from tests.unit.reports.sample import JOB, PLACES, TITLES, Pipe, opened, rejected, sheet_of, values_of, workbook_of

NEGATIVE = rejected(13, ["A-1", -1.5, "x", 4.0], Price="must be 0 or more")


def written(cell: Cell) -> SheetCell | MergedCell:
    """Write one cell and read it with openpyxl."""
    return sheet_of(workbook_of([rejected(2, ["A", cell])])).cell(2, 4)


def is_marked(cell: SheetCell | MergedCell) -> bool:
    """Say whether a cell is coloured as a wrong one."""
    return str(cell.fill.fgColor.rgb) == "FFFFC7CE"


def test_a_rejected_row_has_its_number_first_and_its_reasons_last() -> None:
    """Between them are the file's own headers and cells, an empty header among them."""
    both = rejected(14, ["A-2", -1, None, None], Price="must be 0 or more", Stock="is required", whole="repeats row 13")
    assert values_of(workbook_of([NEGATIVE, both])) == [
        [ROW_TITLE, JOB_TITLE, "Part", "Price", None, "Stock", REASONS_TITLE],
        [13, JOB, "A-1", -1.5, "x", 4, "Price: must be 0 or more"],
        [14, JOB, "A-2", -1, None, None, "Price: must be 0 or more; Stock: is required; repeats row 13"],
    ]


@pytest.mark.parametrize(
    ("cell", "kind", "number_format"),
    [
        ("007", "s", "@"),
        (12.5, "n", "General"),
        (True, "b", "General"),
        (date(2026, 1, 31), "d", "yyyy-mm-dd"),
        (datetime.fromisoformat("2026-01-31T08:30:15"), "d", "yyyy-mm-dd hh:mm:ss"),
        (time(8, 30), "d", "hh:mm:ss"),
        (timedelta(hours=30), "d", "[h]:mm:ss"),
    ],
)
def test_a_cell_keeps_its_type(cell: Cell, kind: str, number_format: str) -> None:
    """Text is formatted as text, so that leading zeros survive a correction."""
    found = written(cell)
    expected = datetime.combine(cell, time()) if type(cell) is date else cell
    assert (found.value, found.data_type, found.number_format) == (expected, kind, number_format)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (CellError("#N/A"), "#N/A"),
        (float("inf"), "Infinity"),
        (2**53 + 1, "9007199254740993"),
        (date(1850, 12, 31), "1850-12-31"),
        (datetime.fromisoformat("1850-12-31T01:02:03"), "1850-12-31 01:02:03"),
        (timedelta(hours=-1), "-1:00:00"),
        ("=HYPERLINK(A1)", "=HYPERLINK(A1)"),
        ("https://sluice.example", "https://sluice.example"),
        ("<r>x</r>", "<r>x</r>"),
        (" a \n<b> & ", " a \n<b> & "),
        ("half \ud800 a pair", "half ? a pair"),
        ("1e5", "1e5"),
    ],
)
def test_a_value_that_excel_cannot_hold_is_written_as_text(cell: Cell, text: str) -> None:
    """No formula, link or XML is made of text."""
    found = written(cell)
    assert (found.value, found.data_type, found.hyperlink) == (text, "s", None)


def test_a_file_with_control_characters_opens() -> None:
    """Control characters are escaped as in ECMA-376; openpyxl does not undo that, our own reading does."""
    assert written("a\0b\x1f\ufffe").value == "a_x0000_b_x001F__xFFFE_"


def test_wrong_cells_are_coloured_and_commented_with_the_reason() -> None:
    """A required cell that is missing is coloured too, even beyond the end of its row."""
    sheet = sheet_of(workbook_of([rejected(2, ["A", -1.5], Price="must be 0 or more", Stock="is required")]))
    assert [is_marked(cell) for cell in sheet[2]] == [False, False, False, True, False, True, False]
    comments = [cell.comment.text if cell.comment else None for cell in sheet[2]]
    assert comments == [None, None, None, "must be 0 or more", None, "is required", None]
    assert sheet.cell(2, 4).number_format == "General"


def test_two_reasons_of_a_cell_are_in_one_comment() -> None:
    """The last column has both as well."""
    row = rejected(2, ["A", "x"], Price="is not a number")
    row.rejections.append(row.rejections[0])
    sheet = sheet_of(workbook_of([row]))
    assert sheet.cell(2, 4).comment.text == "is not a number; is not a number"  # type: ignore[union-attr]
    assert sheet.cell(2, 7).value == "Price: is not a number; Price: is not a number"


def test_a_reason_of_a_column_that_the_file_lacks_colours_nothing() -> None:
    """A reason of the row as a whole colours nothing either."""
    sheet = sheet_of(workbook_of([rejected(2, ["A"], Colour="is required", whole="repeats row 1")]))
    assert not any(is_marked(cell) for cell in sheet[2])
    assert sheet.cell(2, 7).value == "Colour: is required; repeats row 1"


def test_only_the_first_wrong_cells_are_commented(monkeypatch: pytest.MonkeyPatch) -> None:
    """All wrong cells are coloured, and all rows have their reasons."""
    monkeypatch.setattr(errors_workbook, "MAX_COMMENTS", 2)
    sheet = sheet_of(workbook_of([NEGATIVE, NEGATIVE, NEGATIVE]))
    assert [sheet.cell(row, 4).comment is None for row in (2, 3, 4)] == [False, False, True]
    assert is_marked(sheet.cell(4, 4))
    assert sheet.cell(4, 7).value == "Price: must be 0 or more"


def test_the_header_is_frozen_and_has_a_filter() -> None:
    """The filter reaches to the last row; columns are as wide as their texts, within limits."""
    sheet = sheet_of(workbook_of([rejected(2, ["x" * 25, "y" * 500], Price="is not a number")]))
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:G2"
    assert sheet["A1"].font.bold
    widths = [sheet.column_dimensions[letter].width for letter in "ACDG"]
    assert widths == pytest.approx([15, 25, 40, 22], abs=1)


def test_without_rejected_rows_the_workbook_has_a_header_alone() -> None:
    """It is a workbook that opens all the same."""
    assert values_of(workbook_of([])) == [[ROW_TITLE, JOB_TITLE, "Part", "Price", None, "Stock", REASONS_TITLE]]


def test_cells_beyond_the_header_follow_the_reasons() -> None:
    """No importer reads them, and no cell is lost."""
    (_, row) = values_of(workbook_of([rejected(2, ["A", 1.0, None, 2.0, "more", None, "=1"], whole="is odd")]))
    assert row == [2, JOB, "A", 1, None, 2, "is odd", "more", None, "=1"]


def test_columns_of_an_earlier_report_are_replaced() -> None:
    """Row numbers and reasons of the earlier report would mislead."""
    titles = [ROW_TITLE, JOB_TITLE, *TITLES, REASONS_TITLE]
    places = {title: place + 2 for title, place in PLACES.items()}
    row = rejected(
        2, [13, "another", "A-1", -2.0, "x", 4.0, "Price: must be 0 or more", "beyond"], Price="must be 0 or more"
    )
    assert values_of(workbook_of([row], titles, places)) == [
        [ROW_TITLE, JOB_TITLE, "Part", "Price", None, "Stock", REASONS_TITLE, None],
        [2, JOB, "A-1", -2, "x", 4, "Price: must be 0 or more", "beyond"],
    ]
    assert is_marked(sheet_of(workbook_of([row], titles, places)).cell(2, 4))


def test_a_text_that_is_too_long_is_cut_and_the_reasons_say_so() -> None:
    """Excel counts characters in UTF-16; no character is cut in half."""
    (_, row) = values_of(workbook_of([rejected(2, ["x" * 40_000, "😀" * 20_000], Stock="is required")]))
    assert row[2] == "x" * 32_767
    assert row[3] == "😀" * 16_383
    assert row[6] == ("Stock: is required; Part: was cut to 32,767 characters; Price: was cut to 32,767 characters")


def test_a_full_sheet_is_followed_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each sheet has the header, the filter, and the comments of its own rows."""
    monkeypatch.setattr(workbook, "SHEET_ROWS", 3)
    rows = [rejected(number, ["A", float(-number)], Price="must be 0 or more") for number in range(2, 7)]
    book = opened(workbook_of(rows))
    assert book.sheetnames == ["Parts", "Parts (2)", "Parts (3)"]
    assert [[row[0].value for row in sheet.iter_rows(min_row=2)] for sheet in book] == [[2, 3], [4, 5], [6]]
    for sheet in book:
        assert sheet["A1"].value == ROW_TITLE
        assert sheet.freeze_panes == "A2"
        assert sheet["D2"].comment is not None
        assert sheet.auto_filter.ref == f"A1:G{sheet.max_row}"
        assert is_marked(sheet["D2"])


def test_a_sheet_ends_before_its_xml_is_too_long_for_a_zip(monkeypatch: pytest.MonkeyPatch) -> None:
    """No row is lost between two sheets."""
    monkeypatch.setattr(workbook, "SHEET_BYTES", 50_000)
    monkeypatch.setattr(workbook, "_BLOCK_CHARACTERS", 0)
    book = opened(workbook_of(rejected(number, ["x" * 9_000], whole="is odd") for number in range(2, 20)))
    assert len(book.sheetnames) > 2
    assert [row[0].value for sheet in book for row in sheet.iter_rows(min_row=2)] == [*range(2, 20)]


def test_a_very_wide_file_keeps_its_reasons() -> None:
    """Excel has no more than 16,384 columns, three of which are the report's."""
    cells: list[Cell] = [float(place) for place in range(16_384)]
    row = rejected(2, cells, c0="is odd")
    file = workbook_of([row], [f"c{place}" for place in range(16_384)], {"c0": 0, "c16383": 16_383})
    (header, found) = values_of(file)
    assert header[-2:] == ["c16380", REASONS_TITLE]
    assert found[-2:] == [16_380, "c0: is odd"]


@pytest.mark.parametrize("sheet", ["", "A/B:C" * 20, "History", "'x'", "\ud800"])
def test_a_sheet_may_have_any_name_in_the_file(sheet: str) -> None:
    """OpenDocument allows names that Excel does not; a text file has no sheet."""
    assert len(opened(workbook_of([NEGATIVE], sheet=sheet)).sheetnames) == 1


def test_rows_are_not_kept_in_memory() -> None:
    """Rows are read one by one, and the file is written in blocks."""
    alive = 0

    class Probe(RejectedRow):
        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    def rows() -> Iterator[RejectedRow]:
        nonlocal alive
        for number in range(2, 2002):
            alive += 1
            assert alive < 10
            yield Probe(number, ["x" * 2000], [])

    out = Pipe()
    count = write_errors_workbook(out, job=JOB, sheets=[""], titles=["a"], places={}, rows=rows())  # type: ignore[arg-type]
    assert count == 2000
    assert out.longest <= 1024**2


def test_a_source_that_fails_leaves_no_half_file() -> None:
    """Nothing is written before all rows have been read."""

    def rows() -> Iterator[RejectedRow]:
        yield from islice([NEGATIVE] * 5, 5)
        raise ConnectionError("reset")

    out = Pipe()
    with pytest.raises(ConnectionError, match="reset"):
        write_errors_workbook(out, job=JOB, sheets=[""], titles=TITLES, places=PLACES, rows=rows())  # type: ignore[arg-type]
    assert not out.body
