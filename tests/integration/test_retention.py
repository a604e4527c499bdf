"""Retention of files and items, as template.yaml declares it."""

from __future__ import annotations

import pytest

from sluice.model.chunk import JobRef
from sluice.usecases.artifacts import job_folder, result_key, upload_key
from tests.integration.template import template

REF = JobRef("acme", "01ABC")


@pytest.mark.parametrize(
    "key",
    [
        upload_key(REF, "a.xlsx"),
        "incoming/acme/voters/a.xlsx",
        job_folder(REF),
        result_key(REF, 1, "result.xlsx"),
    ],
)
def test_inputs_and_results_expire_after_the_days_of_the_deployment(key: str) -> None:
    rules = template()["Resources"]["FilesBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    (days,) = [rule["ExpirationInDays"] for rule in rules if "Prefix" in rule and key.startswith(rule["Prefix"])]
    assert days == "RetentionDays"
    assert template()["Parameters"]["RetentionDays"]["Type"] == "Number"


def test_the_bucket_is_not_versioned() -> None:
    assert "VersioningConfiguration" not in template()["Resources"]["FilesBucket"]["Properties"]


def test_jobs_and_their_items_expire() -> None:
    expiry = template()["Resources"]["JobsTable"]["Properties"]["TimeToLiveSpecification"]
    assert expiry == {"AttributeName": "expires_at", "Enabled": True}
