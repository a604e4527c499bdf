"""Killed workers, duplicate messages and failed chunks, on the deployed stack."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from benchmarks.workbook import write_products
from local.stack import Stack
from sluice.aws.chunks import DynamoChunks
from sluice.aws.jobs import DynamoJobs
from sluice.model.chunk import ChunkRef, ChunkState, JobRef, PhaseName, to_message
from sluice.model.counts import Counts
from sluice.model.errors import ATTEMPT_FAILED, Problem
from sluice.model.status import Status
from tests.e2e.processes import frozen_when, kill_workers_in
from tests.support.factories import DEALER_TITLES, DEALERS_IN_A_CHUNK, csv_file, dealers, make_chunk, make_job
from tests.support.people import Person, counted, eventually
from tests.support.sizes import SOAK

IMPORT = (PhaseName.PARSE, PhaseName.LOAD)
PHASES = (*IMPORT, PhaseName.COMPARE, PhaseName.UNDO)


@dataclass(frozen=True)
class File:
    """A file of several chunks, and the column of each invalid row by its row number."""

    importer: str
    name: str
    body: bytes
    rows: int
    chunks: int
    wrong: dict[int, str]


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> File:
    """Return six small chunks of dealers; under ``make soak``, a workbook of four chunks of 10,000 products."""
    if SOAK:
        path, wrong = tmp_path_factory.mktemp("faults") / "products.xlsx", {5_000: "Price", 39_999: "Updated"}
        write_products(path, 40_000, wrong=wrong)
        return File("products", path.name, path.read_bytes(), 40_000, 4, wrong)
    rows = [list(row) for row in dealers(6 * DEALERS_IN_A_CHUNK)]
    wrong = {700: "Tier", 5_999: "Tier"}
    for row in wrong:
        rows[row - 2][2] = "platinum"
    return File("dealers", "dealers.csv", csv_file(rows, titles=DEALER_TITLES), len(rows), 6, wrong)


def now() -> datetime:
    """Return the time for new jobs, because the sweeper would rescue an older job as stuck."""
    return datetime.now(UTC)


def assert_exact(job: dict[str, Any], ann: Person, file: File) -> None:
    """Expect every row to be loaded or rejected once, and the dataset to hold exactly the valid ones."""
    good = file.rows - len(file.wrong)
    assert job["status"] == "completed", job
    assert counted(job) == {
        "total": file.rows,
        "inserted": good,
        "rejected": len(file.wrong),
    }
    assert {rejection["row"]: rejection["column"] for rejection in ann.rejections(job["id"])} == file.wrong
    assert len(ann.records(file.importer)) == good


@pytest.mark.storm
@pytest.mark.parametrize("phase", PHASES)
def test_workers_killed_in_the_middle_of_their_chunks_change_nothing(
    ann: Person, stack: Stack, stores: tuple[DynamoJobs, DynamoChunks], file: File, phase: PhaseName
) -> None:
    """The job goes on after their leases, and its rollback takes back every row."""
    review = phase is PhaseName.COMPARE
    job_id = ann.start(file.body, filename=file.name, importer=file.importer, review=review)
    after = None if phase is PhaseName.PARSE else PhaseName.PARSE
    kill = partial(kill_workers_in, stack, stores[1], JobRef(ann.tenant, job_id), phase, after=after)
    if phase is not PhaseName.UNDO:
        kill()
    job = ann.end_of(job_id, patience=200)
    if review:
        assert job["status"] == "in_review"
        ann.move(job_id, "commit")
        job = ann.end_of(job_id, patience=200)
    assert_exact(job, ann, file)
    if phase is PhaseName.UNDO:
        ann.move(job_id, "rollback")
        kill()
        undone = ann.end_of(job_id, patience=200)
        reversed_ = {"reversed": file.rows - len(file.wrong), "conflicts": 0, "failed": 0}
        assert (undone["status"], undone["rollback"]) == ("rolled_back", reversed_)
        assert ann.records(file.importer) == {}


def test_duplicate_messages_change_nothing(ann: Person, stack: Stack, file: File) -> None:
    """Each chunk's message is sent again while a worker processes it, and once more at the end."""
    job_id = ann.start(file.body, filename=file.name, importer=file.importer)
    sqs = stack.client("sqs")

    def send_again(phase: PhaseName) -> None:
        for index in range(file.chunks):
            body = to_message(ChunkRef(JobRef(ann.tenant, job_id), phase, index))
            sqs.send_message(QueueUrl=stack.standard_queue_url, MessageBody=body, MessageGroupId=ann.tenant)

    def is_in(phase: PhaseName) -> bool:
        return bool(ann.client.get(f"/jobs/{job_id}").body["phase"] == phase)

    for phase in IMPORT:
        with frozen_when(stack, partial(is_in, phase), f"the phase {phase}"):
            send_again(phase)
    job = ann.end_of(job_id)
    assert_exact(job, ann, file)
    for phase in IMPORT:
        send_again(phase)
    eventually(lambda: ann.call("GET", "/queues").json()["standard"]["waiting"] == 0, "an empty queue")
    assert_exact(ann.end_of(job_id), ann, file)
    assert ann.end_of(job_id)["version"] == job["version"]


def test_a_chunk_that_fails_three_times_is_closed_as_failed(
    ann: Person, stack: Stack, stores: tuple[DynamoJobs, DynamoChunks]
) -> None:
    """Its slice is missing; the worker of the third attempt closes it, and the phase ends."""
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
