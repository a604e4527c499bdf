"""The contract of the `Jobs` port for jobs that wait for an upstream, and for those whose files were deleted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sluice.model.chunk import JobRef
from sluice.model.errors import Conflict, NotFound, UpstreamDown
from sluice.model.job import Job
from sluice.model.recipe import Decision, Evidence, Question, Recipe, Shown
from sluice.model.status import Status
from sluice.usecases.ports import Jobs
from tests.support.factories import make_job

AWAY = UpstreamDown("SIASN").problem


def suspended(jobs: Jobs) -> Job:
    """Add a job that is paused until its upstream responds again."""
    job = make_job(importer="voters", status=Status.LOADING)
    jobs.add(job)
    jobs.transition(job.ref, Status.PAUSING, note="away", suspended=AWAY)
    return jobs.transition(job.ref, Status.PAUSED)


def test_the_reason_of_a_suspension_stays_while_the_job_is_paused(jobs: Jobs) -> None:
    job = make_job(importer="voters", status=Status.LOADING)
    jobs.add(job)
    assert jobs.get(job.ref).suspended is None
    assert jobs.transition(job.ref, Status.PAUSING, suspended=AWAY).suspended == AWAY
    assert jobs.transition(job.ref, Status.PAUSED).suspended == AWAY
    assert jobs.get(job.ref).suspended == AWAY


@pytest.mark.parametrize("to", [Status.PARSING, Status.LOADING, Status.CANCELLED])
def test_a_job_that_continues_is_no_longer_suspended(jobs: Jobs, to: Status) -> None:
    job = suspended(jobs)
    assert jobs.transition(job.ref, to).suspended is None
    assert jobs.get(job.ref).suspended is None


@pytest.mark.parametrize("to", [Status.CANCELLING, Status.FAILED])
def test_a_job_that_ends_while_it_is_being_suspended_is_no_longer_suspended(jobs: Jobs, to: Status) -> None:
    job = make_job(importer="voters", status=Status.LOADING)
    jobs.add(job)
    jobs.transition(job.ref, Status.PAUSING, suspended=AWAY)
    assert jobs.transition(job.ref, to).suspended is None


def test_a_job_that_a_caller_paused_is_not_suspended(jobs: Jobs) -> None:
    """The reason of an earlier suspension does not come back."""
    job = suspended(jobs)
    for status in (Status.LOADING, Status.PAUSING, Status.PAUSED):
        assert jobs.transition(job.ref, status).suspended is None


def test_a_job_that_is_being_paused_already_keeps_its_reason(jobs: Jobs) -> None:
    """Several workers may find the upstream down at the same time, and a caller who paused the job wants it to stay."""
    job = make_job(importer="voters", status=Status.LOADING)
    jobs.add(job)
    first = jobs.transition(job.ref, Status.PAUSING, suspended=AWAY)
    assert jobs.transition(job.ref, Status.PAUSING, suspended=UpstreamDown("Another").problem) == first
    by_hand = make_job(importer="voters", status=Status.LOADING, number=1)
    jobs.add(by_hand)
    jobs.transition(by_hand.ref, Status.PAUSING, by="ben")
    assert jobs.transition(by_hand.ref, Status.PAUSING, suspended=AWAY).suspended is None


def test_a_deleted_job_stays_and_its_log_names_the_caller(jobs: Jobs) -> None:
    job = make_job(status=Status.COMPLETED)
    jobs.add(job)
    assert not jobs.get(job.ref).deleted
    marked = jobs.mark_deleted(job.ref, by="ben")
    assert (marked.deleted, marked.status, marked.version) == (True, Status.COMPLETED, job.version + 1)
    assert marked.updated_at is not None
    assert jobs.get(job.ref) == marked
    last = jobs.entries(job.ref)[-1]
    assert (last.by, last.status, last.note) == ("ben", Status.COMPLETED, "its files and rows are deleted")
    assert jobs.page("acme", status="completed", importer=None, limit=10, cursor=None).items == [marked]
    assert list(jobs.active()) == []


def test_a_deleted_job_keeps_its_decisions_without_the_cells_that_are_their_evidence(jobs: Jobs) -> None:
    """They are content of the file."""
    evidence = Evidence({",": 1}, (Shown(7, "12,50", ","),))
    recipe = Recipe(2, {"decimal.price": Decision(",", "answered", 2, evidence)})
    question = Question("decimal.price", "decimal", (), evidence)
    job = replace(make_job(status=Status.CANCELLED), recipe=recipe, questions=(question,))
    jobs.add(job)
    marked = jobs.mark_deleted(job.ref, by="ben")
    assert (marked.recipe.value("decimal.price"), marked.questions) == (",", ())
    assert marked.recipe.decisions["decimal.price"].evidence == Evidence()


def test_a_suspended_job_may_be_made_to_stay_paused(jobs: Jobs) -> None:
    """This happens once, and the log names the caller."""
    job = suspended(jobs)
    assert (jobs.stay_paused(job.ref, by="ben").suspended, jobs.stay_paused(job.ref, by="eve").suspended) == (
        None,
        None,
    )
    assert [entry.by for entry in jobs.entries(job.ref) if "by hand" in entry.note] == ["ben"]
    assert jobs.get(job.ref).status is job.status


def test_a_deleted_job_has_no_transitions_and_a_running_job_is_not_deleted(jobs: Jobs) -> None:
    job = make_job(status=Status.FAILED)
    jobs.add(job)
    jobs.mark_deleted(job.ref, by="ben")
    with pytest.raises(Conflict):
        jobs.transition(job.ref, Status.LOADING, new_run=True)
    going = make_job(status=Status.LOADING, number=1)
    jobs.add(going)
    with pytest.raises(Conflict):
        jobs.mark_deleted(going.ref, by="ben")
    assert jobs.get(going.ref) == going


def test_another_tenants_job_is_not_marked_as_deleted(jobs: Jobs) -> None:
    theirs = make_job("other", status=Status.COMPLETED)
    jobs.add(theirs)
    with pytest.raises(NotFound):
        jobs.mark_deleted(JobRef("acme", theirs.ref.id), by="ben")
    assert not jobs.get(theirs.ref).deleted
