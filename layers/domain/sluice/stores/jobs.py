"""Jobs in DynamoDB; `items` says how they lie there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase, Key

from sluice.model.chunk import JobRef, PhaseName
from sluice.model.errors import NotFound, Problem, RequestRefused
from sluice.model.job import Job, JobFile
from sluice.model.page import Page
from sluice.model.status import ENDED, Status, illegal_move, sources_of
from sluice.stores import items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

# Ids have 26 characters; what is much longer was made up, and DynamoDB would break over it.
_ID_LENGTH = 64
_PHASES = {Status.PARSING: PhaseName.PARSE, Status.LOADING: PhaseName.LOAD}


class DynamoJobs:
    """The `Jobs` port on DynamoDB.

    Parameters
    ----------
    table
        The jobs table.
    keep_days
        After so many days a job is removed by the table's TTL.
    """

    def __init__(self, table: Table, keep_days: int) -> None:
        self._table = table
        self._keep = timedelta(days=keep_days)
        self._refused = table.meta.client.exceptions.ConditionalCheckFailedException

    def add(self, job: Job) -> bool:
        """Add a job; ``False`` when there is one of that id already."""
        item = items.of_job(job) | {"expires_at": int((job.created_at + self._keep).timestamp())}
        try:
            self._table.put_item(Item=item, ConditionExpression=Attr("pk").not_exists())
        except self._refused:
            return False
        return True

    def get(self, ref: JobRef) -> Job:
        """The job as it is now; raises `NotFound`."""
        if len(ref.id) > _ID_LENGTH:
            raise NotFound("job", ref.id[:_ID_LENGTH])
        found = self._table.get_item(Key=items.job_key(ref), ConsistentRead=True).get("Item")
        if found is None:
            raise NotFound("job", ref.id)
        return items.to_job(found)

    def page(
        self, tenant: str, *, status: str | None, importer: str | None, limit: int, cursor: str | None
    ) -> Page[Job]:
        """Jobs of a tenant, newest first; the cursor is the id of the last job seen."""
        condition: ConditionBase = Key("pk").eq(items.jobs_of(tenant))
        if cursor and len(cursor) > _ID_LENGTH:
            raise RequestRefused("bad-cursor", "The cursor does not hold", "Ask for the list again from its beginning.")
        if cursor:
            condition &= Key("sk").lt(cursor)
        query: dict[str, Any] = {"KeyConditionExpression": condition, "ScanIndexForward": False, "Limit": 100}
        for name, value in (("status", status), ("importer", importer)):
            if value:
                wanted = Attr(name).eq(value)
                query["FilterExpression"] = (
                    query["FilterExpression"] & wanted if "FilterExpression" in query else wanted
                )
        found: list[Job] = []
        for item in self._items(query):
            if len(found) == limit:
                return Page(found, found[-1].ref.id)
            found.append(items.to_job(item))
        return Page(found, None)

    def active(self) -> Iterator[Job]:
        """Jobs of all tenants that have not ended."""
        query = {"IndexName": "active", "KeyConditionExpression": Key("active").eq(items.ACTIVE)}
        for item in self._items(query):
            yield self.get(JobRef(item["pk"].removesuffix("#jobs"), item["sk"]))

    def move(self, ref: JobRef, to: Status, *, file: JobFile | None = None, problem: Problem | None = None) -> Job:
        """Move a job on, at once with what else changes; a job that is there already stays as it is.

        Raises
        ------
        Conflict
            If the move is not legal from the job's state.
        NotFound
            If there is no such job.
        """
        now = datetime.now(UTC).isoformat()
        changes: dict[str, Any] = {"status": str(to), "phase": _PHASES.get(to), "updated_at": now}
        if to is Status.PARSING:
            changes["started_at"] = now
        if to in ENDED:
            changes["finished_at"] = now
        if file:
            changes["file"] = asdict(file)
        if problem:
            changes["problem"] = asdict(problem)
        allowed = Attr("status").is_in([str(status) for status in sources_of(to)])
        try:
            return self._update(ref, changes, allowed, ended=to in ENDED)
        except self._refused:
            job = self.get(ref)
            if job.status is to:
                return job
            raise illegal_move(ref.id, job.status, to) from None

    def describe(self, ref: JobRef, *, file: JobFile, total: int) -> None:
        """Note what `plan` found out: the file, and how many rows were cut.

        Once: chunks take their blank rows off the total, and a plan that comes late must not put them back.
        """
        changes = {
            "file": asdict(file),
            "n_total": total,
            "planned": True,
            "updated_at": datetime.now(UTC).isoformat(),
        }
        with suppress(self._refused):
            self._update(ref, changes, Attr("pk").exists() & Attr("planned").not_exists(), ended=False)

    def touch(self, ref: JobRef) -> None:
        """Note that something was done about a job."""
        changes = {"updated_at": datetime.now(UTC).isoformat()}
        self._update(ref, changes, Attr("pk").exists(), ended=False)

    def _update(self, ref: JobRef, changes: Mapping[str, Any], allowed: Any, *, ended: bool) -> Job:
        sets = ", ".join(f"#{name} = :{name}" for name in changes)
        answer = self._table.update_item(
            Key=items.job_key(ref),
            UpdateExpression=f"SET {sets} ADD version :one" + (" REMOVE active" if ended else ""),
            ConditionExpression=allowed,
            ExpressionAttributeNames={f"#{name}": name for name in changes},
            ExpressionAttributeValues={":one": 1} | {f":{name}": value for name, value in changes.items()},
            ReturnValues="ALL_NEW",
        )
        return items.to_job(answer["Attributes"])

    def _items(self, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
        while True:
            answer = self._table.query(**query)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            query = query | {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
