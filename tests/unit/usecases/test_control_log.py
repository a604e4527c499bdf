"""The log of a job: who did what, in order."""

from __future__ import annotations

from datetime import timedelta

from sluice.model.chunk import PhaseName
from sluice.model.job import SYSTEM
from sluice.model.status import Status
from tests.support.factories import csv_file, products
from tests.support.harness import Harness


def test_every_step_of_a_job_is_in_the_log(harness: Harness) -> None:
    """Each step is recorded once, with the caller or Sluice itself as its actor."""
    ref = harness.upload(csv_file(products(25)), review=True)
    harness.run(ref)
    harness.commit(ref, by="eve")
    token = harness.dispatch(ref, PhaseName.LOAD)
    harness.work(harness.queue.messages.pop(0))
    harness.pause(ref)
    harness.pause(ref)
    harness.queue.messages.clear()
    harness.finish(ref)
    harness.resume(ref)
    harness.dispatch(ref, PhaseName.LOAD)
    harness.give_up(harness.queue.messages.pop(0))
    harness.deliver()
    harness.finish(ref)
    harness.retry(ref)
    harness.run(ref)
    harness.roll_back(ref)
    harness.roll_back(ref)
    harness.run(ref)
    assert harness.machine.answers[token] == {"outcome": "stopped"}
    assert [(entry.by, entry.status, entry.note) for entry in harness.jobs.entries(ref)] == [
        ("ann", Status.WAITING_FOR_FILE, ""),
        (SYSTEM, Status.QUEUED, ""),
        (SYSTEM, Status.PARSING, ""),
        (SYSTEM, Status.IN_REVIEW, ""),
        ("eve", Status.LOADING, ""),
        ("ben", Status.PAUSING, ""),
        (SYSTEM, Status.PAUSED, ""),
        ("ben", Status.LOADING, "resumed"),
        (SYSTEM, Status.FAILED, ""),
        ("ben", Status.LOADING, "retried"),
        (SYSTEM, Status.COMPLETED, ""),
        ("ben", Status.ROLLING_BACK, ""),
        (SYSTEM, Status.ROLLED_BACK, "25 rows rolled back, 0 kept, 0 failed"),
    ]


def test_a_cancelled_job_is_in_the_log(harness: Harness) -> None:
    ref = harness.upload(csv_file(products(25)))
    harness.plan(ref)
    harness.dispatch(ref, PhaseName.PARSE)
    harness.cancel(ref)
    harness.finish(ref)
    entries = harness.jobs.entries(ref)[-2:]
    assert [(entry.by, entry.status) for entry in entries] == [("ben", Status.CANCELLING), (SYSTEM, Status.CANCELLED)]


def test_what_the_sweeper_did_is_in_the_log(harness: Harness) -> None:
    """The log explains why a job took long."""
    ref = harness.upload(csv_file(products(25)))
    harness.plan(ref)
    harness.dispatch(ref, PhaseName.PARSE)
    harness.queue.messages.clear()
    harness.sweep(after=timedelta(minutes=16))
    entry = harness.jobs.entries(ref)[-1]
    assert (entry.by, entry.status) == (SYSTEM, Status.PARSING)
    assert entry.note == "nothing had moved; 3 chunks were sent again"
