"""Marks of errors files that were lost or forged, and files that contradict them."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import xlsxwriter
from openpyxl import load_workbook

from sluice.model.job import Job
from sluice.model.rejection import JOB_TITLE, ROW_TITLE
from sluice.model.status import Status
from sluice.reports.rejected_rows import JOB_PROPERTY, REASONS_TITLE
from sluice.usecases.downloads import ERRORS_CSV, ERRORS_XLSX
from sluice.wording import word_detail, word_rejection
from tests.support.factories import PRODUCT_TITLES, csv_file
from tests.support.factories_files import written_by_openpyxl
from tests.support.harness import Harness
from tests.support.spreadsheets import Table, as_csv, as_xlsx, edited, priced, saved, table_of
from tests.unit.usecases.rejected import TEXTS, notes, rejected_job, rejections, rows_of, stored


@pytest.fixture
def first(harness: Harness) -> Job:
    """Return a job of which every row was rejected for its price."""
    return rejected_job(harness)


def without(table: Table, *titles: str) -> Table:
    """Remove columns."""
    places = [place for place, title in enumerate(table[0]) if title not in titles]
    return [[row[place] for place in places] for row in table]


def test_the_property_of_the_workbook_is_enough(harness: Harness, first: Job) -> None:
    """A person may have removed the column of the jobs."""
    book = load_workbook(io.BytesIO(edited(harness.make_file(first.ref, ERRORS_XLSX))))
    assert book.custom_doc_props[JOB_PROPERTY].value == first.ref.id  # type: ignore[attr-defined] # the stubs lack it
    book.worksheets[0].delete_cols(2)
    job = harness.run(harness.upload(saved(book), filename="a.xlsx"))
    assert job.corrects == first.ref.id
    assert job.counts.inserted == len(TEXTS) - job.counts.rejected > 0


def test_the_column_is_enough_though_its_first_rows_are_blank(harness: Harness, first: Job) -> None:
    """Rows that a person has added have no number: they are rejected, and the others are loaded."""
    header, *rows = priced(table_of(harness.make_file(first.ref, ERRORS_CSV)))
    added = [["", "", "P-900", "added", "1", "1", ""], ["", "", "P-901", "added", "1", "1", ""]]
    job = harness.run(harness.upload(as_csv([header, *added, *rows[1:]])))
    assert (job.corrects, job.counts.inserted, job.counts.rejected) == (first.ref.id, len(TEXTS) - 1, 2)
    assert {(each.row, each.column, each.code) for each in rejections(harness, job)} == {
        (2, ROW_TITLE, "not-a-row-number"),
        (3, ROW_TITLE, "not-a-row-number"),
    }


@pytest.mark.parametrize("lost", [(JOB_TITLE,), (JOB_TITLE, REASONS_TITLE)])
@pytest.mark.parametrize("named", [False, True])
def test_without_its_mark_no_apostrophe_is_stored_in_silence(
    harness: Harness, first: Job, lost: tuple[str, ...], named: bool
) -> None:
    """A row whose text may be escaped is rejected; rows without such a text are imported."""
    table = without(priced(table_of(harness.make_file(first.ref, ERRORS_CSV))), *lost)
    more: dict[str, Any] = {"corrects": first.ref.id} if named else {}
    job = harness.run(harness.upload(as_csv(table), **more))
    assert job.corrects == (first.ref.id if named else None)
    unclear = {"P-0", "P-1", "P-2", "P-3", "P-4", "P-7", "P-8"}
    assert set(stored(harness)) == {f"P-{place}" for place in range(len(TEXTS))} - unclear
    assert all(text == TEXTS[int(key[2:])] for key, text in stored(harness).items())
    found = rejections(harness, job)
    assert {(each.column, each.code) for each in found} == {("Description", "unclear-apostrophe")}
    assert JOB_TITLE in word_rejection(found[0])


def test_a_text_that_a_person_wraps_for_a_spreadsheet_is_its_content_as_in_any_csv_file(
    harness: Harness, first: Job
) -> None:
    table = priced(table_of(harness.make_file(first.ref, ERRORS_CSV)))
    table[1][table[0].index("Description")] = '="00123"'
    harness.run(harness.upload(as_csv(table)))
    assert stored(harness)["P-0"] == "00123"


def by_xlsxwriter(table: Table) -> bytes:
    """Save a table as XlsxWriter and pandas do: text that begins with "=" becomes a formula yet to be computed."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for row, cells in enumerate(table):
            sheet.write_row(row, 0, cells)
    return out.getvalue()


def by_a_program(table: Table) -> bytes:
    """Save a table as a spreadsheet program does that has computed the formulas of a library."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for row, cells in enumerate(table):
            sheet.write_row(row, 0, cells)
            for column, cell in enumerate(cells):
                if isinstance(cell, str) and cell.startswith("="):
                    sheet.write_formula(row, column, cell, value=5)
    return out.getvalue()


@pytest.mark.parametrize(
    ("save", "code"),
    [
        (by_a_program, "computed-text"),
        (by_xlsxwriter, "uncomputed-formula"),
        (written_by_openpyxl, "uncomputed-formula"),
    ],
)
def test_a_text_that_a_library_has_made_a_formula_of_is_not_lost_in_silence(
    harness: Harness, first: Job, save: Callable[[Table], bytes], code: str
) -> None:
    """The row is rejected with the text that it had, and all others are loaded."""
    body = save(priced(table_of(harness.make_file(first.ref, ERRORS_XLSX))))
    job = harness.run(harness.upload(body, filename="mine.xlsx"))
    assert (job.corrects, job.counts.inserted, job.counts.rejected) == (first.ref.id, len(TEXTS) - 1, 1)
    (rejection,) = rejections(harness, job)
    assert (rejection.row, rejection.column, rejection.code) == (5, "Description", code)
    assert "P-3" not in stored(harness)
    assert "=A1" in word_rejection(rejection) + str(rejection.value)


def test_a_formula_that_was_rejected_can_be_replaced_by_a_number(harness: Harness) -> None:
    first = harness.run(harness.upload(csv_file([("P-1", "a", "=5*2", 1)])))
    table = table_of(harness.make_file(first.ref, ERRORS_XLSX))
    table[1][table[0].index("Price")] = 10
    assert harness.run(harness.upload(as_xlsx(table), filename="a.xlsx")).counts.inserted == 1


def forged(mark: str) -> bytes:
    """Make a complete errors file that names a job."""
    titles = [ROW_TITLE, JOB_TITLE, *PRODUCT_TITLES, REASONS_TITLE]
    return as_csv([titles, ["2", mark, "P-1", "'=A1" if mark.startswith("'") else "=A1", "1", "1", "odd"]])


@pytest.mark.parametrize("escaped", ["", "'"])
@pytest.mark.parametrize(
    "kind", ["unknown", "of another tenant", "of another importer", "deleted", "rolled back", "sound"]
)
def test_a_file_that_names_a_job_which_is_not_there_is_an_ordinary_import(
    harness: Harness, kind: str, escaped: str
) -> None:
    """The mark proves nothing; the log says what it named, and no more. Escaped text is unescaped all the same."""
    made: dict[str, Callable[[], str]] = {
        "unknown": lambda: "01M804BT7XG4DMECX7GXVETYTJ",
        "of another tenant": lambda: harness.run(harness.upload(csv_file(rows_of(["a"])), tenant="other")).ref.id,
        "of another importer": lambda: (
            harness.run(
                harness.upload(b"Dealer Code,Name,Email,Country,Tier\nD-1,x,nope,DE,gold\n", importer="dealers")
            ).ref.id
        ),
        "deleted": lambda: deleted(harness),
        "rolled back": lambda: rolled_back(harness),
        "sound": lambda: harness.run(harness.upload(csv_file([("P-7", "a", "1", 1)]))).ref.id,
    }
    named = made[kind]()
    job = harness.run(harness.upload(forged(escaped + named), filename="errors.csv"))
    assert (job.status, job.corrects, job.problem) == (Status.COMPLETED, None, None)
    assert stored(harness)["P-1"] == "=A1"
    assert notes(harness, job) == [
        f"this file names job {named}, which has no rows to correct here; it is imported like any other file"
    ]


def deleted(harness: Harness) -> str:
    job = harness.run(harness.upload(csv_file(rows_of(["a"]))))
    harness.jobs.mark_deleted(job.ref, by="ann")
    return job.ref.id


def rolled_back(harness: Harness) -> str:
    job = harness.run(harness.upload(csv_file([*rows_of(["a"]), ("P-8", "b", "1", 1)])))
    harness.roll_back(job.ref)
    return harness.run(job.ref).ref.id


def test_a_file_of_two_jobs_corrects_the_first(harness: Harness, first: Job) -> None:
    """A row of another job could have the number of a rejected row."""
    other = harness.run(harness.upload(csv_file([("Q-1", "other", "wrong", 1)])))
    table = priced(table_of(harness.make_file(first.ref, ERRORS_XLSX)))
    (row,) = priced(table_of(harness.make_file(other.ref, ERRORS_XLSX)))[1:]
    job = harness.run(harness.upload(as_xlsx([*table, row]), filename="both.xlsx"))
    assert (job.corrects, job.counts.inserted, job.counts.rejected) == (first.ref.id, len(TEXTS), 1)
    (rejection,) = rejections(harness, job)
    assert (rejection.column, rejection.value, rejection.code) == (JOB_TITLE, other.ref.id, "not-of-corrected-job")
    assert first.ref.id in word_rejection(rejection)


def test_a_caller_who_names_another_job_is_contradicted(harness: Harness, first: Job) -> None:
    """Neither of the two is believed, and nothing is loaded."""
    other = harness.run(harness.upload(csv_file([("Q-1", "other", "wrong", 1)])))
    body = edited(harness.make_file(first.ref, ERRORS_XLSX))
    job = harness.run(harness.upload(body, filename="errors.xlsx", corrects=other.ref.id))
    assert job.problem is not None
    assert (job.status, job.problem.type, stored(harness)) == (Status.FAILED, "corrects-another-job", {})
    assert {first.ref.id, other.ref.id} <= set(word_detail(job.problem).replace(".", " ").replace("=", " ").split())


def test_a_job_under_way_cannot_be_corrected_yet(harness: Harness, first: Job) -> None:
    """The same answer as to a caller who names it; afterwards the same file is taken."""
    body = edited(harness.make_file(first.ref, ERRORS_XLSX))
    harness.jobs.items[first.ref] = replace(first, status=Status.LOADING)
    job = harness.run(harness.upload(body))
    assert job.problem is not None
    assert (job.status, job.problem.type) == (Status.FAILED, "cannot-correct")
    harness.jobs.items[first.ref] = first
    assert harness.run(harness.upload(body)).corrects == first.ref.id


@pytest.mark.parametrize("status", [Status.IN_REVIEW, Status.CANCELLED, Status.FAILED])
def test_a_job_that_waits_or_has_ended_is_corrected(harness: Harness, first: Job, status: Status) -> None:
    """Rows can be corrected before any are loaded."""
    body = edited(harness.make_file(first.ref, ERRORS_XLSX))
    harness.jobs.items[first.ref] = replace(first, status=status)
    job = harness.run(harness.upload(body))
    assert (job.corrects, job.counts.inserted) == (first.ref.id, len(TEXTS))
