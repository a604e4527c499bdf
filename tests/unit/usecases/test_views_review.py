"""Review, preview and commit of a job before anything is written."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sluice.api.previews import PreviewResponse, preview_response
from sluice.model.chunk import JobRef, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import Conflict, NotFound
from sluice.model.status import Status
from sluice.usecases.artifacts import JobFiles
from sluice.usecases.views import preview
from tests.support.factories import csv_file, products
from tests.support.harness import Harness


@pytest.fixture
def ref(harness: Harness) -> JobRef:
    """Return a queued job to review: of 26 rows 10 are unchanged, 5 changed, one is wrong, one is a duplicate."""
    harness.run(harness.upload(csv_file(products(15))))
    rows: list[Sequence[object]] = [*products(10), *products(5, first=11, price="1.5"), *products(9, first=16)]
    rows += [("P-000100", "Wrong", "-1", 1), *products(1, first=3)]
    return harness.upload(csv_file(rows), review=True)


def look(harness: Harness, ref: JobRef, limit: int = 20) -> PreviewResponse:
    """Return the preview as callers get it."""
    return preview_response(
        preview(ref, limit=limit, jobs=harness.jobs, chunks=harness.chunks, files=harness.files), ""
    )


def test_a_job_stops_for_review_with_what_loading_would_do(harness: Harness, ref: JobRef) -> None:
    before = harness.destination.values("acme", "products")
    job = harness.run(ref)
    assert (job.status, job.phase, job.finished_at) == (Status.IN_REVIEW, None, None)
    assert job.counts == Counts(total=26, checked=26, rejected=1, to_insert=9, to_update=5, to_leave=10, to_reject=1)
    assert harness.destination.values("acme", "products") == before
    assert harness.machine.started[-1] == (ref, 1)


def test_a_preview_shows_how_the_file_was_understood(harness: Harness, ref: JobRef) -> None:
    harness.run(ref)
    shown = look(harness, ref, limit=12)
    assert (shown.sheet, shown.header_row, shown.encoding, shown.delimiter) == ("", 1, "utf-8", ",")
    assert [(each.field, each.header, each.place) for each in shown.columns][:3] == [
        ("part_number", "Part Number", 1),
        ("description", "Description", 2),
        ("brand", None, None),
    ]
    assert shown.unmatched_headers == []
    assert [row.row for row in shown.rows] == list(range(2, 14)), "across chunks"
    assert shown.rows[0].values["part_number"] == "P-000001"
    counts = shown.counts.model_dump()
    assert counts == {
        "total": 26,
        "rejected": 1,
        "to_reject": 1,
        "insert": 9,
        "update": 5,
        "unchanged": 10,
        "delete": 0,
        "in_scope": None,
        "kept_blank": 0,
        "ignored": 0,
        "skipped": 0,
        "unchecked": 0,
    }


def test_a_preview_shows_neither_rejected_nor_repeated_rows(harness: Harness, ref: JobRef) -> None:
    harness.run(ref)
    assert [row.row for row in look(harness, ref, limit=200).rows] == list(range(2, 26))


def test_a_preview_has_the_rejected_rows_among_those_that_it_shows(harness: Harness) -> None:
    """Later ones are left to the list of rejected rows."""
    rows: list[Sequence[object]] = [*products(12), *products(12, first=20), *products(3, first=40)]
    rows[1] = ("P-9", "Wrong", "-1", "")
    rows[14] = ("P-10", "Wrong", "n/a", 1)
    ref = harness.upload(csv_file(rows), review=True)
    harness.run(ref)
    assert [(each.row, each.values["price"]) for each in look(harness, ref, limit=10).rejected_rows] == [(3, "-1")]
    assert [each.row for each in look(harness, ref, limit=20).rejected_rows] == [3, 16]
    assert [each.row for each in look(harness, ref, limit=1).rejected_rows] == []


def test_a_preview_of_a_file_whose_rows_are_all_rejected_shows_the_first_of_them(harness: Harness) -> None:
    ref = harness.upload(csv_file([(f"P-{number}", "Wrong", "-1", 1) for number in range(25)]), review=True)
    harness.run(ref)
    shown = look(harness, ref, limit=20)
    assert ([row.row for row in shown.rows], [row.row for row in shown.rejected_rows]) == ([], list(range(2, 22)))


def test_headers_that_match_no_column_are_shown(harness: Harness) -> None:
    titles = ("Part Number", "Description", "Price", "Colour")
    ref = harness.upload(csv_file(products(3), titles=titles), review=True)
    harness.run(ref)
    assert look(harness, ref).unmatched_headers == ["Colour"]


def test_a_commit_loads_the_rows_in_a_run_of_its_own(harness: Harness, ref: JobRef) -> None:
    harness.run(ref)
    job = harness.commit(ref)
    assert (job.status, job.run, job.committed, job.entry) == (Status.LOADING, 2, True, "load")
    assert harness.machine.started[-1] == (ref, 2)
    done = harness.run(ref)
    assert done.status is Status.COMPLETED
    assert (done.counts.inserted, done.counts.updated, done.counts.unchanged) == (9, 5, 10)
    assert (done.counts.rejected, done.counts.unprocessed) == (2, 0)
    assert done.counts.to_insert == 9, "the result of the comparison can still be read"
    rejections = JobFiles(harness.jobs.get(ref), harness.files).rejections_page(limit=10, cursor=None).items
    assert [each.row for each in rejections] == [26, 27]


def test_a_commit_compares_again_before_it_loads(harness: Harness, ref: JobRef) -> None:
    """The comparison of the review is of an earlier moment."""
    harness.run(ref)
    harness.run(harness.upload(csv_file(products(20, price="7"))))
    harness.commit(ref)
    counts = harness.run(ref).counts
    assert (counts.inserted, counts.updated, counts.unchanged) == (4, 20, 0)


def test_a_second_commit_changes_nothing(harness: Harness, ref: JobRef) -> None:
    harness.run(ref)
    first = harness.commit(ref)
    assert harness.commit(ref) == first
    assert harness.machine.started.count((ref, 2)) == 1


@pytest.mark.parametrize("review", [False, True])
def test_a_job_that_is_not_in_review_is_not_committed(harness: Harness, ref: JobRef, review: bool) -> None:
    """The job is on its way to a review, or has never been asked to stop."""
    other = harness.upload(csv_file(products(3, first=90)), review=review)
    with pytest.raises(Conflict) as rejected:
        harness.commit(other)
    assert rejected.value.problem.params["status_now"] == "queued"
    harness.run(other)
    if review:
        harness.commit(other)
        harness.run(other)
    with pytest.raises(Conflict):
        harness.commit(other)


def test_a_job_of_another_tenant_is_not_committed(harness: Harness, ref: JobRef) -> None:
    harness.run(ref)
    with pytest.raises(NotFound):
        harness.commit(JobRef("other", ref.id))


@pytest.mark.parametrize("bad", [0, 3])
def test_a_file_without_a_good_row_is_reviewed_as_well(harness: Harness, bad: int) -> None:
    """A caller who asked for a review sees that there is nothing to load."""
    rows = [(f"P-{number}", "Wrong", "-1", 1) for number in range(bad)]
    ref = harness.upload(csv_file(rows), review=True)
    job = harness.run(ref)
    assert (job.status, job.counts) == (Status.IN_REVIEW, Counts(total=bad, checked=bad, rejected=bad))
    assert look(harness, ref).rows == []
    harness.commit(ref)
    done = harness.run(ref)
    assert (done.status, done.counts.unprocessed, done.counts.loaded) == (Status.COMPLETED, 0, 0)


def test_there_is_no_preview_before_all_rows_are_checked(harness: Harness, ref: JobRef) -> None:
    for _ in range(2):
        with pytest.raises(Conflict) as rejected:
            look(harness, ref)
        assert rejected.value.problem.type == "not-parsed"
        harness.plan(ref)


def test_there_is_no_preview_of_a_rejected_file(harness: Harness) -> None:
    ref = harness.upload(b"nonsense", review=True)
    harness.run(ref)
    with pytest.raises(Conflict, match=r"not-parsed.*failed"):
        look(harness, ref)


def test_a_job_without_a_review_has_a_preview_too(harness: Harness) -> None:
    """The preview shows how the file was understood; the counts show what was loaded."""
    ref = harness.upload(csv_file(products(3)))
    harness.run(ref)
    shown = look(harness, ref)
    assert len(shown.rows) == 3
    assert (shown.counts.to_reject, shown.counts.insert, shown.counts.update) == (None, None, None)


def test_a_chunk_that_was_not_parsed_has_no_duplicates(harness: Harness, ref: JobRef) -> None:
    """A chunk that was given up is neither rejected nor a duplicate."""
    harness.plan(ref)
    harness.dispatch(ref, PhaseName.PARSE)
    harness.give_up(harness.queue.messages.pop(0))
    harness.deliver()
    harness.phase(ref, PhaseName.COMPARE)
    assert harness.finish(ref).status is Status.IN_REVIEW
    assert look(harness, ref).counts.to_reject == 0


def test_a_job_that_was_cancelled_before_its_comparison_has_no_duplicates(harness: Harness, ref: JobRef) -> None:
    """No row has been compared."""
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    harness.cancel(ref)
    harness.finish(ref)
    counts = look(harness, ref).counts
    assert (counts.to_reject, counts.insert) == (None, None)
