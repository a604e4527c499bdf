"""Tickets in the jobs table: ``pk = {tenant}#tickets``, ``sk`` = digest of the ticket; its text is not stored."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr

from sluice.model.event import Ticket

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class DynamoTickets:
    """The `Tickets` port on the jobs table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._condition_failed = table.meta.client.exceptions.ConditionalCheckFailedException

    def add(self, secret: str, ticket: Ticket, *, good_until: int) -> None:
        """Store a ticket; it can be used until ``good_until``, in epoch seconds."""
        item: dict[str, Any] = {"subject": ticket.subject, "until": ticket.until, "good_until": good_until}
        if ticket.job_id is not None:
            item["job_id"] = ticket.job_id
        # The item must outlive the stream that it opens. TTL may be late, so `use` compares the times itself.
        self._table.put_item(Item={**_key(ticket.tenant, secret), **item, "expires_at": ticket.until})

    def use(self, tenant: str, secret: str, *, stream: str, now: int) -> Ticket | None:
        """Use a ticket for a stream; ``None`` if it is unknown, has expired, or was used before."""
        try:
            answer = self._table.update_item(
                Key=_key(tenant, secret),
                UpdateExpression="SET #stream = :stream",
                ConditionExpression=Attr("good_until").gt(now) & Attr("stream").not_exists(),
                ExpressionAttributeNames={"#stream": "stream"},
                ExpressionAttributeValues={":stream": stream},
                ReturnValues="ALL_NEW",
            )
        except self._condition_failed:
            return None
        return _ticket(tenant, answer["Attributes"])

    def get(self, tenant: str, secret: str) -> Ticket | None:
        """Return a ticket, used or not."""
        found = self._table.get_item(Key=_key(tenant, secret), ConsistentRead=True).get("Item")
        return None if found is None else _ticket(tenant, found)


def _key(tenant: str, secret: str) -> dict[str, str]:
    return {"pk": f"{tenant}#tickets", "sk": hashlib.sha256(secret.encode()).hexdigest()}


def _ticket(tenant: str, item: dict[str, Any]) -> Ticket:
    return Ticket(tenant, item["subject"], item.get("job_id"), int(item["until"]), item.get("stream", ""))
