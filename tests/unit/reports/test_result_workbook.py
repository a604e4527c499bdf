"""``result.xlsx``: a summary, then a sheet for each category."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from functools import partial

import openpyxl
import pytest

from sluice.reports import workbook
from sluice.reports.result_workbook import REASON_TITLE, CategorisedRow, write_result_workbook
from tests.unit.reports.results import (
    CATEGORIES,
    ELSEWHERE,
    FACTS,
    HERE,
    INVALID,
    TITLES,
    VALUE_TITLE,
    Kind,
    result_of,
    values_of,
)
from tests.unit.reports.sample import Pipe

write = partial(write_result_workbook, value_title=VALUE_TITLE, categories=CATEGORIES)

NONE = "There are no rows in this category."


def test_every_category_has_a_sheet_in_the_order_of_the_categories() -> None:
    """Rows come in any order; the row number is first, what was found or is wrong last."""
    book = result_of([INVALID, ELSEWHERE, HERE])
    assert {name: values_of(book[name]) for name in book.sheetnames[1:]} == {
        "Registered in this ward": [
            ["Original row", "ID Number", "Surname", None, "Cell"],
            [2, "0001015800084", "Dlamini", None, 27821234567],
        ],
        "Registered in another ward": [
            ["Original row", "ID Number", "Surname", None, "Cell", VALUE_TITLE],
            [3, "8501015800088", "Naidoo", None, None, "79800002"],
        ],
        "Not registered": [["Original row", "ID Number", "Surname", None, "Cell"], [NONE, *[None] * 4]],
        "Invalid ID number": [
            ["Original row", "ID Number", "Surname", None, "Cell", REASON_TITLE],
            [4, "123", "van Wyk", "x", None, "has 3 digits instead of 13"],
        ],
    }
    assert book.sheetnames == ["Summary", *(category.title for category in CATEGORIES)]


def test_the_summary_has_facts_counts_and_shares() -> None:
    """They are numbers, not formulas, so that a program that computes nothing shows them too."""
    sheet = result_of([INVALID, ELSEWHERE, HERE, HERE])["Summary"]
    assert values_of(sheet) == [
        ["File", "members.xlsx", None],
        ["Ward", "79800001", None],
        [None, None, None],
        ["Category", "Rows", "Share"],
        ["Registered in this ward", 2, 0.5],
        ["Registered in another ward", 1, 0.25],
        ["Not registered", 0, 0],
        ["Invalid ID number", 1, 0.25],
        ["Total", 4, 1],
    ]
    assert [sheet["C5"].number_format, sheet["C9"].number_format] == ["0.0%", "0.0%"]
    assert sheet["A4"].fill.fgColor.rgb == "FFD9E1F2"


def test_the_chart_shows_the_table() -> None:
    """Its bars are the counts of the categories, without header and total."""
    (chart,) = result_of([HERE])["Summary"]._charts  # type: ignore[attr-defined]
    (series,) = chart.series
    assert (series.cat.strRef.f, series.val.numRef.f) == ("Summary!$A$5:$A$8", "Summary!$B$5:$B$8")
    assert [point.v for point in series.cat.strRef.strCache.pt] == [category.title for category in CATEGORIES]
    assert [point.v for point in series.val.numRef.numCache.pt] == [1, 0, 0, 0]
    assert (chart.type, chart.anchor._from.row, chart.anchor._from.col) == ("bar", 3, 4)


def test_without_facts_the_table_is_at_the_top() -> None:
    """The chart refers to it there."""
    sheet = result_of([HERE], facts={})["Summary"]
    assert values_of(sheet)[0] == ["Category", "Rows", "Share"]
    assert sheet._charts[0].series[0].val.numRef.f == "Summary!$B$2:$B$5"  # type: ignore[attr-defined]


def test_without_rows_every_sheet_says_that_it_has_none() -> None:
    """The summary has zeros."""
    book = result_of([])
    assert values_of(book["Summary"])[-1] == ["Total", 0, 0]
    assert [sheet["A2"].value for sheet in book.worksheets[1:]] == [NONE] * 4


def test_counts_are_returned_by_slug() -> None:
    """Empty categories have a count of 0."""
    out = io.BytesIO()
    counts = write(out, titles=TITLES, rows=[HERE, HERE, INVALID], facts=FACTS)
    assert list(counts.items()) == [("here", 2), ("elsewhere", 0), ("not", 0), ("invalid", 1)]


def test_headers_are_frozen_and_have_a_filter() -> None:
    """The filter reaches to the last row; columns are as wide as their texts, within limits."""
    rows = [CategorisedRow(2, ["x" * 25, "y" * 500], "invalid", None, "z" * 60), INVALID]
    sheet = result_of(rows)["Invalid ID number"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:F3")
    assert sheet["A1"].font.bold
    assert sheet["A1"].fill.fgColor.rgb == sheet["F1"].fill.fgColor.rgb == "FFD9E1F2"
    widths = [sheet.column_dimensions[letter].width for letter in "ABCF"]
    assert widths == pytest.approx([15, 25, 40, 60], abs=1)


def test_an_empty_sheet_looks_like_the_others() -> None:
    """A person may fill it by hand."""
    sheet = result_of([])["Not registered"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet["A2"].font.italic) == ("A2", "A1:E2", True)


def test_a_sheet_has_columns_of_wards_and_reasons_only_if_a_row_has_one() -> None:
    """The columns are in the order in which they turned up."""
    rows = [
        CategorisedRow(2, ["1"], "here"),
        CategorisedRow(3, ["2"], "here", None, "odd"),
        CategorisedRow(4, ["3"], "here", "79800002"),
        CategorisedRow(5, ["4"], "here", "79800003", "even"),
    ]
    assert values_of(result_of(rows, ["ID"]).worksheets[1]) == [
        ["Original row", "ID", REASON_TITLE, VALUE_TITLE],
        [2, "1", None, None],
        [3, "2", "odd", None],
        [4, "3", None, "79800002"],
        [5, "4", "even", "79800003"],
    ]


def test_cells_beyond_the_header_follow_ward_and_reason() -> None:
    """No importer reads them, and no cell is lost."""
    row = CategorisedRow(2, ["1", "more", None, "=1"], "elsewhere", "79800002")
    assert values_of(result_of([row], ["ID"]).worksheets[2])[1] == [2, "1", "79800002", None, "more", None, "=1"]


def test_an_id_that_is_a_number_is_shown_with_all_digits() -> None:
    """The format General would show 8.50102E+12."""
    row = CategorisedRow(2, [8501015800088.0, 8501015800088, 850101580.0, 1e15, 123456789012.5], "here")
    sheet = result_of([row], list("abcde")).worksheets[1]
    assert [cell.number_format for cell in sheet[2][1:]] == ["0", "0", "General", "General", "General"]
    assert [cell.value for cell in sheet[2][1:]] == [8501015800088, 8501015800088, 850101580, 1e15, 123456789012.5]


def test_a_full_sheet_is_followed_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have the same columns; a ward that turns up late has its header on the first sheet too."""
    monkeypatch.setattr(workbook, "SHEET_ROWS", 3)
    rows = [CategorisedRow(number, [str(number)], "not") for number in range(2, 6)]
    rows += [CategorisedRow(6, ["6"], "not", "79800002"), HERE]
    book = result_of(rows, ["ID"])
    assert book.sheetnames[3:6] == ["Not registered", "Not registered 2", "Not registered 3"]
    assert book.sheetnames[6:] == ["Invalid ID number"]
    sheets = book.worksheets[3:6]
    assert [[row[0].value for row in sheet.iter_rows(min_row=2)] for sheet in sheets] == [[2, 3], [4, 5], [6]]
    for sheet in sheets:
        assert [cell.value for cell in sheet[1]] == ["Original row", "ID", VALUE_TITLE]
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == f"A1:C{sheet.max_row}"
    assert values_of(book["Summary"])[6] == ["Not registered", 5, 0.833333]


def test_a_sheet_that_is_just_full_is_not_followed_by_an_empty_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next sheet begins with the next row."""
    monkeypatch.setattr(workbook, "SHEET_ROWS", 3)
    assert result_of([HERE, HERE]).sheetnames == ["Summary", *(category.title for category in CATEGORIES)]


def test_a_sheet_ends_before_its_xml_is_too_long_for_a_zip(monkeypatch: pytest.MonkeyPatch) -> None:
    """No row is lost between two sheets."""
    monkeypatch.setattr(workbook, "SHEET_BYTES", 50_000)
    monkeypatch.setattr(workbook, "_BLOCK_CHARACTERS", 0)
    book = result_of(CategorisedRow(number, ["x" * 9_000], "here") for number in range(2, 20))
    sheets = [sheet for sheet in book if sheet.title.startswith("Registered in this ward")]
    assert len(sheets) > 2
    assert [row[0].value for sheet in sheets for row in sheet.iter_rows(min_row=2)] == [*range(2, 20)]


@pytest.mark.parametrize(
    ("titles", "names"),
    [
        (["Summary", "summary"], ["Summary 2", "summary 3"]),
        (["A", "a", "A 2"], ["A", "a 2", "A 2 2"]),
        (["", "History", "x/y:z"], ["Rows", "Rows 2", "x_y_z"]),
        (["n" * 40, "n" * 40], ["n" * 31, "n" * 29 + " 2"]),
    ],
)
def test_sheets_have_names_that_differ(titles: list[str], names: list[str]) -> None:
    """Excel compares names without regard to case."""
    categories = [Kind(str(number), title) for number, title in enumerate(titles)]
    assert result_of([], categories=categories).sheetnames == ["Summary", *names]


def test_a_row_of_an_unknown_category_is_an_error() -> None:
    """Otherwise it would be on no sheet, and the counts would not add up."""
    with pytest.raises(ValueError, match="row 9 is of category 'missing'"):
        result_of([CategorisedRow(9, [], "missing")])


def test_a_workbook_can_be_written_to_a_stream_without_seek() -> None:
    """The zip file is complete, and begins with the part by which programs recognise a workbook."""
    out = Pipe()
    write(out, titles=TITLES, rows=[HERE, INVALID], facts=FACTS)  # type: ignore[arg-type]
    with zipfile.ZipFile(io.BytesIO(out.body)) as file:
        assert file.testzip() is None
        assert file.namelist()[0] == "[Content_Types].xml"
    assert values_of(openpyxl.load_workbook(io.BytesIO(out.body)).worksheets[1])[1][0] == 2


def test_rows_are_not_kept_in_memory() -> None:
    """Rows of several sheets are interleaved, and the file is written in small blocks."""
    alive = 0

    class Probe(CategorisedRow):
        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    def rows() -> Iterator[CategorisedRow]:
        nonlocal alive
        for number in range(2, 4002):
            alive += 1
            assert alive < 10
            yield Probe(number, ["x" * 2000], CATEGORIES[number % 4].slug)

    out = Pipe()
    counts = write(out, titles=["a"], rows=rows(), facts={})  # type: ignore[arg-type]
    assert counts == {"here": 1000, "elsewhere": 1000, "not": 1000, "invalid": 1000}
    assert out.longest <= 1024**2


def test_many_rows_keep_their_order_on_the_sheets() -> None:
    """Rows of all categories come interleaved."""
    slugs = [category.slug for category in CATEGORIES]
    rows = (CategorisedRow(number, [f"{number:013}"], slugs[number * number % 4]) for number in range(2, 5002))
    book = result_of(rows, ["ID"])
    assert [row[0] for row in values_of(book.worksheets[1])[1:]] == [*range(2, 5002, 2)]
    assert [row[1] for row in values_of(book.worksheets[2])[1:]] == [f"{number:013}" for number in range(3, 5002, 2)]


def test_a_source_that_fails_leaves_no_half_file() -> None:
    """Nothing is written before all rows have been read."""

    def rows() -> Iterator[CategorisedRow]:
        yield from [HERE] * 5
        raise ConnectionError("reset")

    out = Pipe()
    with pytest.raises(ConnectionError, match="reset"):
        write(out, titles=TITLES, rows=rows(), facts=FACTS)  # type: ignore[arg-type]
    assert not out.body
