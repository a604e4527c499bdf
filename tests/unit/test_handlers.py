"""Messages of the work queues and of the dead-letter queue: when one is delivered again, and which error is counted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.give_up import app as give_up
from functions.work import app as work
from local.paths import ROOT
from sluice import bootstrap, config
from sluice.model.chunk import ChunkRef, JobRef, PhaseName, to_message
from sluice.model.errors import NotFound, NotYet, TryLater
from sluice.observability import logger
from tests.support.lambda_context import FakeContext
from tests.support.metrics import counted

LEASE = 70
HIDDEN = LEASE + 2  # the lease begins a moment after the message is hidden
CONTEXT: LambdaContext = FakeContext()
EVENTS = ROOT / "events"

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")


class FakeQueue:
    """Records how long messages were delayed: ``(queue, receipt, seconds)``."""

    def __init__(self) -> None:
        self.delays: list[tuple[str, str, int]] = []

    def delay(self, queue_arn: str, receipt: str, seconds: int) -> None:
        self.delays.append((queue_arn.rsplit(":", 1)[-1], receipt, seconds))


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeQueue]:
    """Replace the queues; no other port of `bootstrap` changes."""
    environment = {
        "JOBS_TABLE": "jobs",
        "RECORDS_TABLE": "records",
        "DATABASE_SECRET_ARN": "",
        "UPSTREAMS_SECRET_ARN": "",
        "KEEP_DAYS": "90",
        "FILES_BUCKET": "files",
        "MACHINE_ARN": "arn:aws:states:us-east-1:1:stateMachine:job",
        "URGENT_QUEUE_URL": "https://sqs/1/UrgentQueue",
        "STANDARD_QUEUE_URL": "https://sqs/1/StandardQueue",
        "LOOKUP_QUEUE_URL": "https://sqs/1/LookupQueue",
        "DEAD_LETTER_QUEUE_URL": "https://sqs/1/DeadLetterQueue",
        "LEASE_SECONDS": str(LEASE),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    config.load_settings.cache_clear()
    fake = FakeQueue()
    monkeypatch.setattr(bootstrap.AwsServices, "queue", fake)
    bootstrap.services.cache_clear()
    yield fake
    config.load_settings.cache_clear()


@pytest.fixture
def processing(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[ChunkRef], object]], None]:
    """Set what happens when a chunk is processed, or given up."""

    def become(what: Callable[[ChunkRef], object]) -> None:
        monkeypatch.setattr(work, "process_chunk", lambda ref, **_: what(ref))
        monkeypatch.setattr(work, "seconds_until_retry", lambda ref, _: 2 + ref.index)
        monkeypatch.setattr(give_up, "give_up", lambda ref, **_: what(ref))

    return become


def record(name: str, index: int = 0, *, received: int = 1) -> dict[str, Any]:
    """Make a record like the recorded one, of another chunk."""
    (made,) = json.loads(Path(EVENTS / f"{name}.json").read_text())["Records"]
    ref = ChunkRef(JobRef("acme", "01JOB"), PhaseName.PARSE, index)
    made["attributes"]["ApproximateReceiveCount"] = str(received)
    return {**made, "messageId": f"message-{index}", "receiptHandle": f"receipt-{index}", "body": to_message(ref)}


def delivered(handler: Callable[..., Any], *records: dict[str, Any]) -> list[str]:
    """Deliver a batch and return the messages that are reported as failed."""
    return [failed["itemIdentifier"] for failed in handler({"Records": list(records)}, CONTEXT)["batchItemFailures"]]


def raising(error: Exception) -> Callable[[ChunkRef], object]:
    """Return a function that always fails."""

    def fail(_: ChunkRef) -> object:
        raise error

    return fail


Processing = Callable[[Callable[[ChunkRef], object]], None]


def test_a_message_is_hidden_for_as_long_as_the_lease_before_its_chunk_is_processed(
    queue: FakeQueue, processing: Processing
) -> None:
    """If the process dies, the message is delivered again just after the lease has expired."""
    seen: list[list[tuple[str, str, int]]] = []
    processing(lambda _: seen.append(list(queue.delays)))
    assert delivered(work.handler, record("sqs_work")) == []
    assert seen == [[("StandardQueue", "receipt-0", HIDDEN)]]
    assert queue.delays == seen[0], "a chunk that is done is not delayed again"


@pytest.mark.parametrize("received", [1, 30])
def test_a_failing_chunk_is_delivered_again_soon_however_often_its_message_came(
    queue: FakeQueue, processing: Processing, received: int
) -> None:
    """Attempts are counted in the chunk; most receives of a message may have been waits."""
    processing(raising(RuntimeError("boom")))
    assert delivered(work.handler, record("sqs_work", received=received)) == ["message-0"]
    assert queue.delays == [("StandardQueue", "receipt-0", HIDDEN), ("StandardQueue", "receipt-0", 2)]


@pytest.mark.parametrize("received", [1, 3])
def test_a_chunk_leased_by_another_worker_is_delivered_again_when_the_lease_expires(
    queue: FakeQueue, processing: Processing, received: int
) -> None:
    """The receive count makes no difference, because the chunk did not fail."""
    processing(raising(TryLater("chunk-leased", 33)))
    assert delivered(work.handler, record("sqs_work", received=received)) == ["message-0"]
    assert [seconds for _, _, seconds in queue.delays] == [HIDDEN, 33]


def test_a_chunk_without_a_slot_of_the_rate_limiter_waits_in_the_queue(
    queue: FakeQueue, processing: Processing
) -> None:
    """A new message would continue a chain that Lambda's loop detection stops after sixteen."""
    processing(raising(NotYet("slots-taken", 40, upstream="siasn")))
    assert delivered(work.handler, record("sqs_work", received=30)) == ["message-0"]
    assert [seconds for _, _, seconds in queue.delays] == [HIDDEN, 40]


def test_each_message_of_a_batch_has_its_own_delay(queue: FakeQueue, processing: Processing) -> None:
    """All of them may fail; a chunk that is done is not among the failures."""

    def work_on(ref: ChunkRef) -> None:
        if ref.index == 1:
            raise RuntimeError("boom")
        if ref.index == 2:
            raise TryLater("chunk-leased", 50)

    processing(work_on)
    batch = [record("sqs_work", index, received=index + 1) for index in range(3)]
    assert delivered(work.handler, *batch) == ["message-1", "message-2"]
    last = {receipt: seconds for _, receipt, seconds in queue.delays}
    assert last == {"receipt-0": HIDDEN, "receipt-1": 3, "receipt-2": 50}
    processing(raising(RuntimeError("boom")))
    assert delivered(work.handler, *batch) == ["message-0", "message-1", "message-2"]


def test_the_failures_of_one_batch_are_not_those_of_the_next(queue: FakeQueue, processing: Processing) -> None:
    """A function keeps its memory between calls, and AWS takes an unknown id for a failure of the whole batch."""
    processing(raising(RuntimeError("boom")))
    assert delivered(work.handler, record("sqs_work", 0)) == ["message-0"]
    processing(lambda _: None)
    assert delivered(work.handler, record("sqs_work", 1)) == []


def test_a_message_that_names_no_chunk_is_dropped(queue: FakeQueue, processing: Processing) -> None:
    """It does not belong to this queue; the others of its batch are processed."""
    done: list[ChunkRef] = []
    processing(done.append)
    stranger = {**record("sqs_work", 0), "body": "hello"}
    assert delivered(work.handler, stranger, record("sqs_work", 1)) == []
    assert [ref.index for ref in done] == [1]


def test_a_dead_letter_that_is_given_up_is_deleted(queue: FakeQueue, processing: Processing) -> None:
    """This call may have closed the chunk, or an earlier one."""
    for given_up in (lambda _: True, lambda _: False):
        processing(given_up)
        assert delivered(give_up.handler, record("sqs_dead_letter")) == []
    assert queue.delays == []


def test_a_dead_letter_whose_chunk_is_leased_is_delivered_again_when_the_lease_expires(
    queue: FakeQueue, processing: Processing
) -> None:
    """The queue's own visibility timeout is longer."""
    processing(raising(TryLater("chunk-in-use", 42)))
    assert delivered(give_up.handler, record("sqs_dead_letter")) == ["message-0"]
    assert queue.delays == [("DeadLetterQueue", "receipt-0", 42)]


def test_a_dead_letter_of_a_deleted_job_ends_with_one_line_in_the_log(
    queue: FakeQueue, processing: Processing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can never succeed, and would come again for fourteen days."""
    lines: list[str] = []
    monkeypatch.setattr(logger, "warning", lines.append)
    processing(raising(NotFound("chunk", "load 0")))
    assert delivered(give_up.handler, record("sqs_dead_letter")) == []
    assert lines == ["a dead letter of a deleted job was dropped"]
    assert queue.delays == []


def test_a_dead_letter_that_cannot_be_given_up_is_kept(
    queue: FakeQueue, processing: Processing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queue's own visibility timeout delivers it again; the rest of the batch is not affected; the log says why."""

    def close(ref: ChunkRef) -> bool:
        if ref.index == 0:
            raise RuntimeError("the table was deleted")
        return True

    lines: list[str] = []
    monkeypatch.setattr(logger, "error", lambda line, **_: lines.append(line))
    processing(close)
    assert delivered(give_up.handler, record("sqs_dead_letter", 0), record("sqs_dead_letter", 1)) == ["message-0"]
    assert lines == ["cannot give up the chunk; the dead letter comes again", "chunk given up"]
    assert queue.delays == []


def test_a_dead_letter_that_names_no_chunk_is_dropped(queue: FakeQueue, processing: Processing) -> None:
    """Otherwise it would be delivered again for fourteen days, and no job waits for it."""
    processing(raising(AssertionError("there is no chunk")))
    assert delivered(give_up.handler, {**record("sqs_dead_letter"), "body": "hello"}) == []


Break = Callable[[pytest.MonkeyPatch, FakeQueue, Processing], object]


def _denied(*_: object) -> None:
    raise RuntimeError("AccessDeniedException")


def _without_a_setting(monkeypatch: pytest.MonkeyPatch, *_: object) -> None:
    monkeypatch.delenv("JOBS_TABLE")
    config.load_settings.cache_clear()


def _unreadable_after_it_failed(monkeypatch: pytest.MonkeyPatch, _: FakeQueue, processing: Processing) -> None:
    processing(raising(RuntimeError("boom")))
    monkeypatch.setattr(work, "seconds_until_retry", _denied)


FAILURES: dict[str, Break] = {
    "the lease is denied": lambda _, __, processing: processing(raising(RuntimeError("AccessDeniedException"))),
    "a secret is denied": lambda monkeypatch, *_: monkeypatch.setattr(bootstrap, "services", _denied),
    "a setting is missing": _without_a_setting,
}
DELAYS: dict[str, Break] = {
    "the delay of a message is denied": lambda monkeypatch, *_: monkeypatch.setattr(FakeQueue, "delay", _denied),
    "the chunk cannot be read after it failed": _unreadable_after_it_failed,
}
WORKER, DEAD_LETTERS = (work.handler, "sqs_work"), (give_up.handler, "sqs_dead_letter")


@pytest.mark.parametrize(
    ("function", "failing"),
    [
        *(pytest.param(WORKER, each, id=f"work: {name}") for name, each in (FAILURES | DELAYS).items()),
        *(pytest.param(DEAD_LETTERS, each, id=f"give_up: {name}") for name, each in FAILURES.items()),
    ],
)
def test_every_error_of_a_message_is_counted_however_early_it_is(
    queue: FakeQueue,
    processing: Processing,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    function: tuple[Callable[..., Any], str],
    failing: Break,
) -> None:
    """No attempt is counted in the chunk, and to Lambda a batch that reports its messages is a success."""
    processing(lambda _: None)
    failing(monkeypatch, queue, processing)
    handler, name = function
    assert delivered(handler, record(name, 0), record(name, 1)) == ["message-0", "message-1"]
    assert counted(capsys.readouterr().out) == {"ChunkErrors": 2}


@pytest.mark.parametrize("function", [WORKER, DEAD_LETTERS], ids=["work", "give_up"])
def test_an_error_is_logged_with_its_cause_and_its_chunk(
    queue: FakeQueue,
    processing: Processing,
    monkeypatch: pytest.MonkeyPatch,
    function: tuple[Callable[..., Any], str],
) -> None:
    """The alarm sends the operator to the log."""
    logged: list[Exception] = []
    monkeypatch.setattr(logger, "error", lambda _, **keys: logged.append(keys["exc_info"]))
    error = RuntimeError("boom")
    processing(raising(error))
    handler, name = function
    assert delivered(handler, record(name)) == ["message-0"]
    assert logged == [error]
    assert logger.get_current_keys()["job_id"] == "01JOB"


@pytest.mark.parametrize("function", [WORKER, DEAD_LETTERS], ids=["work", "give_up"])
def test_a_chunk_that_is_given_back_in_order_is_no_error(
    queue: FakeQueue,
    processing: Processing,
    capsys: pytest.CaptureFixture[str],
    function: tuple[Callable[..., Any], str],
) -> None:
    """An alarm that rings for every wait would be ignored."""
    handler, name = function
    for what in (raising(TryLater("chunk-leased", 33)), raising(NotYet("slots-taken", 40)), lambda _: False):
        processing(what)
        delivered(handler, record(name))
    assert counted(capsys.readouterr().out)["ChunkErrors"] == 0


def test_a_wait_that_cannot_be_set_is_an_error(
    queue: FakeQueue, processing: Processing, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message then comes after the time-out of its queue, not when its chunk can be leased."""

    def wait(_: ChunkRef) -> object:
        monkeypatch.setattr(FakeQueue, "delay", _denied)
        raise TryLater("chunk-leased", 33)

    processing(wait)
    assert delivered(work.handler, record("sqs_work")) == ["message-0"]
    assert counted(capsys.readouterr().out) == {"ChunkErrors": 1}


@pytest.mark.parametrize("function", [WORKER, DEAD_LETTERS], ids=["work", "give_up"])
def test_a_message_of_no_chunk_or_of_a_newer_version_is_counted(
    queue: FakeQueue,
    processing: Processing,
    capsys: pytest.CaptureFixture[str],
    function: tuple[Callable[..., Any], str],
) -> None:
    """The first is dropped; the second comes again until its version is back."""
    processing(lambda _: True)
    handler, name = function
    stranger, newer = ({**record(name, index), "body": text} for index, text in enumerate(["hello", '{"format": 99}']))
    assert delivered(handler, stranger, newer) == ["message-1"]
    assert counted(capsys.readouterr().out) == {"ChunkErrors": 2}
