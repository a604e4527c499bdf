"""Files as people really send them, by every importer, from upload to dataset."""

from __future__ import annotations

import pytest

from tests.people import Person
from tests.samples import SAMPLES, Sample


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.importer}-{sample.filename}")
def test_a_sample_ends_as_it_should(ann: Person, sample: Sample) -> None:
    job = ann.imported(sample.body(), filename=sample.filename, importer=sample.importer)
    assert job["status"] == "completed", job
    assert ann.records(job["importer"]) == sample.good
    found = [(refusal["row"], refusal["column"], refusal["reason"]) for refusal in ann.refusals(job["id"])]
    assert found == sample.refused
    assert job["counts"]["refused"] == len({row for row, _, _ in sample.refused})
    assert job["counts"]["inserted"] == len(sample.good)
