"""SQS and the event source mappings of Lambda in simulated time, as AWS documents them.

- A received message is hidden for its visibility timeout, and each receive is counted. One that was received
  ``max_receives`` times already goes to the dead-letter queue instead (Amazon SQS Developer Guide, "Using dead-letter
  queues").
- A function that Lambda throttles is not run: its message comes again when it is visible, with a receive more (AWS
  Lambda Operator Guide, "Understanding SQS retries").
- A message carries the lineage of the function that sent it. A function that is in its own chain sixteen times is not
  run (AWS Lambda Developer Guide, "Use Lambda recursive loop detection to prevent infinite loops"), unless its
  configuration has ``RecursiveLoop: Allow``.
- A function that runs beyond its timeout is killed; its message comes again when it is visible.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from tests.support.simulation import Simulation

#: How often Lambda runs a function in one chain.
CHAIN = 16
# Seconds after which a message that was sent meanwhile is received.
_LONGEST_POLL = 5.0
_ARN = "arn:aws:sqs:us-east-1:123456789012:"
_URL = "https://sqs.us-east-1.amazonaws.com/123456789012/"


@dataclass(eq=False)
class Message:
    """A message, and what SQS knows of it."""

    body: str
    lineage: tuple[str, ...]
    visible_at: float
    receives: int = 0


@dataclass(eq=False)
class SimulatedQueue:
    """A queue; one without ``max_receives`` has no dead-letter queue."""

    name: str
    visibility: float = 360
    max_receives: float = inf
    dead_letters: SimulatedQueue | None = None
    messages: list[Message] = field(default_factory=list)

    @property
    def url(self) -> str:
        return _URL + self.name

    def receive(self, now: float) -> Message | None:
        """Return the oldest visible message, and hide it; those that were received too often go their way."""
        for message in [each for each in self.messages if each.visible_at <= now]:
            if message.receives < self.max_receives or self.dead_letters is None:
                message.receives += 1
                message.visible_at = now + self.visibility
                return message
            self.messages.remove(message)
            self.dead_letters.messages.append(Message(message.body, message.lineage, now))
        return None


class SimulatedSqs:
    """The calls of boto3's client of SQS that Sluice makes.

    Parameters
    ----------
    throttled
        Returns how many entries of a batch are not accepted, by the number of the call from 1.
    """

    def __init__(
        self, simulation: Simulation, *queues: SimulatedQueue, throttled: Callable[[int], int] = lambda _: 0
    ) -> None:
        self._simulation = simulation
        self._queues = {queue.url: queue for queue in queues}
        self._throttled = throttled
        self.calls = 0

    def send_message(self, *, QueueUrl: str, MessageBody: str, DelaySeconds: int = 0, **_: Any) -> dict[str, Any]:  # noqa: N803 - as boto3
        message = Message(MessageBody, self._simulation.lineage, self._simulation.now + DelaySeconds)
        self._queues[QueueUrl].messages.append(message)
        return {}

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        """Send up to ten messages; those that the service could not take are listed, and no error is raised."""
        if not 0 < len(Entries) <= 10 or len({entry["Id"] for entry in Entries}) < len(Entries):
            raise ValueError("a batch has one to ten entries with ids of their own")
        self.calls += 1
        taken = max(0, len(Entries) - self._throttled(self.calls))
        for entry in Entries[:taken]:
            self.send_message(QueueUrl=QueueUrl, MessageBody=entry["MessageBody"])
        failed = [{"Id": entry["Id"], "Code": "ThrottlingException", "Message": "slow"} for entry in Entries[taken:]]
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries[:taken]]} | (
            {"Failed": failed} if failed else {}
        )

    def change_message_visibility(self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> None:  # noqa: N803
        if not 0 <= VisibilityTimeout <= 43200:
            raise ValueError("VisibilityTimeout must be between 0 and 43200")
        for message in self._queues[QueueUrl].messages:
            if str(id(message)) == ReceiptHandle:
                message.visible_at = self._simulation.now + VisibilityTimeout

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:  # noqa: N803
        messages = self._queues[QueueUrl].messages
        hidden = sum(message.visible_at > self._simulation.now for message in messages)
        counted = {
            "ApproximateNumberOfMessages": len(messages) - hidden,
            "ApproximateNumberOfMessagesNotVisible": hidden,
            "ApproximateNumberOfMessagesDelayed": 0,
        }
        return {"Attributes": {name: str(counted[name]) for name in AttributeNames}}


class Pollers:
    """An event source mapping: invokes a function with each message of a queue, so many at a time.

    Parameters
    ----------
    function
        Handles a record, and raises if it failed.
    concurrency
        Invocations at a time: ``MaximumConcurrency`` of the mapping.
    timeout
        Of the function, in seconds.
    throttled
        Whether Lambda throttles an invocation at a time.
    recursion_allowed
        ``RecursiveLoop: Allow``.

    Attributes
    ----------
    killed, stopped, throttles
        Invocations that ran out of time, that were not made because of their chain, and that were throttled.
    """

    def __init__(
        self,
        simulation: Simulation,
        queue: SimulatedQueue,
        function: Callable[[SQSRecord], Any],
        *,
        concurrency: int,
        timeout: float = 60,
        throttled: Callable[[float], bool] = lambda _: False,
        recursion_allowed: bool = False,
    ) -> None:
        self._simulation, self._queue, self._function = simulation, queue, function
        self._timeout, self._throttled, self._allowed = timeout, throttled, recursion_allowed
        self._name = f"{function.__module__}.{function.__qualname__}"
        self._free = concurrency
        self.killed = self.stopped = self.throttles = self.invocations = 0
        simulation.spawn(self._poll)

    def _poll(self) -> None:
        while True:
            while self._free and (message := self._queue.receive(self._simulation.now)):
                self._invoke(message)
            soonest = min((message.visible_at for message in self._queue.messages), default=inf)
            self._simulation.sleep(min(max(1.0, soonest - self._simulation.now), _LONGEST_POLL))

    def _invoke(self, message: Message) -> None:
        if self._throttled(self._simulation.now):
            self.throttles += 1
        elif message.lineage.count(self._name) >= CHAIN and not self._allowed:
            self.stopped += 1
        else:
            self._free -= 1
            self.invocations += 1
            self._simulation.spawn(
                lambda: self._run(message), within=self._timeout, lineage=(*message.lineage, self._name)
            )

    def _run(self, message: Message) -> None:
        record = SQSRecord(
            {
                "body": message.body,
                "receiptHandle": str(id(message)),
                "eventSourceARN": _ARN + self._queue.name,
                "attributes": {"ApproximateReceiveCount": str(message.receives)},
            }
        )
        self.killed += 1
        try:
            self._function(record)
        except Exception:  # noqa: BLE001 - the message is reported as failed, and stays
            self.killed -= 1
        else:
            self.killed -= 1
            self._queue.messages.remove(message)
        finally:
            self._free += 1
