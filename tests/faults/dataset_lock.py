"""Jobs that hold the lock of a dataset, or wait in its line, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sluice.model.chunk import JobRef, PhaseName
from sluice.model.job import Job
from sluice.model.lock import dataset_lock
from sluice.model.status import Status
from sluice.usecases.finish import finish
from tests.support.factories import csv_file, products
from tests.support.harness import NOW, Harness

PRODUCTS = dataset_lock("acme", "products")
SOON = timedelta(seconds=1)
FILE = csv_file(products(25))


def parsed(harness: Harness, *, urgent: bool = False, **more: Any) -> JobRef:
    """Return a parsed job; the messages of other jobs still wait."""
    others, harness.queue.messages = harness.queue.messages, []
    ref = harness.upload(FILE, **more)
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    harness.queue.messages = others
    harness.jobs.items[ref] = replace(harness.jobs.get(ref), urgent=urgent)
    return ref


def loading(harness: Harness, **more: Any) -> JobRef:
    """Return a job that holds the lock; the messages of its three chunks wait."""
    ref = parsed(harness, **more)
    harness.dispatch(ref, PhaseName.LOAD)
    assert harness.jobs.get(ref).hold
    return ref


def end(harness: Harness, ref: JobRef) -> Job:
    harness.queue.messages += harness.queue.urgent
    harness.deliver()
    return harness.finish(ref)


def waiting(harness: Harness, **more: Any) -> JobRef:
    """Return a job that found the lock taken when it was parsed."""
    ref = parsed(harness, **more)
    messages = list(harness.queue.messages)
    token = harness.dispatch(ref, PhaseName.LOAD)
    assert harness.machine.answers[token] == {"outcome": "queued"}
    assert harness.queue.messages == messages
    assert finish(ref, 1, error=None, now=NOW, services=harness) == harness.jobs.get(ref)
    assert harness.jobs.get(ref).is_in_line
    return ref


def owner(harness: Harness) -> JobRef | None:
    return harness.locks.held(PRODUCTS).owner


def in_review(harness: Harness) -> JobRef:
    ref = harness.upload(FILE, review=True, force=True)
    harness.run(ref)
    return ref


def paused(harness: Harness) -> JobRef:
    ref = loading(harness)
    harness.pause(ref)
    harness.queue.messages.clear()
    harness.finish(ref)
    return ref


def failed(harness: Harness) -> JobRef:
    ref = loading(harness)
    harness.give_up(harness.queue.messages.pop())
    end(harness, ref)
    return ref


def completed(harness: Harness) -> JobRef:
    ref = harness.upload(FILE)
    harness.run(ref)
    return ref


def cancelled(harness: Harness) -> JobRef:
    ref = loading(harness)
    harness.cancel(ref)
    harness.queue.messages.clear()
    harness.finish(ref)
    return ref


def rolled_back(harness: Harness) -> JobRef:
    ref = completed(harness)
    harness.roll_back(ref)
    harness.run(ref)
    return ref


def suspended(harness: Harness) -> JobRef:
    ref = loading(harness)
    harness.finish(ref, error="States.Timeout")
    harness.queue.messages.clear()
    return ref


BRINGS = [in_review, paused, failed, completed, cancelled, rolled_back, suspended]
ACTIONS: list[tuple[Callable[[Harness], JobRef], str, Status]] = [
    (in_review, "commit", Status.QUEUED),
    (paused, "resume", Status.QUEUED),
    (failed, "retry", Status.QUEUED),
    (completed, "roll_back", Status.ROLLING_BACK),
    (cancelled, "roll_back", Status.ROLLING_BACK),
]
actions = pytest.mark.parametrize(
    ("bring", "call", "status"), ACTIONS, ids=[f"{b.__name__}-{c}" for b, c, _ in ACTIONS]
)
