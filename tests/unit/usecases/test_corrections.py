"""Corrections: rejected rows are imported again from the errors workbook, and only those."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from sluice.model.chunk import JobRef
from sluice.model.counts import Counts
from sluice.model.errors import Conflict, NotFound
from sluice.model.job import Job
from sluice.model.options import GivenOptions, Guards
from sluice.model.rejection import ROW_TITLE, Rejection
from sluice.model.status import Status
from sluice.usecases.artifacts import JobFiles
from sluice.wording import word_detail, word_rejection
from tests.support.factories import PRODUCT_TITLES, csv_file, products
from tests.support.factories_files import written_by_openpyxl
from tests.support.harness import Harness

Edit = Callable[[Worksheet], None]


def file_with(**wrong: Any) -> bytes:
    """Return 25 products, some of them with a wrong price; ``p3="-1"`` is the third row's."""
    rows = [list(row) for row in products(25)]
    for name, price in wrong.items():
        rows[int(name[1:]) - 1][2] = price
    return csv_file(rows)


@pytest.fixture
def first(harness: Harness) -> Job:
    """Return a job that has rejected rows 4, 14 and 24 (the third, thirteenth and twenty-third part)."""
    job = harness.run(harness.upload(file_with(p3="-1", p13="free", p23="-3")))
    assert (job.status, job.counts.inserted, job.counts.rejected) == (Status.COMPLETED, 22, 3)
    return job


def errors_of(harness: Harness, ref: JobRef, edit: Edit) -> bytes:
    """Return the job's errors.xlsx after an edit."""
    book = load_workbook(io.BytesIO(harness.make_file(ref, "errors.xlsx")))
    (sheet,) = book.worksheets
    edit(sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def corrected(harness: Harness, job: Job, edit: Edit, **more: Any) -> Job:
    """Import the edited errors of a job."""
    body = errors_of(harness, job.ref, edit)
    return harness.run(harness.upload(body, filename="errors.xlsx", corrects=job.ref.id, **more))


def price(row: int, value: str) -> Edit:
    """Change the price in a row of the sheet."""

    def edit(sheet: Worksheet) -> None:
        assert sheet.cell(1, 5).value == "Price"
        sheet.cell(row, 5).value = value

    return edit


def all_prices(sheet: Worksheet) -> None:
    for row in range(2, sheet.max_row + 1):
        price(row, "7.5")(sheet)


def rejections(harness: Harness, job: Job) -> list[Rejection]:
    return JobFiles(job, harness.files).rejections_page(limit=100, cursor=None).items


def prices(harness: Harness) -> dict[str, str]:
    return {key: row["price"] for key, row in harness.destination.values("acme", "products").items()}


def test_corrected_rows_are_loaded_and_no_others(harness: Harness, first: Job) -> None:
    before = prices(harness)
    job = corrected(harness, first, all_prices)
    assert (job.status, job.corrects) == (Status.COMPLETED, first.ref.id)
    assert job.counts == Counts(total=3, checked=3, inserted=3)
    assert prices(harness) == before | {"P-000003": "7.5", "P-000013": "7.5", "P-000023": "7.5"}


def test_rows_that_are_still_wrong_are_corrected_in_the_next_round(harness: Harness, first: Job) -> None:
    """The errors of the correction have the row numbers of the first file."""
    second = corrected(harness, first, price(2, "7.5"))
    assert (second.counts.inserted, second.counts.rejected) == (1, 2)
    assert [each.row for each in rejections(harness, second)] == [3, 4]
    third = corrected(harness, second, all_prices)
    assert third.counts == Counts(total=2, checked=2, inserted=2)
    assert prices(harness)["P-000023"] == "7.5"


def test_a_correction_may_be_errors_csv(harness: Harness, first: Job) -> None:
    body = harness.make_file(first.ref, "errors.csv").replace(b",free,", b",7.5,")
    job = harness.run(harness.upload(body, filename="errors.csv", corrects=first.ref.id))
    assert (job.counts.inserted, job.counts.rejected) == (1, 2)


def test_a_row_that_was_not_rejected_is_unmatched(harness: Harness, first: Job) -> None:
    """It is rejected, and the others are loaded; nothing of the dataset is changed."""

    def edit(sheet: Worksheet) -> None:
        all_prices(sheet)
        sheet.append([5, None, "P-000004", "Sneaked in", "1", 1])
        sheet.append([99, None, "P-000099", "Made up", "1", 1])

    job = corrected(harness, first, edit)
    assert (job.counts.inserted, job.counts.rejected, job.counts.total) == (3, 2, 5)
    assert [(each.row, each.column, each.value, word_rejection(each)) for each in rejections(harness, job)] == [
        (5, ROW_TITLE, "5", f"is not a row that job {first.ref.id} has rejected"),
        (6, ROW_TITLE, "99", f"is not a row that job {first.ref.id} has rejected"),
    ]
    assert prices(harness)["P-000004"] == "9.5"


@pytest.mark.parametrize("number", [None, "", "four", "4.5", 4.5, True, "9" * 5000, "#N/A"])
def test_a_row_without_its_number_is_rejected(harness: Harness, first: Job, number: Any) -> None:
    def edit(sheet: Worksheet) -> None:
        all_prices(sheet)
        sheet.cell(2, 1).value = number

    job = corrected(harness, first, edit)
    assert (job.counts.inserted, job.counts.rejected) == (2, 1)
    (rejection,) = rejections(harness, job)
    assert (rejection.row, rejection.column, word_rejection(rejection)) == (2, ROW_TITLE, "is not a row number")


def test_a_correction_without_the_column_of_row_numbers_is_rejected(harness: Harness, first: Job) -> None:
    """A complete file is not a correction."""
    ref = harness.upload(file_with(), corrects=first.ref.id)
    job = harness.run(ref)
    assert job.problem is not None
    assert (job.status, job.problem.type) == (Status.FAILED, "no-row-numbers")
    assert ROW_TITLE in word_detail(job.problem)


def test_a_row_that_was_rejected_because_of_its_key_is_corrected(harness: Harness) -> None:
    """Loading rejects rows too."""
    body = csv_file([*products(20), *products(2, first=3)])
    first = harness.run(harness.upload(body))
    assert first.counts.rejected == 2

    def edit(sheet: Worksheet) -> None:
        assert [sheet.cell(row, 1).value for row in (2, 3)] == [22, 23]
        for row in (2, 3):
            sheet.cell(row, 3).value = f"NEW-{row}"

    job = corrected(harness, first, edit)
    assert job.counts.inserted == 2
    assert {"NEW-2", "NEW-3"} <= set(prices(harness))


def test_text_that_looks_like_a_formula_is_imported_as_it_came(harness: Harness) -> None:
    """In a workbook it is text; a CSV file has an apostrophe before it that is no content, and is dropped once."""
    names = ["'=1+1", "+49 40", "'quoted'", "''=odd", "'=guarded", "@home", "plain"]
    rows = [(f"P-{place}", name, "wrong", 1) for place, name in enumerate(names)]
    first = harness.run(harness.upload(csv_file(rows)))

    def edit(sheet: Worksheet) -> None:
        assert sheet.cell(2, 4).value == "=1+1"
        all_prices(sheet)

    assert corrected(harness, first, edit).counts.inserted == len(names)
    values = harness.destination.values("acme", "products")
    assert [values[f"P-{place}"]["description"] for place in range(len(names))] == [
        name.removeprefix("'") if name.startswith("'=") else name for name in names
    ]


def test_a_correction_has_the_mapping_of_the_corrected_job(harness: Harness) -> None:
    """The headers of the workbook are those of the first file."""
    body = csv_file([("P-1", "Filter", "-1", 1)], titles=("Teil", "Was", "Preis", "Zahl"))
    mapping = {"Teil": "part_number", "Was": "description", "Preis": "price", "Zahl": "stock"}
    first = harness.run(harness.upload(body, recipe={"columns": mapping}))

    def edit(sheet: Worksheet) -> None:
        sheet.cell(2, 5).value = "1"

    job = corrected(harness, first, edit)
    assert (job.status, job.recipe.columns, job.counts.inserted) == (Status.COMPLETED, mapping, 1)


@pytest.mark.parametrize(
    ("given", "mode", "blanks"),
    [
        (GivenOptions(), "update", "clear"),
        (GivenOptions(blanks="keep"), "update", "keep"),
        (GivenOptions(mode="insert"), "insert", "clear"),
        (GivenOptions(mode="mirror"), "upsert", "clear"),
    ],
)
def test_a_correction_has_the_options_of_the_corrected_job_unless_others_are_given(
    harness: Harness, given: GivenOptions, mode: str, blanks: str
) -> None:
    """It says nothing about the keys that it lacks, so it mirrors nothing; no guard counts its few rows."""
    harness.run(harness.upload(csv_file(products(25))))
    was = GivenOptions("update", "clear", guards={"max_rejected": 0.9})
    first = harness.run(harness.upload(file_with(p3="-1"), given=was))
    body = errors_of(harness, first.ref, price(2, "1.25"))
    named = harness.jobs.get(harness.upload(body, filename="errors.xlsx", corrects=first.ref.id, given=given))
    recognised = harness.upload(body, filename="errors.xlsx", given=given)
    harness.plan(recognised)
    for job in (named, harness.jobs.get(recognised)):
        assert job.corrects == first.ref.id
        assert (job.options.mode, job.options.blanks, job.options.guards) == (mode, blanks, Guards())
        assert job.given == given


@pytest.mark.parametrize("order", ["dmy", "mdy"])
def test_dates_are_read_in_the_order_of_the_corrected_job(harness: Harness, order: Any) -> None:
    """A question is asked once."""
    titles = (*PRODUCT_TITLES, "Updated")
    rows = [("P-1", "Good", "1", 1, "03/04/2025"), ("P-2", "Bad", "-1", 1, "03/04/2025")]
    ref = harness.upload(csv_file(rows, titles))
    harness.run(ref)
    harness.answer(ref, {"date_order": {"updated": order}})
    job = corrected(harness, harness.run(ref), price(2, "1"))
    assert (job.status, job.recipe.value("date_order.updated")) == (Status.COMPLETED, order)
    values = harness.destination.values("acme", "products")
    assert values["P-2"]["updated"] == values["P-1"]["updated"]


def test_a_correction_is_in_the_log_of_both_jobs(harness: Harness, first: Job) -> None:
    job = corrected(harness, first, all_prices)
    assert harness.jobs.entries(first.ref)[-1].note == f"corrected by job {job.ref.id}"
    assert harness.jobs.entries(first.ref)[-1].by == "ann"
    assert harness.jobs.entries(job.ref)[0].note == f"corrects job {first.ref.id}"


def test_a_correction_is_a_job_of_its_own(harness: Harness, first: Job) -> None:
    """It can be reviewed, and rolled back without the job that it corrects."""
    job = corrected(harness, first, all_prices, review=True)
    assert (job.status, job.counts.to_insert) == (Status.IN_REVIEW, 3)
    harness.commit(job.ref)
    harness.run(job.ref)
    harness.roll_back(job.ref)
    assert harness.run(job.ref).counts.reversed == 3
    assert len(prices(harness)) == 22


def assert_cannot_correct(harness: Harness, ref: JobRef, why: str, importer: str = "products") -> None:
    with pytest.raises(Conflict) as rejected:
        harness.upload(b"x", importer=importer, corrects=ref.id)
    assert rejected.value.problem.type == "cannot-correct"
    assert why in word_detail(rejected.value.problem)


def test_only_a_job_with_rejected_rows_can_be_corrected(harness: Harness, first: Job) -> None:
    """The importer must be the same, and the job must have ended."""
    assert_cannot_correct(harness, first.ref, "belongs to the importer 'products'", "dealers")
    assert_cannot_correct(harness, harness.run(harness.upload(csv_file(products(3)))).ref, "has no rejected rows")
    going = harness.upload(file_with(p1="-1", p2="-1"))
    harness.plan(going)
    assert_cannot_correct(harness, going, "is parsing. Wait until it has ended")
    with pytest.raises(NotFound):
        harness.upload(b"x", corrects="01UNKNOWN")
    with pytest.raises(NotFound):
        harness.upload(b"x", tenant="other", corrects=first.ref.id)


def test_a_workbook_of_another_program_is_a_correction_if_it_has_the_row_numbers(harness: Harness, first: Job) -> None:
    """The column counts, not the program that wrote the file."""
    file = written_by_openpyxl([[*PRODUCT_TITLES, ROW_TITLE], ["P-000013", "Thirteen", 5, 1, 14]])
    job = harness.run(harness.upload(file, filename="mine.xlsx", corrects=first.ref.id))
    assert (job.counts.inserted, prices(harness)["P-000013"]) == (1, "5")


def test_a_correction_of_many_rows_reads_only_the_chunks_it_needs(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = harness.run(harness.upload(file_with(**{f"p{number}": "-1" for number in range(1, 26)})))
    body = harness.make_file(first.ref, "errors.csv")
    lines = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    some = csv_file([[*row[:4], "1", *row[5:]] for row in lines[1:4]], lines[0])
    ref = harness.upload(some, filename="errors.csv", corrects=first.ref.id)
    read: list[str] = []
    real = harness.files.read

    def noting(key: str, *args: Any, **more: Any) -> bytes:
        read.append(key)
        return real(key, *args, **more)

    monkeypatch.setattr(harness.files, "read", noting)
    assert harness.run(ref).counts.inserted == 3
    assert {key[-20:] for key in read if f"/{first.ref.id}/rejections/" in key} == {
        f"tions/000000-{name}.jsonl"[-20:] for name in ("a-parse", "b-load")
    }
