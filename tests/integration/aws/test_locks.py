"""The contract of the `Locks` port, and of a job that is added as the owner of a lock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from sluice.model.chunk import JobRef
from sluice.model.lock import Lock, LockKind, file_lock, importer_lock, source_lock
from sluice.usecases.ports import Jobs, Locks
from tests.support.factories import make_job

MANY = 8
FIRST, SECOND, THIRD = (JobRef("acme", str(number)) for number in (1, 2, 3))
SHA = "ab" * 32
LOCKS = [file_lock("acme", "products", SHA), source_lock("acme", "pangkat"), importer_lock(make_job(importer="voters"))]

every_lock = pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.kind)


@every_lock
def test_a_free_lock_is_acquired_by_the_first_job_and_not_by_the_second(locks: Locks, lock: Lock) -> None:
    assert locks.owner(lock) is None
    assert locks.acquire(lock, FIRST)
    assert not locks.acquire(lock, SECOND)
    assert locks.owner(lock) == FIRST


@every_lock
def test_the_owner_may_acquire_a_lock_again(locks: Locks, lock: Lock) -> None:
    """An execution may be started twice, and a plan that runs again acquires the lock of its own file."""
    assert [locks.acquire(lock, FIRST) for _ in range(3)] == [True] * 3


@every_lock
def test_a_lock_is_taken_over_from_the_owner_that_was_read(locks: Locks, lock: Lock) -> None:
    """Of two jobs that read the same owner, the later one does not get the lock."""
    locks.acquire(lock, FIRST)
    assert locks.acquire(lock, SECOND, instead_of=FIRST)
    assert not locks.acquire(lock, THIRD, instead_of=FIRST)
    assert locks.owner(lock) == SECOND


def test_tenants_kinds_and_names_have_locks_of_their_own(locks: Locks) -> None:
    mine = file_lock("acme", "products", SHA)
    others = [
        file_lock("other", "products", SHA),
        file_lock("acme", "dealers", SHA),
        file_lock("acme", "products", SHA, "a" * 64),
        Lock("acme", LockKind.SOURCE, mine.name),
        Lock("acme", LockKind.IMPORTER, mine.name),
    ]
    locks.acquire(mine, FIRST)
    assert [locks.owner(lock) for lock in others] == [None] * len(others)
    assert all(locks.acquire(lock, JobRef(lock.tenant, "9")) for lock in others)
    assert locks.owner(mine) == FIRST


@every_lock
def test_a_lock_is_transferred_to_another_job(locks: Locks, lock: Lock) -> None:
    locks.acquire(lock, FIRST)
    assert locks.transfer(lock, FIRST, SECOND)
    assert locks.owner(lock) == SECOND
    assert not locks.acquire(lock, FIRST)


@every_lock
def test_a_released_lock_is_free(locks: Locks, lock: Lock) -> None:
    locks.acquire(lock, FIRST)
    assert locks.release(lock, FIRST)
    assert locks.owner(lock) is None
    assert locks.acquire(lock, SECOND)


@pytest.mark.parametrize("transfers", [True, False])
def test_only_the_owner_releases_or_transfers_a_lock(locks: Locks, transfers: bool) -> None:
    """The end of a job may be recorded twice, and the next job may have started in between."""
    (lock,) = LOCKS[2:]

    def give_away() -> bool:
        return locks.transfer(lock, FIRST, THIRD) if transfers else locks.release(lock, FIRST)

    assert not give_away()
    assert locks.owner(lock) is None
    locks.acquire(lock, SECOND)
    assert not give_away()
    assert locks.owner(lock) == SECOND


def test_a_lock_is_in_no_list_of_jobs(jobs: Jobs, locks: Locks) -> None:
    """Locks and jobs are in the same table."""
    job = make_job(importer="voters")
    jobs.add(job)
    for lock in LOCKS:
        locks.acquire(lock, job.ref)
    assert jobs.page("acme", status=None, importer=None, limit=10, cursor=None).items == [job]
    assert list(jobs.active()) == [job]


def at_once(call: Callable[[JobRef], bool], many: list[JobRef]) -> list[bool]:
    """Call a function with many jobs at the same time, each in a thread; return the results."""
    start = threading.Barrier(len(many))

    def begin(ref: JobRef) -> bool:
        start.wait()
        return call(ref)

    with ThreadPoolExecutor(len(many)) as pool:
        return list(pool.map(begin, many))


@every_lock
def test_of_many_jobs_that_acquire_a_lock_at_once_one_gets_it(locks: Locks, lock: Lock, atomic_updates: None) -> None:
    many = [JobRef("acme", str(number)) for number in range(MANY)]
    got = at_once(partial(locks.acquire, lock), many)
    assert got.count(True) == 1
    assert locks.owner(lock) == many[got.index(True)]


def test_a_lock_that_is_transferred_many_times_at_once_is_transferred_once(locks: Locks, atomic_updates: None) -> None:
    lock, many = LOCKS[2], [JobRef("acme", str(number)) for number in range(10, 10 + MANY)]
    locks.acquire(lock, FIRST)
    got = at_once(lambda ref: locks.transfer(lock, FIRST, ref), many)
    assert got.count(True) == 1
    assert locks.owner(lock) == many[got.index(True)]


def test_a_job_that_is_added_as_the_owner_of_a_lock_replaces_the_owner_that_was_read(jobs: Jobs, locks: Locks) -> None:
    lock = source_lock("acme", "pangkat")
    first, second, third = (make_job(importer="pangkat", number=number) for number in (1, 2, 3))
    assert jobs.add(first, owning=lock)
    assert not jobs.add(second, owning=lock)
    assert jobs.add(second, owning=lock, instead_of=first.ref)
    assert not jobs.add(third, owning=lock, instead_of=first.ref)
    assert locks.owner(lock) == second.ref
    listed = jobs.page("acme", status=None, importer=None, limit=9, cursor=None).items
    assert [job.ref for job in listed] == [second.ref, first.ref]


def test_of_many_jobs_that_are_added_as_owners_at_once_one_becomes_the_owner(jobs: Jobs, atomic_updates: None) -> None:
    lock = source_lock("acme", "pangkat")
    many = [make_job(importer="pangkat", number=number) for number in range(MANY)]
    by_ref = {job.ref: job for job in many}
    added = at_once(lambda ref: jobs.add(by_ref[ref], owning=lock), list(by_ref))
    assert added.count(True) == 1
    assert len(jobs.page("acme", status=None, importer=None, limit=9, cursor=None).items) == 1
