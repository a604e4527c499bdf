"""The log of a whole life: who did what with a job, in order."""

from __future__ import annotations

from datetime import timedelta

from sluice.model.chunk import PhaseName
from sluice.model.job import SYSTEM
from sluice.model.status import Status
from tests.factories import csv_file, products
from tests.fakes.course import Course


def test_a_whole_life_is_in_the_log(course: Course) -> None:
    """Each step once, by whoever asked for it or by the course itself."""
    ref = course.upload(csv_file(products(25)), review=True)
    course.run(ref)
    course.commit(ref, by="eve")
    token = course.dispatch(ref, PhaseName.LOAD)
    course.work(course.queue.messages.pop(0))
    course.pause(ref)
    course.pause(ref)
    course.queue.messages.clear()
    course.finish(ref)
    course.resume(ref)
    course.dispatch(ref, PhaseName.LOAD)
    course.give_up(course.queue.messages.pop(0))
    course.deliver()
    course.finish(ref)
    course.retry(ref)
    course.run(ref)
    course.roll_back(ref)
    course.roll_back(ref)
    course.run(ref)
    assert course.machine.answers[token] == {"outcome": "stopped"}
    assert [(entry.by, entry.status, entry.note) for entry in course.jobs.entries(ref)] == [
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
        (SYSTEM, Status.ROLLED_BACK, "25 rows taken back, 0 kept, 0 failed"),
    ]


def test_a_cancelled_life_is_in_the_log(course: Course) -> None:
    ref = course.upload(csv_file(products(25)))
    course.plan(ref)
    course.dispatch(ref, PhaseName.PARSE)
    course.cancel(ref)
    course.finish(ref)
    entries = course.jobs.entries(ref)[-2:]
    assert [(entry.by, entry.status) for entry in entries] == [("ben", Status.CANCELLING), (SYSTEM, Status.CANCELLED)]


def test_what_tidying_did_is_in_the_log(course: Course) -> None:
    """Somebody will ask why a job took so long."""
    ref = course.upload(csv_file(products(25)))
    course.plan(ref)
    course.dispatch(ref, PhaseName.PARSE)
    course.queue.messages.clear()
    course.sweep(after=timedelta(minutes=16))
    entry = course.jobs.entries(ref)[-1]
    assert (entry.by, entry.status) == (SYSTEM, Status.PARSING)
    assert entry.note == "nothing had moved; 3 chunks were sent again"
