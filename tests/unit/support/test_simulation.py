"""The simulation of time, SQS and its pollers behaves as AWS documents it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from tests.support.lambda_sqs import CHAIN, Pollers, SimulatedQueue, SimulatedSqs
from tests.support.simulation import Simulation


@pytest.fixture
def simulation() -> Simulation:
    return Simulation(start=0)


def queues(max_receives: int = 3, visibility: float = 360) -> tuple[SimulatedQueue, SimulatedQueue]:
    """Return a queue and its queue of dead letters."""
    dead = SimulatedQueue("dead")
    return SimulatedQueue("work", visibility, max_receives, dead), dead


def test_processes_run_in_the_order_of_their_times(simulation: Simulation) -> None:
    """Days pass at once, and what one process does between two sleeps no other interrupts."""
    seen: list[tuple[str, float]] = []

    def ticking(name: str, seconds: float) -> Callable[[], None]:
        def tick() -> None:
            for _ in range(2):
                simulation.sleep(seconds)
                seen.append((name, simulation.now))

        return tick

    simulation.spawn(ticking("slow", 86_400))
    simulation.spawn(ticking("fast", 10), after=1)
    simulation.run()
    assert seen == [("fast", 11), ("fast", 21), ("slow", 86_400), ("slow", 172_800)]


def test_a_process_is_killed_at_its_deadline(simulation: Simulation) -> None:
    """No handler of exceptions runs on."""
    seen: list[str] = []

    def patient() -> None:
        try:
            simulation.sleep(100)
        except Exception:  # noqa: BLE001 - what a worker would catch
            seen.append("caught")
        seen.append("went on")

    simulation.spawn(patient, within=60)
    simulation.run()
    assert (seen, simulation.now) == ([], 60)


def test_an_error_of_a_process_is_raised_where_the_simulation_runs(simulation: Simulation) -> None:
    def wrong() -> None:
        raise AssertionError("no")

    simulation.spawn(wrong)
    with pytest.raises(AssertionError, match="no"):
        simulation.run()


def test_a_message_that_fails_comes_again_after_its_visibility_timeout_and_then_is_a_dead_letter(
    simulation: Simulation,
) -> None:
    work, dead = queues(max_receives=3)
    seen: list[float] = []

    def fail(record: SQSRecord) -> None:
        seen.append(simulation.now)
        assert record.attributes.approximate_receive_count == str(len(seen))
        raise OSError("reset")

    SimulatedSqs(simulation, work).send_message(QueueUrl=work.url, MessageBody="a")
    Pollers(simulation, work, fail, concurrency=1)
    simulation.run(until=3600, done=lambda: bool(dead.messages))
    assert seen == [0, 360, 720]
    assert (work.messages, [message.body for message in dead.messages]) == ([], ["a"])


def test_a_function_may_choose_when_its_message_comes_again(simulation: Simulation) -> None:
    """ChangeMessageVisibility holds until the next receive."""
    work, _ = queues()
    sqs, seen = SimulatedSqs(simulation, work), []

    def wait(record: SQSRecord) -> None:
        seen.append(simulation.now)
        sqs.change_message_visibility(QueueUrl=work.url, ReceiptHandle=record.receipt_handle, VisibilityTimeout=5)
        if len(seen) < 3:
            raise OSError("reset")

    sqs.send_message(QueueUrl=work.url, MessageBody="a")
    Pollers(simulation, work, wait, concurrency=1)
    simulation.run(until=3600, done=lambda: not work.messages)
    assert seen == [0, 5, 10]


def test_throttled_invocations_use_receives_up(simulation: Simulation) -> None:
    """The function never ran, and its message is a dead letter."""
    work, dead = queues(max_receives=3)
    seen: list[SQSRecord] = []
    SimulatedSqs(simulation, work).send_message(QueueUrl=work.url, MessageBody="a")
    pollers = Pollers(simulation, work, seen.append, concurrency=1, throttled=lambda _: True)
    simulation.run(until=3600, done=lambda: bool(dead.messages))
    assert (pollers.throttles, seen, len(dead.messages), simulation.now) == (3, [], 1, 1080)


@pytest.mark.parametrize("allowed", [False, True])
def test_a_function_that_sends_to_the_queue_that_invokes_it_is_stopped_after_sixteen(
    simulation: Simulation, allowed: bool
) -> None:
    """Its message is received, the function is not run, and the redrive policy does the rest."""
    work, dead = queues(max_receives=2)
    sqs, runs = SimulatedSqs(simulation, work), []

    def again(record: SQSRecord) -> None:
        runs.append(simulation.now)
        if len(runs) < 40:
            sqs.send_message(QueueUrl=work.url, MessageBody=record.body, DelaySeconds=5)

    sqs.send_message(QueueUrl=work.url, MessageBody="a")
    pollers = Pollers(simulation, work, again, concurrency=1, recursion_allowed=allowed)
    simulation.run(until=7200, done=lambda: not work.messages)
    assert (len(runs), pollers.stopped, len(dead.messages)) == ((40, 0, 0) if allowed else (CHAIN, 2, 1))


def test_no_more_functions_run_at_a_time_than_the_mapping_allows(simulation: Simulation) -> None:
    work, _ = queues()
    sqs, running, most = SimulatedSqs(simulation, work), [], []

    def slow(record: SQSRecord) -> None:
        running.append(record)
        most.append(len(running))
        simulation.sleep(10)
        running.remove(record)

    for number in range(7):
        sqs.send_message(QueueUrl=work.url, MessageBody=str(number))
    Pollers(simulation, work, slow, concurrency=3)
    simulation.run(until=3600, done=lambda: not work.messages)
    assert max(most) == 3
    assert simulation.now == pytest.approx(30, abs=3)


def test_a_function_beyond_its_timeout_is_killed_and_its_message_comes_again(simulation: Simulation) -> None:
    work, dead = queues(max_receives=2)

    def endless(_: SQSRecord) -> None:
        simulation.sleep(1000)

    SimulatedSqs(simulation, work).send_message(QueueUrl=work.url, MessageBody="a")
    pollers = Pollers(simulation, work, endless, concurrency=1)
    simulation.run(until=3600, done=lambda: bool(dead.messages))
    assert (pollers.killed, len(dead.messages)) == (2, 1)


def test_a_batch_may_be_accepted_in_part_without_an_error(simulation: Simulation) -> None:
    work, _ = queues()
    sqs = SimulatedSqs(simulation, work, throttled=lambda call: 2 if call == 1 else 0)
    entries = [{"Id": str(number), "MessageBody": str(number)} for number in range(5)]
    answer = sqs.send_message_batch(QueueUrl=work.url, Entries=entries)
    assert [entry["Id"] for entry in answer["Failed"]] == ["3", "4"]
    assert [message.body for message in work.messages] == ["0", "1", "2"]
    with pytest.raises(ValueError, match="one to ten"):
        sqs.send_message_batch(QueueUrl=work.url, Entries=[{"Id": "0", "MessageBody": "x"}] * 2)


def test_depths_count_what_is_visible_and_what_is_not(simulation: Simulation) -> None:
    work, _ = queues()
    sqs = SimulatedSqs(simulation, work)
    for body in "ab":
        sqs.send_message(QueueUrl=work.url, MessageBody=body)
    assert work.receive(simulation.now)
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    assert sqs.get_queue_attributes(QueueUrl=work.url, AttributeNames=names)["Attributes"] == dict.fromkeys(names, "1")
