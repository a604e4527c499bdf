"""The table of transitions between the states of a job."""

from __future__ import annotations

import pytest

from sluice.model.status import ENDED, INACTIVE, TRANSITIONS, Status, illegal_transition, sources_of
from sluice.wording import word_detail


def reachable(start: Status) -> set[Status]:
    """Return every state that a job can reach from another."""
    seen: set[Status] = set()
    ahead = [start]
    while ahead:
        for target in TRANSITIONS[ahead.pop()] - seen:
            seen.add(target)
            ahead.append(target)
    return seen


def test_every_state_has_its_line_in_the_table() -> None:
    """A state without one would fail the first job that reaches it."""
    assert set(TRANSITIONS) == set(Status)


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.WAITING_FOR_FILE])
def test_every_state_can_be_reached(status: Status) -> None:
    """A job begins in the state of waiting for its file."""
    assert status in reachable(Status.WAITING_FOR_FILE)


def test_no_state_returns_to_waiting_for_a_file() -> None:
    """A job has one file."""
    assert sources_of(Status.WAITING_FOR_FILE) == frozenset()


@pytest.mark.parametrize("status", [status for status in Status if status not in ENDED])
def test_every_job_can_end(status: Status) -> None:
    """It takes one transition or several."""
    assert reachable(status) & ENDED


@pytest.mark.parametrize("status", [status for status in Status if status not in INACTIVE | {Status.CANCELLING}])
def test_a_job_in_progress_can_fail(status: Status) -> None:
    """A system error may happen at any time, but a job that is being cancelled ends as cancelled."""
    assert Status.FAILED in TRANSITIONS[status]


def test_a_job_that_is_being_cancelled_ends_as_cancelled() -> None:
    assert Status.FAILED not in TRANSITIONS[Status.CANCELLING]


def test_a_failed_job_can_continue_and_every_other_end_allows_only_a_rollback() -> None:
    """A rolled-back job stays so."""
    assert {status: set(TRANSITIONS[status]) for status in ENDED} == {
        Status.COMPLETED: {Status.ROLLING_BACK},
        Status.FAILED: {Status.QUEUED, Status.PARSING, Status.LOADING, Status.ROLLING_BACK},
        Status.CANCELLED: {Status.ROLLING_BACK},
        Status.ROLLED_BACK: set(),
    }


@pytest.mark.parametrize("status", [status for status in Status if status not in ENDED])
def test_a_job_that_has_not_ended_can_be_cancelled_unless_it_rolls_back(status: Status) -> None:
    """Half a rollback leaves the data inconsistent."""
    can = bool(TRANSITIONS[status] & {Status.CANCELLING, Status.CANCELLED})
    assert can is (status is not Status.ROLLING_BACK)


def test_a_paused_job_resumes_where_it_was() -> None:
    """It was parsing or loading; if another job loads into its dataset, it waits in line."""
    goes_on = {Status.QUEUED, Status.PARSING, Status.LOADING}
    assert TRANSITIONS[Status.PAUSED] == goes_on | {Status.CANCELLED, Status.FAILED}


@pytest.mark.parametrize("status", Status)
def test_no_state_but_parsing_has_a_transition_to_itself(status: Status) -> None:
    """Such a call changes nothing, so the version must not rise; parsing begins once more in another run."""
    assert (status in TRANSITIONS[status]) is (status is Status.PARSING)


@pytest.mark.parametrize("target", Status)
def test_sources_are_the_reverse_of_the_transitions(target: Status) -> None:
    """The store needs them in its condition."""
    assert sources_of(target) == {status for status in Status if target in TRANSITIONS[status]}


@pytest.mark.parametrize("current", Status)
def test_an_illegal_transition_names_the_current_state(current: Status) -> None:
    """The error has it in words for a person, and as a parameter for a program."""
    rejected = illegal_transition("01JOB", current, Status.ROLLING_BACK)
    words = current.replace("_", " ")
    assert rejected.status == 409
    assert word_detail(rejected.problem) == f"Job 01JOB is {words}; it cannot become rolling back."
    assert rejected.problem.params["status_now"] == str(current)
