"""The workbook of errors: rows as they came, what is wrong with them, and how it looks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice

import pytest
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.cell.cell import MergedCell

from sluice.reports import errors_workbook, workbook
from sluice.reports.errors_workbook import write_errors_workbook
from sluice.reports.rejected_rows import REASONS_TITLE, ROW_TITLE, RejectedRow
from sluice.rows.cell import Cell, CellError
from tests.unit.reports.sample import PLACES, TITLES, opened, refused, sheet_of, values_of, workbook_of

NEGATIVE = refused(13, ["A-1", -1.5, "x", 4.0], Price="must be 0 or more")


def written(cell: Cell) -> SheetCell | MergedCell:
    """How one cell is written."""
    return sheet_of(workbook_of([refused(2, ["A", cell])])).cell(2, 3)


def is_marked(cell: SheetCell | MergedCell) -> bool:
    """Whether a cell is coloured as a wrong one."""
    return str(cell.fill.fgColor.rgb) == "FFFFC7CE"


def test_a_refused_row_has_its_number_first_and_its_reasons_last() -> None:
    """Between them are the file's own headers and cells, an empty header among them."""
    both = refused(14, ["A-2", -1, None, None], Price="must be 0 or more", Stock="is required", whole="repeats row 13")
    assert values_of(workbook_of([NEGATIVE, both])) == [
        [ROW_TITLE, "Part", "Price", None, "Stock", REASONS_TITLE],
        [13, "A-1", -1.5, "x", 4, "Price: must be 0 or more"],
        [14, "A-2", -1, None, None, "Price: must be 0 or more; Stock: is required; repeats row 13"],
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
    """Numbers stay numbers, dates dates; text is formatted as text, so that leading zeros survive a correction."""
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
        (timedelta(hours=-1), "'-1:00:00"),
        ("=HYPERLINK(A1)", "'=HYPERLINK(A1)"),
        ("https://sluice.example", "https://sluice.example"),
        ("<r>x</r>", "<r>x</r>"),
        (" a \n<b> & ", " a \n<b> & "),
        ("half \ud800 a pair", "half ? a pair"),
        ("1e5", "1e5"),
    ],
)
def test_what_is_no_value_of_excel_is_text(cell: Cell, text: str) -> None:
    """Formulas, links and XML are not made of text either."""
    found = written(cell)
    assert (found.value, found.data_type, found.hyperlink) == (text, "s", None)


def test_a_file_with_control_characters_opens() -> None:
    """They are written as ECMA-376 has it; openpyxl does not translate them back, our own reading does."""
    assert written("a\0b\x1f\ufffe").value == "a_x0000_b_x001F__xFFFE_"


def test_wrong_cells_are_coloured_and_say_why() -> None:
    """A required cell that is missing too, even beyond the end of its row."""
    sheet = sheet_of(workbook_of([refused(2, ["A", -1.5], Price="must be 0 or more", Stock="is required")]))
    assert [is_marked(cell) for cell in sheet[2]] == [False, False, True, False, True, False]
    comments = [cell.comment.text if cell.comment else None for cell in sheet[2]]
    assert comments == [None, None, "must be 0 or more", None, "is required", None]
    assert sheet.cell(2, 3).number_format == "General"


def test_two_reasons_of_a_cell_are_in_one_comment() -> None:
    """And both in the last column."""
    row = refused(2, ["A", "x"], Price="is not a number")
    row.refusals.append(row.refusals[0])
    sheet = sheet_of(workbook_of([row]))
    assert sheet.cell(2, 3).comment.text == "is not a number; is not a number"  # type: ignore[union-attr]
    assert sheet.cell(2, 6).value == "Price: is not a number; Price: is not a number"


def test_a_reason_for_a_column_that_the_file_lacks_marks_nothing() -> None:
    """Nor does one for the row as a whole."""
    sheet = sheet_of(workbook_of([refused(2, ["A"], Colour="is required", whole="repeats row 1")]))
    assert not any(is_marked(cell) for cell in sheet[2])
    assert sheet.cell(2, 6).value == "Colour: is required; repeats row 1"


def test_comments_end_where_they_would_burden_excel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Colours and reasons go on."""
    monkeypatch.setattr(errors_workbook, "MAX_COMMENTS", 2)
    sheet = sheet_of(workbook_of([NEGATIVE, NEGATIVE, NEGATIVE]))
    assert [sheet.cell(row, 3).comment is None for row in (2, 3, 4)] == [False, False, True]
    assert is_marked(sheet.cell(4, 3))
    assert sheet.cell(4, 6).value == "Price: must be 0 or more"


def test_the_header_stays_in_sight_and_filters() -> None:
    """The filter reaches to the last row; columns are as wide as what is in them, within reason."""
    sheet = sheet_of(workbook_of([refused(2, ["x" * 25, "y" * 500], Price="is not a number")]))
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:F2"
    assert sheet["A1"].font.bold
    widths = [sheet.column_dimensions[letter].width for letter in "ABCF"]
    assert widths == pytest.approx([15, 25, 40, 22], abs=1)


def test_no_refused_row_is_a_header_alone() -> None:
    """And still a workbook that opens."""
    assert values_of(workbook_of([])) == [[ROW_TITLE, "Part", "Price", None, "Stock", REASONS_TITLE]]


def test_cells_beyond_the_header_are_not_lost() -> None:
    """No column reads them, so they follow behind the reasons."""
    (_, row) = values_of(workbook_of([refused(2, ["A", 1.0, None, 2.0, "more", None, "=1"], whole="is odd")]))
    assert row == [2, "A", 1, None, 2, "is odd", "more", None, "'=1"]


def test_columns_of_an_earlier_report_are_written_anew() -> None:
    """The corrected workbook was refused again: its own number and reasons would mislead."""
    titles = [ROW_TITLE, *TITLES, REASONS_TITLE]
    places = {title: place + 1 for title, place in PLACES.items()}
    row = refused(2, [13, "A-1", -2.0, "x", 4.0, "Price: must be 0 or more", "beyond"], Price="must be 0 or more")
    assert values_of(workbook_of([row], titles, places)) == [
        [ROW_TITLE, "Part", "Price", None, "Stock", REASONS_TITLE, None],
        [2, "A-1", -2, "x", 4, "Price: must be 0 or more", "beyond"],
    ]
    assert is_marked(sheet_of(workbook_of([row], titles, places)).cell(2, 3))


def test_a_text_that_is_too_long_is_cut_and_said_to_be() -> None:
    """Excel counts in UTF-16, and half a character is none."""
    (_, row) = values_of(workbook_of([refused(2, ["x" * 40_000, "😀" * 20_000], Stock="is required")]))
    assert row[1] == "x" * 32_767
    assert row[2] == "😀" * 16_383
    assert row[5] == ("Stock: is required; Part: was cut to 32,767 characters; Price: was cut to 32,767 characters")


def test_a_full_sheet_is_followed_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the same header, widths and filter; comments are where they belong."""
    monkeypatch.setattr(workbook, "SHEET_ROWS", 3)
    rows = [refused(number, ["A", float(-number)], Price="must be 0 or more") for number in range(2, 7)]
    book = opened(workbook_of(rows))
    assert book.sheetnames == ["Parts", "Parts (2)", "Parts (3)"]
    assert [[row[0].value for row in sheet.iter_rows(min_row=2)] for sheet in book] == [[2, 3], [4, 5], [6]]
    for sheet in book:
        assert sheet["A1"].value == ROW_TITLE
        assert sheet.freeze_panes == "A2"
        assert sheet["C2"].comment is not None
        assert sheet.auto_filter.ref == f"A1:F{sheet.max_row}"
        assert is_marked(sheet["C2"])


def test_a_sheet_ends_before_its_xml_is_too_long_for_a_zip(monkeypatch: pytest.MonkeyPatch) -> None:
    """No row is lost at the seam."""
    monkeypatch.setattr(workbook, "SHEET_BYTES", 50_000)
    monkeypatch.setattr(workbook, "_BLOCK_CHARACTERS", 0)
    book = opened(workbook_of(refused(number, ["x" * 9_000], whole="is odd") for number in range(2, 20)))
    assert len(book.sheetnames) > 2
    assert [row[0].value for sheet in book for row in sheet.iter_rows(min_row=2)] == [*range(2, 20)]


def test_a_very_wide_file_keeps_its_reasons() -> None:
    """Excel has no more than 16,384 columns, two of which are the report's."""
    cells: list[Cell] = [float(place) for place in range(16_384)]
    row = refused(2, cells, c0="is odd")
    file = workbook_of([row], [f"c{place}" for place in range(16_384)], {"c0": 0, "c16383": 16_383})
    (header, found) = values_of(file)
    assert header[-2:] == ["c16381", REASONS_TITLE]
    assert found[-2:] == [16_381, "c0: is odd"]


@pytest.mark.parametrize("sheet", ["", "A/B:C" * 20, "History", "'x'", "\ud800"])
def test_any_name_of_a_sheet_will_do(sheet: str) -> None:
    """The one of an OpenDocument file may be none that Excel takes; a text file has none."""
    assert len(opened(workbook_of([NEGATIVE], sheet=sheet)).sheetnames) == 1


def test_rows_are_not_held() -> None:
    """They are asked for while the file is being written, and written in blocks."""
    alive = 0

    class Probe(RejectedRow):
        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    def rows() -> Iterator[RejectedRow]:
        nonlocal alive
        for number in range(2, 2002):
            alive += 1
            assert alive < 300
            yield Probe(number, ["x" * 2000], [])

    class Blocks:
        sizes: list[int] = []  # noqa: RUF012 - one list for one test

        def write(self, data: bytes) -> int:
            self.sizes.append(len(data))
            return len(data)

    assert write_errors_workbook(Blocks(), sheet="", titles=["a"], places={}, rows=rows()) == 2000  # type: ignore[arg-type]
    assert max(Blocks.sizes) <= 1024**2


def test_a_source_that_fails_leaves_no_half_file() -> None:
    """Nothing has been written when its error arrives."""

    def rows() -> Iterator[RejectedRow]:
        yield from islice([NEGATIVE] * 5, 5)
        raise ConnectionError("gone")

    class Nothing:
        def write(self, data: bytes) -> int:
            raise AssertionError

    with pytest.raises(ConnectionError, match="gone"):
        write_errors_workbook(Nothing(), sheet="", titles=TITLES, places=PLACES, rows=rows())  # type: ignore[arg-type]
