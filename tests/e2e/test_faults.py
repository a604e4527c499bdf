"""Killed workers, duplicate messages and failed chunks, on the deployed stack."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from benchmarks.workbook import product, write_workbook
from local.stack import Stack
from sluice.aws.chunks import DynamoChunks
from sluice.aws.jobs import DynamoJobs
from sluice.model.chunk import ChunkRef, ChunkState, JobRef, PhaseName, to_message
from sluice.model.counts import Counts
from sluice.model.errors import ATTEMPT_FAILED, Problem
from sluice.model.status import Status
from tests.e2e.processes import CONCURRENCY, workers
from tests.support.factories import make_chunk, make_job
from tests.support.people import Person, eventually

ROWS = 40_000
IMPORT = (PhaseName.PARSE, PhaseName.LOAD)
WRONG = {5_000: "Price", 20_000: "Stock", 39_999: "Updated"}


@pytest.fixture(scope="session")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return four chunks of products with three invalid rows."""
    path = tmp_path_factory.mktemp("faults") / "products.xlsx"
    write_workbook(path, ROWS, wrong=WRONG)
    return path.read_bytes()


def now() -> datetime:
    """Return the time for new jobs, because the sweeper would rescue an older job as stuck."""
    return datetime.now(UTC)


def assert_exact(job: dict[str, Any], ann: Person) -> None:
    """Expect every row to be loaded or rejected once, and the dataset to hold exactly the valid ones."""
    good = ROWS - len(WRONG)
    assert job["status"] == "completed", job
    assert job["counts"] == {
        "total": ROWS,
        "inserted": good,
        "updated": 0,
        "unchanged": 0,
        "rejected": len(WRONG),
        "unprocessed": 0,
    }
    assert {rejection["row"]: rejection["column"] for rejection in ann.rejections(job["id"])} == WRONG
    records = ann.records("products")
    assert len(records) == good
    assert records["P-0000100"]["description"] == product(100)[1]


def test_workers_killed_in_the_middle_of_their_chunks_change_nothing(
    ann: Person,
    person: Callable[..., Person],
    stack: Stack,
    stores: tuple[DynamoJobs, DynamoChunks],
    workbook: bytes,
) -> None:
    """They die while one job is parsed and another is loaded; both jobs complete after the leases expire."""
    if not Path(stack.folder, "emulator").exists():
        pytest.fail("this test kills the functions' processes and needs a local AWS of its own")

    def busy(ref: JobRef, phase: PhaseName) -> bool:
        """Return whether some chunks are done and every worker has leased one."""
        states = [chunk.state for chunk in stores[1].of_phase(ref, phase)]
        left = [state for state in states if state is not ChunkState.DONE]
        assert left or not states, "the phase ended before a worker was killed"
        return len(left) < len(states) and left.count(ChunkState.RUNNING) == min(CONCURRENCY, len(left))

    hit = []
    for who, phase in ((ann, PhaseName.PARSE), (person(f"{ann.tenant[:50]}-other"), PhaseName.LOAD)):
        job_id = who.start(workbook, filename="products.xlsx")
        eventually(partial(busy, JobRef(who.tenant, job_id), phase), f"the middle of {phase}", patience=200)
        killed = workers(stack)
        assert killed
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        hit.append((who, job_id))
    for who, job_id in hit:
        assert_exact(who.end_of(job_id, patience=200), who)


def test_duplicate_messages_change_nothing(ann: Person, stack: Stack, workbook: bytes) -> None:
    """Each chunk's message is sent again while a worker processes it, and once more at the end."""
    job_id = ann.start(workbook, filename="products.xlsx")
    sqs = stack.client("sqs")

    def send_again(phase: PhaseName) -> None:
        for index in range(ROWS // 10_000):
            body = to_message(ChunkRef(JobRef(ann.tenant, job_id), phase, index))
            sqs.send_message(QueueUrl=stack.standard_queue_url, MessageBody=body, MessageGroupId=ann.tenant)

    def is_in(phase: PhaseName) -> bool:
        return bool(ann.client.get(f"/jobs/{job_id}").body["phase"] == phase)

    for phase in IMPORT:
        eventually(partial(is_in, phase), f"the phase {phase}")
        send_again(phase)
    job = ann.end_of(job_id)
    assert_exact(job, ann)
    for phase in IMPORT:
        send_again(phase)
    eventually(lambda: ann.call("GET", "/queues").json()["standard"]["waiting"] == 0, "an empty queue")
    assert_exact(ann.end_of(job_id), ann)
    assert ann.end_of(job_id)["version"] == job["version"]


def test_a_chunk_that_fails_three_times_is_closed_as_failed(
    ann: Person, stack: Stack, stores: tuple[DynamoJobs, DynamoChunks]
) -> None:
    """Its slice is missing; the function of the dead-letter queue closes it, and the phase ends."""
    jobs, chunks = stores
    job = replace(make_job(ann.tenant, status=Status.PARSING), ref=JobRef(ann.tenant, "01BROKEN"), created_at=now())
    chunk = make_chunk(job.ref)
    jobs.add(job)
    chunks.add([chunk])
    chunks.open_barrier(job.ref, PhaseName.PARSE, run=1, token="a token without a task")
    stack.client("sqs").send_message(
        QueueUrl=stack.standard_queue_url, MessageBody=to_message(chunk.ref), MessageGroupId=ann.tenant
    )
    eventually(lambda: chunks.get(chunk.ref).state is ChunkState.FAILED, "a failed chunk")  # type: ignore[union-attr]
    found, barrier = chunks.get(chunk.ref), chunks.barrier(job.ref, PhaseName.PARSE)
    assert found is not None
    assert barrier is not None
    assert (found.attempts, barrier.remaining, barrier.failed) == (3, 0, 1)
    assert found.error == Problem(ATTEMPT_FAILED, {"error": "NotFound"})
    jobs.transition(job.ref, Status.FAILED)


def test_chunks_that_close_at_once_are_all_counted(ann: Person, stores: tuple[DynamoJobs, DynamoChunks]) -> None:
    """Threads close each chunk twice: conflicting transactions are retried, duplicates change nothing."""
    jobs, chunks = stores
    job = replace(make_job(ann.tenant, status=Status.PARSING), ref=JobRef(ann.tenant, "01CROWDED"), created_at=now())
    made = [make_chunk(job.ref, index) for index in range(40)]
    jobs.add(job)
    chunks.add(made)
    chunks.open_barrier(job.ref, PhaseName.PARSE, run=1, token="token")
    with ThreadPoolExecutor(8) as pool:
        closed = list(pool.map(lambda c: chunks.close(c.ref, ChunkState.DONE, Counts(checked=10)), made * 2))
    barrier = chunks.barrier(job.ref, PhaseName.PARSE)
    assert barrier is not None
    assert (sum(closed), barrier.remaining, jobs.get(job.ref).counts.checked) == (40, 0, 400)
    jobs.transition(job.ref, Status.FAILED)
