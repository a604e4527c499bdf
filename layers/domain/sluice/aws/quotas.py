"""What each tenant has under way, and which of its calls wait, as items of the jobs table.

=========================  ===========  ==========================================================
pk                         sk           item
=========================  ===========  ==========================================================
``{tenant}#under-way``     ``{job}``    a job that has not ended: its bytes, and whether it is a sync
``{tenant}#under-way``     ``#``        a number that rises with each job that begins
=========================  ===========  ==========================================================

A job's item is written and removed in the transactions that begin and end the job, so that no share is lost with a
process. Two jobs that begin at once read the same number, and only one of them can raise it: the other counts anew.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key

from sluice.aws.dynamodb import put, query_items, update
from sluice.model.chunk import JobRef
from sluice.model.job import Job
from sluice.model.quota import Limits, UnderWay, check, share_of, was_counted

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

# Sorts before every id.
_NUMBER = "#"


@dataclass(frozen=True)
class Quotas:
    """The limits of every tenant, and what each has under way."""

    table: Table
    limits: Limits

    def entry(self, job: Job) -> list[dict[str, Any]]:
        """Build the actions that count a job which begins, or goes on after its end.

        The first of two fails if another job began meanwhile. A job that was counted before is counted again, however
        much is under way: a rollback and a retry must not wait.

        Raises
        ------
        QuotaReached
            If its tenant has too much under way.
        """
        share = share_of(job)
        counted = put(self.table.name, {**share_key(job.ref), "bytes": share.bytes, "sync": share.is_sync})
        if self.limits.are_none or was_counted(job):
            return [counted]
        seen, there = self._under_way(job.ref)
        check(self.limits, there, share)
        where = "#number = :seen" if seen else "attribute_not_exists(#number)"
        values = {":next": seen + 1} | ({":seen": seen} if seen else {})
        number = {"pk": _partition(job.ref), "sk": _NUMBER}
        return [update(self.table.name, number, "SET #number = :next", {"#number": "number"}, values, where), counted]

    def exit(self, ref: JobRef) -> dict[str, Any]:
        """Build the action that gives back the share of a job; a second one gives back nothing."""
        return {"Delete": {"TableName": self.table.name, "Key": share_key(ref)}}

    def _under_way(self, ref: JobRef) -> tuple[int, list[UnderWay]]:
        """Read what the tenant of a job has under way besides the job, and the number that goes with it."""
        condition = Key("pk").eq(_partition(ref))
        found = {
            item["sk"]: item
            for item in query_items(self.table.query, KeyConditionExpression=condition, ConsistentRead=True)
        }
        number = found.pop(_NUMBER, {}).get("number", 0)
        found.pop(ref.id, None)
        there = [UnderWay(item["sk"], int(item["bytes"]), bool(item["sync"])) for item in found.values()]
        return int(number), there


@dataclass(frozen=True)
class Waits:
    """The calls of each tenant that wait, ``most`` of a tenant at a time, or a few more that begin at once.

    A call is the item ``pk = {tenant}#waits``, ``sk`` = the time at which it ends at the latest and a random text, so
    that one whose function died counts until then.
    """

    table: Table
    most: int

    def begin(self, tenant: str, seconds: float) -> str | None:
        """Count a call that waits for ``seconds`` at most; ``None`` if its tenant has as many as it may."""
        now = time.time()
        running = Key("pk").eq(_waits_of(tenant)) & Key("sk").gt(_at(now))
        if self.table.query(KeyConditionExpression=running, Select="COUNT")["Count"] >= self.most:
            return None
        slot, ends = f"{_at(now + seconds)}#{secrets.token_hex(8)}", int(now + seconds) + 60
        self.table.put_item(Item={"pk": _waits_of(tenant), "sk": slot, "expires_at": ends})
        return slot

    def end(self, tenant: str, slot: str) -> None:
        """Count a call no more."""
        self.table.delete_item(Key={"pk": _waits_of(tenant), "sk": slot})


def _waits_of(tenant: str) -> str:
    return f"{tenant}#waits"


def _at(moment: float) -> str:
    return f"{moment:015.3f}"


def _partition(ref: JobRef) -> str:
    return f"{ref.tenant}#under-way"


def share_key(ref: JobRef) -> dict[str, str]:
    """Return the key of what a job has of its tenant's limits."""
    return {"pk": _partition(ref), "sk": ref.id}
