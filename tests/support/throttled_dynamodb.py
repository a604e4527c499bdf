"""DynamoDB that throttles and conflicts, in simulated time, as AWS documents it.

- A table takes so many reads and writes a second; a second's worth of what was not used is kept.
- A batch is carried out in part: what there is no throughput for comes back as unprocessed. If there is none for any
  item, the batch fails with ``ProvisionedThroughputExceededException`` (DynamoDB API Reference, "BatchWriteItem").
- A transaction on an item that another transaction has under way is cancelled with ``TransactionConflict``; none waits
  for the other (DynamoDB Developer Guide, "Transaction conflict handling").
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from tests.support.simulation import Simulation

T = TypeVar("T")

_LATENCY = 0.01
_Key = tuple[str, str]


class TransactionCanceledException(ClientError):
    """As boto3's client has it."""


class _Throughput:
    def __init__(self, simulation: Simulation, rate: float) -> None:
        self._simulation, self._rate = simulation, rate
        self._left, self._at = rate, simulation.now

    def take(self, wanted: list[T]) -> tuple[list[T], list[T]]:
        """Return what there is throughput for, and the rest."""
        now = self._simulation.now
        self._left = min(self._rate, self._left + (now - self._at) * self._rate)
        self._at = now
        count = min(len(wanted), int(self._left))
        self._left -= count
        return wanted[:count], wanted[count:]


class ThrottledTable:
    """The calls of boto3's client to one table, whose items are small.

    Attributes
    ----------
    items
        Items by partition and sort key.
    writes
        Items that were written, each time.
    """

    exceptions = SimpleNamespace(TransactionCanceledException=TransactionCanceledException)

    def __init__(self, simulation: Simulation, name: str, *, reads: float, writes: float) -> None:
        self._simulation, self._name = simulation, name
        self._reads, self._writes = _Throughput(simulation, reads), _Throughput(simulation, writes)
        self.items: dict[_Key, dict[str, Any]] = {}
        self.writes = 0

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - as boto3
        self._simulation.sleep(_LATENCY)
        wanted = RequestItems[self._name]
        taken, left = self._reads.take(wanted["Keys"])
        if wanted["Keys"] and not taken:
            raise _exceeded("BatchGetItem")
        found = [self.items[_key(key)] for key in taken if _key(key) in self.items]
        unprocessed = {self._name: wanted | {"Keys": left}} if left else {}
        return {"Responses": {self._name: found}, "UnprocessedKeys": unprocessed}

    def batch_write_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        self._simulation.sleep(_LATENCY)
        wanted = RequestItems[self._name]
        if len(wanted) > 25:
            raise ValueError("a batch has 25 items at most")
        taken, left = self._writes.take(wanted)
        if wanted and not taken:
            raise _exceeded("BatchWriteItem")
        for request in taken:
            self.writes += 1
            if put := request.get("PutRequest"):
                self.items[_key(put["Item"])] = put["Item"]
            else:
                self.items.pop(_key(request["DeleteRequest"]["Key"]), None)
        return {"UnprocessedItems": {self._name: left} if left else {}}


class ConflictingItem:
    """One item, on which transactions conflict that are under way at the same time.

    Attributes
    ----------
    done, cancelled
        Transactions of each kind.
    """

    exceptions = SimpleNamespace(TransactionCanceledException=TransactionCanceledException)

    def __init__(self, simulation: Simulation, *, seconds: float) -> None:
        self._simulation, self._seconds = simulation, seconds
        self._under_way = False
        self.done = self.cancelled = 0

    def transact_write_items(self, *, TransactItems: list[Any]) -> None:  # noqa: N803
        if self._under_way:
            self.cancelled += 1
            self._simulation.sleep(self._seconds)
            reasons = [{"Code": "TransactionConflict"} for _ in TransactItems]
            error: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
            raise TransactionCanceledException(error, "TransactWriteItems")
        self._under_way = True
        try:
            self._simulation.sleep(self._seconds)
        finally:
            self._under_way = False
        self.done += 1


def _key(item: dict[str, Any]) -> _Key:
    return item["pk"]["S"], item["sk"]["S"]


def _exceeded(operation: str) -> ClientError:
    return ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, operation)
