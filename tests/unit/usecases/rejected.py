"""A job of which every row was rejected, and what became of its corrections."""

from __future__ import annotations

from typing import Any

from sluice.model.job import Job
from sluice.model.rejection import Rejection
from sluice.model.status import Status
from sluice.usecases.artifacts import JobFiles
from tests.support.factories import PRODUCT_TITLES
from tests.support.harness import Harness
from tests.support.spreadsheets import as_xlsx

#: Texts that a program could take for a formula, or for an escaped one.
TEXTS = ["-10% oil", "+49 filter kit", "@home", "=A1", "'=A1", "''x", "'", "a;=1", "a\n-b", "plain", "مرحبا", "😀 ok"]


def rows_of(texts: list[str]) -> list[tuple[str, str, str, int]]:
    """Return a row for each text, all with a wrong price."""
    return [(f"P-{place}", text, "wrong", 1) for place, text in enumerate(texts)]


def rejected_job(harness: Harness) -> Job:
    """Return a job of which every row was rejected for its price; in a workbook each apostrophe is content."""
    body = as_xlsx([[*PRODUCT_TITLES], *([*row] for row in rows_of(TEXTS))])
    job = harness.run(harness.upload(body, filename="products.xlsx"))
    assert (job.status, job.counts.rejected) == (Status.COMPLETED, len(TEXTS))
    return job


def stored(harness: Harness) -> dict[str, Any]:
    """Return the descriptions of the dataset, by key."""
    return {key: row["description"] for key, row in harness.destination.values("acme", "products").items()}


def rejections(harness: Harness, job: Job) -> list[Rejection]:
    """Return the rejections of a job."""
    return JobFiles(job, harness.files).rejections_page(limit=100, cursor=None).items


def notes(harness: Harness, job: Job) -> list[str]:
    """Return the notes in the log of a job."""
    return [entry.note for entry in harness.jobs.entries(job.ref) if entry.note]
