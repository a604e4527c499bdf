"""Files as users send them become the expected records and rejections."""

from __future__ import annotations

import json

import pytest

from sluice.catalog.registry import IMPORTERS, importer_named
from sluice.model.recipe import Recipe, merge_evidence
from sluice.reading import match_header
from sluice.schema.decisions import decisions_for, settle
from sluice.schema.importer import Importer
from sluice.schema.said import Merge
from sluice.schema.validation import Checked, check_rows
from sluice.wording import word_rejection
from tests.samples import SAMPLES, Sample
from tests.unit.reading.driving import head_of, read_all


def _name(sample: Sample) -> str:
    return f"{sample.importer}: {sample.filename}"


def settled(sample: Sample, chunk_rows: int) -> list[Checked]:
    """Read a sample as the application does: chunk by chunk, and once more those that its proofs bear on."""
    importer, body = importer_named(sample.importer), sample.body()
    header = match_header(head_of(body, 50, sample.filename), importer.columns, None)
    records = read_all(body, sample.filename, header.row, chunk_rows)
    chunks = [records[at : at + chunk_rows] for at in range(0, len(records), chunk_rows)]
    recipe = Recipe().with_decisions(decisions_for(importer, header.fields))
    first = [check_rows(importer, header.fields, "Data", chunk, recipe) for chunk in chunks]
    proven, questions = settle(recipe, merge_evidence(each.evidence for each in first), importer)
    assert questions == []
    return [
        check_rows(importer, header.fields, "Data", chunk, proven)
        if proven.is_stale(recipe.version, known.depends)
        else known
        for chunk, known in zip(chunks, first, strict=True)
    ]


@pytest.mark.parametrize("chunk_rows", [2, 1000])
@pytest.mark.parametrize("sample", SAMPLES, ids=_name)
def test_a_sample_becomes_the_expected_records_and_rejections(sample: Sample, chunk_rows: int) -> None:
    """This holds for every encoding and peculiarity, and wherever the file is split."""
    importer = importer_named(sample.importer)
    chunks, merge = settled(sample, chunk_rows), Merge(importer)
    good = {row.key: merge.inserted(json.loads(row.values)) for chunk in chunks for row in chunk.good}
    assert good == sample.good
    rejections = [rejection for chunk in chunks for rejection in chunk.rejections]
    assert [(found.row, found.column, word_rejection(found)) for found in rejections] == sample.rejected
    assert sum(chunk.seen for chunk in chunks) == sample.total
    assert sum(chunk.ignored for chunk in chunks) == sample.ignored


@pytest.mark.parametrize("sample", SAMPLES, ids=_name)
def test_a_sample_has_the_same_bytes_each_time(sample: Sample) -> None:
    """A file that is imported twice must be recognised."""
    assert sample.body() == sample.body()


@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda importer: importer.name)
def test_every_importer_has_a_clean_and_an_ugly_sample(importer: Importer) -> None:
    """Each has a rejected row, and the ugly one has rows that are ignored."""
    samples = [sample for sample in SAMPLES if sample.importer == importer.name]
    assert len({sample.filename for sample in samples}) == len(samples) >= 2
    assert all(sample.good and sample.rejected for sample in samples)
    assert {bool(sample.ignored) for sample in samples} == {False, True}
