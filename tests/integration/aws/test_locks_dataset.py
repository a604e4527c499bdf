"""The contract of the lock of a dataset: a job takes it, joins its line and gives it back in transactions."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from sluice.model.chunk import PhaseName
from sluice.model.errors import Conflict
from sluice.model.job import Job, WaitsFor
from sluice.model.lock import Held, LockChanged, LockStep, Waiting, dataset_lock
from sluice.model.status import Status
from sluice.usecases.ports import Jobs, Locks
from tests.support.factories import make_job

LOCK = dataset_lock("acme", "products")
MANY = 6


def add(
    jobs: Jobs, number: int, status: Status = Status.IN_REVIEW, *, urgent: bool = False, tenant: str = "acme"
) -> Job:
    job = replace(make_job(tenant, status=status, number=number), urgent=urgent)
    jobs.add(job)
    return job


def take(jobs: Jobs, locks: Locks, job: Job, to: Status = Status.LOADING, *, new_run: bool = True) -> Job:
    return jobs.transition(job.ref, to, since=job, new_run=new_run, lock=LockStep(LOCK, locks.held(LOCK), takes=True))


def join(jobs: Jobs, locks: Locks, job: Job, to: Status = Status.QUEUED) -> Job:
    step = LockStep(LOCK, locks.held(LOCK), takes=False)
    return jobs.transition(job.ref, to, phase=PhaseName.LOAD, since=job, new_run=True, lock=step)


def test_a_job_takes_a_free_lock_with_its_transition(jobs: Jobs, locks: Locks) -> None:
    assert locks.held(LOCK) == Held()
    job = take(jobs, locks, add(jobs, 1))
    assert (job.status, job.run, job.hold, job.phase) == (Status.LOADING, 2, 1, PhaseName.LOAD)
    assert jobs.get(job.ref) == job
    assert locks.held(LOCK) == Held(job.ref, 1)
    assert locks.owner(LOCK) == job.ref


def test_a_transition_that_is_illegal_takes_no_lock(jobs: Jobs, locks: Locks) -> None:
    job = add(jobs, 1, Status.COMPLETED)
    with pytest.raises(Conflict):
        take(jobs, locks, job)
    changed = add(jobs, 2)
    jobs.transition(changed.ref, Status.CANCELLED)
    with pytest.raises(Conflict):
        take(jobs, locks, changed)
    assert locks.held(LOCK) == Held()


def test_the_number_rises_with_each_hold(jobs: Jobs, locks: Locks) -> None:
    for number in (1, 2, 3):
        job = take(jobs, locks, add(jobs, number))
        assert job.hold == number
        assert jobs.give_back(job, LOCK)
        assert locks.held(LOCK) == Held(None, number)


def test_an_owner_that_takes_it_again_keeps_its_number(jobs: Jobs, locks: Locks) -> None:
    job = take(jobs, locks, add(jobs, 1))
    again = take(jobs, locks, jobs.transition(job.ref, Status.FAILED))
    assert (again.hold, again.run) == (1, 3)
    assert locks.held(LOCK) == Held(job.ref, 1)


def test_a_step_at_a_lock_that_has_changed_writes_nothing(jobs: Jobs, locks: Locks) -> None:
    first, second = add(jobs, 1), add(jobs, 2)
    free = locks.held(LOCK)
    owner = take(jobs, locks, first)
    with pytest.raises(LockChanged):
        jobs.transition(second.ref, Status.LOADING, since=second, lock=LockStep(LOCK, free, takes=True))
    taken = locks.held(LOCK)
    jobs.give_back(owner, LOCK)
    with pytest.raises(LockChanged):
        jobs.transition(second.ref, Status.QUEUED, since=second, lock=LockStep(LOCK, taken, takes=False))
    assert jobs.get(second.ref) == second
    assert locks.held(LOCK) == Held(None, 1)


def test_a_job_that_joins_the_line_names_the_owner_and_takes_the_lock_later(jobs: Jobs, locks: Locks) -> None:
    owner = take(jobs, locks, add(jobs, 1))
    job = join(jobs, locks, add(jobs, 2))
    assert (job.status, job.run, job.phase, job.waits_for) == (
        Status.QUEUED, 2, PhaseName.LOAD, WaitsFor("dataset", owner.ref.id),
    )  # fmt: skip
    assert job.is_in_line
    assert locks.held(LOCK) == Held(owner.ref, 1, Waiting(job.ref, urgent=False, run=2))
    jobs.give_back(owner, LOCK)
    begun = job.run_at
    job = take(jobs, locks, job, new_run=False)
    assert (job.status, job.run, job.hold, job.waits_for) == (Status.LOADING, 2, 2, None)
    assert begun is not None
    assert job.run_at is not None
    assert job.run_at > begun, "its wait counts towards no time limit"
    assert locks.held(LOCK) == Held(job.ref, 2)


def test_a_rollback_waits_and_takes_the_lock_in_its_state(jobs: Jobs, locks: Locks) -> None:
    owner = take(jobs, locks, add(jobs, 1))
    job = join(jobs, locks, add(jobs, 2, Status.COMPLETED), Status.ROLLING_BACK)
    assert (job.status, job.is_in_line) == (Status.ROLLING_BACK, True)
    jobs.give_back(owner, LOCK)
    job = take(jobs, locks, job, Status.ROLLING_BACK, new_run=False)
    assert (job.status, job.is_in_line, job.hold) == (Status.ROLLING_BACK, False, 2)


def test_the_line_has_urgent_jobs_first_and_then_older_ones(jobs: Jobs, locks: Locks) -> None:
    take(jobs, locks, add(jobs, 1))
    made = [join(jobs, locks, add(jobs, number, urgent=number in {3, 5})) for number in (4, 2, 5, 3)]
    fourth, second, fifth, third = (job.ref for job in made)
    assert [waiting.ref for waiting in locks.line(LOCK, 9)] == [third, fifth, second, fourth]
    assert [waiting.ref for waiting in locks.line(LOCK, 2)] == [third, fifth]
    first = locks.held(LOCK).first
    assert first is not None
    locks.leave(LOCK, replace(first, run=9))
    assert locks.held(LOCK).first == first, "a later run of the job keeps its place"
    locks.leave(LOCK, first)
    locks.leave(LOCK, first)
    assert [waiting.ref for waiting in locks.line(LOCK, 9)] == [fifth, second, fourth]


def test_a_lock_is_given_back_once_and_only_by_the_run_that_was_read(jobs: Jobs, locks: Locks) -> None:
    job = take(jobs, locks, add(jobs, 1))
    failed = jobs.transition(job.ref, Status.FAILED)
    again = take(jobs, locks, failed)
    assert not jobs.give_back(failed, LOCK), "it has begun another run, which may write"
    assert locks.owner(LOCK) == job.ref
    assert jobs.give_back(again, LOCK)
    assert not jobs.give_back(again, LOCK)
    there = jobs.get(job.ref)
    assert (there.hold, there.version) == (0, again.version), "callers see no change"


def test_the_lock_of_an_owner_that_was_removed_is_freed_and_keeps_its_number(jobs: Jobs, locks: Locks) -> None:
    job = take(jobs, locks, add(jobs, 1))
    assert not locks.release(LOCK, add(jobs, 2).ref)
    assert locks.release(LOCK, job.ref)
    assert locks.held(LOCK) == Held(None, 1)


def test_another_tenant_has_a_lock_and_a_line_of_its_own(jobs: Jobs, locks: Locks) -> None:
    take(jobs, locks, add(jobs, 1))
    other = dataset_lock("other", "products")
    assert locks.held(other) == Held()
    job = add(jobs, 1, tenant="other")
    step = LockStep(other, locks.held(other), takes=True)
    assert jobs.transition(job.ref, Status.LOADING, since=job, lock=step).hold == 1
    assert locks.held(dataset_lock("acme", "dealers")) == Held()


def test_what_a_job_waits_for_is_noted_only_while_it_waits(jobs: Jobs, locks: Locks) -> None:
    waits_for = WaitsFor("dataset", "01LATER")
    owner = take(jobs, locks, add(jobs, 1))
    job = join(jobs, locks, add(jobs, 2))
    jobs.wait_for(job, waits_for)
    assert jobs.get(job.ref).waits_for == waits_for
    jobs.give_back(owner, LOCK)
    taken = take(jobs, locks, job, new_run=False)
    for late in (job, taken):
        jobs.wait_for(late, waits_for)
    assert jobs.get(job.ref) == taken
    queued = jobs.transition(add(jobs, 3, Status.WAITING_FOR_FILE).ref, Status.QUEUED)
    jobs.wait_for(queued, WaitsFor("importer", "01OTHER"))
    assert not jobs.get(queued.ref).is_in_line


def test_a_lock_and_its_line_are_in_no_list_of_jobs(jobs: Jobs, locks: Locks) -> None:
    owner = take(jobs, locks, add(jobs, 1))
    job = join(jobs, locks, add(jobs, 2))
    assert jobs.page("acme", status=None, importer=None, limit=9, cursor=None).items == [job, owner]
    assert {each.ref for each in jobs.active()} == {job.ref, owner.ref}


def test_a_failed_job_that_waits_is_active_again(jobs: Jobs, locks: Locks) -> None:
    """Otherwise the sweeper would not find it."""
    take(jobs, locks, add(jobs, 1))
    failed = jobs.transition(add(jobs, 2, Status.LOADING).ref, Status.FAILED)
    assert failed not in list(jobs.active())
    waiting = join(jobs, locks, failed)
    assert waiting in list(jobs.active())


def test_of_many_jobs_that_take_the_lock_at_once_one_gets_it(jobs: Jobs, locks: Locks, atomic_updates: None) -> None:
    many = [add(jobs, number) for number in range(MANY)]
    start = threading.Barrier(MANY)

    def begin(job: Job) -> bool:
        free = locks.held(LOCK)
        start.wait()
        try:
            jobs.transition(job.ref, Status.LOADING, since=job, lock=LockStep(LOCK, free, takes=True))
        except LockChanged:
            return False
        return True

    with ThreadPoolExecutor(MANY) as pool:
        got = list(pool.map(begin, many))
    assert got.count(True) == 1
    owner = many[got.index(True)].ref
    assert locks.held(LOCK) == Held(owner, 1)
    assert [jobs.get(job.ref).hold for job in many if job.ref != owner] == [0] * (MANY - 1)
