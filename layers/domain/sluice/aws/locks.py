"""Locks in DynamoDB: each is an item of the jobs table that names its owner, a job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase, Key

from sluice.aws import stored
from sluice.aws.dynamodb import put, update
from sluice.model.chunk import JobRef
from sluice.model.job import Job, WaitsFor
from sluice.model.lock import Held, Lock, LockKind, LockStep, Waiting

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class DynamoLocks:
    """The `Locks` port on DynamoDB.

    Parameters
    ----------
    table
        The jobs table.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._condition_failed = table.meta.client.exceptions.ConditionalCheckFailedException

    def owner(self, lock: Lock) -> JobRef | None:
        """Read the owner, strongly consistent; ``None`` if the lock is free."""
        found = self._table.get_item(Key=stored.lock_key(lock), ConsistentRead=True).get("Item")
        return JobRef(lock.tenant, str(found["job"])) if found else None

    def acquire(self, lock: Lock, ref: JobRef, *, instead_of: JobRef | None = None) -> bool:
        """Acquire a lock that is free or belongs to ``instead_of``; return whether the job owns it now."""
        free: ConditionBase = Attr("pk").not_exists() | Attr("job").eq(ref.id)
        if instead_of is not None:
            free |= Attr("job").eq(instead_of.id)
        item: dict[str, Any] = stored.of_lock(lock, ref)
        return self._write(lambda: self._table.put_item(Item=item, ConditionExpression=free))

    def transfer(self, lock: Lock, owner: JobRef, to: JobRef) -> bool:
        """Make another job the owner; ``False`` if ``owner`` does not own the lock."""
        item, ours = stored.of_lock(lock, to), Attr("job").eq(owner.id)
        return self._write(lambda: self._table.put_item(Item=item, ConditionExpression=ours))

    def release(self, lock: Lock, owner: JobRef) -> bool:
        """Free a lock; ``False`` if ``owner`` does not own it."""
        key, ours = stored.lock_key(lock), Attr("job").eq(owner.id)
        if lock.kind is LockKind.DATASET:  # its item keeps the number of the hold
            return self._write(
                lambda: self._table.update_item(
                    Key=key,
                    UpdateExpression="REMOVE #job",
                    ConditionExpression=ours,
                    ExpressionAttributeNames={"#job": "job"},
                )
            )
        return self._write(lambda: self._table.delete_item(Key=key, ConditionExpression=ours))

    def held(self, lock: Lock) -> Held:
        """Read the lock of a dataset, with the first in its line, strongly consistent."""
        in_order = Key("pk").eq(stored.lock_key(lock)["pk"]) & Key("sk").gte("lock")
        found = self._table.query(KeyConditionExpression=in_order, ConsistentRead=True, Limit=2)["Items"]
        return stored.to_held(lock, found)

    def line(self, lock: Lock, limit: int) -> list[Waiting]:
        """List the first jobs in the line of a dataset's lock."""
        in_order = Key("pk").eq(stored.lock_key(lock)["pk"]) & Key("sk").begins_with("wait#")
        found = self._table.query(KeyConditionExpression=in_order, ConsistentRead=True, Limit=limit)["Items"]
        return [stored.to_waiting(lock, item) for item in found]

    def leave(self, lock: Lock, waiting: Waiting) -> None:
        """Take a job that no longer waits out of the line; a later run that waits there stays."""
        key, same = stored.waiting_key(lock, waiting), Attr("run").eq(waiting.run)
        self._write(lambda: self._table.delete_item(Key=key, ConditionExpression=same))

    def enlist(self, lock: Lock, ref: JobRef) -> None:
        """Note that a job of the drop folder will load into a dataset."""
        self._table.put_item(Item=stored.dropped_key(lock, ref))

    def older(self, lock: Lock, ref: JobRef) -> list[JobRef]:
        """List the jobs of the drop folder that are enlisted and older than this one, oldest first."""
        key = stored.dropped_key(lock, ref)
        before = Key("pk").eq(key["pk"]) & Key("sk").between("dropped#", key["sk"])
        found = self._table.query(KeyConditionExpression=before, ConsistentRead=True)["Items"]
        return [JobRef(lock.tenant, str(item["sk"]).partition("#")[2]) for item in found if item["sk"] != key["sk"]]

    def delist(self, lock: Lock, ref: JobRef) -> None:
        """Remove what `enlist` has noted."""
        self._table.delete_item(Key=stored.dropped_key(lock, ref))

    def _write(self, write: Callable[[], object]) -> bool:
        try:
            write()
        except self._condition_failed:
            return False
        return True


def owned_by(table: str, lock: Lock, owner: JobRef, instead_of: JobRef | None) -> dict[str, Any]:
    """Build the action that makes a new job the owner of a lock, which must be free or belong to ``instead_of``."""
    part = put(table, stored.of_lock(lock, owner))
    if instead_of is None:
        part["Put"]["ConditionExpression"] = "attribute_not_exists(pk)"
    else:
        part["Put"] |= {"ConditionExpression": "#job = :before", "ExpressionAttributeNames": {"#job": "job"}}
        part["Put"] |= {"ExpressionAttributeValues": {":before": instead_of.id}}
    return part


def step_parts(table: str, job: Job, step: LockStep) -> list[dict[str, Any]]:
    """Build the actions of a step at the lock of a dataset: on its item, and on the job's place in its line."""
    seen, names = step.seen, {"#job": "job", "#hold": "hold"}
    where = "#job = :owner" if seen.owner else "attribute_not_exists(#job)"
    where += " AND #hold = :seen" if seen.number else " AND attribute_not_exists(#hold)"
    values: dict[str, Any] = {":owner": seen.owner.id} if seen.owner else {}
    values |= {":seen": seen.number} if seen.number else {}
    if step.takes and seen.owner is None:
        change = "SET #job = :taker, #hold = :next"
        values |= {":taker": job.ref.id, ":next": seen.number + 1}
        if newest := seen.newest_with(job):
            change += ", newest = :newest"
            values |= {":newest": newest}
    else:  # to join the line, or to take what the job holds already, only checks the lock
        change = "SET #hold = :seen"
    parts = [update(table, stored.lock_key(step.lock), change, names, values, where)]
    if not step.takes:
        parts.append(put(table, stored.of_waiting(step.lock, Waiting(job.ref, job.urgent, job.run + 1))))
    elif job.is_in_line:
        place = stored.waiting_key(step.lock, Waiting(job.ref, job.urgent, job.run))
        parts.append({"Delete": {"TableName": table, "Key": place}})
    return parts


def freeing(table: str, job: Job, lock: Lock) -> dict[str, Any]:
    """Build the action that frees the lock of a dataset, if the job has this hold of it; its item stays."""
    names, values = {"#job": "job", "#hold": "hold"}, {":owner": job.ref.id, ":hold": job.hold}
    where = "#job = :owner AND #hold = :hold"
    return update(table, stored.lock_key(lock), "REMOVE #job", names, values, where)


def held_by(job: Job, step: LockStep) -> dict[str, Any]:
    """Return the attributes that a step at the lock of its dataset sets in a job."""
    seen = step.seen
    if not step.takes:
        ahead = seen.owner or (seen.first.ref if seen.first else job.ref)
        return {"waits_for": asdict(WaitsFor("dataset", ahead.id))}
    number = seen.number if seen.owner else seen.number + 1
    # its run begins only now: the wait counts towards no time limit
    return {"hold": number} | ({"run_at": datetime.now(UTC).isoformat()} if job.is_in_line else {})
