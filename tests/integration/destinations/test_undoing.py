"""The contract of `Destination.undo`, on every destination."""

from __future__ import annotations

from sluice.schema.staging import Applied, Undone
from sluice.wording import word_reason
from tests.integration.destinations.conftest import Target
from tests.integration.destinations.sample import PLAIN, batch

BEFORE = {"A": 1, "B": 2, "C": 3}
CHANGE = {"A": 1, "B": 5, "D": 4}


def test_undoing_restores_every_record(target: Target) -> None:
    """Inserted records are deleted, updated ones are restored with their job, unchanged ones are not counted."""
    target.destination.apply(batch(BEFORE))
    before = target.all()
    target.destination.apply(batch(CHANGE, job="02JOB"))
    assert target.destination.undo(batch(CHANGE, job="02JOB")) == Undone(2)
    assert target.all() == before


def test_rows_that_were_undone_can_be_imported_again_by_another_job(target: Target) -> None:
    target.destination.apply(batch(BEFORE))
    for job in ("02JOB", "03JOB"):
        assert target.destination.apply(batch(CHANGE, job=job)) == Applied(1, 1, 1)
        assert target.destination.undo(batch(CHANGE, job=job)) == Undone(2)


def test_an_importer_without_archive_is_undone_as_well(target: Target) -> None:
    target.destination.apply(batch(BEFORE, importer=PLAIN))
    before = target.all()
    target.destination.apply(batch(CHANGE, job="02JOB", importer=PLAIN))
    assert target.destination.undo(batch(CHANGE, job="02JOB", importer=PLAIN)) == Undone(2)
    assert target.all() == before


def test_undoing_twice_changes_nothing(target: Target) -> None:
    """The result is that of the first undo, even if the rows were imported again in between."""
    target.destination.apply(batch(BEFORE))
    target.destination.apply(batch(CHANGE, job="02JOB"))
    assert target.destination.undo(batch(CHANGE, job="02JOB")) == Undone(2)
    target.destination.apply(batch(CHANGE, job="03JOB"))
    after = target.all()
    assert target.destination.undo(batch(CHANGE, job="02JOB")) == Undone(2)
    assert target.all() == after


def test_rows_that_another_job_changed_since_are_conflicts_that_name_it(target: Target) -> None:
    target.destination.apply(batch(BEFORE))
    target.destination.apply(batch(CHANGE, job="02JOB"))
    target.destination.apply(batch({"B": 6, "D": 7}, job="03JOB"))
    later = target.all()
    undone = target.destination.undo(batch(CHANGE, job="02JOB"))
    assert (undone.reversed, undone.failed) == (0, [])
    assert [(left.key, left.job_id) for left in undone.kept] == [("B", "03JOB"), ("D", "03JOB")]
    assert {word_reason(left.code, left.params) for left in undone.kept} == {"was changed since by another job"}
    assert target.all() == later


def test_a_later_change_of_a_row_that_the_job_left_unchanged_is_no_conflict(target: Target) -> None:
    target.destination.apply(batch(BEFORE))
    target.destination.apply(batch(CHANGE, job="02JOB"))
    target.destination.apply(batch({"A": 9}, job="03JOB"))
    assert target.destination.undo(batch(CHANGE, job="02JOB")) == Undone(2)
    assert target.amounts() == {"A": 9, "B": 2, "C": 3}


def test_a_job_can_be_undone_once_the_job_after_it_was(target: Target) -> None:
    """Undoing jobs from the last to the first restores each earlier state."""
    target.destination.apply(batch(BEFORE))
    begin = target.all()
    target.destination.apply(batch(CHANGE, job="02JOB"))
    middle = target.all()
    target.destination.apply(batch({"B": 6, "D": 7, "E": 8}, job="03JOB"))
    assert target.destination.undo(batch({"B": 6, "D": 7, "E": 8}, job="03JOB")) == Undone(3)
    assert target.all() == middle
    assert target.destination.undo(batch(CHANGE, job="02JOB")) == Undone(2)
    assert target.all() == begin
    assert target.destination.undo(batch(BEFORE)) == Undone(3)
    assert target.all() == {}


def test_a_chunk_that_was_never_applied_is_not_applied_after_its_undo(target: Target) -> None:
    """A late worker that applies the chunk after its undo changes nothing."""
    target.destination.apply(batch(BEFORE))
    before = target.all()
    assert target.destination.undo(batch(CHANGE, job="02JOB")) == Undone(0)
    target.destination.apply(batch(CHANGE, job="02JOB"))
    assert target.all() == before


def test_one_chunk_is_undone_without_the_others(target: Target) -> None:
    target.destination.apply(batch({"A": 1}, index=0))
    target.destination.apply(batch({"B": 1}, index=1))
    assert target.destination.undo(batch({"B": 1}, index=1)) == Undone(1)
    assert target.amounts() == {"A": 1}


def test_more_rows_than_a_request_holds_are_undone_together(target: Target) -> None:
    rows = {f"P-{number}": number for number in range(120)}
    target.destination.apply(batch(dict.fromkeys(list(rows)[:50], 1)))
    before = target.all(limit=1000)
    target.destination.apply(batch(rows, job="02JOB"))
    assert target.destination.undo(batch(rows, job="02JOB")).reversed == 119  # one was unchanged
    assert target.all(limit=1000) == before
