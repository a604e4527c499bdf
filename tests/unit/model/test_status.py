"""The table of moves between a job's states."""

from __future__ import annotations

import pytest

from sluice.model.status import ENDED, INACTIVE, TRANSITIONS, Status, illegal_transition, sources_of
from sluice.wording import word_detail


def reachable(start: Status) -> set[Status]:
    """Every state that a job can come to from another."""
    seen: set[Status] = set()
    ahead = [start]
    while ahead:
        for target in TRANSITIONS[ahead.pop()] - seen:
            seen.add(target)
            ahead.append(target)
    return seen


def test_every_state_has_its_line_in_the_table() -> None:
    """A state without one would break the first job that comes to it."""
    assert set(TRANSITIONS) == set(Status)


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.WAITING_FOR_FILE])
def test_every_state_is_reached_by_some_job(status: Status) -> None:
    """A job begins by waiting for its file."""
    assert status in reachable(Status.WAITING_FOR_FILE)


def test_nothing_goes_back_to_waiting_for_a_file() -> None:
    """A job has one file."""
    assert sources_of(Status.WAITING_FOR_FILE) == frozenset()


@pytest.mark.parametrize("status", [status for status in Status if status not in ENDED])
def test_every_job_can_come_to_an_end(status: Status) -> None:
    """In one move or in several."""
    assert reachable(status) & ENDED


@pytest.mark.parametrize("status", [status for status in Status if status not in INACTIVE | {Status.CANCELLING}])
def test_a_job_under_way_can_fail(status: Status) -> None:
    """A system error asks no leave; but a job that is to be cancelled ends as what it was asked to be."""
    assert Status.FAILED in TRANSITIONS[status]


@pytest.mark.parametrize("status", [Status.IN_REVIEW, Status.PAUSED, Status.CANCELLING])
def test_a_job_that_stands_still_or_is_about_to_does_not_fail(status: Status) -> None:
    """Nobody is at it who could break."""
    assert Status.FAILED not in TRANSITIONS[status]


def test_a_failed_job_goes_on_and_every_other_end_is_left_by_a_rollback_alone() -> None:
    """What was rolled back stays so."""
    assert {status: set(TRANSITIONS[status]) for status in ENDED} == {
        Status.COMPLETED: {Status.ROLLING_BACK},
        Status.FAILED: {Status.PARSING, Status.LOADING, Status.ROLLING_BACK},
        Status.CANCELLED: {Status.ROLLING_BACK},
        Status.ROLLED_BACK: set(),
    }


@pytest.mark.parametrize("status", [status for status in Status if status not in ENDED])
def test_whatever_has_not_ended_can_be_cancelled_but_for_a_rollback(status: Status) -> None:
    """Half of a rollback would help nobody."""
    can = bool(TRANSITIONS[status] & {Status.CANCELLING, Status.CANCELLED})
    assert can is (status is not Status.ROLLING_BACK)


def test_a_paused_job_goes_on_where_it_was() -> None:
    """Parsing or loading; there is no other way out but an end."""
    assert TRANSITIONS[Status.PAUSED] == {Status.PARSING, Status.LOADING, Status.CANCELLED}


@pytest.mark.parametrize("status", Status)
def test_no_state_moves_to_itself(status: Status) -> None:
    """Being there already is not a move: the version must not rise."""
    assert status not in TRANSITIONS[status]


@pytest.mark.parametrize("target", Status)
def test_sources_are_the_moves_read_backwards(target: Status) -> None:
    """The store asks for them in its condition."""
    assert sources_of(target) == {status for status in Status if target in TRANSITIONS[status]}


@pytest.mark.parametrize("current", Status)
def test_an_illegal_move_names_the_current_state(current: Status) -> None:
    """In words for a person, and for a program."""
    rejected = illegal_transition("01JOB", current, Status.ROLLING_BACK)
    words = current.replace("_", " ")
    assert rejected.status == 409
    assert word_detail(rejected.problem) == f"Job 01JOB is {words}; it cannot become rolling back."
    assert rejected.problem.params["status_now"] == str(current)
