"""Workbooks with merged cells, hidden rows and columns, and filters: what is imported of them, and what is said."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import openpyxl
import pytest
import xlwt
from openpyxl.worksheet.worksheet import Worksheet

from sluice.api.responses import job_response
from sluice.model.job import Job, SheetOfFile
from sluice.model.options import Guards, LoadOptions
from sluice.model.status import Status
from sluice.reading.notes import notes_on
from sluice.usecases.artifacts import JobFiles
from sluice.wording import word_note
from tests.reading.made import ods_cell, ods_document
from tests.support.harness import Harness, small_chunks

TITLES = ("Dealer Code", "Name", "Street", "Postal Code", "City", "Country")


def dealers(harness: Harness, rows: Sequence[Sequence[Any]], change: Callable[[Worksheet], None], **more: Any) -> Job:
    """Import dealers below a header in row 1, from a workbook that is changed before."""
    return run(harness, [TITLES, *rows], change, importer="dealers", **more)


def run(harness: Harness, rows: Sequence[Sequence[Any]], change: Callable[[Worksheet], None], **more: Any) -> Job:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(list(row))
    change(sheet)
    file = io.BytesIO()
    book.save(file)
    return harness.run(harness.upload(file.getvalue(), filename="a.xlsx", **more))


def merging(*ranges: str) -> Callable[[Worksheet], None]:
    def change(sheet: Worksheet) -> None:
        for each in ranges:
            sheet.merge_cells(each)

    return change


def hiding(*rows: int) -> Callable[[Worksheet], None]:
    def change(sheet: Worksheet) -> None:
        for row in rows:
            sheet.row_dimensions[row].hidden = True

    return change


def records(harness: Harness, importer: str = "dealers") -> dict[str, dict[str, Any]]:
    found = harness.records.page("acme", importer, limit=1000, cursor=None).items
    return {each["key"]: each["values"] for each in found}


def cities(harness: Harness) -> dict[str, tuple[Any, Any]]:
    return {key: (values["city"], values["country"]) for key, values in records(harness).items()}


def reasons(harness: Harness, job: Job) -> list[tuple[int, str | None, str]]:
    found = JobFiles(job, harness.files).rejections_page(limit=100, cursor=None).items
    return [(each.row, each.column, each.code) for each in found]


def dealer(number: int, city: str | None = None, country: str | None = None) -> tuple[Any, ...]:
    return (f"D-{number}", f"Dealer {number}", None, None, city, country)


def test_a_row_has_the_value_of_a_cell_that_is_merged_with_its_own(harness: Harness) -> None:
    rows = [dealer(1, "Hamburg", "Germany"), dealer(2), dealer(3), dealer(4, "Graz", "Austria")]
    job = dealers(harness, rows, merging("E2:E4", "F2:F4"))
    assert (job.status, job.counts.inserted) == (Status.COMPLETED, 4)
    assert cities(harness) == {
        **dict.fromkeys(["D-1", "D-2", "D-3"], ("Hamburg", "Germany")),
        "D-4": ("Graz", "Austria"),
    }
    assert job.file.sheets[0].merged_ranges == 2


def test_a_merged_cell_reaches_over_the_chunks_of_a_file(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """The value stands in the first chunk alone."""
    small_chunks(monkeypatch, rows=3)
    rows = [dealer(1, "Kiel", "Germany"), dealer(2, "Hamburg"), *map(dealer, range(3, 12)), dealer(12, "Graz")]
    job = dealers(harness, rows, merging("F2:F13", "E3:E12"))
    assert (job.status, job.counts.inserted) == (Status.COMPLETED, 12)
    found = cities(harness)
    assert {found[f"D-{number}"] for number in range(2, 12)} == {("Hamburg", "Germany")}
    assert (found["D-1"], found["D-12"]) == (("Kiel", "Germany"), ("Graz", "Germany"))


def test_a_merged_key_is_the_key_of_each_row_so_the_later_ones_are_duplicates(harness: Harness) -> None:
    rows = [dealer(1, "Kiel"), (None, "Second name", None, None, "Ulm", None)]
    job = dealers(harness, rows, merging("A2:A3"))
    assert (job.counts.inserted, reasons(harness, job)) == (1, [(3, "Dealer Code", "duplicate-key")])


def test_a_cell_that_is_merged_with_another_column_is_rejected(harness: Harness) -> None:
    """Nothing says whether Hamburg is a city, a country, or both."""
    rows = [dealer(1, "Hamburg"), dealer(2, "Graz", "Austria")]
    job = dealers(harness, rows, merging("E2:F2"))
    assert (job.counts.inserted, reasons(harness, job)) == (1, [(2, "Country", "merged-cells")])


def test_a_value_that_a_merged_cell_hides_is_rejected(harness: Harness) -> None:
    def change(sheet: Worksheet) -> None:
        sheet.merge_cells("E2:E3")
        sheet._cells[3, 5] = openpyxl.cell.Cell(sheet, row=3, column=5, value="Bremen")

    job = dealers(harness, [dealer(1, "Hamburg"), dealer(2)], change)
    assert (job.counts.inserted, reasons(harness, job)) == (1, [(3, "City", "merged-cells")])


def test_a_row_below_a_tall_one_that_has_no_value_of_its_own_is_none(harness: Harness) -> None:
    job = dealers(
        harness, [dealer(1, "Kiel", "Germany"), (), dealer(2)], merging(*(f"{each}2:{each}3" for each in "ABEF"))
    )
    assert (job.counts.total, job.counts.inserted) == (2, 2)


def test_values_below_a_title_that_is_merged_over_columns_are_not_lost(harness: Harness) -> None:
    """A second name under the same title is in no column of its own."""
    rows = [("Dealer Code", "Name", None, "City"), ("D-1", "Anna", "Meyer", "Kiel"), ("D-2", "Ben", None, "Ulm")]
    job = run(harness, rows, merging("B1:C1"), importer="dealers")
    assert (job.counts.inserted, reasons(harness, job)) == (1, [(2, "Name", "merged-cells")])


def test_cells_that_are_merged_in_each_row_as_their_title_is_are_read(harness: Harness) -> None:
    rows = [("Dealer Code", "Name", None, "City"), ("D-1", "Anna", None, "Kiel"), ("D-2", "Ben", None, "Ulm")]
    job = run(harness, rows, merging("B1:C1", "B2:C2", "B3:C3"), importer="dealers")
    assert (job.counts.inserted, job.counts.rejected) == (2, 0)


def test_the_errors_workbook_has_the_merged_value_in_each_row(harness: Harness) -> None:
    """It has no merged cells, and a row of it is corrected alone."""
    rows = [dealer(1, "Hamburg", "Germany"), (None, "Dealer 2", None, None, None, None)]
    job = dealers(harness, rows, merging("E2:E3", "F2:F3"))
    [_, line] = openpyxl.load_workbook(io.BytesIO(harness.make_file(job.ref, "errors.xlsx"))).worksheets[0].values
    assert (line[0], line[6], line[7]) == (3, "Hamburg", "Germany")


SIX = [dealer(number, "Kiel" if number % 2 else "Graz") for number in range(1, 7)]


def test_hidden_rows_are_imported_and_counted(harness: Harness) -> None:
    def change(sheet: Worksheet) -> None:
        hiding(3, 5, 7, 50)(sheet)
        sheet.column_dimensions["F"].hidden = True
        sheet.auto_filter.ref = "A1:F7"
        sheet.auto_filter.add_filter_column(4, ["Kiel"])

    job = dealers(harness, SIX, change)
    assert (job.counts.inserted, job.counts.skipped) == (6, 0)
    sheet = job.file.sheets[0]
    assert (sheet.hidden_rows, sheet.hidden_columns, sheet.is_filtered, sheet.merged_ranges) == (3, 1, True, 0)


def test_hidden_rows_are_skipped_by_recipe_and_counted_so(harness: Harness) -> None:
    job = dealers(harness, SIX, hiding(3, 5, 7), recipe={"hidden": "skip"})
    counts = job.counts
    assert (job.status, sorted(cities(harness))) == (Status.COMPLETED, ["D-1", "D-3", "D-5"])
    assert (counts.total, counts.inserted, counts.skipped, counts.unprocessed) == (6, 3, 3, 0)


def test_an_answer_about_hidden_rows_parses_all_rows_again(harness: Harness) -> None:
    job = dealers(harness, SIX, hiding(3, 5), review=True)
    assert (job.status, job.counts.checked, job.counts.skipped) == (Status.IN_REVIEW, 6, 0)
    harness.answer(job.ref, {"hidden": "skip"})
    job = harness.run(job.ref)
    assert (job.status, job.counts.checked, job.counts.skipped, job.counts.total) == (Status.IN_REVIEW, 4, 2, 6)
    harness.commit(job.ref)
    assert harness.run(job.ref).counts.inserted == 4


def test_a_mirror_keeps_the_records_of_rows_that_are_skipped(harness: Harness) -> None:
    """They are in the file, though nothing of them is loaded."""
    dealers(harness, SIX, hiding())
    mirror = LoadOptions("mirror", guards=Guards(max_deleted=1.0))
    job = dealers(harness, SIX[:4], hiding(3), recipe={"hidden": "skip"}, options=mirror)
    assert (job.status, job.counts.skipped, job.counts.absent) == (Status.COMPLETED, 1, 2)
    assert sorted(cities(harness)) == ["D-1", "D-2", "D-3", "D-4"]


def xls() -> bytes:
    """Return dealers in the old format: the city is merged over two rows, the third one is hidden."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Old")
    for row, cells in enumerate([TITLES, dealer(1), dealer(2), dealer(3, "Ulm")]):
        for column, cell in enumerate(cells):
            if cell is not None:
                sheet.write(row, column, cell)
    sheet.write_merge(1, 2, 4, 4, "Kiel")
    sheet.row(3).hidden = True
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def ods() -> bytes:
    """Return the same as an OpenDocument file."""
    rows = [
        ods_row(*map(ods_cell, TITLES)),
        ods_row(
            *map(ods_cell, dealer(1)[:4]),
            ods_cell("Kiel").replace("<table:table-cell", '<table:table-cell table:number-rows-spanned="2"', 1),
        ),
        ods_row(*map(ods_cell, dealer(2)[:4]), "<table:covered-table-cell/>"),
        ods_row(*map(ods_cell, dealer(3, "Ulm"))).replace(
            "<table:table-row", '<table:table-row table:visibility="filter"', 1
        ),
    ]
    return ods_document(f'<table:table table:name="Old">{"".join(rows)}</table:table>')


def ods_row(*cells: str) -> str:
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


@pytest.mark.parametrize(("file", "name"), [(xls, "a.xls"), (ods, "a.ods")])
def test_merged_and_hidden_cells_of_other_workbooks_are_read_alike(
    harness: Harness, file: Callable[[], bytes], name: str
) -> None:
    job = harness.run(harness.upload(file(), filename=name, importer="dealers"))
    assert {key: city for key, (city, _) in cities(harness).items()} == {"D-1": "Kiel", "D-2": "Kiel", "D-3": "Ulm"}
    assert (job.file.sheets[0].hidden_rows, job.file.sheets[0].merged_ranges) == (1, 1)
    job = harness.run(harness.upload(file(), filename=name, importer="dealers", recipe={"hidden": "skip"}))
    assert (job.counts.total, job.counts.unchanged, job.counts.skipped) == (3, 2, 1)


def test_a_totals_row_whose_word_is_merged_over_other_columns_is_ignored(harness: Harness) -> None:
    """Spreadsheets often merge the word with the empty cells beside it."""
    titles = ("Part Number", "Description", "Brand", "Category", "Price")
    rows = [("K-1", "Screw", "A", "B", 2), ("Total", None, None, None, 2)]
    job = run(harness, [titles, *rows], merging("A3:D3"), importer="products")
    assert (job.status, job.counts.total, job.counts.ignored, job.counts.rejected) == (Status.COMPLETED, 1, 1, 0)


def test_what_of_a_workbook_is_hidden_or_not_read_is_said_in_words_by_the_job_and_its_log(harness: Harness) -> None:
    def change(sheet: Worksheet) -> None:
        sheet.title = "Dealers"
        hiding(3, 5, 7)(sheet)
        sheet.column_dimensions["F"].hidden = True
        sheet.auto_filter.ref = "A1:F7"
        sheet.auto_filter.add_filter_column(4, ["Kiel"])
        merging("E2:E4", "F2:F3")(sheet)
        book = sheet.parent
        assert book is not None
        for name, state in (("Notes", "visible"), ("Lists", "veryHidden")):
            other = book.create_sheet(name)
            other.append(["a"])
            other.append(["b"])
            other.sheet_state = state

    def said(job: Job) -> list[str]:
        file = job_response(job, "https://api").file
        return [note.text for note in file.notes] if file else []

    job = dealers(harness, SIX, change)
    texts = [
        "Sheet 'Dealers': 3 hidden rows are read like the others",
        "Sheet 'Dealers': a filter is set",
        "Sheet 'Dealers': 1 hidden column is read like the others",
        "Sheet 'Dealers': 2 merged ranges; each of their rows has the merged value",
        "Not read: sheet 'Notes' (2 rows), hidden sheet 'Lists' (2 rows)",
    ]
    assert said(job) == texts
    assert "; ".join(texts) in [entry.note for entry in harness.jobs.entries(job.ref)]
    skipping = dealers(harness, SIX, change, recipe={"hidden": "skip"})
    assert said(skipping)[0] == "Sheet 'Dealers': 3 hidden rows are skipped"


def test_a_workbook_that_shows_all_it_has_gets_no_note(harness: Harness) -> None:
    job = dealers(harness, SIX, hiding())
    assert not any(entry.note for entry in harness.jobs.entries(job.ref))


def test_notes_on_many_sheets_name_the_first_ones(harness: Harness) -> None:
    def sheets(*, rows: int | None, header: int | None) -> list[SheetOfFile]:
        return [SheetOfFile(f"S{at}", header, rows, hidden_rows=2) for at in range(13)]

    [hidden] = notes_on(sheets(rows=None, header=1), skips_hidden=False)
    assert word_note(*hidden).endswith("'S9' and 3 more: 26 hidden rows are read like the others")
    [unread] = notes_on(sheets(rows=1, header=None), skips_hidden=False)
    assert word_note(*unread).endswith("sheet 'S9' (1 row) and 3 more sheets")
