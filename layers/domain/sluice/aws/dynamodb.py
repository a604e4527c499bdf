"""Requests to DynamoDB that all stores share: retries with backoff, transactions, and queries over several pages."""

from __future__ import annotations

import itertools
import math
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from sluice.model.errors import NotYet

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.service_resource import Table

# DynamoDB cancels a transaction that conflicts with another one, and does not queue it. Chunks take seconds, so such
# conflicts are short: 12 attempts, with waits from 20 ms up to 2 s between them, take eight seconds, less than a lease.
_TRANSACTION_ATTEMPTS = 12
_FIRST_WAIT = 0.02
_LONGEST_WAIT = 2.0
# Limit of BatchGetItem (DynamoDB API Reference).
_READ_BATCH = 100
# A table that is throttled grows within minutes (DynamoDB Developer Guide, "Burst and adaptive capacity").
_UNTIL_TABLE_GROWS = 10
# DynamoDB Developer Guide, "Error handling with DynamoDB": errors after which the same request can succeed.
_TRANSIENT_ERRORS = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottledException",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)
CONDITION_FAILED = "ConditionalCheckFailed"
# DynamoDB API Reference, TransactWriteItems: the same for the reasons of a cancelled transaction.
_TRANSIENT_REASONS = frozenset({"ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"})


class ConditionFailed(Exception):
    """Conditions of a transaction failed, so nothing was written; ``places`` are the indexes of their actions."""

    def __init__(self, places: list[int]) -> None:
        super().__init__(f"the conditions of the actions {places} failed")
        self.places = places


def attempts(limit: int | None = None, *, until: float = math.inf) -> Iterator[int]:
    """Yield the numbers of the attempts of a request, from 1; wait between two of them, longer each time, with jitter.

    Without a limit it continues until the caller leaves the loop.

    Raises
    ------
    NotYet
        Instead of another attempt from ``until`` on, in epoch seconds.
    """
    wait = _FIRST_WAIT
    for number in itertools.count(1) if limit is None else range(1, limit + 1):
        yield number
        if number != limit:
            if time.time() >= until:
                raise NotYet("table-throttled", _UNTIL_TABLE_GROWS)
            time.sleep(random.uniform(wait / 2, wait))  # noqa: S311  (jitter, not a secret)
            wait = min(wait * 2, _LONGEST_WAIT)


def is_transient(error: ClientError) -> bool:
    """Return whether the same request may succeed later: it was throttled, or conflicted with another one."""
    return error.response["Error"]["Code"] in _TRANSIENT_ERRORS


def cancellation_reasons(cancelled: ClientError) -> list[str | None]:
    """Return the cancellation reason of each action of a transaction; ``None`` for actions without one.

    Raises
    ------
    ClientError
        The error itself, if a reason is neither a failed condition nor a transient one.
    """
    codes = [reason.get("Code") for reason in cancelled.response.get("CancellationReasons", [])]
    reasons = [None if code == "None" else code for code in codes]
    if not set(reasons) <= {None, CONDITION_FAILED, *_TRANSIENT_REASONS}:
        raise cancelled
    return reasons


def transact(client: DynamoDBClient, actions: list[dict[str, Any]]) -> None:
    """Execute a transaction; send it again if it conflicts with another one.

    Raises
    ------
    ConditionFailed
        If the condition of an action failed.
    NotYet
        If it conflicts, or is throttled, at every attempt.
    """
    for _ in attempts(_TRANSACTION_ATTEMPTS):
        try:
            client.transact_write_items(TransactItems=actions)  # type: ignore[arg-type]  # built by `update` and `put`
            return
        except client.exceptions.TransactionCanceledException as cancelled:
            reasons = cancellation_reasons(cancelled)
            failed = [place for place, reason in enumerate(reasons) if reason == CONDITION_FAILED]
            if failed:
                raise ConditionFailed(failed) from None
        except ClientError as error:
            if not is_transient(error):
                raise
    raise NotYet("jobs-table-busy", _UNTIL_TABLE_GROWS)


def wait_for_transactions(client: DynamoDBClient) -> None:
    """Let a client repeat the write of an item on which a transaction is under way.

    DynamoDB rejects such a ``PutItem``, ``UpdateItem`` or ``DeleteItem`` (DynamoDB API Reference,
    ``TransactionConflictException``), and botocore does not repeat it. No emulator does so.
    """
    handler: Any = _seconds_until_repeated  # the stubs know no handler that returns something
    client.meta.events.register("needs-retry.dynamodb", handler)


def _seconds_until_repeated(response: tuple[Any, dict[str, Any]] | None, attempts: int, **_: Any) -> float | None:
    """Return how long botocore waits until it repeats a request; ``None`` if it conflicts with no transaction."""
    error = response[1].get("Error", {}) if response else {}
    if error.get("Code") != "TransactionConflictException" or attempts >= _TRANSACTION_ATTEMPTS:
        return None
    wait = min(_FIRST_WAIT * 2 ** (attempts - 1), _LONGEST_WAIT)
    return random.uniform(wait / 2, wait)  # noqa: S311  (jitter, not a secret)


def read_items(table: Table, keys: Iterable[Mapping[str, str]]) -> Iterator[dict[str, Any]]:
    """Yield the items of a table that have these keys, as they are now; a hundred are read with each request.

    Raises
    ------
    NotYet
        If the table is throttled at every attempt.
    """
    remaining = iter(keys)
    while some := list(itertools.islice(remaining, _READ_BATCH)):
        wanted: Any = {table.name: {"Keys": some, "ConsistentRead": True}}
        for _ in attempts(_TRANSACTION_ATTEMPTS):
            answer = table.meta.client.batch_get_item(RequestItems=wanted)
            yield from answer["Responses"].get(table.name, [])
            wanted = answer.get("UnprocessedKeys")
            if not wanted:
                break
        else:
            raise NotYet("jobs-table-busy", _UNTIL_TABLE_GROWS)


def put(table: str, item: Mapping[str, Any]) -> dict[str, Any]:
    """Build an action that writes a whole item."""
    return {"Put": {"TableName": table, "Item": dict(item)}}


def update(
    table: str, key: Mapping[str, str], expression: str, names: Mapping[str, str], values: Mapping[str, Any], where: str
) -> dict[str, Any]:
    """Build an action that updates an item, if the condition ``where`` holds."""
    action: dict[str, Any] = {
        "TableName": table,
        "Key": dict(key),
        "UpdateExpression": expression,
        "ConditionExpression": where,
        "ExpressionAttributeValues": dict(values),
    }
    if names:
        action["ExpressionAttributeNames"] = dict(names)
    return {"Update": action}


def query_items(query: Callable[..., Any], **parameters: Any) -> Iterator[dict[str, Any]]:
    """Yield every item that a query finds; the next page is requested when the last item of one is consumed.

    Parameters
    ----------
    query
        Method ``query`` of a table or of a client.
    """
    while True:
        answer = query(**parameters)
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        parameters["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
