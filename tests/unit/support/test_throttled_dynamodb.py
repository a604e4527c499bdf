"""The DynamoDB of the tests throttles and conflicts as AWS documents it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.simulation import Simulation
from tests.support.throttled_dynamodb import ConflictingItem, ThrottledTable, TransactionCanceledException


def item(number: int) -> dict[str, Any]:
    return {"pk": {"S": "p"}, "sk": {"S": str(number)}}


def writes(*numbers: int) -> dict[str, Any]:
    return {"records": [{"PutRequest": {"Item": item(number)}} for number in numbers]}


@pytest.fixture
def simulation() -> Simulation:
    return Simulation(start=0)


def test_a_batch_is_written_in_part_then_fails_then_goes_on(simulation: Simulation) -> None:
    """Unprocessed items are no error, unless all of them are."""
    table = ThrottledTable(simulation, "records", reads=100, writes=10)
    answer = table.batch_write_item(RequestItems=writes(*range(25)))
    left = answer["UnprocessedItems"]
    assert (len(table.items), len(left["records"])) == (10, 15)
    with pytest.raises(ClientError, match="ProvisionedThroughputExceededException"):
        table.batch_write_item(RequestItems=left)
    simulation.sleep(1)
    assert len(table.batch_write_item(RequestItems=left)["UnprocessedItems"]["records"]) == 5
    simulation.sleep(3600)
    table.batch_write_item(RequestItems=writes(1))
    simulation.sleep(0.1)
    assert len(table.batch_write_item(RequestItems=writes(*range(25)))["UnprocessedItems"]["records"]) == 15


def test_keys_are_read_in_part(simulation: Simulation) -> None:
    table = ThrottledTable(simulation, "records", reads=3, writes=100)
    table.batch_write_item(RequestItems=writes(0, 1, 2, 3, 4))
    keys = {"records": {"Keys": [item(number) for number in range(5)], "ConsistentRead": True}}
    answer = table.batch_get_item(RequestItems=keys)
    assert answer["Responses"]["records"] == [item(0), item(1), item(2)]
    assert answer["UnprocessedKeys"] == {"records": {"Keys": [item(3), item(4)], "ConsistentRead": True}}


def test_of_two_transactions_at_the_same_time_the_later_is_cancelled(simulation: Simulation) -> None:
    shared = ConflictingItem(simulation, seconds=0.025)
    ended: list[tuple[str, float]] = []

    def write(name: str) -> None:
        try:
            shared.transact_write_items(TransactItems=[{}])
        except TransactionCanceledException as cancelled:
            name += f" {cancelled.response['CancellationReasons'][0]['Code']}"
        ended.append((name, simulation.now))

    simulation.spawn(lambda: write("first"))
    simulation.spawn(lambda: write("second"), after=0.01)
    simulation.spawn(lambda: write("third"), after=0.03)
    simulation.run()
    assert [name for name, _ in ended] == ["first", "second TransactionConflict", "third"]
    assert (shared.done, shared.cancelled) == (2, 1)
