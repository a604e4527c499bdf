"""The states of a job and the transitions between them, in one table."""

from __future__ import annotations

from enum import StrEnum

from sluice.model.errors import Conflict


class Status(StrEnum):
    """The states of a job."""

    WAITING_FOR_FILE = "waiting_for_file"
    QUEUED = "queued"
    PARSING = "parsing"
    IN_REVIEW = "in_review"
    LOADING = "loading"
    PAUSING = "pausing"
    PAUSED = "paused"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"
    COMPLETED = "completed"
    FAILED = "failed"


#: End states: only a caller continues a job from here, by a retry or a rollback.
ENDED = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.ROLLED_BACK})

#: End states, and states in which a job waits until a caller commits, resumes or cancels it.
WAITING_OR_ENDED = ENDED | {Status.IN_REVIEW, Status.PAUSED}

#: States without an execution and without workers.
INACTIVE = WAITING_OR_ENDED | {Status.WAITING_FOR_FILE}

#: States in which workers write to a dataset, on condition that the job holds its lock.
HOLDING = frozenset({Status.LOADING, Status.ROLLING_BACK})

#: States in which workers process chunks; every other state is a wait or an end.
WORKING = frozenset({Status.PARSING, Status.LOADING, Status.ROLLING_BACK})

#: States of a job that is about to stop: workers process no further chunk.
STOPPING = frozenset({Status.PAUSING, Status.CANCELLING})

#: Every legal transition; all others are rejected with `illegal_transition`.
TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.WAITING_FOR_FILE: frozenset({Status.QUEUED, Status.CANCELLED, Status.FAILED}),
    # to `loading` and `paused` from the line of its dataset's lock, where nothing executes
    Status.QUEUED: frozenset(
        {Status.PARSING, Status.LOADING, Status.PAUSING, Status.PAUSED, Status.CANCELLED, Status.FAILED}
    ),
    # to `queued`, as from review, paused and failed, if another job holds the lock of its dataset; to `parsing` in a
    # new run, if a decision that its cells prove bears on chunks that are parsed
    Status.PARSING: frozenset(
        {
            Status.PARSING,
            Status.IN_REVIEW,
            Status.QUEUED,
            Status.LOADING,
            Status.PAUSING,
            Status.CANCELLING,
            Status.COMPLETED,
            Status.FAILED,
        }
    ),
    # to `parsing` by an answer; to `queued` if another job holds a lock that it needs
    # and to `failed`, as from paused, if a newer file of the drop folder was loaded meanwhile
    Status.IN_REVIEW: frozenset({Status.QUEUED, Status.PARSING, Status.LOADING, Status.CANCELLED, Status.FAILED}),
    # to `rolling_back` by dispatch, if a row is rejected while it loads and the job loads all rows or none
    Status.LOADING: frozenset(
        {Status.PAUSING, Status.CANCELLING, Status.ROLLING_BACK, Status.COMPLETED, Status.FAILED}
    ),
    Status.PAUSING: frozenset({Status.PAUSED, Status.CANCELLING, Status.FAILED}),
    Status.PAUSED: frozenset({Status.QUEUED, Status.PARSING, Status.LOADING, Status.CANCELLED, Status.FAILED}),
    Status.CANCELLING: frozenset({Status.CANCELLED}),
    Status.COMPLETED: frozenset({Status.ROLLING_BACK}),
    Status.FAILED: frozenset({Status.QUEUED, Status.PARSING, Status.LOADING, Status.ROLLING_BACK}),
    Status.CANCELLED: frozenset({Status.ROLLING_BACK}),
    Status.ROLLING_BACK: frozenset({Status.ROLLED_BACK, Status.FAILED}),
    Status.ROLLED_BACK: frozenset(),
}


def sources_of(target: Status) -> frozenset[Status]:
    """Return the states from which a job may move to ``target``."""
    return frozenset(status for status, targets in TRANSITIONS.items() if target in targets)


def illegal_transition(job_id: str, current: Status, target: Status | str) -> Conflict:
    """Build the error of a transition that the table does not allow; it names the current state."""
    return Conflict("illegal-transition", id=job_id, target=str(target), status_now=str(current))
