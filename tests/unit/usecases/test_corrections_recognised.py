"""An errors file is recognised as a correction, whichever way it comes and whatever program has saved it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from sluice.model.chunk import JobRef
from sluice.model.job import Job
from sluice.model.rejection import Rejection
from sluice.model.status import Status
from sluice.reports.rejected_rows import JOB_PROPERTY, JOB_TITLE, REASONS_TITLE, ROW_TITLE
from sluice.usecases.artifacts import JobFiles
from sluice.usecases.create import ImportRequest, accept_file
from sluice.usecases.downloads import ERRORS_CSV, ERRORS_XLSX, LOADED_CSV
from sluice.wording import word_detail, word_rejection
from tests.support.factories import PRODUCT_TITLES, csv_file
from tests.support.harness import Harness

Table = list[list[Any]]
#: Texts that a program could take for a formula, or for an escaped one.
TEXTS = ["-10% oil", "+49 filter kit", "@home", "=A1", "'=A1", "''x", "'", "a;=1", "a\n-b", "plain", "مرحبا", "😀 ok"]


def rows_of(texts: list[str]) -> list[tuple[str, str, str, int]]:
    """Return a row for each text, all with a wrong price."""
    return [(f"P-{place}", text, "wrong", 1) for place, text in enumerate(texts)]


@pytest.fixture
def first(harness: Harness) -> Job:
    """Return a job of which every row was rejected for its price."""
    job = harness.run(harness.upload(csv_file(rows_of(TEXTS))))
    assert (job.status, job.counts.rejected) == (Status.COMPLETED, len(TEXTS))
    return job


# ---------------------------------------------------------------------- programs that save the file


def table_of(body: bytes) -> Table:
    """Read an errors file as Excel does; openpyxl leaves the escapes of ECMA-376 part 1, 22.9.2.19 in its texts."""

    def shown(cell: Any) -> Any:
        return re.sub("_x([0-9A-F]{4})_", lambda match: chr(int(match[1], 16)), cell) if isinstance(cell, str) else cell

    if body.startswith(b"PK"):
        rows = load_workbook(io.BytesIO(body)).worksheets[0].iter_rows(values_only=True)
        return [[shown(cell) for cell in row] for row in rows]
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def as_csv(table: Table, delimiter: str = ",") -> bytes:
    """Save a table as text."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(table)
    return out.getvalue().encode()


def as_xlsx(table: Table) -> bytes:
    """Save a table as a new workbook; text is text."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for row, cells in enumerate(table, 1):
        for column, cell in enumerate(cells, 1):
            written = sheet.cell(row, column)
            written.value = cell
            if isinstance(cell, str):
                written.value = re.sub("_(?=x[0-9a-fA-F]{4}_)", "_x005F_", cell).replace("\r", "_x000D_")
                written.data_type = "s"
    return saved(book)


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def priced(table: Table) -> Table:
    """Mend the price of every row."""
    place = table[0].index("Price")
    return [table[0], *([*row[:place], "7.5", *row[place + 1 :]] for row in table[1:])]


def edited(body: bytes) -> bytes:
    """Mend an errors workbook in place, as openpyxl does: styles and properties stay."""
    book = load_workbook(io.BytesIO(body))
    sheet = book.worksheets[0]
    place = [cell.value for cell in sheet[1]].index("Price") + 1
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, place).value = "7.5"
    return saved(book)


PROGRAMS: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "xlsx, edited": (ERRORS_XLSX, edited, "errors.xlsx"),
    "xlsx, made anew": (ERRORS_XLSX, lambda body: as_xlsx(priced(table_of(body))), "mine.xlsx"),
    "xlsx, saved as csv": (ERRORS_XLSX, lambda body: as_csv(priced(table_of(body))), "mine.csv"),
    "csv, edited": (ERRORS_CSV, lambda body: as_csv(priced(table_of(body))), "errors.csv"),
    "csv, with semicolons": (ERRORS_CSV, lambda body: as_csv(priced(table_of(body)), ";"), "errors.csv"),
    "csv, saved as xlsx": (ERRORS_CSV, lambda body: as_xlsx(priced(table_of(body))), "mine.xlsx"),
}


# ---------------------------------------------------------------------- doors


def by_form(harness: Harness, body: bytes, name: str) -> JobRef:
    """Announce and upload, as console, dialog, command line and curl do."""
    return harness.upload(body, filename=name)


def by_body(harness: Harness, body: bytes, name: str) -> JobRef:
    """Send the file as the body of one call."""
    request = ImportRequest("acme", "ann", "products", name, len(body))
    job = accept_file(request, body, now=datetime.now(UTC), services=harness)
    harness.arrive(job.file.key)
    return job.ref


def by_folder(harness: Harness, body: bytes, name: str) -> JobRef:
    """Put the file into the drop folder."""
    key = f"incoming/acme/products/{name}"
    harness.files.write(key, body)
    job = harness.arrive(key)
    assert job is not None
    return job.ref


Door = Callable[[Harness, bytes, str], JobRef]
DOORS = [by_form, by_body, by_folder]


def stored(harness: Harness) -> dict[str, Any]:
    return {key: row["description"] for key, row in harness.destination.values("acme", "products").items()}


def rejections(harness: Harness, job: Job) -> list[Rejection]:
    return JobFiles(job.ref, harness.files).rejections_page(limit=100, cursor=None).items


def notes(harness: Harness, job: Job) -> list[str]:
    return [entry.note for entry in harness.jobs.entries(job.ref) if entry.note]


# ---------------------------------------------------------------------- what holds of all of them


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_an_errors_file_is_linked_to_its_job_and_its_texts_are_stored_as_they_came(
    harness: Harness, first: Job, program: str, door: Door
) -> None:
    """Nothing but the file says that it is a correction."""
    name, saved_by, filename = PROGRAMS[program]
    job = harness.run(door(harness, saved_by(harness.make_file(first.ref, name)), filename))
    assert (job.status, job.corrects, job.counts.inserted) == (Status.COMPLETED, first.ref.id, len(TEXTS))
    assert stored(harness) == {f"P-{place}": text for place, text in enumerate(TEXTS)}
    assert notes(harness, job) == [f"this file corrects job {first.ref.id}"]
    assert notes(harness, first)[-1] == f"corrected by job {job.ref.id}"


# What both formats hold: no half of a surrogate pair, no NUL, none of the characters that XML has no place for.
ANY = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
    | st.sampled_from("=+-@'＝;,\"\t\n\r_x\u202e\u2028"),
    min_size=1,
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(ANY, min_size=1, max_size=4), program=st.sampled_from(sorted(PROGRAMS)), door=st.sampled_from(DOORS)
)
@example(texts=["'=A1", "-1;-2", "a\r\n\r\n=b", "_x0041_"], program="csv, edited", door=by_form)
@example(texts=["'=A1", "-1;-2", "a\n\n=b", "'-5"], program="xlsx, edited", door=by_folder)
@example(texts=["a\r=1", "_x0041_", "_x000D_"], program="xlsx, saved as csv", door=by_form)
@example(texts=["a\r=1", "_x0041_", "_x000D_"], program="csv, saved as xlsx", door=by_form)
def test_any_text_goes_through_errors_files_unchanged(texts: list[str], program: str, door: Door) -> None:
    """What is stored is what a file without the mistake would have stored."""
    harness, plain = Harness(), Harness()
    first = harness.run(harness.upload(csv_file(rows_of(texts))))
    name, saved_by, filename = PROGRAMS[program]
    job = harness.run(door(harness, saved_by(harness.make_file(first.ref, name)), filename))
    plain.run(plain.upload(csv_file([(*row[:2], "7.5", row[3]) for row in rows_of(texts)])))
    assert (job.corrects, stored(harness)) == (first.ref.id, stored(plain))


def test_a_recognised_correction_takes_mapping_and_dates_of_the_corrected_job(harness: Harness) -> None:
    """Its headers are those of the first file, one of them like a formula; a question is asked once."""
    titles = ("Teil", "-Was", "Preis", "Zahl", "Datum")
    mapping = {"Teil": "Part Number", "-Was": "description", "Preis": "Price", "Zahl": "Stock", "Datum": "Updated"}
    body = csv_file([("P-1", "a", "1", 1, "03/04/2025"), ("P-2", "-b", "dear", 1, "03/04/2025")], titles)
    ref = harness.upload(body, mapping=mapping)
    harness.run(ref)
    harness.commit(ref, {"updated": "mdy"})
    first = harness.run(ref)
    for name in (ERRORS_CSV, ERRORS_XLSX):
        mended = harness.make_file(first.ref, name)
        table = [
            [{"dear": "2" if name == ERRORS_CSV else "3"}.get(cell, cell) for cell in row] for row in table_of(mended)
        ]
        job = harness.run(harness.upload(as_csv(table) if name == ERRORS_CSV else as_xlsx(table), filename=name))
        assert (job.corrects, job.mapping, job.date_orders) == (first.ref.id, mapping, {"updated": "mdy"})
        values = harness.destination.values("acme", "products")
        assert (values["P-2"]["updated"], values["P-2"]["description"]) == (values["P-1"]["updated"], "-b")


def test_the_recognised_and_the_named_correction_are_the_same_job(harness: Harness, first: Job) -> None:
    """One path leads to both."""
    body = edited(harness.make_file(first.ref, ERRORS_XLSX))
    named = harness.run(harness.upload(body, corrects=first.ref.id))
    found = harness.run(harness.upload(body, force=True))
    same = ("corrects", "mapping", "date_orders", "parameters", "status", "review")
    assert [getattr(named, name) for name in same] == [getattr(found, name) for name in same]
    assert found.counts.unchanged == named.counts.inserted == len(TEXTS)


def test_a_plan_that_dies_after_the_link_is_linked_once(
    harness: Harness, first: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = harness.upload(edited(harness.make_file(first.ref, ERRORS_XLSX)))
    with monkeypatch.context() as broken:
        broken.setattr(harness.jobs, "describe", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            harness.plan(ref)
    job = harness.run(ref)
    assert (job.corrects, job.counts.inserted) == (first.ref.id, len(TEXTS))
    assert notes(harness, job) == [f"this file corrects job {first.ref.id}"]
    assert notes(harness, first).count(f"corrected by job {job.ref.id}") == 1


# ---------------------------------------------------------------------- marks that were lost or forged


def without(table: Table, *titles: str) -> Table:
    """Remove columns."""
    places = [place for place, title in enumerate(table[0]) if title not in titles]
    return [[row[place] for place in places] for row in table]


def test_the_property_of_the_workbook_is_enough(harness: Harness, first: Job) -> None:
    """A person may have removed the column of the jobs."""
    book = load_workbook(io.BytesIO(edited(harness.make_file(first.ref, ERRORS_XLSX))))
    assert book.custom_doc_props[JOB_PROPERTY].value == first.ref.id
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
    more = {"corrects": first.ref.id} if named else {}
    job = harness.run(harness.upload(as_csv(table), **more))
    assert job.corrects == (first.ref.id if named else None)
    unclear = {"P-0", "P-1", "P-2", "P-3", "P-4", "P-7", "P-8"}
    assert set(stored(harness)) == {f"P-{place}" for place in range(len(TEXTS))} - unclear
    assert all(text == TEXTS[int(key[2:])] for key, text in stored(harness).items())
    found = rejections(harness, job)
    assert {(each.column, each.code) for each in found} == {("Description", "unclear-apostrophe")}
    assert JOB_TITLE in word_rejection(found[0])


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
    named = {
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
    }[kind]()
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


# ---------------------------------------------------------------------- again and again


def test_a_correction_is_corrected_by_its_own_errors(harness: Harness, first: Job) -> None:
    """Its errors name the rows and the job of the correction; rows that were dropped stay rejected."""
    table = table_of(harness.make_file(first.ref, ERRORS_CSV))
    second = harness.run(harness.upload(as_csv([*priced(table)[:4], *table[4:6]])))
    assert (second.corrects, second.counts.inserted, second.counts.rejected) == (first.ref.id, 3, 2)
    again = table_of(harness.make_file(second.ref, ERRORS_CSV))
    assert [(row[0], row[1]) for row in again[1:]] == [("5", f"'{second.ref.id}"), ("6", f"'{second.ref.id}")]
    third = harness.run(harness.upload(as_csv(priced(again))))
    assert (third.corrects, third.counts.inserted) == (second.ref.id, 2)
    assert stored(harness) == {f"P-{place}": TEXTS[place] for place in range(5)}


def test_the_same_mended_file_twice_is_the_same_file(harness: Harness, first: Job) -> None:
    body = edited(harness.make_file(first.ref, ERRORS_XLSX))
    job = harness.run(harness.upload(body))
    again = harness.run(harness.upload(body))
    assert again.problem is not None
    assert (again.status, again.problem.type, again.problem.params["job"]) == (Status.FAILED, "same-file", job.ref.id)
    assert (again.corrects, job.counts.inserted) == (None, len(TEXTS))


def test_two_people_who_mend_the_same_rows_at_once_load_each_row_once(harness: Harness, first: Job) -> None:
    """Both jobs are linked; the later one changes what the earlier one has loaded."""
    table = table_of(harness.make_file(first.ref, ERRORS_XLSX))
    place = table[0].index("Stock")
    other = [table[0], *([*row[:place], "9", *row[place + 1 :]] for row in table[1:])]
    refs = [harness.upload(as_xlsx(priced(each)), filename="errors.xlsx") for each in (table, other)]
    for ref in refs:
        harness.plan(ref)
    jobs = [harness.run(ref) for ref in refs]
    assert [job.corrects for job in jobs] == [first.ref.id] * 2
    assert [(job.counts.inserted, job.counts.updated) for job in jobs] == [(len(TEXTS), 0), (0, len(TEXTS))]
    assert len(stored(harness)) == len(TEXTS)
    assert notes(harness, first)[-2:] == [f"corrected by job {ref.id}" for ref in refs]


def test_a_file_of_loaded_rows_is_imported_as_it_was_stored(harness: Harness, first: Job) -> None:
    """It corrects nothing, and its apostrophes are not stored either."""
    job = harness.run(harness.upload(edited(harness.make_file(first.ref, ERRORS_XLSX))))
    before = stored(harness)
    again = harness.run(harness.upload(harness.make_file(job.ref, LOADED_CSV), filename="loaded.csv"))
    assert (again.corrects, again.counts.unchanged, stored(harness)) == (None, len(TEXTS), before)
