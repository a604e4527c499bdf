"""Who has something for itself: an item of the jobs table that names a job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase

from sluice.model.chunk import JobRef

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

Key = Mapping[str, str]


class DynamoLocks:
    """A turn, a file, a source: each has one job at a time, of its own tenant."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._rejected = table.meta.client.exceptions.ConditionalCheckFailedException

    def holder(self, key: Key, tenant: str) -> JobRef | None:
        """The job that has it."""
        found = self._table.get_item(Key=dict(key), ConsistentRead=True).get("Item")
        return JobRef(tenant, str(found["job"])) if found else None

    def take(self, key: Key, ref: JobRef, *, instead_of: JobRef | None = None, expires_at: int | None = None) -> bool:
        """Take it for a job if it is nobody's, or ``instead_of``'s; says whether it is this job's now."""
        free: ConditionBase = Attr("pk").not_exists() | Attr("job").eq(ref.id)
        if instead_of is not None:
            free |= Attr("job").eq(instead_of.id)
        item: dict[str, Any] = {**key, "job": ref.id} | ({"expires_at": expires_at} if expires_at else {})
        return self._write(lambda: self._table.put_item(Item=item, ConditionExpression=free))

    def give(self, key: Key, holder: JobRef, to: JobRef | None) -> bool:
        """Give it from its holder to another job, or to nobody; ``False`` if it was not the holder's."""
        ours = Attr("job").eq(holder.id)
        if to is not None:
            return self._write(lambda: self._table.put_item(Item={**key, "job": to.id}, ConditionExpression=ours))
        return self._write(lambda: self._table.delete_item(Key=dict(key), ConditionExpression=ours))

    def _write(self, write: Callable[[], object]) -> bool:
        try:
            write()
        except self._rejected:
            return False
        return True
