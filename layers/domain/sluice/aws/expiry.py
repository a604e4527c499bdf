"""What is left of jobs that have ended, in DynamoDB: found by the index, and removed when its time is over.

Items of a job have no `expires_at`: DynamoDB would remove them by a time that was set before, whatever has become of
the job since. The index has a partition for each `Stage`, in which jobs sort by their creation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, Key
from ulid import ULID

from sluice.aws import stored
from sluice.aws.dynamodb import query_items, read_items
from sluice.aws.quotas import share_key
from sluice.model.chunk import JobRef
from sluice.model.job import Job
from sluice.model.lock import file_lock
from sluice.model.retention import Stage
from sluice.model.status import ENDED

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

# The event of an object comes within seconds, but the object's time is that at which a multipart upload began, which is
# aborted after a day (Amazon S3 User Guide, "Multipart upload", and the bucket's lifecycle).
_BEFORE_EVENT = timedelta(hours=1)
_UNTIL_EVENT = timedelta(days=2)


class DynamoEndedJobs:
    """The `EndedJobs` port on DynamoDB.

    Parameters
    ----------
    table
        The jobs table.
    keep_days
        Days that what a job leaves is kept after its end.
    """

    def __init__(self, table: Table, keep_days: int) -> None:
        self._table = table
        self._keep = timedelta(days=keep_days)
        self._condition_failed = table.meta.client.exceptions.ConditionalCheckFailedException

    def of_stage(self, stage: Stage, *, before: datetime) -> Iterator[Job]:
        """Yield the jobs of all tenants in a stage that were created before a time, oldest first by hundreds."""
        condition = Key("active").eq(str(stage)) & Key("sk").lt(_first_id(before))
        found = query_items(self._table.query, IndexName="active", KeyConditionExpression=condition)
        for item in read_items(self._table, ({"pk": each["pk"], "sk": each["sk"]} for each in found)):
            let_stay(self._table, item)
            job = read_job({name: value for name, value in item.items() if name != "expires_at"}, self._keep)
            if job.status in ENDED:  # the index follows the table later
                yield job

    def keep(self, job: Job) -> None:
        """Note that the parts of a job's file are removed, unless the job has gone on since it was read."""
        with suppress(self._condition_failed):
            self._table.update_item(
                Key=stored.job_key(job.ref),
                UpdateExpression="SET active = :kept",
                ConditionExpression=Attr("version").eq(job.version),
                ExpressionAttributeValues={":kept": str(Stage.KEPT)},
            )

    def forget(self, ref: JobRef) -> None:
        """Remove the log of a job and what else is in its partition, then the job, so that a second call goes on."""
        with self._table.batch_writer() as batch:
            for key in _keys(self._table, ref):
                batch.delete_item(Key=key)
        self._table.delete_item(Key=stored.job_key(ref))

    def missing(self, refs: Iterable[JobRef]) -> list[JobRef]:
        """List those of the jobs that are not there."""
        refs = list(refs)
        found = read_items(self._table, map(stored.job_key, refs))
        there = {JobRef(item["tenant"], item["sk"]) for item in found}
        return [ref for ref in refs if ref not in there]

    def has_file(self, tenant: str, key: str, written: datetime) -> bool:
        """Return whether a job of the tenant has an object of the drop folder, written at this time, as its file."""
        ids = Key("sk").between(_first_id(written - _BEFORE_EVENT), _first_id(written + _UNTIL_EVENT))
        condition = Key("pk").eq(stored.jobs_of(tenant)) & ids
        its_file = Attr("file.key").eq(key)
        query: dict[str, Any] = {"KeyConditionExpression": condition, "FilterExpression": its_file}
        return any(query_items(self._table.query, **query, ConsistentRead=True))


def read_job(item: dict[str, Any], keep: timedelta) -> Job:
    """Read a job; one that has ended says until when what it leaves is kept, by the present retention.

    An item of an earlier version that ended under it has `expires_at`, and goes at that time.
    """
    job = stored.to_job(item)
    if job.status not in ENDED:
        return job
    until = (job.finished_at or job.created_at) + keep
    if "expires_at" in item:
        until = min(until, datetime.fromtimestamp(int(item["expires_at"]), UTC))
    return replace(job, kept_until=until)


def let_stay(table: Table, item: dict[str, Any]) -> None:
    """Remove `expires_at` from the items of a job that an earlier version wrote, its own last.

    That version set it by the creation of each item, so DynamoDB would remove them while the job waits.
    """
    if "expires_at" not in item:
        return
    job = stored.to_job(item)
    keys = [*_keys(table, job.ref), share_key(job.ref)]
    if job.file.sha256:
        keys.append(stored.lock_key(file_lock(job.ref.tenant, job.importer, job.file.sha256, job.given.claimed)))
    for key in (*keys, stored.job_key(job.ref)):
        with suppress(table.meta.client.exceptions.ConditionalCheckFailedException):
            table.update_item(
                Key=key, UpdateExpression="REMOVE expires_at", ConditionExpression=Attr("expires_at").exists()
            )


def _keys(table: Table, ref: JobRef) -> Iterator[dict[str, str]]:
    """Yield the keys of what is in the partition of a job."""
    condition = Key("pk").eq(stored.log_prefix(ref)["pk"])
    found = query_items(
        table.query, KeyConditionExpression=condition, ProjectionExpression="pk, sk", ConsistentRead=True
    )
    return ({"pk": each["pk"], "sk": each["sk"]} for each in found)


def _first_id(moment: datetime) -> str:
    """Return the first id of a job that is created at a moment; others sort behind it."""
    return str(ULID.from_bytes(int(moment.timestamp() * 1000).to_bytes(6, "big") + bytes(10)))
