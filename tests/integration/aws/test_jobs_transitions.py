"""The contract of the `Jobs` port for transitions: runs, answers to questions, and leaving an end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sluice.model.chunk import PhaseName
from sluice.model.errors import Conflict, NotFound, Problem
from sluice.model.job import SYSTEM, Decided, Job, JobFile
from sluice.model.options import LoadOptions
from sluice.model.recipe import Choice, Decision, Evidence, Question, Recipe, Shown
from sluice.model.status import Status
from sluice.usecases.ports import Jobs
from tests.support.factories import make_job

BROKEN = Problem("system-error", {"case": "loading", "error": "States.Timeout"})


EVIDENCE = Evidence({",": 1, "either": 2}, (Shown(7, "2,5", ","), Shown(9, "1.250", "either")))
RECIPE = Recipe(
    3,
    {
        "decimal.price": Decision(",", "proven", 3, EVIDENCE),
        "columns": Decision({"Preis": "price"}, "given"),
        "header": Decision(4, "answered", 2),
    },
)
CHOICES = (Choice(",", "read-decimal", {"row": 9}), Choice(".", "read-decimal"))
QUESTION = Question("decimal.price", "decimal", CHOICES, EVIDENCE, {"n": 1})


def added(jobs: Jobs, status: Status) -> Job:
    """Add a job with the given status."""
    job = make_job(status=status)
    jobs.add(job)
    return job


def test_every_option_of_an_import_is_stored(jobs: Jobs) -> None:
    job = replace(make_job(), review=True, force=True, corrects="01OTHER", recipe=RECIPE, questions=(QUESTION,))
    job = replace(job, asks="fail", split=2, split_by=7)
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


def test_a_commit_is_stored(jobs: Jobs) -> None:
    job = added(jobs, Status.IN_REVIEW)
    assert not job.committed
    moved = jobs.transition(job.ref, Status.LOADING, committed=True, new_run=True)
    assert moved.committed
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
    jobs.enter_phase(job.ref, phase)
    assert jobs.transition(job.ref, Status.PAUSING).phase is phase
    assert jobs.transition(job.ref, Status.PAUSED).phase is phase
    assert jobs.transition(job.ref, Status.CANCELLED).phase is None


def test_a_review_ends_the_phase(jobs: Jobs) -> None:
    job = added(jobs, Status.PARSING)
    jobs.enter_phase(job.ref, PhaseName.COMPARE)
    assert jobs.transition(job.ref, Status.IN_REVIEW).phase is None


def test_what_is_decided_is_stored_at_once(jobs: Jobs) -> None:
    job = added(jobs, Status.PARSING)
    decided = jobs.decide(job, Decided(RECIPE, (QUESTION,), LoadOptions("update")), by="ann", note="price: ,")
    assert (decided.recipe, decided.questions, decided.options.mode) == (RECIPE, (QUESTION,), "update")
    assert (decided.version, decided.status) == (2, Status.PARSING)
    assert jobs.get(job.ref) == decided
    assert [(entry.by, entry.note) for entry in jobs.entries(job.ref)][1:] == [("ann", "price: ,")]
    decided = jobs.decide(decided, Decided(RECIPE))
    assert (decided.questions, decided.options.mode, len(jobs.entries(job.ref))) == ((), "update", 2)


@pytest.mark.parametrize("change", ["recipe", "run", "status"])
def test_of_two_decisions_the_second_is_a_conflict(jobs: Jobs, change: str) -> None:
    """Two callers answer at once; or a dispatch that stood still goes on when its job is in another run."""
    job = added(jobs, Status.IN_REVIEW)
    if change == "recipe":
        jobs.decide(job, Decided(RECIPE))
    else:
        jobs.transition(job.ref, Status.PARSING, new_run=change == "run")
    now = jobs.get(job.ref)
    with pytest.raises(Conflict):
        jobs.decide(job, Decided(replace(RECIPE, version=9)))
    with pytest.raises(Conflict):
        jobs.transition(job.ref, Status.LOADING, since=job, decided=Decided(replace(RECIPE, version=9)))
    assert jobs.get(job.ref) == now


def test_a_round_begins_with_what_is_decided_in_a_run_of_its_own(jobs: Jobs) -> None:
    job = added(jobs, Status.PARSING)
    begun = jobs.transition(job.ref, Status.PARSING, new_run=True, since=job, decided=Decided(RECIPE))
    assert (begun.run, begun.recipe, begun.phase) == (2, RECIPE, PhaseName.PARSE)
    again = jobs.transition(job.ref, Status.PARSING, new_run=True, since=job, decided=Decided(RECIPE))
    assert again == begun, "a second dispatch begins no third run"


def test_a_file_is_split_anew_once_for_each_split(jobs: Jobs) -> None:
    job = added(jobs, Status.PARSING)
    jobs.describe(job, file=job.file, total=12)
    anew = jobs.split_anew(job)
    assert (anew.split, anew.planned, anew.counts.total) == (1, False, 0)
    assert jobs.split_anew(job) == anew
    jobs.describe(job, file=job.file, total=12)
    assert jobs.get(job.ref) == anew, "a plan of the earlier split stores nothing any more"
    jobs.describe(anew, file=job.file, total=11)
    assert jobs.get(job.ref).counts.total == 11


def test_the_result_of_plan_is_stored_once(jobs: Jobs) -> None:
    """Chunks subtract their blank rows from the total; a late plan must not add them again."""
    job = added(jobs, Status.PARSING)
    assert not job.planned
    jobs.describe(replace(job, recipe=RECIPE), file=JobFile("a.csv", job.file.key, 10, sha256="abc"), total=12)
    noted = jobs.get(job.ref)
    assert (noted.planned, noted.counts.total, noted.split_by) == (True, 12, 3)
    jobs.describe(job, file=JobFile("b.csv", "elsewhere", 99), total=99)
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
    return jobs.link(replace(job, corrects=first.ref.id, recipe=RECIPE), first, note="linked")


def test_a_correction_is_linked_once_with_an_entry_in_both_logs(jobs: Jobs) -> None:
    """A plan that runs again finds it linked."""
    first, job = added(jobs, Status.COMPLETED), added(jobs, Status.PARSING)
    found = linked(jobs, first, job)
    assert (found.corrects, found.recipe) == (first.ref.id, RECIPE)
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
    jobs.describe(job, file=job.file, total=1)
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
