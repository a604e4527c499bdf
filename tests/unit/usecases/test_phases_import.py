"""An import from its file to its end, on fakes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sluice.model.chunk import ChunkState, JobRef, PhaseName
from sluice.model.errors import FileRejected, NotFound
from sluice.model.status import Status
from sluice.reading import read_segment
from sluice.reading.types import FileLayout, Segment, Workspace
from sluice.schema.cells import Record
from sluice.usecases import artifacts as parse_module
from sluice.usecases.artifacts import JobFiles
from sluice.wording import word_detail, word_rejection
from tests.support.factories import csv_file, products
from tests.support.harness import Harness


def test_good_rows_are_loaded_into_the_dataset(harness: Harness) -> None:
    ref = harness.upload(csv_file(products(25)))
    job = harness.run(ref)
    assert job.status is Status.COMPLETED
    assert (job.counts.total, job.counts.inserted, job.counts.rejected, job.counts.unprocessed) == (25, 25, 0, 0)
    assert harness.destination.values("acme", "products")["P-000025"]["stock"] == 25


def test_wrong_rows_are_rejected_with_their_row_numbers_and_the_rest_is_loaded(harness: Harness) -> None:
    rows = [list(row) for row in products(25)]
    rows[11][2] = "-1"
    rows[20][0] = ""
    job = harness.run(harness.upload(csv_file(rows)))
    rejections = JobFiles(job, harness.files).rejections_page(limit=10, cursor=None).items
    assert [(each.row, each.column, each.value) for each in rejections] == [
        (13, "Price", "-1"),
        (22, "Part Number", None),
    ]
    assert (job.status, job.counts.inserted, job.counts.rejected) == (Status.COMPLETED, 23, 2)


def test_blank_rows_are_not_counted(harness: Harness) -> None:
    rows: list[list[object]] = [list(row) for row in products(5)]
    rows[2:2] = [["", "", "", ""], ["", "", "", ""]]
    job = harness.run(harness.upload(csv_file(rows)))
    assert (job.counts.total, job.counts.inserted, job.counts.unprocessed) == (5, 5, 0)


def test_a_duplicate_key_in_another_chunk_is_rejected_with_the_row_of_the_first(harness: Harness) -> None:
    rows = [*products(20), *products(2, first=3, price="1.5")]
    job = harness.run(harness.upload(csv_file(rows)))
    rejections = JobFiles(job, harness.files).rejections_page(limit=10, cursor=None).items
    assert [(each.row, word_rejection(each)) for each in rejections] == [
        (22, "repeats the Part Number of row 4"),
        (23, "repeats the Part Number of row 5"),
    ]
    assert (job.counts.inserted, job.counts.rejected, job.counts.unprocessed) == (20, 2, 0)
    assert harness.destination.values("acme", "products")["P-000003"]["price"] == "9.5"


def test_a_second_import_counts_changed_and_unchanged_rows(harness: Harness) -> None:
    harness.run(harness.upload(csv_file(products(30))))
    again = [*products(10, price="10"), *products(20, first=11), *products(3, first=31)]
    job = harness.run(harness.upload(csv_file(again)))
    assert (job.counts.updated, job.counts.unchanged, job.counts.inserted) == (10, 20, 3)


def test_a_file_with_a_header_alone_completes_without_rows(harness: Harness) -> None:
    job = harness.run(harness.upload(csv_file([])))
    assert (job.status, job.counts.total) == (Status.COMPLETED, 0)


def test_a_rejected_file_ends_its_job_with_the_problem(harness: Harness) -> None:
    job = harness.run(harness.upload(csv_file(products(1), titles=("Part Number", "Colour", "Amount", "Many"))))
    assert job.status is Status.FAILED
    assert job.problem is not None
    assert job.problem.type == "no-header"
    assert "'Colour'" in word_detail(job.problem)
    assert not harness.queue.messages


def test_a_file_that_was_deleted_before_it_was_read_ends_its_job(harness: Harness) -> None:
    ref = harness.upload(csv_file(products(1)))
    harness.files.objects.clear()
    assert harness.plan(ref) == "over"
    problem = harness.jobs.get(ref).problem
    assert problem is not None
    assert problem.type == "file-gone"


def test_the_callers_recipe_names_columns(harness: Harness) -> None:
    body = csv_file(products(2), titles=("Teil", "Bezeichnung", "Preis", "Bestand"))
    columns = {"Teil": "Part Number", "Bezeichnung": "description", "Preis": "Price", "Bestand": "Stock"}
    ref = harness.upload(body, recipe={"columns": columns})
    assert harness.run(ref).counts.inserted == 2


def test_a_chunk_that_cannot_be_read_fails_at_once_and_the_others_are_loaded(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = harness.upload(csv_file(products(30)))
    harness.plan(ref)
    token = harness.dispatch(ref, PhaseName.PARSE)

    def damaged(
        layout: FileLayout, segment: Segment, body: bytes, workspace: Workspace, titles: list[str]
    ) -> Iterator[Record]:
        if segment.index == 1:
            raise FileRejected("damaged-file", case="wrong-row-numbers", at_row=14)
        return read_segment(layout, segment, body, workspace, titles)

    monkeypatch.setattr(parse_module, "read_segment", damaged)
    harness.deliver()
    assert harness.machine.answers[token]["outcome"] == "done"
    harness.phase(ref, PhaseName.LOAD)
    job = harness.finish(ref)
    assert (job.status, job.counts.inserted, job.counts.unprocessed) == (Status.FAILED, 20, 10)
    assert job.problem is not None
    assert "rows 12 to 21 (The file cannot be read: cells of row 14 carry other" in word_detail(job.problem)


def test_tenants_do_not_see_each_others_jobs(harness: Harness) -> None:
    ref = harness.upload(csv_file(products(1)))
    with pytest.raises(NotFound):
        harness.jobs.get(JobRef("other", ref.id))


def test_chunks_of_an_ended_job_are_left_alone(harness: Harness) -> None:
    ref = harness.upload(csv_file(products(15)))
    harness.plan(ref)
    harness.dispatch(ref, PhaseName.PARSE)
    harness.jobs.transition(ref, Status.FAILED)
    harness.deliver()
    assert {chunk.state for chunk in harness.chunks.of_phase(ref, PhaseName.PARSE)} == {ChunkState.QUEUED}
    assert harness.jobs.get(ref).counts.checked == 0


def test_a_file_in_a_drop_folder_starts_a_job(harness: Harness) -> None:
    key = "incoming/acme/products/prices.csv"
    harness.files.write(key, csv_file(products(3)))
    job = harness.arrive(key)
    assert job is not None
    assert harness.arrive(key) == job, "an event that is delivered twice starts one job"
    assert harness.machine.started == [(job.ref, 1)]
    assert harness.run(job.ref).counts.inserted == 3


def test_a_file_in_a_drop_folder_of_an_unknown_importer_fails_with_a_reason(harness: Harness) -> None:
    key = "incoming/acme/prodcuts/prices.csv"
    harness.files.write(key, b"x")
    job = harness.arrive(key)
    assert job is not None
    assert job.problem is not None
    assert (job.status, job.problem.type) == (Status.FAILED, "not-found")
    assert not harness.machine.started


def test_a_file_without_a_job_is_left_alone(harness: Harness) -> None:
    harness.files.write("uploads/acme/01UNKNOWN/a.csv", b"x")
    harness.files.write("elsewhere/a.csv", b"x")
    assert harness.arrive("uploads/acme/01UNKNOWN/a.csv") is None
    assert harness.arrive("elsewhere/a.csv") is None


def test_a_second_upload_to_the_same_form_does_not_disturb_the_job(harness: Harness) -> None:
    ref = harness.upload(csv_file(products(3)))
    done = harness.run(ref)
    harness.arrive(done.file.key)
    assert harness.jobs.get(ref) == done
