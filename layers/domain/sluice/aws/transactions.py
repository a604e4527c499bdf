"""DynamoDB transactions, tried again when they meet another one."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

# A transaction that meets another one at the same item is cancelled, not queued. Chunks take seconds, so the meetings
# are short: waits from 20 ms up to 2 s, with jitter, add up to about ten seconds, well inside a lease.
_TRIES = 12
_FIRST_WAIT = 0.02
_LONGEST_WAIT = 2.0


class ConditionFailed(Exception):
    """A condition does not hold; ``places`` says of which parts, counted from 0. Nothing was written."""

    def __init__(self, places: list[int]) -> None:
        super().__init__(f"the condition of part {places} does not hold")
        self.places = places


def transact(client: DynamoDBClient, parts: list[dict[str, Any]]) -> None:
    """Write all parts or none.

    Raises
    ------
    ConditionFailed
        If the condition of a part does not hold.
    """
    wait = _FIRST_WAIT
    for attempt in range(_TRIES):
        try:
            client.transact_write_items(TransactItems=parts)  # type: ignore[arg-type]  # built by `update` and `put`
        except client.exceptions.TransactionCanceledException as cancelled:
            reasons = [reason.get("Code") for reason in cancelled.response.get("CancellationReasons", [])]
            failed = [place for place, reason in enumerate(reasons) if reason == "ConditionalCheckFailed"]
            if failed:
                raise ConditionFailed(failed) from None
            if attempt + 1 == _TRIES:
                raise
        except ClientError as rejected:
            if rejected.response["Error"]["Code"] != "TransactionInProgressException" or attempt + 1 == _TRIES:
                raise
        else:
            return
        time.sleep(random.uniform(wait / 2, wait))  # noqa: S311  (jitter, not a secret)
        wait = min(wait * 2, _LONGEST_WAIT)
    raise AssertionError("the last try returns or raises")


def put(table: str, item: Mapping[str, Any]) -> dict[str, Any]:
    """A part that writes a whole item."""
    return {"Put": {"TableName": table, "Item": dict(item)}}


def update(
    table: str, key: Mapping[str, str], expression: str, names: Mapping[str, str], values: Mapping[str, Any], where: str
) -> dict[str, Any]:
    """A part that updates an item, if the condition ``where`` holds."""
    part: dict[str, Any] = {
        "TableName": table,
        "Key": dict(key),
        "UpdateExpression": expression,
        "ConditionExpression": where,
        "ExpressionAttributeValues": dict(values),
    }
    if names:
        part["ExpressionAttributeNames"] = dict(names)
    return {"Update": part}
