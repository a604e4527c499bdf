"""Mirrors: which records count as absent, when a job may delete them, and what becomes of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sluice.api.previews import preview_response
from sluice.api.responses import kept_row_response
from sluice.catalog.registry import importer_named
from sluice.model.chunk import ChunkRef, JobRef, PhaseName
from sluice.model.errors import Conflict
from sluice.model.job import Job
from sluice.model.options import Guards, LoadOptions
from sluice.model.status import Status
from sluice.reports.template import build_template
from sluice.usecases import absent
from sluice.usecases.absent import FIRST
from sluice.usecases.artifacts import JobFiles
from sluice.usecases.downloads import ERRORS_CSV
from sluice.usecases.views import preview, timeline
from sluice.wording import word_problem
from tests.support.factories import csv_file, products
from tests.support.factories_files import written_by_xlwt
from tests.support.harness import Harness
from tests.support.spreadsheets import as_csv, table_of

MIRROR = LoadOptions(mode="mirror")
ANY = LoadOptions(mode="mirror", guards=Guards(max_deleted=1_000_000))


def mirror(harness: Harness, body: bytes, options: LoadOptions = MIRROR, **more: Any) -> JobRef:
    """Upload a file in mode `mirror`."""
    return harness.upload(body, options=options, force=True, **more)


@pytest.fixture
def harness(harness: Harness) -> Harness:
    """Return the harness with 40 products."""
    assert harness.run(harness.upload(csv_file(products(40)))).status is Status.COMPLETED
    return harness


def listed(harness: Harness, job: Job) -> list[str]:
    """List the keys that were found absent."""
    lists = [key for key in harness.files.objects if "/absent/" in key and job.ref.id in key and key.endswith(".jsonl")]
    return sorted(line.split(b'"')[1].decode() for key in lists for line in harness.files.read(key).splitlines()[1:])


def keys(*numbers: int) -> list[str]:
    return [f"P-{number:06d}" for number in numbers]


def test_the_keys_that_a_file_lacks_are_listed_before_it_is_loaded(harness: Harness) -> None:
    """Rows that are new, or stand twice, are in the file."""
    job = harness.run(mirror(harness, csv_file(products(38) + products(1) + products(1, first=99)), review=True))
    assert (job.status, job.counts.in_scope, job.counts.to_absent) == (Status.IN_REVIEW, 40, 2)
    assert listed(harness, job) == keys(39, 40)
    assert job.counts.inserted == 0


def test_a_rejected_row_with_a_readable_key_is_in_the_file(harness: Harness) -> None:
    """Its record is not deleted because of a wrong price."""
    rows = [*products(37), ("P-000038", "Part", "much", 1), ("P-000039", "", "1", 1)]
    job = harness.run(mirror(harness, csv_file(rows), review=True))
    assert (job.counts.rejected, job.counts.to_absent) == (2, 1)
    assert listed(harness, job) == keys(40)


@pytest.mark.parametrize("key", ["", "x" * 41])
def test_one_unreadable_key_fails_the_job_before_anything_is_written(harness: Harness, key: str) -> None:
    """The row may be any record; the problem names it."""
    job = harness.run(mirror(harness, csv_file([*products(39), (key, "Part", "1", 1)])))
    assert (job.status, job.problem and job.problem.type) == (Status.FAILED, "mirror-unreadable-key")
    assert job.problem
    assert job.problem.params["rows"] == [41]
    assert "row 41" in word_problem(job.problem)[1]
    assert (job.counts.loaded, job.counts.absent) == (0, 0)
    assert harness.destination.values("acme", "products").keys() == set(keys(*range(1, 41)))


def test_a_totals_row_needs_no_key(harness: Harness) -> None:
    """It is no record; one that was taken for a record by an earlier import stays."""
    job = harness.run(mirror(harness, csv_file([*products(40), ("", "Total", "9", 9)]), review=True))
    assert (job.counts.ignored, job.counts.to_absent) == (1, 0)
    titles = ("Part Number", "Description", "Brand", "Price", "Stock")
    harness.run(harness.upload(csv_file([("Total", "Of the week", "Acme", "1", 1)], titles)))
    rows = [(key, name, "", price, stock) for key, name, price, stock in products(40)]
    job = harness.run(mirror(harness, csv_file([*rows, ("Total", "", "", "380", 820)], titles), review=True))
    assert (job.counts.ignored, job.counts.in_scope, job.counts.to_absent) == (1, 41, 0)


def test_half_a_file_trips_the_guard_and_deletes_nothing(harness: Harness) -> None:
    """Nothing is loaded either; the problem says what lets the file through."""
    before = dict(harness.destination.values("acme", "products"))
    job = harness.run(mirror(harness, csv_file(products(20, price="1")), questions="fail"))
    assert (job.status, job.problem and job.problem.type) == (Status.FAILED, "guard")
    assert job.problem
    assert "max_deleted" in word_problem(job.problem)[1]
    assert harness.destination.values("acme", "products") == before


@pytest.mark.parametrize("body", [csv_file([]), csv_file([("", "", "", "")])])
def test_a_file_without_rows_does_not_empty_the_dataset(harness: Harness, body: bytes) -> None:
    """All records would be absent."""
    job = harness.run(mirror(harness, body))
    assert [question.key for question in job.questions] == ["guard.max_deleted"]
    assert len(harness.destination.values("acme", "products")) == 40


@pytest.mark.parametrize(("limit", "trips"), [(0.1, False), (0.09, True), (4, False), (3, True), (0, True)])
def test_a_guard_is_a_share_of_the_records_or_a_number_of_them(harness: Harness, limit: float, *, trips: bool) -> None:
    """4 of 40 records are a tenth."""
    options = replace(MIRROR, guards=Guards(max_deleted=limit))
    job = harness.run(mirror(harness, csv_file(products(36)), options))
    assert job.status is (Status.IN_REVIEW if trips else Status.COMPLETED)


def test_a_person_sees_in_review_that_the_guard_is_tripped(harness: Harness) -> None:
    """The question names some of the records."""
    ref = mirror(harness, csv_file(products(20)), review=True)
    job = harness.run(ref)
    [question] = job.questions
    assert (job.status, question.key) == (Status.IN_REVIEW, "guard.max_deleted")
    assert (question.params["found"], question.params["total"]) == (20, 40)
    assert {each["key"] for each in question.params["examples"]} <= set(keys(*range(21, 41)))
    with pytest.raises(Conflict):
        harness.commit(ref)
    assert len(harness.destination.values("acme", "products")) == 40


def test_a_chunk_that_was_not_parsed_keeps_everything_from_being_loaded(harness: Harness) -> None:
    """Its rows may have any key; a retry goes on."""
    ref = mirror(harness, csv_file(products(40, price="1")))
    harness.plan(ref)
    harness.dispatch(ref, PhaseName.PARSE)
    lost = ChunkRef(ref, PhaseName.PARSE, 1)
    harness.deliver(each=lambda chunk: None if chunk == lost else harness.work(chunk))
    harness.give_up(lost)
    harness.dispatch(ref, PhaseName.LOAD)
    job = harness.finish(ref)
    assert (job.status, job.problem and job.problem.type) == (Status.FAILED, "unprocessed-rows")
    assert (job.counts.loaded, job.counts.in_scope) == (0, 0)
    job = harness.run(harness.retry(ref).ref)
    assert (job.status, job.counts.updated, job.counts.to_absent) == (Status.COMPLETED, 40, 0)


def test_a_range_that_was_not_compared_keeps_everything_from_being_loaded(harness: Harness) -> None:
    """Not even a file without rows is completed then."""
    ref = mirror(harness, csv_file([]))
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    harness.dispatch(ref, PhaseName.LOAD)
    harness.dispatch(ref, PhaseName.COMPARE)
    lost = ChunkRef(ref, PhaseName.COMPARE, FIRST)
    harness.deliver(each=lambda chunk: None if chunk == lost else harness.work(chunk))
    harness.give_up(lost)
    harness.dispatch(ref, PhaseName.LOAD)
    job = harness.finish(ref)
    assert (job.status, job.problem and job.problem.params["case"]) == (Status.FAILED, "uncompared")


def test_the_notes_of_a_template_are_no_other_sheet(harness: Harness) -> None:
    """A template is there to be filled in and imported."""
    job = harness.run(mirror(harness, build_template(importer_named("products")), ANY, filename="a.xlsx", review=True))
    assert (job.status, job.counts.to_absent) == (Status.IN_REVIEW, 40)


def test_a_workbook_of_one_sheet_is_mirrored_in_the_old_format(harness: Harness) -> None:
    """An .xls file has sheets too."""
    rows = [("Part Number", "Description", "Price", "Stock"), *products(40)]
    assert harness.run(mirror(harness, written_by_xlwt(rows), filename="a.xls")).status is Status.COMPLETED


def test_absent_records_are_marked_after_the_load_and_come_back(harness: Harness) -> None:
    """Lists hide them; the rollback of the job brings them back with the rows that it changed."""
    before = dict(harness.destination.values("acme", "products"))
    job = harness.run(mirror(harness, csv_file(products(38, price="1"))))
    assert (job.status, job.counts.updated, job.counts.absent, job.counts.absent_left) == (Status.COMPLETED, 38, 2, 0)
    assert (job.counts.total, job.counts.unprocessed) == (38, 0)
    assert harness.destination.values("acme", "products").keys() == set(keys(*range(1, 39)))
    assert all(harness.destination.datasets["acme", "products"][key].deleted_at for key in keys(39, 40))
    job = harness.run(harness.roll_back(job.ref).ref)
    assert (job.status, job.counts.reversed, job.counts.conflicts) == (Status.ROLLED_BACK, 40, 0)
    assert harness.destination.values("acme", "products") == before


def test_absent_records_are_removed_if_the_job_says_so(harness: Harness) -> None:
    """The default is to mark them."""
    before = dict(harness.destination.values("acme", "products"))
    job = harness.run(mirror(harness, csv_file(products(38)), replace(MIRROR, deletes="remove")))
    assert (job.counts.unchanged, job.counts.absent) == (38, 2)
    assert not any(harness.destination.datasets["acme", "products"][key].data for key in keys(39, 40))
    assert harness.run(harness.roll_back(job.ref).ref).counts.reversed == 2
    assert harness.destination.values("acme", "products") == before


def test_marked_records_are_not_absent_again(harness: Harness) -> None:
    """They are in no scope and in no guard."""
    harness.run(mirror(harness, csv_file(products(38))))
    job = harness.run(mirror(harness, csv_file(products(37))))
    assert (job.counts.in_scope, job.counts.absent) == (38, 1)


def test_a_record_that_changed_meanwhile_is_left_and_named(harness: Harness) -> None:
    """Between the comparison and the load others may write; what they wrote stays, in a rollback too."""
    ref = mirror(harness, csv_file(products(36)), review=True)
    harness.run(ref)
    harness.run(harness.upload(csv_file(products(1, first=39, price="77"))))
    harness.run(harness.upload(csv_file([("P-000040",)], ("Part Number",)), options=LoadOptions(mode="delete")))
    harness.run(harness.upload(csv_file(products(1, first=41))))
    job = harness.run(harness.commit(ref).ref)
    assert (job.status, job.counts.absent, job.counts.absent_left) == (Status.COMPLETED, 2, 2)
    left = JobFiles(harness.jobs.get(ref), harness.files).kept_page(limit=10, cursor=None).items
    codes = {"P-000039": "changed-since", "P-000040": "removed-since"}
    assert {row["key"]: row["code"] for row in left} == codes
    assert {row["outcome"] for row in left} == {"left"}
    assert all(kept_row_response(row).outcome == "left" for row in left)
    assert harness.destination.values("acme", "products").keys() == set(keys(*range(1, 37), 39, 41))
    assert harness.run(harness.roll_back(ref).ref).counts.reversed == 2
    assert harness.destination.values("acme", "products").keys() == set(keys(*range(1, 40), 41))


def test_the_same_file_again_changes_nothing(harness: Harness) -> None:
    """There is nothing absent any more, and nothing to roll back."""
    body = csv_file(products(38))
    harness.run(mirror(harness, body))
    job = harness.run(mirror(harness, body))
    assert (job.status, job.counts.unchanged, job.counts.absent) == (Status.COMPLETED, 38, 0)


def test_records_are_deleted_only_if_every_row_was_loaded(harness: Harness) -> None:
    """A chunk that could not be loaded keeps them until a retry."""
    ref = mirror(harness, csv_file(products(38, price="1")))
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    harness.phase(ref, PhaseName.LOAD)
    harness.phase(ref, PhaseName.COMPARE)
    harness.dispatch(ref, PhaseName.LOAD)
    lost = ChunkRef(ref, PhaseName.LOAD, 1)
    harness.deliver(each=lambda chunk: None if chunk == lost else harness.work(chunk))
    harness.give_up(lost)
    assert harness.phase(ref, PhaseName.ABSENT) == "done"
    job = harness.finish(ref)
    assert (job.status, job.counts.absent) == (Status.FAILED, 0)
    assert len(harness.destination.values("acme", "products")) == 40
    job = harness.run(harness.retry(ref).ref)
    assert (job.status, job.counts.updated, job.counts.absent) == (Status.COMPLETED, 38, 2)


def test_records_that_could_not_be_deleted_fail_the_job_until_a_retry(harness: Harness) -> None:
    """All rows of the file are loaded then."""
    ref = mirror(harness, csv_file(products(38)))
    until_absent(harness, ref)
    lost = harness.queue.messages.pop(0)
    harness.deliver()
    harness.give_up(lost)
    job = harness.finish(ref)
    assert (job.status, job.problem and job.problem.code) == (Status.FAILED, "unprocessed-rows/absent")
    assert job.counts.unprocessed == 0
    assert "could not be deleted" in word_problem(job.problem)[1] if job.problem else False
    job = harness.run(harness.retry(ref).ref)
    assert (job.status, job.counts.absent) == (Status.COMPLETED, 2)


def until_absent(harness: Harness, ref: JobRef) -> None:
    """Run a mirror until its absent records are to be deleted."""
    harness.plan(ref)
    for phase in (PhaseName.PARSE, PhaseName.LOAD, PhaseName.COMPARE):
        harness.phase(ref, phase)
    assert harness.phase(ref, PhaseName.LOAD) == "absent"
    harness.dispatch(ref, PhaseName.ABSENT)


def test_a_job_that_is_paused_goes_on_with_the_records_that_are_left(harness: Harness) -> None:
    """Every record is deleted once."""
    ref = mirror(harness, csv_file(products(38)))
    until_absent(harness, ref)
    harness.work(harness.queue.messages.pop(0))
    harness.pause(ref)
    harness.deliver()
    assert harness.finish(ref).status is Status.PAUSED
    job = harness.run(harness.resume(ref).ref)
    assert (job.status, job.counts.absent, job.counts.absent_left) == (Status.COMPLETED, 2, 0)


def test_long_lists_are_deleted_in_pieces(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """One attempt deletes one list."""
    monkeypatch.setattr(absent, "_RECORDS", 3)
    job = harness.run(mirror(harness, csv_file(products(20)), ANY))
    chunks = list(harness.chunks.of_phase(job.ref, PhaseName.ABSENT))
    assert sum(chunk.rows for chunk in chunks) == job.counts.absent == 20
    assert max(chunk.rows for chunk in chunks) == 3
    assert harness.run(harness.roll_back(job.ref).ref).counts.reversed == 20
    assert len(harness.destination.values("acme", "products")) == 40


def test_a_correction_of_a_mirror_deletes_nothing(harness: Harness) -> None:
    """Its few rows say nothing about the keys that they lack."""
    rows = [*products(36), *[(f"P-{number:06d}", "Part", "much", 1) for number in range(37, 41)]]
    corrected = harness.run(mirror(harness, csv_file(rows)))
    assert (corrected.counts.rejected, corrected.counts.absent) == (4, 0)
    table = table_of(harness.make_file(corrected.ref, ERRORS_CSV))
    place = table[0].index("Price")
    for row in table[1:]:
        row[place] = "5"
    job = harness.run(harness.upload(as_csv(table), filename="errors.csv"))
    assert (job.corrects, job.options.mode, job.status) == (corrected.ref.id, "upsert", Status.COMPLETED)
    assert (job.counts.updated, job.counts.in_scope, job.counts.absent) == (4, 0, 0)
    assert len(harness.destination.values("acme", "products")) == 40


def test_a_preview_shows_what_would_be_deleted(harness: Harness) -> None:
    """The first records with their values, and how many of how many there are."""
    ref = mirror(harness, csv_file(products(38)), review=True)
    harness.run(ref)
    found = preview(ref, limit=20, jobs=harness.jobs, chunks=harness.chunks, files=harness.files)
    shown = preview_response(found, "")
    assert (shown.counts.delete, shown.counts.in_scope) == (2, 40)
    assert shown.comparison
    assert sorted((row.row, row.key) for row in shown.comparison.deletions) == [(None, key) for key in keys(39, 40)]
    assert shown.comparison.deletions[0].values["price"] == "9.5"


@pytest.mark.parametrize("count", [40, 39])
def test_a_preview_shows_the_comparison_whatever_ranges_lack(harness: Harness, count: int) -> None:
    """In most ranges of a large dataset every record is in the file."""
    ref = mirror(harness, csv_file(products(count, price="1")), review=True)
    harness.run(ref)
    found = preview(ref, limit=20, jobs=harness.jobs, chunks=harness.chunks, files=harness.files)
    comparison = preview_response(found, "").comparison
    assert comparison
    assert (len(comparison.changes), len(comparison.deletions)) == (count, 40 - count)


def test_the_phase_has_a_part_of_its_own_in_the_timeline(harness: Harness) -> None:
    """Loading ends where deleting begins."""
    job = harness.run(mirror(harness, csv_file(products(38))))
    found = timeline(job.ref, jobs=harness.jobs, chunks=harness.chunks)
    assert sum(step.rows for step in found.steps if step.phase is PhaseName.ABSENT) == 2
    assert {span.phase for span in found.spans} >= {PhaseName.LOAD, PhaseName.ABSENT}
