"""The processes of a local stack: frozen to look at a job in the middle of a phase, or killed there."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from local.processes import BackgroundProcess
from local.stack import Stack
from sluice.aws.chunks import DynamoChunks
from sluice.aws.stored import chunk_key
from sluice.model.chunk import CLOSED, Chunk, ChunkState, JobRef, PhaseName, queue_of, to_message
from tests.support.people import eventually
from tests.support.sizes import SOAK

#: Number of chunks that a local stack processes at once; see template.yaml.
CONCURRENCY = 2


def workers(stack: Stack) -> list[int]:
    """Return process ids of the stack's workers; none if functions are not processes of this machine."""
    folder = _emulator_at(stack.endpoint, Path(stack.folder).parent)
    facts = None if folder is None else BackgroundProcess(folder, "emulator").facts()
    if facts is None:
        return []
    return [child.pid for child in psutil.Process(facts["pid"]).children() if _is_worker(child, stack)]


def _is_worker(process: psutil.Process, stack: Stack) -> bool:
    try:
        names = (f"-{stack.name}-WorkFunction-", f"-{stack.name}-LookupFunction-")
        return any(name in part for part in process.cmdline() for name in names)
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return False


@cache
def _emulator_at(endpoint: str, folders: Path) -> Path | None:
    """Return the folder of the local AWS at an endpoint; more than one stack may be deployed on it."""
    port = urlsplit(endpoint).port
    for folder in folders.glob("*/"):
        facts = BackgroundProcess(folder, "emulator").facts()
        if facts is not None and facts["port"] == port:
            return folder
    return None


@contextmanager
def frozen_when(stack: Stack, found: Callable[[], bool], what: str, patience: float = 100) -> Iterator[list[int]]:
    """Freeze all workers at a moment when ``found()`` holds, until the end of the block; yields their process ids.

    Nothing moves between the look and what the block does, so small chunks do not outrun a test. On a stack whose
    functions are not processes of this machine nothing is frozen.
    """

    known: list[int] = []

    def caught() -> tuple[list[int]] | None:
        nonlocal known
        _signal(known, signal.SIGSTOP)  # at once, since a short phase may pass while processes are listed
        known, before, holds = workers(stack), known, False
        frozen = list({*known, *before})
        _signal(frozen, signal.SIGSTOP)
        try:
            holds = found()
        finally:
            if not holds:
                _signal(frozen, signal.SIGCONT)
        return (frozen,) if holds else None

    # workers run so briefly between two looks that a short phase does not pass in one go
    (pids,) = eventually(caught, what, patience, pause=0.1 if SOAK else 0.01)
    try:
        yield pids
    finally:
        _signal(pids, signal.SIGCONT)


def kill_workers_in(
    stack: Stack,
    chunks: DynamoChunks,
    job: JobRef,
    phase: PhaseName,
    *,
    after: PhaseName | None = None,
    since_round: int = 0,
    for_good: bool = False,
    beside: JobRef | None = None,
) -> None:
    """Kill every worker while each has leased a chunk of a phase of which others are done.

    Their leases last for a minute. ``make soak`` waits for their end; otherwise this function does what time does: the
    leases are over, and SQS sends the messages again. The last chunk has no attempts left if it fails ``for_good``, as
    if two workers had died with it before. The phase ``after`` which it comes runs at its usual speed, and so does the
    phase until the round ``since_round`` of its chunks. While the last chunk is leased, other workers may work for the
    job ``beside``: its open chunks come again, too.
    """
    _assert_processes_are_here(stack)

    def busy() -> bool:
        """Return whether chunks are done and every worker has leased one: none has just received a message.

        Such a message would return only after the queue's visibility timeout of six minutes.
        """
        states = [chunk.state for chunk in chunks.of_phase(job, phase)]
        left = [state for state in states if state is not ChunkState.DONE]
        assert left or not states, "the phase ended before a worker was killed"
        return len(left) < len(states) and left.count(ChunkState.RUNNING) == min(CONCURRENCY, len(left))

    def comes_next() -> bool:
        if phase is PhaseName.PARSE:  # its chunks are stored, or given back to the queue, before the phase begins
            return any(chunk.ref.round >= since_round for chunk in chunks.of_phase(job, phase))
        return after is None or {chunk.state for chunk in chunks.of_phase(job, after)} == {ChunkState.DONE}

    eventually(comes_next, f"the phase before {phase}", patience=200, pause=0.02)
    with frozen_when(stack, busy, f"the middle of {phase}", patience=200) as pids:
        assert pids
        *lost, last = (chunk for chunk in chunks.of_phase(job, phase) if chunk.state is ChunkState.RUNNING)
        lost += [] if beside is None else _open_chunks(chunks, beside)
        _signal(pids, signal.SIGKILL)
        eventually(lambda: not set(pids) & set(workers(stack)), "the end of the workers")
    if for_good:
        _end_lease(stack, last, attempts=3)
    for chunk in lost if for_good else (*lost, last):
        _come_again(stack, chunk)


def _assert_processes_are_here(stack: Stack) -> None:
    if _emulator_at(stack.endpoint, Path(stack.folder).parent) is None:
        if "AWS_ENDPOINT_URL" in os.environ:
            pytest.skip("this test kills the processes of functions, which AWS_ENDPOINT_URL does not show")
        pytest.fail("this test kills the functions' processes and found no local AWS of its own")


def _open_chunks(chunks: DynamoChunks, job: JobRef) -> list[Chunk]:
    return [chunk for phase in PhaseName for chunk in chunks.of_phase(job, phase) if chunk.state not in CLOSED]


def _come_again(stack: Stack, chunk: Chunk) -> None:
    """Send a chunk's message again, as SQS would minutes later; ``make soak`` waits for the end of a lease itself."""
    if chunk.state is ChunkState.QUEUED:
        _send(stack, chunk)
    elif not SOAK:
        _end_lease(stack, chunk, attempts=chunk.attempts)


def _end_lease(stack: Stack, chunk: Chunk, *, attempts: int) -> None:
    stack.client("dynamodb").update_item(
        TableName=stack.jobs_table,
        Key={name: {"S": value} for name, value in chunk_key(chunk.ref).items()},
        UpdateExpression="SET lease_until = :past, attempts = :attempts",
        ConditionExpression="lease_until = :known",
        ExpressionAttributeValues={
            ":past": {"N": str(int(time.time()) - 1)},
            ":known": {"N": str(chunk.lease_until)},
            ":attempts": {"N": str(attempts)},
        },
    )
    _send(stack, chunk)


def _send(stack: Stack, chunk: Chunk) -> None:
    urls = {"standard": stack.standard_queue_url, "lookup": stack.lookup_queue_url}
    stack.client("sqs").send_message(
        QueueUrl=urls[queue_of(chunk.ref.phase, urgent=False)],
        MessageBody=to_message(chunk.ref),
        MessageGroupId=chunk.ref.job.tenant,
    )


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
