"""Phases and chunks in DynamoDB; `items` says how they lie there."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

from sluice.model.chunk import CLOSED, Chunk, ChunkRef, ChunkState, JobRef, Phase, PhaseName
from sluice.model.counts import Counts
from sluice.stores import items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

# A transaction that meets another one at the same item is cancelled, not queued. Chunks take seconds, so the meetings
# are short: waits from 20 ms up to 2 s, with jitter, add up to about ten seconds, well inside a lease.
_TRIES = 12
_FIRST_WAIT = 0.02
_LONGEST_WAIT = 2.0


class DynamoChunks:
    """The `Chunks` port on DynamoDB.

    Parameters
    ----------
    table
        The jobs table.
    keep_days
        After so many days phases and chunks are removed by the table's TTL.
    """

    def __init__(self, table: Table, keep_days: int) -> None:
        self._table = table
        self._client = table.meta.client
        self._keep = timedelta(days=keep_days)
        self._refused = self._client.exceptions.ConditionalCheckFailedException

    def add(self, chunks: Iterable[Chunk]) -> None:
        """Write queued chunks; one that is there already stays as it is."""
        expires = self._expires()
        known: dict[tuple[JobRef, PhaseName], set[int]] = {}
        with self._table.batch_writer() as batch:
            for chunk in chunks:
                phase = (chunk.ref.job, chunk.ref.phase)
                if phase not in known:
                    known[phase] = {there.ref.index for there in self.of_phase(*phase)}
                if chunk.ref.index not in known[phase]:
                    batch.put_item(Item=items.of_chunk(chunk) | {"expires_at": expires})

    def of_phase(self, ref: JobRef, name: PhaseName) -> Iterator[Chunk]:
        """All chunks of a phase, in order."""
        condition = Key("pk").eq(f"{ref.tenant}#{ref.id}") & Key("sk").begins_with(f"chunk#{name}#")
        query: dict[str, Any] = {"KeyConditionExpression": condition, "ConsistentRead": True}
        while True:
            answer = self._table.query(**query)
            yield from (items.to_chunk(ref, item) for item in answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def get(self, ref: ChunkRef) -> Chunk | None:
        """One chunk as it is now."""
        found = self._table.get_item(Key=items.chunk_key(ref), ConsistentRead=True).get("Item")
        return None if found is None else items.to_chunk(ref.job, found)

    def open_phase(self, ref: JobRef, name: PhaseName, total: int, token: str) -> Phase:
        """Set up the barrier of a phase; one that stands already only takes the new token."""
        answer = self._table.update_item(
            Key=items.phase_key(ref, name),
            UpdateExpression="SET #token = :token, #total = if_not_exists(#total, :total), "
            "remaining = if_not_exists(remaining, :total), failed = if_not_exists(failed, :none), "
            "expires_at = :expires",
            ExpressionAttributeNames={"#token": "token", "#total": "total"},
            ExpressionAttributeValues={":token": token, ":total": total, ":none": 0, ":expires": self._expires()},
            ReturnValues="ALL_NEW",
        )
        return items.to_phase(answer["Attributes"])

    def phase(self, ref: JobRef, name: PhaseName) -> Phase | None:
        """The barrier as it is now."""
        found = self._table.get_item(Key=items.phase_key(ref, name), ConsistentRead=True).get("Item")
        return None if found is None else items.to_phase(found)

    def lease(self, ref: ChunkRef, *, now: int, until: int) -> Chunk | None:
        """Take a chunk that is queued or whose lease ran out; ``None`` when it is not to be had."""
        free = Attr("state").eq(str(ChunkState.QUEUED))
        lapsed = Attr("state").eq(str(ChunkState.RUNNING)) & Attr("lease_until").lte(now)
        try:
            answer = self._table.update_item(
                Key=items.chunk_key(ref),
                UpdateExpression="SET #state = :running, lease_until = :until ADD attempts :one",
                ConditionExpression=free | lapsed,
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={":running": str(ChunkState.RUNNING), ":until": until, ":one": 1},
                ReturnValues="ALL_NEW",
            )
        except self._refused:
            return None
        return items.to_chunk(ref.job, answer["Attributes"])

    def release(self, chunk: Chunk, error: str) -> None:
        """Give a leased chunk back to the queue; nothing happens when the lease is no longer ours."""
        ours = Attr("state").eq(str(ChunkState.RUNNING)) & Attr("attempts").eq(chunk.attempts)
        try:
            self._table.update_item(
                Key=items.chunk_key(chunk.ref),
                UpdateExpression="SET #state = :queued, lease_until = :never, #error = :error",
                ConditionExpression=ours,
                ExpressionAttributeNames={"#state": "state", "#error": "error"},
                ExpressionAttributeValues={":queued": str(ChunkState.QUEUED), ":never": 0, ":error": error},
            )
        except self._refused:
            return

    def close(
        self,
        ref: ChunkRef,
        state: ChunkState,
        counts: Counts,
        error: str | None = None,
        *,
        free_at: int | None = None,
    ) -> bool:
        """Close a chunk, count down its phase and add to the job's counts, all or nothing.

        Returns
        -------
        bool
            ``False`` when the chunk was closed before, or is leased beyond ``free_at``; then nothing changes.
        """
        numbers = {f"n_{name}": value for name, value in counts.as_dict().items()}
        transaction: list[Any] = [
            self._closing(ref, state, numbers, error, free_at),
            self._counting_down(ref, state),
            self._counting_up(ref.job, numbers),
        ]
        wait = _FIRST_WAIT
        for attempt in range(_TRIES):
            try:
                self._client.transact_write_items(TransactItems=transaction)
            except self._client.exceptions.TransactionCanceledException as cancelled:
                reasons = [reason.get("Code") for reason in cancelled.response.get("CancellationReasons", [])]
                if reasons and reasons[0] == "ConditionalCheckFailed":
                    return False
                if attempt + 1 == _TRIES or "ConditionalCheckFailed" in reasons:
                    raise
            except ClientError as refused:
                if refused.response["Error"]["Code"] != "TransactionInProgressException" or attempt + 1 == _TRIES:
                    raise
            else:
                return True
            time.sleep(random.uniform(wait / 2, wait))  # noqa: S311  (jitter, not a secret)
            wait = min(wait * 2, _LONGEST_WAIT)
        raise AssertionError("the last try returns or raises")

    def _closing(
        self, ref: ChunkRef, state: ChunkState, numbers: dict[str, int], error: str | None, free_at: int | None
    ) -> dict[str, Any]:
        sets = ", ".join(f"{name} = :{name}" for name in numbers)
        closed = [f":c{place}" for place in range(len(CLOSED))]
        values: dict[str, Any] = {":state": str(state), ":never": 0} | {f":{n}": v for n, v in numbers.items()}
        values |= dict(zip(closed, map(str, CLOSED), strict=True))
        names = {"#state": "state"}
        if error is not None:
            sets += ", #error = :error"
            names["#error"] = "error"
            values[":error"] = error
        open_still = f"attribute_exists(pk) AND NOT #state IN ({', '.join(closed)})"
        if free_at is not None:
            open_still += " AND lease_until <= :free_at"
            values[":free_at"] = free_at
        return self._updating(
            items.chunk_key(ref),
            f"SET #state = :state, lease_until = :never, {sets}",
            names,
            values,
            open_still,
        )

    def _counting_down(self, ref: ChunkRef, state: ChunkState) -> dict[str, Any]:
        failed = 1 if state is ChunkState.FAILED else 0
        return self._updating(
            items.phase_key(ref.job, ref.phase),
            "ADD remaining :less, failed :failed",
            {},
            {":less": -1, ":failed": failed},
            "attribute_exists(pk)",
        )

    def _counting_up(self, ref: JobRef, numbers: dict[str, int]) -> dict[str, Any]:
        added = {name: value for name, value in numbers.items() if value}
        values: dict[str, Any] = {":one": 1, ":now": datetime.now(UTC).isoformat()}
        return self._updating(
            items.job_key(ref),
            "SET updated_at = :now ADD version :one" + "".join(f", {name} :{name}" for name in added),
            {},
            values | {f":{name}": value for name, value in added.items()},
            "attribute_exists(pk)",
        )

    def _updating(
        self, key: dict[str, str], update: str, names: dict[str, str], values: dict[str, Any], condition: str
    ) -> dict[str, Any]:
        part: dict[str, Any] = {
            "TableName": self._table.name,
            "Key": key,
            "UpdateExpression": update,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": values,
        }
        if names:
            part["ExpressionAttributeNames"] = names
        return {"Update": part}

    def _expires(self) -> int:
        return int((datetime.now(UTC) + self._keep).timestamp())
