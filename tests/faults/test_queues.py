"""What if messages wait, are throttled or come too often, as only AWS shows? No chunk is lost by it.

The code of functions, use cases and the adapter of SQS is real; time, SQS and Lambda are simulated.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from openpyxl import Workbook

from functions.give_up import app as give_up
from functions.work import app as work
from local.fake_upstreams.voters import id_numbers
from sluice import bootstrap
from sluice.aws import dynamodb
from sluice.aws.sqs import SqsQueue
from sluice.destinations.dynamodb import table as dynamodb_table
from sluice.destinations.dynamodb.destination import DynamoDestination
from sluice.model.chunk import Chunk, ChunkRef, ChunkState, JobRef, PhaseName, queue_of
from sluice.model.errors import NotYet
from sluice.model.status import Status
from sluice.upstream.lookup import Lookup, LookupBatch, LookupResult, OnResult
from tests.integration.template import template
from tests.support.factories import csv_file, products
from tests.support.harness import LEASE, Harness, small_chunks
from tests.support.lambda_sqs import CHAIN, Pollers, SimulatedQueue, SimulatedSqs
from tests.support.simulation import Simulation
from tests.support.state_machine import STATES
from tests.support.tables import MemoryChunks, MemoryJobs
from tests.support.throttled_dynamodb import ConflictingItem, ThrottledTable
from tests.support.upstreams import MemoryRateStore, MemoryUpstreams

RESOURCES = {"urgent": "UrgentQueue", "standard": "StandardQueue", "lookup": "LookupQueue", "dead": "DeadLetterQueue"}
# Seconds that a phase may take: Step Functions fails the task then, and the job with it.
PATIENCE = min(state["TimeoutSeconds"] for state in STATES.values() if "waitForTaskToken" in state.get("Resource", ""))


class SlowUpstreams(MemoryUpstreams):
    """An upstream whose slots all workers share, in simulated time; a request takes no time beside its slot.

    As in `ask`, a worker takes slots for as many keys as it has under way. When there is none in time, it uses those
    that it has.
    """

    def __init__(self, simulation: Simulation, rate: float) -> None:
        super().__init__()
        self._simulation = simulation
        self._rates = MemoryRateStore(rate)

    def ask(self, lookup: Lookup, keys: Iterable[str], *, before: float, on_result: OnResult) -> LookupBatch:
        remaining, taken = deque(keys), deque[float]()
        while remaining:
            while len(taken) < min(lookup.at_once, len(remaining)):
                slot = self._rates.acquire(earliest=self._simulation.now, before=before - 3)
                if slot is None:
                    break
                taken.append(slot)
            if not taken:
                raise NotYet("slots-taken", 5, upstream=lookup.upstream)
            self._simulation.sleep(taken.popleft() - self._simulation.now)
            self.sought.append(remaining[0])
            on_result(remaining.popleft(), LookupResult("registered", "79800001"))
        return LookupBatch([], down=False, silent=False)


class Deployment(Harness):
    """The functions `work` and `give_up` on queues with the settings of template.yaml."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.simulation = Simulation()
        declared = {name: template()["Resources"][resource]["Properties"] for name, resource in RESOURCES.items()}
        dead = SimulatedQueue(RESOURCES["dead"], declared["dead"]["VisibilityTimeout"])
        self.queues = {"dead": dead} | {
            name: SimulatedQueue(
                RESOURCES[name],
                declared[name]["VisibilityTimeout"],
                declared[name]["RedrivePolicy"]["maxReceiveCount"],
                dead,
            )
            for name in ("urgent", "standard", "lookup")
        }
        self.sqs = SimulatedSqs(self.simulation, *self.queues.values())
        queue = SqsQueue(cast(Any, self.sqs), {name: each.url for name, each in self.queues.items()})
        super().__init__(queue=cast(Any, queue))
        settings = SimpleNamespace(lease_seconds=LEASE)
        monkeypatch.setattr(bootstrap, "services", lambda _: self)
        for app in (work, give_up):
            monkeypatch.setattr(app, "load_settings", lambda _: settings)
            monkeypatch.setattr(app, "time", self.simulation)

    def serve(self, name: str, concurrency: int, **more: Any) -> Pollers:
        """Let workers process the messages of a queue, and `give_up` the dead letters."""
        seconds = template()["Resources"]["WorkFunction"]["Properties"]["Timeout"]
        allowed = template()["Resources"]["GiveUpFunction"]["Properties"].get("RecursiveLoop") == "Allow"
        Pollers(
            self.simulation, self.queues["dead"], give_up._give_up, concurrency=2, timeout=30, recursion_allowed=allowed
        )
        return Pollers(
            self.simulation, self.queues[name], work._process, concurrency=concurrency, timeout=seconds, **more
        )

    def until(self, token: str) -> None:
        """Run until the last chunk of a phase is closed; its state ends the job if that takes too long."""
        end = self.simulation.now + PATIENCE
        self.simulation.run(until=end, done=lambda: token in self.machine.answers)
        assert token in self.machine.answers, "the phase did not end"

    def phase(self, ref: JobRef, name: PhaseName) -> str:
        token = self.dispatch(ref, name, now=int(self.simulation.now))
        pollers = self.serve(queue_of(name, urgent=False), 10)
        self.until(token)
        assert pollers.killed == 0
        return str(self.machine.answers[token]["outcome"])


@pytest.fixture
def deployment(monkeypatch: pytest.MonkeyPatch) -> Deployment:
    return Deployment(monkeypatch)


def voters(rows: int) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(["ID Number"])
    for number in id_numbers(rows):
        sheet.append([number])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_no_chunk_is_lost_by_waiting_for_slots_of_a_slow_upstream(deployment: Deployment) -> None:
    """Thirty workers share ten requests a second: a chunk waits more often than a chain of sixteen functions is long.

    A wait that sent a message to the queue of its function would end there.
    """
    rows = 40 * 180
    deployment.upstreams = SlowUpstreams(deployment.simulation, rate=13)
    ref = deployment.upload(voters(rows), importer="voters", filename="Ward 79800001.xlsx")
    deployment.plan(ref)
    assert deployment.phase(ref, PhaseName.PARSE) == "done"
    token = deployment.dispatch(ref, PhaseName.LOAD, now=int(deployment.simulation.now))
    name = queue_of(PhaseName.LOOKUP, urgent=False)
    chunks = len(deployment.queues[name].messages)
    pollers = deployment.serve(name, 30)
    deployment.until(token)
    job = deployment.finish(ref)
    assert (job.status, job.counts.unprocessed, job.counts.inserted) == (Status.COMPLETED, 0, rows)
    assert len(deployment.upstreams.sought) == rows, "no key was asked for twice"
    assert (pollers.stopped, pollers.killed, deployment.queues["dead"].messages) == (0, 0, [])
    assert pollers.invocations > 5 * chunks, "they had to wait"


@pytest.mark.parametrize("hours", [6, 72])
def test_no_chunk_is_lost_while_the_account_has_no_concurrency_left(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    """Lambda throttles the workers for hours: each message is received ten times an hour, and no function runs."""
    small_chunks(monkeypatch)
    ref = deployment.upload(csv_file(products(25)))
    deployment.plan(ref)
    token = deployment.dispatch(ref, PhaseName.PARSE, now=int(deployment.simulation.now))
    end = deployment.simulation.now + hours * 3600
    pollers = deployment.serve("standard", 10, throttled=lambda now: now < end)
    deployment.until(token)
    assert pollers.throttles >= 3 * 10 * hours
    assert [chunk.attempts for chunk in deployment.chunks.of_phase(ref, PhaseName.PARSE)] == [1, 1, 1]
    assert deployment.phase(ref, PhaseName.LOAD) == "done"
    assert deployment.finish(ref).counts.inserted == 25


def test_a_message_that_was_received_too_often_comes_back_and_its_chunk_is_done(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dead letters are not the end of a chunk that has attempts left, however often that happens."""
    small_chunks(monkeypatch)
    for name in ("standard", "lookup"):
        deployment.queues[name].max_receives = 2
    ref = deployment.upload(csv_file(products(25)))
    deployment.plan(ref)
    token = deployment.dispatch(ref, PhaseName.PARSE, now=int(deployment.simulation.now))
    end = deployment.simulation.now + 4 * 3600
    pollers = deployment.serve("standard", 10, throttled=lambda now: now < end)
    deployment.until(token)
    assert pollers.throttles > 2 * CHAIN * 3
    assert deployment.phase(ref, PhaseName.LOAD) == "done"
    assert deployment.finish(ref).counts.inserted == 25


def test_messages_that_sqs_did_not_accept_are_sent_again_alone(deployment: Deployment) -> None:
    """One that is throttled inside does not make the whole phase be sent twice."""
    deployment.sqs._throttled = lambda call: 3 if call == 2 else 0
    chunks = [ChunkRef(JobRef("acme", "01JOB"), PhaseName.LOAD, index) for index in range(25)]
    deployment.queue.send(chunks, urgent=False)
    assert deployment.sqs.calls == 4
    assert len({message.body for message in deployment.queues["standard"].messages}) == 25
    assert len(deployment.queues["standard"].messages) == 25


def test_urgent_chunks_of_lookups_are_a_message_group_of_their_own(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All lookups are in one queue, where a fair queue prefers the group that has taken less of the workers' time."""
    sent: list[dict[str, Any]] = []

    def send(**call: Any) -> dict[str, Any]:
        sent.append(call)
        return {}

    monkeypatch.setattr(deployment.sqs, "send_message_batch", send)
    chunk = ChunkRef(JobRef("acme", "01JOB"), PhaseName.LOOKUP, 0)
    for urgent in (False, True):
        deployment.queue.send([chunk], urgent=urgent)
    assert {call["QueueUrl"] for call in sent} == {deployment.queues["lookup"].url}
    assert [call["Entries"][0]["MessageGroupId"] for call in sent] == ["acme", "acme/urgent"]


def test_ten_thousand_jobs_that_wait_behind_others_get_no_messages_and_ring_no_alarm(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweeper looks at queues and executions once, and at no chunk, so its time does not grow with chunks."""
    first = deployment.upload(csv_file(products(1)))
    deployment.plan(first)
    deployment.dispatch(first, PhaseName.PARSE)
    job = deployment.jobs.get(first)
    for number in range(10_000):
        ref = JobRef(f"tenant-{number}", f"01{number:024}")
        deployment.jobs.items[ref] = replace(job, ref=ref)
        deployment.machine.started.append((ref, job.run))
    before, calls = len(deployment.queues["standard"].messages), deployment.sqs.calls
    looked: list[JobRef] = []

    def look(ref: JobRef, _: PhaseName) -> Iterator[Chunk]:
        looked.append(ref)
        return iter(())

    monkeypatch.setattr(deployment.chunks, "of_phase", look)
    assert deployment.sweep(after=timedelta(minutes=16)) == 0, "the metric StuckJobs stays 0"
    assert deployment.sweep(after=timedelta(days=3)) == 0
    assert (len(deployment.queues["standard"].messages), deployment.sqs.calls, looked) == (before, calls, [])


def test_no_worker_runs_out_of_time_in_a_fresh_table(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two busy queues write more than a new table takes: their chunks wait before the functions' time is over.

    Twenty workers need 67 s for a chunk each. The table takes 4,000 writes and 12,000 reads a second; here all is a
    hundredth.
    """
    small_chunks(monkeypatch, 100)
    monkeypatch.setattr(dynamodb, "time", deployment.simulation)
    monkeypatch.setattr(dynamodb_table, "_in_parallel", lambda do, things: [do(thing) for thing in things])
    table = ThrottledTable(deployment.simulation, "records", reads=120, writes=40)
    deployment.destination = cast(Any, DynamoDestination(cast(Any, table), "records", deployment.files, 90))
    refs = [deployment.upload(csv_file(products(2_500)), tenant=tenant) for tenant in ("acme", "bolt")]
    for ref in refs:
        deployment.plan(ref)
        assert deployment.phase(ref, PhaseName.PARSE) == "done"
    tokens = [deployment.dispatch(ref, PhaseName.LOAD, now=int(deployment.simulation.now)) for ref in refs]
    standard, urgent = deployment.queues["standard"], deployment.queues["urgent"]
    urgent.messages, standard.messages = standard.messages[25:], standard.messages[:25]
    pollers = [deployment.serve(name, 10) for name in ("standard", "urgent")]
    end = deployment.simulation.now + PATIENCE
    deployment.simulation.run(until=end, done=lambda: set(tokens) <= set(deployment.machine.answers))
    assert [deployment.finish(ref).counts.inserted for ref in refs] == [2_500, 2_500]
    assert len(table.items) == 5_000
    assert [each.killed for each in pollers] == [0, 0]
    assert sum(each.invocations for each in pollers) > 50, "some had to wait"
    attempts = [chunk.attempts for ref in refs for chunk in deployment.chunks.of_phase(ref, PhaseName.LOAD)]
    assert set(attempts) == {1}


class BusyChunks(MemoryChunks):
    """Chunks whose closing is a transaction on an item that all of a job share."""

    def __init__(self, jobs: MemoryJobs, shared: ConflictingItem) -> None:
        super().__init__(jobs)
        self._shared = shared

    def close(self, ref: ChunkRef, *args: Any, **more: Any) -> bool:
        dynamodb.transact(cast(Any, self._shared), [{"Update": {}}])
        return super().close(ref, *args, **more)


def test_a_storm_of_conflicts_costs_no_chunk_an_attempt(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred workers close chunks of one job together; more than one of them conflicts at all of its tries."""
    small_chunks(monkeypatch, 1)
    monkeypatch.setattr(dynamodb, "time", deployment.simulation)
    ref = deployment.upload(csv_file(products(400)))
    shared = ConflictingItem(deployment.simulation, seconds=0.2)
    deployment.chunks = BusyChunks(deployment.jobs, shared)
    deployment.plan(ref)
    token = deployment.dispatch(ref, PhaseName.PARSE, now=int(deployment.simulation.now))
    pollers = deployment.serve("standard", 100)
    deployment.until(token)
    chunks = list(deployment.chunks.of_phase(ref, PhaseName.PARSE))
    assert {(chunk.state, chunk.attempts) for chunk in chunks} == {(ChunkState.DONE, 1)}
    assert shared.cancelled > 2 * shared.done
    assert pollers.invocations > len(chunks), "some had to wait for the next try"


@pytest.mark.parametrize("line", ["dataset", "importer"])
def test_ten_thousand_jobs_in_one_line_are_one_look_at_its_lock(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    """A tenant has dropped ten thousand files; the sweeper reads the lock and starts its owner once, and not for each.

    At 8 ms a call, a call for each of them and each of five ports would be more than its 300 s.
    """
    importer = "products" if line == "dataset" else "voters"
    body, name = (csv_file(products(3)), "a.csv") if line == "dataset" else (voters(3), "Ward 79800001.xlsx")
    owner, waiting = (deployment.upload(body, importer=importer, filename=name, force=True) for _ in range(2))
    started = (owner, waiting) if line == "dataset" else (owner,)
    for ref in started:
        deployment.plan(ref)
        deployment.phase(ref, PhaseName.PARSE)
    for ref in started:
        deployment.dispatch(ref, PhaseName.LOAD, now=int(deployment.simulation.now))
    job = deployment.jobs.get(waiting)
    assert job.waits_for is not None
    assert job.waits_for.lock == line
    for number in range(10_000):
        ref = JobRef("acme", f"01Z{number:023}")
        deployment.jobs.items[ref] = replace(job, ref=ref)
    calls: list[str] = []

    def counted(port: Any, call: str) -> None:
        real = getattr(port, call)

        def one(*args: Any, **more: Any) -> Any:
            calls.append(call)
            return real(*args, **more)

        monkeypatch.setattr(port, call, one)

    for port, call in [
        (deployment.locks, "held"),
        (deployment.locks, "owner"),
        (deployment.machine, "start"),
        (deployment.jobs, "get"),
    ]:
        counted(port, call)
    assert deployment.sweep(after=timedelta(minutes=16)) == 0
    assert len(calls) < 20
