"""Barriers and chunks in DynamoDB; `stored` defines their items."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase, Key

from sluice.aws import stored
from sluice.aws.dynamodb import ConditionFailed, query_items, transact, update
from sluice.model.chunk import CLOSED, Barrier, Chunk, ChunkRef, ChunkState, JobRef, Parsed, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import Problem

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

# Concurrent writes: BatchWriteItem allows no conditions, and those of a large file take about a second.
_WRITES = 8
# Condition that a chunk is in a round; chunks of an earlier version lack it.
_IN_ROUND = "(attribute_not_exists(#round) OR #round = :round)"


def _now() -> int:
    return int(time.time())


class DynamoChunks:
    """The `Chunks` port on DynamoDB.

    Parameters
    ----------
    table
        The jobs table.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._client = table.meta.client
        self._condition_failed = self._client.exceptions.ConditionalCheckFailedException
        self._transaction_conflict = self._client.exceptions.TransactionConflictException

    def add(self, chunks: Iterable[Chunk]) -> None:
        """Write queued chunks; a chunk that exists already stays as it is."""
        with ThreadPoolExecutor(_WRITES) as pool:
            for _ in pool.map(self._add_one, chunks):
                pass  # the iteration raises the first failure

    def _add_one(self, chunk: Chunk) -> None:
        item = stored.of_chunk(chunk) | {"due_at": _now()}
        # a text, because `Attr` conditions of one resource share a counter of placeholders, which threads would mix up
        with suppress(self._condition_failed):
            self._table.put_item(Item=item, ConditionExpression="attribute_not_exists(pk)")

    def forget(self, ref: JobRef, name: PhaseName) -> None:
        """Remove a phase and its chunks; the barrier first, because no chunk can be closed without it."""
        self._table.delete_item(Key=stored.phase_key(ref, name))
        with self._table.batch_writer() as batch:
            for chunk in self.of_phase(ref, name):
                batch.delete_item(Key=stored.chunk_key(chunk.ref))

    def drop(self, ref: JobRef, name: PhaseName) -> None:
        """Remove a phase and its chunks, each with what it has added to the job's counts.

        The barrier goes first, because no chunk can be closed without it.
        """
        self._table.delete_item(Key=stored.phase_key(ref, name))
        with ThreadPoolExecutor(_WRITES) as pool:
            for _ in pool.map(self._drop_one, self.of_phase(ref, name)):
                pass  # the iteration raises the first failure

    def _drop_one(self, chunk: Chunk) -> None:
        where, names, values = self._unchanged(chunk)
        gone: dict[str, Any] = {"TableName": self._table.name, "Key": stored.chunk_key(chunk.ref)}
        gone |= {"ConditionExpression": where, "ExpressionAttributeNames": names, "ExpressionAttributeValues": values}
        self._taking_off(chunk, {"Delete": gone})

    def reopen(self, chunks: Iterable[Chunk]) -> None:
        """Give chunks that are done back to the queue in their next round, and take their counts off the job's.

        Each in a transaction of its own; nothing happens to one that was reopened since it was read.
        """
        with ThreadPoolExecutor(_WRITES) as pool:
            for _ in pool.map(self._reopen_one, chunks):
                pass  # the iteration raises the first failure

    def _reopen_one(self, chunk: Chunk) -> None:
        """Queue a closed chunk in its next round, without its counts; one that had failed may have delivered rows."""
        where, names, values = self._unchanged(chunk)
        gone = ["closed_at", "error", *(f"n_{name}" for name, value in chunk.counts.as_dict().items() if value)]
        names |= {f"#gone{place}": name for place, name in enumerate(gone)}
        change = update(
            self._table.name,
            stored.chunk_key(chunk.ref),
            "SET #state = :queued, attempts = :none, lease_until = :none, #round = :next, touched = :touched, "
            "due_at = :now REMOVE " + ", ".join(f"#gone{place}" for place in range(len(gone))),
            names,
            values
            | {":queued": str(ChunkState.QUEUED), ":none": 0, ":next": chunk.ref.round + 1}
            | {":touched": chunk.touched or chunk.state is ChunkState.FAILED, ":now": _now()},
            where,
        )
        self._taking_off(chunk, change)

    def _unchanged(self, chunk: Chunk) -> tuple[str, dict[str, str], dict[str, Any]]:
        """Build the condition that a chunk is in the state and the round in which it was read."""
        where = f"#state = :seen AND {_IN_ROUND}"
        return where, {"#state": "state", "#round": "round"}, {":seen": str(chunk.state), ":round": chunk.ref.round}

    def _taking_off(self, chunk: Chunk, change: dict[str, Any]) -> None:
        numbers = {f"n_{name}": -value for name, value in chunk.counts.as_dict().items() if value}
        try:
            transact(self._client, [change, self._counting_up(chunk.ref.job, numbers)])
        except ConditionFailed as failed:
            if failed.places != [0]:
                raise

    def of_phase(self, ref: JobRef, name: PhaseName) -> Iterator[Chunk]:
        """Yield the chunks of a phase in order."""
        condition = Key("pk").eq(f"{ref.tenant}#{ref.id}") & Key("sk").begins_with(f"chunk#{name}#")
        items = query_items(self._table.query, KeyConditionExpression=condition, ConsistentRead=True)
        return (stored.to_chunk(ref, item) for item in items)

    def get(self, ref: ChunkRef) -> Chunk | None:
        """Read a chunk, strongly consistent; ``None`` if it does not exist."""
        found = self._table.get_item(Key=stored.chunk_key(ref), ConsistentRead=True).get("Item")
        return None if found is None else stored.to_chunk(ref.job, found)

    def open_barrier(self, ref: JobRef, name: PhaseName, *, run: int, token: str) -> Barrier:
        """Set up the barrier of a phase for a run of the job.

        In the same run, an existing barrier only takes the new token. A later run requeues failed chunks, and counts
        the remaining chunks again.
        """
        while True:
            there = self.barrier(ref, name)
            if there is not None and there.run >= run:
                opened = self._write_phase(ref, there, replace(there, token=token))
            else:
                opened = self._write_phase(ref, there, self._counted(ref, name, run, token))
            if opened is not None:
                return opened

    def _counted(self, ref: JobRef, name: PhaseName, run: int, token: str) -> Barrier:
        found = list(self.of_phase(ref, name))
        for chunk in found:
            if chunk.state is ChunkState.FAILED:
                self._reopen_one(chunk)
        done = sum(chunk.state is ChunkState.DONE for chunk in found)
        return Barrier(name, run, total=len(found), remaining=len(found) - done, failed=0, token=token)

    def _write_phase(self, ref: JobRef, there: Barrier | None, opened: Barrier) -> Barrier | None:
        """Write a barrier; return ``None``, and write nothing, if the barrier changed since ``there`` was read."""
        condition: ConditionBase = Attr("pk").not_exists()
        if there is not None:
            condition = Attr("remaining").eq(there.remaining) & Attr("run").eq(there.run)
        item = stored.of_phase(ref, opened)
        try:
            self._table.put_item(Item=item, ConditionExpression=condition)
        except (self._condition_failed, self._transaction_conflict):
            return None
        return opened

    def barrier(self, ref: JobRef, name: PhaseName) -> Barrier | None:
        """Read the barrier of a phase, strongly consistent; ``None`` if it does not exist."""
        found = self._table.get_item(Key=stored.phase_key(ref, name), ConsistentRead=True).get("Item")
        return None if found is None else stored.to_phase(found)

    def lease(self, ref: ChunkRef, *, now: int, until: int) -> Chunk | None:
        """Lease a chunk that is queued or whose lease has expired.

        ``None`` if the chunk is closed, unknown, leased by another worker, or stored by a newer version.
        """
        known = Attr("format").not_exists() | Attr("format").lte(stored.FORMAT)
        free = Attr("state").eq(str(ChunkState.QUEUED))
        lapsed = Attr("state").eq(str(ChunkState.RUNNING)) & Attr("lease_until").lte(now)
        try:
            answer = self._table.update_item(
                Key=stored.chunk_key(ref),
                UpdateExpression="SET #state = :running, lease_until = :until ADD attempts :one",
                ConditionExpression=(free | lapsed) & known,
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={":running": str(ChunkState.RUNNING), ":until": until, ":one": 1},
                ReturnValues="ALL_NEW",
            )
        except self._condition_failed:
            return None
        return stored.to_chunk(ref.job, answer["Attributes"])

    def release(self, chunk: Chunk, error: Problem | None = None, *, tried: bool = True, touched: bool = True) -> None:
        """Release the lease of a chunk and requeue it; do nothing if another worker has leased it since.

        Unless ``tried``, the attempt does not count; ``touched`` as of a `Chunk`, and its ``due_at`` is stored.
        """
        ours = Attr("state").eq(str(ChunkState.RUNNING)) & Attr("attempts").eq(chunk.attempts)
        sets: dict[str, Any] = {
            "state": str(ChunkState.QUEUED),
            "lease_until": 0,
            "attempts": chunk.attempts - (not tried),
            "touched": touched,
            "due_at": chunk.due_at,
        }
        sets |= {"error": stored.of_problem(error)} if error else {}
        try:
            self._table.update_item(
                Key=stored.chunk_key(chunk.ref),
                UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in sets),
                ConditionExpression=ours,
                ExpressionAttributeNames={f"#{name}": name for name in sets},
                ExpressionAttributeValues={f":{name}": value for name, value in sets.items()},
            )
        except self._condition_failed:
            return

    def close(
        self,
        ref: ChunkRef,
        state: ChunkState,
        done: Counts | Parsed,
        error: Problem | None = None,
        *,
        free_at: int | None = None,
    ) -> bool:
        """Close a chunk, decrement its barrier and add to the job's counts in one transaction.

        Returns
        -------
        bool
            ``False``, and nothing changes, if the chunk was closed before, is in a later round, or is leased beyond
            ``free_at``.
        """
        counts = done.counts if isinstance(done, Parsed) else done
        numbers = {f"n_{name}": value for name, value in counts.as_dict().items() if value}
        read = stored.of_parsed(done.version, done.depends) if isinstance(done, Parsed) else {}
        parts = [
            self._closing(ref, state, numbers | read, error, free_at),
            self._counting_down(ref, state),
            self._counting_up(ref.job, numbers),
        ]
        try:
            transact(self._client, parts)
        except ConditionFailed as failed:
            if 0 not in failed.places:
                raise
            return False
        return True

    def _closing(
        self, ref: ChunkRef, state: ChunkState, added: dict[str, Any], error: Problem | None, free_at: int | None
    ) -> dict[str, Any]:
        sets = "".join(f", #{name} = :{name}" for name in added)
        closed = [f":c{place}" for place in range(len(CLOSED))]
        now = datetime.now(UTC).isoformat()
        values: dict[str, Any] = {":state": str(state), ":never": 0, ":now": now, ":round": ref.round}
        values |= {f":{name}": value for name, value in added.items()}
        values |= dict(zip(closed, map(str, CLOSED), strict=True))
        names = {"#state": "state", "#round": "round"} | {f"#{name}": name for name in added}
        if error is not None:
            sets += ", #error = :error"
            names["#error"] = "error"
            values[":error"] = stored.of_problem(error)
        open_still = f"attribute_exists(pk) AND NOT #state IN ({', '.join(closed)}) AND {_IN_ROUND}"
        if free_at is not None:
            open_still += " AND lease_until <= :free_at"
            values[":free_at"] = free_at
        return update(
            self._table.name,
            stored.chunk_key(ref),
            f"SET #state = :state, lease_until = :never, closed_at = :now{sets}",
            names,
            values,
            open_still,
        )

    def _counting_down(self, ref: ChunkRef, state: ChunkState) -> dict[str, Any]:
        failed = 1 if state is ChunkState.FAILED else 0
        return update(
            self._table.name,
            stored.phase_key(ref.job, ref.phase),
            "ADD remaining :less, failed :failed",
            {},
            {":less": -1, ":failed": failed},
            "attribute_exists(pk)",
        )

    def _counting_up(self, ref: JobRef, numbers: dict[str, int]) -> dict[str, Any]:
        values: dict[str, Any] = {":one": 1, ":now": datetime.now(UTC).isoformat()}
        return update(
            self._table.name,
            stored.job_key(ref),
            "SET updated_at = :now ADD version :one" + "".join(f", {name} :{name}" for name in numbers),
            {},
            values | {f":{name}": value for name, value in numbers.items()},
            "attribute_exists(pk)",
        )
