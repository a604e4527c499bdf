"""Schedules of sources in EventBridge Scheduler, which is their only store."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from sluice.model.errors import TryLater, format_of
from sluice.upstream.source import Schedule

_RATE = re.compile(r"rate\((\d+) minutes\)")
# Another caller may create or remove the schedule between two requests, but rarely several times in a row.
_ATTEMPTS = 5
# An event that does not reach the function within 15 minutes, the shortest period, is dropped: the next run follows.
_RETRIES = {"MaximumEventAgeInSeconds": 900, "MaximumRetryAttempts": 10}


# Input of a scheduled run, ``{"format": 1, "tenant", "source"}``; schedules live longer than a version. Format 0 is the
# same without the number.
_INPUT_FORMAT = 1


def read_input(event: Mapping[str, Any]) -> tuple[str, str]:
    """Read the tenant and the source from the input of a scheduled run; raises `NewerFormat`."""
    format_of(event, "The input of a scheduled run", newest=_INPUT_FORMAT)
    return event["tenant"], event["source"]


class EventBridgeSchedules:
    """The `Schedules` port on one schedule group.

    Parameters
    ----------
    client
        Client of EventBridge Scheduler.
    group
        Name of the schedule group.
    function_arn
        The function that a scheduled run calls, with the input that `read_input` reads.
    role_arn
        The role with the permission to call it.
    """

    def __init__(self, client: Any, group: str, function_arn: str, role_arn: str) -> None:
        self._client, self._group = client, group
        self._function_arn, self._role_arn = function_arn, role_arn
        self._conflict = client.exceptions.ConflictException
        self._missing = client.exceptions.ResourceNotFoundException

    def get(self, tenant: str, source: str) -> Schedule | None:
        """Return the schedule of a source; ``None`` if it has none, or one that an operator has changed.

        An operator with access to the account may have disabled it, or given it another expression.
        """
        try:
            found = self._client.get_schedule(**self._key(tenant, source))
        except self._missing:
            return None
        rate = _RATE.fullmatch(found["ScheduleExpression"])
        if rate is None or found["State"] != "ENABLED" or "StartDate" not in found:
            return None
        return Schedule(int(rate[1]), found["StartDate"].astimezone(UTC))

    def put(self, tenant: str, source: str, schedule: Schedule) -> None:
        """Write the schedule of a source, which replaces the one that it has.

        Raises
        ------
        TryLater
            If other callers change it at the same time.
        """
        wanted = self._key(tenant, source) | self._definition(tenant, source, schedule)
        for _ in range(_ATTEMPTS):
            try:
                self._client.create_schedule(**wanted)
                return
            except self._conflict:  # it exists
                pass
            try:
                self._client.update_schedule(**wanted)
                return
            except (self._missing, self._conflict):  # it was removed, or is being changed
                continue
        raise _contended(source)

    def remove(self, tenant: str, source: str) -> None:
        """Remove the schedule of a source, if it has one.

        Raises
        ------
        TryLater
            If other callers change it at the same time.
        """
        for _ in range(_ATTEMPTS):
            try:
                self._client.delete_schedule(**self._key(tenant, source))
                return
            except self._missing:
                return
            except self._conflict:
                continue
        raise _contended(source)

    def _key(self, tenant: str, source: str) -> dict[str, Any]:
        # at most 64 characters (EventBridge Scheduler API Reference, Name), as many as a tenant's name may have
        digest = hashlib.sha256(tenant.encode()).hexdigest()[:32]
        return {"GroupName": self._group, "Name": f"{source}-{digest}"}

    def _definition(self, tenant: str, source: str, schedule: Schedule) -> dict[str, Any]:
        return {
            "Description": f"Pulls the source {source} for the tenant {tenant}.",
            "ScheduleExpression": f"rate({schedule.every_minutes} minutes)",
            "StartDate": schedule.starting_at,
            "State": "ENABLED",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {
                "Arn": self._function_arn,
                "RoleArn": self._role_arn,
                "Input": json.dumps({"format": _INPUT_FORMAT, "tenant": tenant, "source": source}),
                "RetryPolicy": _RETRIES,
            },
        }


def _contended(source: str) -> TryLater:
    return TryLater("schedule-taken", 1, source=source)
