"""The contract of the `Jobs` port for transitions: runs, answers to questions, and leaving an end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sluice.model.chunk import PhaseName
from sluice.model.errors import Conflict, NotFound, Problem
from sluice.model.job import SYSTEM, DateOrder, Job, JobFile
from sluice.model.status import Status
from sluice.usecases.ports import Jobs
from tests.support.factories import make_job

BROKEN = Problem("system-error", {"case": "loading", "error": "States.Timeout"})


def added(jobs: Jobs, status: Status) -> Job:
    """Add a job with the given status."""
    job = make_job(status=status)
    jobs.add(job)
    return job


def test_every_option_of_an_import_is_stored(jobs: Jobs) -> None:
    """This includes the date orders, which a correction copies from the job that it corrects."""
    job = replace(make_job(), review=True, force=True, corrects="01OTHER", date_orders={"updated": "mdy"})
    jobs.add(job)
    assert jobs.get(job.ref) == job


def test_a_transition_starts_a_new_run_only_on_request(jobs: Jobs) -> None:
    job = added(jobs, Status.LOADING)
    assert jobs.transition(job.ref, Status.PAUSING).run == 1
    assert jobs.transition(job.ref, Status.PAUSED).run == 1
    assert jobs.transition(job.ref, Status.LOADING, new_run=True).run == 2
    assert jobs.get(job.ref).run == 2


def test_a_transition_to_the_current_status_starts_no_run(jobs: Jobs) -> None:
    """Of two callers who resume a job at once, the second finds it resumed."""
    job = added(jobs, Status.PAUSED)
    moved = jobs.transition(job.ref, Status.LOADING, new_run=True)
    assert jobs.transition(job.ref, Status.LOADING, new_run=True, by="ben") == moved
    assert [entry.status for entry in jobs.entries(job.ref)] == [Status.PAUSED, Status.LOADING]


def test_an_illegal_transition_changes_nothing(jobs: Jobs) -> None:
    job = added(jobs, Status.IN_REVIEW)
    with pytest.raises(Conflict):
        jobs.transition(job.ref, Status.PAUSING, by="ben", new_run=True)
    assert jobs.get(job.ref) == job
    assert len(jobs.entries(job.ref)) == 1


def test_a_missing_job_has_no_transitions(jobs: Jobs) -> None:
    missing = make_job().ref
    with pytest.raises(NotFound):
        jobs.transition(missing, Status.CANCELLED)
    assert jobs.entries(missing) == []


@pytest.mark.parametrize("answers", [{}, {"updated": "mdy"}])
def test_answers_commit_a_job(jobs: Jobs, answers: dict[str, DateOrder]) -> None:
    """A job without questions is committed with no answers."""
    job = added(jobs, Status.IN_REVIEW)
    assert not job.committed
    moved = jobs.transition(job.ref, Status.LOADING, answers=answers, new_run=True)
    assert (moved.committed, moved.date_orders) == (True, answers)
    assert moved == jobs.get(job.ref)
    assert jobs.transition(job.ref, Status.PAUSING).committed, "it stays so"


@pytest.mark.parametrize(
    ("end", "to", "phase"),
    [
        (Status.FAILED, Status.PARSING, PhaseName.PARSE),
        (Status.FAILED, Status.LOADING, PhaseName.LOAD),
        (Status.FAILED, Status.ROLLING_BACK, PhaseName.UNDO),
        (Status.COMPLETED, Status.ROLLING_BACK, PhaseName.UNDO),
        (Status.CANCELLED, Status.ROLLING_BACK, PhaseName.UNDO),
    ],
)
def test_a_job_that_leaves_an_end_is_active_again(jobs: Jobs, end: Status, to: Status, phase: PhaseName) -> None:
    """Its problem and its end are removed, and the sweeper finds it among the active jobs."""
    job = added(jobs, Status.LOADING)
    jobs.transition(job.ref, Status.CANCELLING) if end is Status.CANCELLED else None
    ended = jobs.transition(job.ref, end, problem=BROKEN if end is Status.FAILED else None)
    assert ended.finished_at is not None
    assert list(jobs.active()) == []
    moved = jobs.transition(job.ref, to, new_run=True)
    assert (moved.problem, moved.finished_at, moved.phase) == (None, None, phase)
    assert [active.ref for active in jobs.active()] == [job.ref]
    again = jobs.transition(job.ref, Status.FAILED)
    assert (again.problem, again.finished_at is not None) == (None, True)
    assert list(jobs.active()) == []


def test_a_resumed_job_keeps_its_start_time(jobs: Jobs) -> None:
    job = added(jobs, Status.QUEUED)
    started = jobs.transition(job.ref, Status.PARSING).started_at
    assert started is not None
    for status in (Status.PAUSING, Status.PAUSED, Status.PARSING, Status.FAILED, Status.PARSING):
        assert jobs.transition(job.ref, status).started_at == started


@pytest.mark.parametrize("phase", [PhaseName.PARSE, PhaseName.COMPARE, PhaseName.LOAD])
def test_a_stopped_job_keeps_its_phase(jobs: Jobs, phase: PhaseName) -> None:
    """The job continues in that phase."""
    job = added(jobs, Status.LOADING if phase is PhaseName.LOAD else Status.PARSING)
    jobs.remember(job.ref, phase=phase)
    assert jobs.transition(job.ref, Status.PAUSING).phase is phase
    assert jobs.transition(job.ref, Status.PAUSED).phase is phase
    assert jobs.transition(job.ref, Status.CANCELLED).phase is None


def test_a_review_ends_the_phase(jobs: Jobs) -> None:
    job = added(jobs, Status.PARSING)
    jobs.remember(job.ref, phase=PhaseName.COMPARE)
    assert jobs.transition(job.ref, Status.IN_REVIEW).phase is None


def test_remembering_a_value_leaves_the_others_unchanged(jobs: Jobs) -> None:
    job = added(jobs, Status.PARSING)
    jobs.remember(job.ref, date_orders={"updated": "dmy"}, ambiguous=("sold",))
    remembered = jobs.remember(job.ref, phase=PhaseName.COMPARE)
    assert (remembered.phase, remembered.date_orders, remembered.ambiguous) == (
        PhaseName.COMPARE,
        {"updated": "dmy"},
        ("sold",),
    )
    assert remembered.version == 3
    assert jobs.remember(job.ref, ambiguous=()).ambiguous == (), "an empty value replaces the earlier one"
    assert jobs.get(job.ref).date_orders == {"updated": "dmy"}


def test_the_result_of_plan_is_stored_once(jobs: Jobs) -> None:
    """Chunks subtract their blank rows from the total; a late plan must not add them again."""
    job = added(jobs, Status.PARSING)
    assert not job.planned
    jobs.describe(job.ref, file=JobFile("a.csv", job.file.key, 10, sha256="abc"), total=12)
    noted = jobs.get(job.ref)
    assert (noted.planned, noted.counts.total) == (True, 12)
    jobs.describe(job.ref, file=JobFile("b.csv", "elsewhere", 99), total=99)
    assert jobs.get(job.ref) == noted


def test_the_log_lists_actions_with_their_callers_in_order(jobs: Jobs) -> None:
    job = make_job()
    jobs.add(job, note="corrects job 01OTHER")
    jobs.transition(job.ref, Status.QUEUED)
    jobs.transition(job.ref, Status.PAUSING, by="ben")
    jobs.log(jobs.get(job.ref), by="eve", note="looked")
    jobs.log(jobs.get(job.ref), note="nothing had moved")
    jobs.transition(job.ref, Status.CANCELLING, by="ben", note="wrong file")
    entries = jobs.entries(job.ref)
    assert [(entry.by, entry.status, entry.note) for entry in entries] == [
        ("ann", Status.WAITING_FOR_FILE, "corrects job 01OTHER"),
        (SYSTEM, Status.QUEUED, ""),
        ("ben", Status.PAUSING, ""),
        ("eve", Status.PAUSING, "looked"),
        (SYSTEM, Status.PAUSING, "nothing had moved"),
        ("ben", Status.CANCELLING, "wrong file"),
    ]
    times = [entry.at for entry in entries]
    assert times == sorted(times)
    assert times[0].tzinfo is not None


def test_a_log_belongs_to_its_job(jobs: Jobs) -> None:
    mine, other, theirs = make_job(number=1), make_job(number=2), make_job("other", number=1)
    for job in (mine, other, theirs):
        jobs.add(job, note=job.ref.tenant)
    assert [entry.note for entry in jobs.entries(mine.ref)] == ["acme"]


def test_a_note_in_the_log_raises_the_version_without_a_transition(jobs: Jobs) -> None:
    """The sweeper would otherwise find the job stuck again five minutes later."""
    job = added(jobs, Status.LOADING)
    jobs.log(job, note="sent again")
    after = jobs.get(job.ref)
    assert (after.version, after.status) == (2, Status.LOADING)
    assert after.updated_at is not None


def test_a_job_that_was_added_twice_is_logged_once(jobs: Jobs) -> None:
    job = added(jobs, Status.QUEUED)
    assert not jobs.add(job, note="again")
    assert len(jobs.entries(job.ref)) == 1


def linked(jobs: Jobs, first: Job, job: Job) -> Job:
    taken = replace(job, corrects=first.ref.id, mapping={"A": "price"}, date_orders={"updated": "mdy"})
    return jobs.link(replace(taken, parameters={"ward": "1"}), first, note="linked")


def test_a_correction_is_linked_once_with_an_entry_in_both_logs(jobs: Jobs) -> None:
    """A plan that runs again finds it linked."""
    first, job = added(jobs, Status.COMPLETED), added(jobs, Status.PARSING)
    found = linked(jobs, first, job)
    assert (found.corrects, found.mapping, found.date_orders, found.parameters) == (
        first.ref.id,
        {"A": "price"},
        {"updated": "mdy"},
        {"ward": "1"},
    )
    assert (found.version, jobs.get(first.ref).version) == (job.version + 1, first.version + 1)
    assert linked(jobs, first, job) == found == jobs.get(job.ref)
    assert [(entry.by, entry.note) for entry in jobs.entries(job.ref)][1:] == [(SYSTEM, "linked")]
    assert [(entry.by, entry.note) for entry in jobs.entries(first.ref)][1:] == [
        ("ann", f"corrected by job {job.ref.id}")
    ]


def test_a_job_that_was_deleted_or_removed_meanwhile_is_not_linked(jobs: Jobs) -> None:
    """The job is as it was, and its log has no entry."""
    job, first = added(jobs, Status.PARSING), added(jobs, Status.COMPLETED)
    jobs.mark_deleted(first.ref, by="ann")
    for gone in (first, make_job(status=Status.COMPLETED)):
        assert linked(jobs, gone, job) == job
    assert len(jobs.entries(job.ref)) == 1


def test_a_job_that_was_split_already_is_not_linked(jobs: Jobs) -> None:
    """Its rows were read with its own mapping."""
    job, first = added(jobs, Status.PARSING), added(jobs, Status.COMPLETED)
    jobs.describe(job.ref, file=job.file, total=1)
    assert linked(jobs, first, job).corrects is None


GUARD = Problem("guard", {"case": "max_change", "guard": "max_change", "limit": "0.5", "share": 0.731, "rows": [5]})


def test_a_job_in_review_keeps_the_guard_that_it_trips_until_it_leaves(jobs: Jobs) -> None:
    """Its parameters may be numbers of any kind; a caller who cancels the job knows the problem already."""
    job = added(jobs, Status.PARSING)
    reviewed = jobs.transition(job.ref, Status.IN_REVIEW, problem=GUARD)
    assert reviewed.problem == jobs.get(job.ref).problem == GUARD
    assert jobs.transition(job.ref, Status.CANCELLED, by="ben").problem is None


def test_a_load_that_takes_itself_back_does_so_in_its_run_and_says_why(jobs: Jobs) -> None:
    """A rollback that a caller asks for has no problem, and a run of its own."""
    job, why = added(jobs, Status.LOADING), Problem("rejections", {"case": "undoing", "found": 1})
    undoing = jobs.transition(job.ref, Status.ROLLING_BACK, problem=why)
    assert (undoing.problem, undoing.run, undoing.phase) == (why, 1, PhaseName.UNDO)
    ended = jobs.transition(job.ref, Status.FAILED, problem=replace(why, params={"case": "undone", "found": 1}))
    assert (ended.problem is not None, ended.run) == (True, 1)
    again = jobs.transition(job.ref, Status.ROLLING_BACK, new_run=True)
    assert (again.problem, again.run) == (None, 2)
