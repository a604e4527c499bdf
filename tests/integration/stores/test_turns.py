"""The contract of the `Jobs` port for importers that do one job at a time: whose turn it is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from sluice.model.job import Job
from sluice.usecases.ports import Jobs
from tests.factories import make_job

MANY = 8


def test_a_turn_that_nobody_has_is_taken(jobs: Jobs) -> None:
    job = make_job(importer="voters")
    assert jobs.turn_of(job) is None
    assert jobs.take_turn(job)
    assert jobs.turn_of(job) == job.ref


def test_whoever_has_the_turn_has_it_when_he_takes_it_again(jobs: Jobs) -> None:
    """The course of a job may have to be started twice."""
    job = make_job(importer="voters")
    assert [jobs.take_turn(job) for _ in range(3)] == [True] * 3


def test_another_jobs_turn_is_not_taken(jobs: Jobs) -> None:
    first, second = make_job(importer="voters", number=1), make_job(importer="voters", number=2)
    jobs.take_turn(first)
    assert not jobs.take_turn(second)
    assert jobs.turn_of(second) == first.ref


def test_each_tenant_and_each_importer_has_a_turn_of_its_own(jobs: Jobs) -> None:
    mine, theirs, products = make_job(importer="voters"), make_job("other", importer="voters"), make_job()
    assert all(jobs.take_turn(job) for job in (mine, theirs, products))
    assert [jobs.turn_of(job) for job in (mine, theirs, products)] == [mine.ref, theirs.ref, products.ref]
    assert jobs.give_turn(mine, mine.ref, None)
    assert [jobs.turn_of(job) for job in (mine, theirs, products)] == [None, theirs.ref, products.ref]


def test_a_turn_is_given_to_another_job(jobs: Jobs) -> None:
    first, second = make_job(importer="voters", number=1), make_job(importer="voters", number=2)
    jobs.take_turn(first)
    assert jobs.give_turn(first, first.ref, second)
    assert jobs.turn_of(first) == second.ref
    assert not jobs.take_turn(first)


def test_a_turn_that_is_given_to_nobody_is_free(jobs: Jobs) -> None:
    first, second = make_job(importer="voters", number=1), make_job(importer="voters", number=2)
    jobs.take_turn(first)
    assert jobs.give_turn(first, first.ref, None)
    assert jobs.turn_of(first) is None
    assert jobs.take_turn(second)


@pytest.mark.parametrize("to_somebody", [True, False])
def test_nobody_gives_away_a_turn_that_is_not_his(jobs: Jobs, to_somebody: bool) -> None:
    """Whoever ended a job may say so twice, and meanwhile the next one has begun."""
    first, second, third = (make_job(importer="voters", number=number) for number in range(3))
    to = third if to_somebody else None
    assert not jobs.give_turn(first, first.ref, to)
    assert jobs.turn_of(first) is None
    jobs.take_turn(second)
    assert not jobs.give_turn(first, first.ref, to)
    assert jobs.turn_of(first) == second.ref


def test_a_turn_is_no_job(jobs: Jobs) -> None:
    """It lies in the same table, and is in no list."""
    job = make_job(importer="voters")
    jobs.add(job)
    jobs.take_turn(job)
    assert jobs.page("acme", status=None, importer=None, limit=10, cursor=None).items == [job]
    assert list(jobs.active()) == [job]


def at_once(call: Callable[[Job], bool], many: list[Job]) -> list[bool]:
    """Make a call for many jobs at the same time, each in a thread; answers what came of it."""
    start = threading.Barrier(len(many))

    def begin(job: Job) -> bool:
        start.wait()
        return call(job)

    with ThreadPoolExecutor(len(many)) as pool:
        return list(pool.map(begin, many))


def test_of_many_that_take_the_turn_at_once_one_gets_it(jobs: Jobs, atomic_updates: None) -> None:
    many = [make_job(importer="voters", number=number) for number in range(MANY)]
    got = at_once(jobs.take_turn, many)
    assert got.count(True) == 1
    assert jobs.turn_of(many[0]) == many[got.index(True)].ref


def test_a_turn_that_many_give_away_at_once_is_given_once(jobs: Jobs, atomic_updates: None) -> None:
    first, *others = (make_job(importer="voters", number=number) for number in range(MANY))
    jobs.take_turn(first)
    got = at_once(partial(jobs.give_turn, first, first.ref), others)
    assert got.count(True) == 1
    assert jobs.turn_of(first) == others[got.index(True)].ref
