"""Schedules in EventBridge Scheduler, which strikes by them; there is no other copy."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC
from typing import Any

from sluice.model.errors import TryLater
from sluice.model.schedule import Schedule

_RATE = re.compile(r"rate\((\d+) minutes\)")
# Somebody else may make or remove the schedule between our two calls; nobody does so time and again.
_TRIES = 5
# What cannot be handed to the function within a quarter of an hour, the shortest period, is left to the next strike.
_RETRIES = {"MaximumEventAgeInSeconds": 900, "MaximumRetryAttempts": 10}


class EventBridgeSchedules:
    """The `Schedules` port on one schedule group.

    Parameters
    ----------
    client
        Of EventBridge Scheduler.
    group
        The group's name.
    function_arn
        What a strike calls, with ``{"tenant", "source"}``.
    role_arn
        The role that may call it.
    """

    def __init__(self, client: Any, group: str, function_arn: str, role_arn: str) -> None:
        self._client, self._group = client, group
        self._function_arn, self._role_arn = function_arn, role_arn
        self._conflict = client.exceptions.ConflictException
        self._missing = client.exceptions.ResourceNotFoundException

    def get(self, tenant: str, source: str) -> Schedule | None:
        """The schedule of a source; ``None`` when it has none, or one that is not ours any more.

        Somebody with access to the account may have switched it off or given it another expression.
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
        """Give a source a schedule that begins now or later, in place of the one that it has.

        Raises
        ------
        TryLater
            If others are changing it all the time.
        """
        wanted = self._key(tenant, source) | self._definition(tenant, source, schedule)
        for _ in range(_TRIES):
            try:
                self._client.create_schedule(**wanted)
                return
            except self._conflict:  # there is one
                pass
            try:
                self._client.update_schedule(**wanted)
                return
            except (self._missing, self._conflict):  # it was removed, or is being changed
                continue
        raise _contended(source)

    def remove(self, tenant: str, source: str) -> None:
        """Take a source's schedule away; nothing happens when it has none.

        Raises
        ------
        TryLater
            If others are changing it all the time.
        """
        for _ in range(_TRIES):
            try:
                self._client.delete_schedule(**self._key(tenant, source))
                return
            except self._missing:
                return
            except self._conflict:
                continue
        raise _contended(source)

    def _key(self, tenant: str, source: str) -> dict[str, Any]:
        # at most 64 characters (EventBridge Scheduler API Reference, Name), which a tenant's name may have by itself
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
                "Input": json.dumps({"tenant": tenant, "source": source}),
                "RetryPolicy": _RETRIES,
            },
        }


def _contended(source: str) -> TryLater:
    return TryLater("schedule-taken", 1, source=source)
