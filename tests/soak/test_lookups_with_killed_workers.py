"""Workers killed while they look up voters; too slow for ``make test``, since lookups keep the upstream's rate.

``tests/faults`` proves the same at each step of a lookup's chunk, in process.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import httpx
import pytest

from local.fake_upstreams.voter_files import voter_rows, write_workbook
from local.fake_upstreams.voters import WARD, category, is_id_number
from local.stack import Stack
from sluice.aws.chunks import DynamoChunks
from sluice.aws.jobs import DynamoJobs
from sluice.model.chunk import JobRef, PhaseName
from tests.e2e.processes import kill_workers_in
from tests.support.people import Person

ROWS, FIRST = 1_500, 70_000


@pytest.mark.storm
def test_every_voter_is_in_one_category_although_workers_were_killed(
    ann: Person, stack: Stack, stores: tuple[DynamoJobs, DynamoChunks], tmp_path: Path
) -> None:
    """Only what was asked and not stored when they died is asked again."""
    httpx.post(f"{stack.commission_url}/_reset").raise_for_status()
    httpx.post(f"{stack.commission_url}/_set", json={"rate": 50}).raise_for_status()
    path = tmp_path / "voters.xlsx"
    write_workbook(path, voter_rows(ROWS, first=FIRST))
    job_id = ann.start(path.read_bytes(), filename=f"Ward {WARD}.xlsx", importer="voters")
    kill_workers_in(stack, stores[1], JobRef(ann.tenant, job_id), PhaseName.LOOKUP)
    job = ann.end_of(job_id, patience=600)
    assert (job["status"], job["counts"]["unprocessed"]) == ("completed", 0), job["problem"]
    summary = json.loads(ann.saved(job_id, "summary.json", tmp_path).read_text())
    counted = {each["slug"]: each["count"] for each in summary["categories"] if each["count"]}
    keys = [str(row[0]) for row in voter_rows(ROWS, first=FIRST)]
    assert counted == Counter(category(key, WARD) if is_id_number(key) else "invalid-id" for key in keys)
    seen = httpx.get(f"{stack.commission_url}/_seen").json()
    assert seen["busiest_second"] <= 50
