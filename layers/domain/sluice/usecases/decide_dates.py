"""Decide in which order the dates of a file are written, where its importer does not say so."""

from __future__ import annotations

import json
from dataclasses import asdict

from sluice.model import paths
from sluice.model.errors import NotFound
from sluice.model.job import Job
from sluice.rows.evidence import DateEvidence, decide, merged
from sluice.usecases.ports import Files, Jobs


def write_evidence(job: Job, index: int, found: dict[str, DateEvidence], files: Files) -> None:
    """Keep what a chunk says of its dates; nothing, no object."""
    # a retry may come after a person has answered: what an attempt before that left must not hold any more
    if found or job.orders:
        kept = {field: asdict(evidence) for field, evidence in found.items()}
        files.write(paths.dates(job.ref, index), json.dumps(kept).encode())


def read_evidence(job: Job, index: int, files: Files) -> dict[str, DateEvidence]:
    """What a chunk said of its dates, by field."""
    try:
        return _loaded(files.read(paths.dates(job.ref, index)))
    except NotFound:
        return {}


def _loaded(body: bytes) -> dict[str, DateEvidence]:
    return {field: DateEvidence(**evidence) for field, evidence in json.loads(body).items()}


def decide_dates(job: Job, *, jobs: Jobs, files: Files) -> Job:
    """Note, for each date field, the order of day and month that its cells prove, or that a person must say it.

    One cell that can be read in one way only, such as 31/12/2025, decides for its column; where none does, or two
    contradict each other, nothing is guessed.
    """
    orders, undecided = dict(job.orders), set[str]()
    for field, evidence in merged(_loaded(files.read(name)) for name in files.names(paths.dates_of(job.ref))).items():
        if field not in orders and evidence.rows:
            order = decide(evidence)
            if order is None:
                undecided.add(field)
            else:
                orders[field] = order
    if orders == job.orders and undecided == set(job.undecided):
        return job
    return jobs.remember(job.ref, orders=orders, undecided=tuple(sorted(undecided)))
