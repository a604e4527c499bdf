"""Retention of files and items, as template.yaml declares it."""

from __future__ import annotations

import json

from tests.integration.template import template


def test_no_object_expires_by_its_age() -> None:
    """A job may wait longer than any age; what it leaves goes by its end, see `sluice.usecases.expiry`."""
    rules = template()["Resources"]["FilesBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert [rule["Id"] for rule in rules] == ["unfinished-uploads"]
    assert not any("Expiration" in name for rule in rules for name in rule)


def test_the_bucket_is_not_versioned() -> None:
    assert "VersioningConfiguration" not in template()["Resources"]["FilesBucket"]["Properties"]


def test_caches_and_tickets_expire_by_the_time_that_they_have() -> None:
    expiry = template()["Resources"]["JobsTable"]["Properties"]["TimeToLiveSpecification"]
    assert expiry == {"AttributeName": "expires_at", "Enabled": True}


def test_what_has_expired_is_removed_every_hour() -> None:
    events = template()["Resources"]["SweeperFunction"]["Properties"]["Events"]
    schedule = events["Expiry"]["Properties"]
    assert (schedule["Schedule"], json.loads(schedule["Input"])) == ("rate(1 hour)", {"task": "expire"})
    assert template()["Parameters"]["RetentionDays"]["Type"] == "Number"
