"""The samples of every importer, from upload to the dataset, or to the categories of a lookup."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.fake_upstreams.voters import category
from local.stack import Stack
from sluice.catalog.registry import importer_named
from tests.samples import SAMPLES, Sample
from tests.support.people import Person

LOOKED_UP = [sample for sample in SAMPLES if importer_named(sample.importer).lookup]
LOADED = [sample for sample in SAMPLES if sample not in LOOKED_UP]


def name_of(sample: Sample) -> str:
    return f"{sample.importer}-{sample.filename}"


def imported(ann: Person, sample: Sample) -> dict[str, Any]:
    """Import a sample, and check the counts and rejections of its rows."""
    job = ann.imported(sample.body(), filename=sample.filename, importer=sample.importer)
    assert job["status"] == "completed", job
    found = [(rejection["row"], rejection["column"], rejection["reason"]) for rejection in ann.rejections(job["id"])]
    assert found == sample.rejected
    assert job["counts"]["rejected"] == len({row for row, _, _ in sample.rejected})
    assert job["counts"]["inserted"] == len(sample.good)
    return job


@pytest.mark.parametrize("sample", LOADED, ids=name_of)
def test_a_sample_has_the_expected_outcome(ann: Person, sample: Sample) -> None:
    job = imported(ann, sample)
    assert ann.records(job["importer"]) == sample.good


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize("sample", LOOKED_UP, ids=name_of)
def test_a_sample_of_a_lookup_has_the_expected_categories(
    ann: Person, stack: Stack, sample: Sample, tmp_path: Path
) -> None:
    """Each valid row is in one category, and none in a dataset."""
    httpx.post(f"{stack.commission_url}/_reset").raise_for_status()
    job = imported(ann, sample)
    summary = json.loads(ann.saved(job["id"], "summary.json", tmp_path).read_text())
    counts = {each["slug"]: each["count"] for each in summary["categories"] if each["count"]}
    assert counts == Counter(category(key, job["recipe"]["constants"]["ward"]) for key in sample.good)
    assert ann.records(importer_named(sample.importer).dataset) == {}
