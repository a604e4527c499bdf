"""Locks in DynamoDB: each is an item of the jobs table that names its owner, a job."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase

from sluice.aws import stored
from sluice.model.chunk import JobRef
from sluice.model.lock import Lock, LockKind

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class DynamoLocks:
    """The `Locks` port on DynamoDB.

    Parameters
    ----------
    table
        The jobs table.
    keep_days
        Days after which the table's TTL removes the lock of a file, as it removes the job that imported the file.
    """

    def __init__(self, table: Table, keep_days: int) -> None:
        self._table = table
        self._keep = timedelta(days=keep_days)
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
        if lock.kind is LockKind.FILE:
            item |= {"expires_at": int((datetime.now(UTC) + self._keep).timestamp())}
        return self._write(lambda: self._table.put_item(Item=item, ConditionExpression=free))

    def transfer(self, lock: Lock, owner: JobRef, to: JobRef) -> bool:
        """Make another job the owner; ``False`` if ``owner`` does not own the lock."""
        item, ours = stored.of_lock(lock, to), Attr("job").eq(owner.id)
        return self._write(lambda: self._table.put_item(Item=item, ConditionExpression=ours))

    def release(self, lock: Lock, owner: JobRef) -> bool:
        """Free a lock; ``False`` if ``owner`` does not own it."""
        ours = Attr("job").eq(owner.id)
        return self._write(lambda: self._table.delete_item(Key=stored.lock_key(lock), ConditionExpression=ours))

    def _write(self, write: Callable[[], object]) -> bool:
        try:
            write()
        except self._condition_failed:
            return False
        return True
