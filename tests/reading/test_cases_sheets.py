"""What becomes of workbooks of several sheets, with hidden rows, filters and merged cells: one test a case."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import openpyxl
import pytest
import xlsxwriter
import xlwt
from xlsxwriter.worksheet import Worksheet

from sluice.model.job import Job
from sluice.model.status import Status
from tests.reading.made import as_ods, as_xls, as_xml, ods_cell, ods_document, ods_table
from tests.reading.outcomes import TENANT, Outcome, outcome_of
from tests.support.factories_files import packed, sheets_by_openpyxl
from tests.support.harness import Harness

TITLES = ("Part Number", "Description", "Price", "Stock")
DEALERS = ("Dealer Code", "Name", "City", "Country")
COVER = (("Prices of the first quarter",), (), ("Read this", "first"))
Rows = Sequence[Sequence[Any]]
Writer = Callable[[Mapping[str, Rows]], bytes]


def parts(name: str, prices: Sequence[Any] = (1.5, 2.5, 3.5)) -> Rows:
    return [(f"{name}-{at}", "Filter", price, at) for at, price in enumerate(prices, 1)]


def month(name: str, prices: Sequence[Any] = (1.5, 2.5, 3.5)) -> Rows:
    return [TITLES, *parts(name, prices)]


def six() -> Rows:
    cities = (("Kiel", "Germany"), ("Graz", "Austria"))
    return [DEALERS, *((f"D-{at}", f"Dealer {at}", *cities[at % 2]) for at in range(1, 7))]


def xlsx(sheets: Mapping[str, Rows], change: Callable[[Mapping[str, Worksheet]], None] = lambda _: None) -> bytes:
    """Write sheets as xlsxwriter does, and change them."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    made = {}
    for name, rows in sheets.items():
        made[name] = sheet = book.add_worksheet(name)
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    change(made)
    book.close()
    return file.getvalue()


def xls(sheets: Mapping[str, Rows]) -> bytes:
    book = xlwt.Workbook(encoding="utf-8")
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for at, row in enumerate(rows):
            for place, value in enumerate(row):
                sheet.write(at, place, value)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def ods(sheets: Mapping[str, Rows]) -> bytes:
    return ods_document(*(ods_table(["".join(map(ods_cell, row)) for row in rows], n) for n, rows in sheets.items()))


def changed(rows: Rows, change: Callable[[Worksheet], None], **more: Any) -> Outcome:
    """Import dealers from the only sheet of a workbook, changed before."""
    body = xlsx({"Dealers": rows}, lambda sheets: change(sheets["Dealers"]))
    return outcome_of(body, "dealers.xlsx", "dealers", **more)


WRITERS = pytest.mark.parametrize(
    ("write", "ending"), [(xlsx, "xlsx"), (sheets_by_openpyxl, "xlsx"), (xls, "xls"), (ods, "ods")]
)


# ---------------------------------------------------------------------- the sheet


@WRITERS
def test_the_sheet_with_the_header_is_read_behind_a_cover_and_before_a_list(write: Writer, ending: str) -> None:
    sheets = {"Read me": COVER, "Data": month("D"), "Codes": [("Part Number", "Shelf"), ("D-1", "A7")]}
    outcome = outcome_of(write(sheets), f"a.{ending}")
    assert outcome.table("part_number", "stock") == {2: ("D-1", 1), 3: ("D-2", 2), 4: ("D-3", 3)}
    assert outcome.notes == ["Not read: sheet 'Read me' (2 rows), sheet 'Codes' (2 rows)"]


@WRITERS
def test_three_sheets_with_one_header_ask_which_is_meant(write: Writer, ending: str) -> None:
    outcome = outcome_of(write({name: month(name) for name in ("Jan", "Feb", "Mar")}), f"a.{ending}")
    assert outcome.job.status is Status.IN_REVIEW
    assert [choice.value for choice in outcome.questions["sheets"].choices] == ["all", ["Jan"], ["Feb"], ["Mar"]]
    assert [each["rows"] for each in outcome.questions["sheets"].params["sheets"]] == [3, 3, 3]


@WRITERS
def test_all_sheets_are_stacked_for_a_caller_who_says_so(write: Writer, ending: str) -> None:
    sheets = {"Read me": COVER, **{name: month(name) for name in ("Jan", "Feb", "Mar")}}
    outcome = outcome_of(write(sheets), f"a.{ending}", recipe={"sheets": "all"})
    assert {place: values["part_number"] for place, values in outcome.records.items()} == {
        (name, row): f"{name}-{row - 1}" for name in ("Jan", "Feb", "Mar") for row in (2, 3, 4)
    }
    assert outcome.notes == ["Not read: sheet 'Read me' (2 rows)"]


@pytest.mark.parametrize(("above", "left"), [(0, 0), (1, 0), (4, 2), (30, 7)])
def test_the_header_is_found_wherever_it_is_on_its_sheet(above: int, left: int) -> None:
    def change(sheets: Mapping[str, Worksheet]) -> None:
        for at, row in enumerate(month("D")):
            sheets["Data"].write_row(above + at, left, row)
        for at in range(0, above, 2):
            sheets["Data"].write(at, at % 3, "A remark above the table")

    outcome = outcome_of(xlsx({"Data": []}, change), "a.xlsx")
    assert outcome.table("part_number", "price") == {
        above + 2: ("D-1", "1.5"),
        above + 3: ("D-2", "2.5"),
        above + 4: ("D-3", "3.5"),
    }


def test_a_form_without_rows_is_no_second_table() -> None:
    outcome = outcome_of(xlsx({"Form": [TITLES], "Data": month("D")}), "a.xlsx")
    assert list(outcome.table()) == [2, 3, 4]
    assert outcome.notes == ["Not read: sheet 'Form' (0 rows)"]


@pytest.mark.parametrize("state", ["hide", "very_hidden"])
def test_a_hidden_sheet_is_not_read_and_is_named(state: str) -> None:
    def change(sheets: Mapping[str, Worksheet]) -> None:
        getattr(sheets["Last year"], state)()
        sheets["Data"].activate()
        sheets["Data"].set_first_sheet()

    outcome = outcome_of(xlsx({"Last year": month("L"), "Data": month("D")}, change), "a.xlsx")
    assert outcome.table("part_number")[2] == ("D-1",)
    assert outcome.notes == ["Not read: hidden sheet 'Last year' (3 rows)"]


def test_a_workbook_whose_only_table_is_hidden_asks() -> None:
    body = xlsx({"Read me": COVER, "Data": month("D")}, lambda sheets: sheets["Data"].hide())
    outcome = outcome_of(body, "a.xlsx")
    assert [choice.value for choice in outcome.questions["sheets"].choices] == [["Data"]]
    assert list(outcome_of(body, "a.xlsx", recipe={"sheets": ["Data"]}).table()) == [2, 3, 4]


def test_a_cover_without_any_table_names_the_sheets_that_were_looked_at() -> None:
    outcome = outcome_of(xlsx({"Read me": COVER, "Notes": COVER}), "a.xlsx")
    assert outcome.problem == "no-header"
    assert "'Read me', 'Notes'" in outcome.detail
    assert "Prices of the first quarter" in outcome.detail


# ---------------------------------------------------------------------- cover and three months, over the weeks


def test_a_cover_and_three_months_are_asked_about_once_and_corrected_by_the_errors_workbook() -> None:
    """The same row is wrong in each month; the next file asks nothing."""
    harness, wrong = Harness(), (1.5, "cheap", 3.5)
    names = ("Jan", "Feb", "Mar")
    sheets = {"Read me": COVER, **{name: month(name, wrong) for name in names}}
    asked = outcome_of(xlsx(sheets), "q1.xlsx", on=harness)
    assert list(asked.questions) == ["sheets"]
    harness.answer(asked.job.ref, {"sheets": "all"})
    job = harness.run(asked.job.ref)
    assert (job.counts.total, job.counts.inserted, job.counts.rejected) == (9, 6, 3)
    corrected = _corrected(harness, job, [3.0, 4.0, 5.0])
    assert (corrected.status, corrected.corrects, corrected.counts.inserted) == (Status.COMPLETED, job.ref.id, 3)
    loaded = harness.destination.values(TENANT, "products")
    assert sorted(loaded) == sorted(f"{name}-{at}" for name in names for at in (1, 2, 3))
    assert [str(loaded[f"{name}-2"]["price"]) for name in names] == ["3", "4", "5"]
    sheets = {"Read me": COVER, **{name: month(name) for name in ("Apr", "May", "Jun")}}
    following = outcome_of(xlsx(sheets), "q2.xlsx", on=harness)
    assert len(following.records) == 9
    assert following.job.recipe.decisions["sheets"].how == "remembered"


def _corrected(harness: Harness, job: Job, prices: list[float]) -> Job:
    """Correct the price of each line of the errors workbook, and import that."""
    book = openpyxl.load_workbook(io.BytesIO(harness.make_file(job.ref, "errors.xlsx")))
    sheet = book.worksheets[0]
    titles = [cell.value for cell in sheet[1]]
    places = [(row[titles.index("Original sheet")].value, row[0].value) for row in sheet.iter_rows(min_row=2)]
    assert places == [("Jan", 3), ("Feb", 3), ("Mar", 3)]
    for at, price in enumerate(prices, 2):
        sheet.cell(at, titles.index("Price") + 1).value = price
    file = io.BytesIO()
    book.save(file)
    return harness.run(harness.upload(file.getvalue(), filename="errors.xlsx"))


# ---------------------------------------------------------------------- hidden rows, columns, filters


def test_rows_that_a_filter_hides_are_read_and_counted() -> None:
    def change(sheet: Worksheet) -> None:
        sheet.autofilter(0, 0, 6, 3)
        sheet.filter_column(2, "City == Graz")
        for row in (2, 4, 6):
            sheet.set_row(row, options={"hidden": True})

    outcome = changed(six(), change)
    assert outcome.table("dealer_code") == {row: (f"D-{row - 1}",) for row in range(2, 8)}
    assert outcome.notes == [
        "Sheet 'Dealers': 3 hidden rows are read like the others",
        "Sheet 'Dealers': a filter is set",
    ]
    skipped = changed(six(), change, recipe={"hidden": "skip"})
    assert skipped.table("dealer_code") == {row: (f"D-{row - 1}",) for row in (2, 4, 6)}
    assert (skipped.job.counts.total, skipped.job.counts.skipped) == (6, 3)
    assert skipped.notes[0] == "Sheet 'Dealers': 3 hidden rows are skipped"


def test_the_filter_of_a_table_within_a_sheet_hides_rows_as_well() -> None:
    """A table keeps its filter in a part of its own; the rows say that they are hidden."""

    def change(sheet: Worksheet) -> None:
        sheet.add_table(0, 0, 6, 3, {"columns": [{"header": title} for title in DEALERS]})
        sheet.set_row(3, options={"hidden": True})

    outcome = changed(six(), change)
    assert len(outcome.rows) == 6
    assert outcome.notes == ["Sheet 'Dealers': 1 hidden row is read like the others"]


def test_collapsed_groups_and_sizes_of_nothing_hide_rows_and_columns() -> None:
    def change(sheet: Worksheet) -> None:
        sheet.set_row(1, options={"level": 1, "hidden": True})
        sheet.set_row(2, options={"collapsed": True})
        sheet.set_row(4, 0)
        sheet.set_column(1, 1, 0)
        sheet.set_column(3, 3, None, None, {"level": 1, "hidden": True})

    outcome = changed(six(), change)
    assert len(outcome.rows) == 6
    assert outcome.notes == [
        "Sheet 'Dealers': 2 hidden rows are read like the others",
        "Sheet 'Dealers': 2 hidden columns are read like the others",
    ]
    assert list(changed(six(), change, recipe={"hidden": "skip"}).rows) == [3, 4, 6, 7]


@pytest.mark.parametrize("before", [b"", b"<!-- rows -->"])
def test_a_row_of_no_height_is_hidden_even_if_its_rows_cannot_be_split_as_bytes(before: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(sheets_by_openpyxl({"Dealers": six()}))) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    part = "xl/worksheets/sheet1.xml"
    found[part] = found[part].replace(b'<row r="3"', b'<row r="3" ht="0" customHeight="1"')
    found[part] = found[part].replace(b"<sheetData>", b"<sheetData>" + before)
    outcome = outcome_of(packed(found), "a.xlsx", "dealers")
    assert outcome.notes == ["Sheet 'Dealers': 1 hidden row is read like the others"]
    assert list(outcome_of(packed(found), "a.xlsx", "dealers", {"hidden": "skip"}).rows) == [2, 4, 5, 6, 7]


# ---------------------------------------------------------------------- merged cells


def test_city_and_country_merged_over_three_rows_are_those_of_each_row() -> None:
    rows = [DEALERS, ("D-1", "A"), ("D-2", "B"), ("D-3", "C"), ("D-4", "D", "Graz", "Austria")]

    def change(sheet: Worksheet) -> None:
        sheet.merge_range(1, 2, 3, 2, "Hamburg")
        sheet.merge_range(1, 3, 3, 3, "Germany")

    outcome = changed(rows, change)
    assert outcome.table("city", "country") == {
        **dict.fromkeys((2, 3, 4), ("Hamburg", "Germany")),
        5: ("Graz", "Austria"),
    }
    assert outcome.notes == ["Sheet 'Dealers': 2 merged ranges; each of their rows has the merged value"]


def test_a_block_that_is_merged_over_rows_and_columns_rejects_its_rows() -> None:
    """Nothing says which of the columns has the value."""
    outcome = changed(six(), lambda sheet: sheet.merge_range(1, 2, 2, 3, "Kiel"))
    assert sorted(outcome.rejected) == [2, 3]
    assert all("is merged with the cell of another column" in reason for [reason, *_] in outcome.rejected.values())
    assert sorted(outcome.rows) == [4, 5, 6, 7]


def test_a_value_that_a_blank_merged_cell_hides_is_none() -> None:
    """A spreadsheet shows nothing there; what lies below came before the cells were merged."""

    def change(sheet: Worksheet) -> None:
        sheet.merge_range(1, 2, 2, 2, "")
        sheet.write(2, 2, "Hidden")

    outcome = changed([DEALERS, ("D-1", "A"), ("D-2", "B"), ("D-3", "C", "Kiel")], change)
    assert (sorted(outcome.rows), sorted(outcome.rejected)) == ([2, 4], [3])


def test_merged_titles_above_the_header_and_remarks_below_the_table_are_no_values() -> None:
    def change(sheet: Worksheet) -> None:
        for at, row in enumerate(six()):
            sheet.write_row(3 + at, 0, row)
        sheet.merge_range(0, 0, 1, 3, "Dealers of the north")
        sheet.merge_range(12, 0, 12, 3, "Without liability")

    outcome = changed([], change)
    assert list(outcome.rows) == [5, 6, 7, 8, 9, 10]
    assert list(outcome.rejected) == [13]


def test_group_titles_that_are_merged_over_columns_stand_above_the_header() -> None:
    rows = [("Dealer", None, "Place", None), *six()]

    def change(sheet: Worksheet) -> None:
        sheet.merge_range(0, 0, 0, 1, "Dealer")
        sheet.merge_range(0, 2, 0, 3, "Place")

    outcome = changed(rows, change)
    assert outcome.table("name", "city")[3] == ("Dealer 1", "Graz")
    assert len(outcome.rows) == 6


def test_a_workbook_without_the_part_of_one_of_its_sheets_is_damaged() -> None:
    """Its rows would be missing without a word; a chart has none."""
    with zipfile.ZipFile(io.BytesIO(xlsx({"Data": month("A"), "More": month("B")}))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist() if not name.endswith("sheet2.xml")}
    outcome = outcome_of(packed(parts), "a.xlsx")
    assert (outcome.problem, outcome.rows) == ("damaged-file/lost-sheet", {})
    assert "the rows of its sheet More are missing" in outcome.detail


# ---------------------------------------------------------------------- values behind the last title


@pytest.mark.parametrize(("write", "kind"), [(as_xls, "xls"), (as_ods, "ods"), (as_xml, "xlsx")])
def test_values_behind_the_last_title_of_a_sheet_are_said(write: Callable[[list[list[Any]]], bytes], kind: str) -> None:
    """A table may have remarks beside it; but the cells of a row may have been moved, too."""
    header: list[Any] = ["Dealer Code", "Name", "City", "Country", None]
    rows: list[list[Any]] = [
        ["D-1", "Meyer", "Sohn & Co", "Hamburg", "Germany"],
        ["D-2", "Ode", "Kiel", "Germany", None],
    ]
    outcome = outcome_of(write([header, *rows]), f"dealers.{kind}", "dealers")
    assert (len(outcome.records), outcome.job.counts.untitled) == (2, 1)
    assert outcome.notes == ["Not read: values behind the last header, in 1 row"]
    alone = outcome_of(write([header, rows[1]]), f"dealers.{kind}", "dealers")
    assert (len(alone.records), alone.notes) == (1, [])
