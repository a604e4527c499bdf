"""Voters looked up at a flaky commission, on the deployed stack."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook

from local.fake_upstreams.voter_files import voter_rows, write_workbook
from local.fake_upstreams.voters import WARD, category, is_id_number
from local.stack import Stack
from tests.support.people import Person, eventually
from tests.support.sizes import size

ROWS = size(400, 5_000)
RATE = 50
NAME = f"Ward {WARD}.xlsx"


class Commission:
    """The fake commission of the stack, whose settings a test may change."""

    def __init__(self, url: str) -> None:
        self.url = url
        httpx.post(f"{url}/_reset").raise_for_status()
        self.set(rate=RATE)

    def set(self, **settings: Any) -> None:
        httpx.post(f"{self.url}/_set", json=settings).raise_for_status()

    def seen(self) -> dict[str, Any]:
        counts: dict[str, Any] = httpx.get(f"{self.url}/_seen?ids=1").json()
        return counts


@pytest.fixture
def commission(stack: Stack, loopback: None) -> Commission:
    return Commission(stack.commission_url)


def book(folder: Path, rows: int, first: int) -> bytes:
    path = folder / f"{first}.xlsx"
    write_workbook(path, voter_rows(rows, first=first))
    return path.read_bytes()


def expected(rows: int, first: int) -> dict[str, str]:
    """Return each ID number with its right category."""
    keys = [str(row[0]) for row in voter_rows(rows, first=first)]
    return {key: category(key, WARD) if is_id_number(key) else "invalid-id" for key in keys}


def found(ann: Person, job_id: str, folder: Path) -> dict[str, str]:
    """Return each ID number of the result workbook with the category of its sheet."""
    book = load_workbook(ann.saved(job_id, "result.xlsx", folder), read_only=True)
    summary = json.loads(ann.saved(job_id, "summary.json", folder).read_text())
    slugs = {each["title"]: each["slug"] for each in summary["categories"]}
    rows: dict[str, str] = {}
    for sheet in book.worksheets[1:]:
        lines = list(sheet.iter_rows(values_only=True))
        place = next((at for at, title in enumerate(lines[0]) if title == "ID Number"), None)
        for line in lines[1:]:  # rows end with their last filled cell
            if place is not None and place < len(line) and (key := line[place]) is not None:
                assert str(key) not in rows, "each in one category"
                rows[str(key)] = slugs[sheet.title]
    assert Counter(rows.values()) == {each["slug"]: each["count"] for each in summary["categories"] if each["count"]}
    return rows


@pytest.mark.storm
def test_every_id_number_is_in_the_category_of_the_commission(
    ann: Person, stack: Stack, commission: Commission, tmp_path: Path
) -> None:
    """Responses fail, tokens expire; no voter is answered twice, the rate is kept, no log contains an ID number."""
    commission.set(errors=0.06, broken=0.02, cut=0.01, slow=0.01, token_seconds=2)
    job = ann.end_of(ann.start(book(tmp_path, ROWS, 10_000), filename=NAME, importer="voters"), patience=400)
    assert (job["status"], job["counts"]["unprocessed"]) == ("completed", 0), job["problem"]
    categories = expected(ROWS, 10_000)
    assert found(ann, job["id"], tmp_path) == categories
    seen = commission.seen()
    assert seen["busiest_second"] <= RATE
    assert seen["answered_again"] == 0
    assert set(seen["ids"]) == {key for key in categories if is_id_number(key)}
    logs = every_log(stack)
    assert [line for line in logs.splitlines() if any(key in categories for key in re.findall(r"\d{13}", line))] == []

    again = ann.end_of(
        ann.start(book(tmp_path, ROWS, 10_000), filename=NAME, importer="voters", force=True), patience=200
    )
    assert again["status"] == "completed"
    assert commission.seen()["requests"] == seen["requests"], "results are cached"
    assert ann.call("DELETE", f"/jobs/{again['id']}").json()["deleted"]
    assert ann.call("GET", f"/jobs/{again['id']}/files").json()["items"] == []


def every_log(stack: Stack) -> str:
    """Return all log lines of the functions, and what an emulator of our own has written."""
    logs, lines = stack.client("logs"), []
    for page in logs.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            for events in logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"]):
                lines += [event["message"] for event in events["events"]]
    assert lines
    emulator = Path(stack.folder, "emulator.log")
    return "\n".join([*lines, emulator.read_text(errors="replace") if emulator.exists() else ""])


def drop(stack: Stack, tenant: str, name: str, body: bytes) -> None:
    stack.client("s3").put_object(
        Bucket=stack.outputs["FilesBucket"], Key=f"incoming/{tenant}/voters/{name}", Body=body
    )


def are_there(person: Person, jobs: int) -> bool:
    return len(person.everything("/jobs", 100)) == jobs


def test_files_are_processed_in_order_and_an_urgent_one_before_the_waiting_ones(
    ann: Person, stack: Stack, commission: Commission, tmp_path: Path
) -> None:
    drop(stack, ann.tenant, f"0 Ward {WARD}.xlsx", book(tmp_path, 60, 20_000))
    eventually(partial(are_there, ann, 1), "the job of the first")
    for number in (1, 2):
        drop(stack, ann.tenant, f"{number} Ward {WARD}.xlsx", book(tmp_path, 60, 20_000 + 1_000 * number))
    eventually(partial(are_there, ann, 3), "jobs of all")
    jobs = {job["file"]["name"][:1]: job["id"] for job in ann.everything("/jobs", 100)}
    eventually(lambda: ann.call("GET", f"/jobs/{jobs['1']}").json().get("started_at"), "the next", patience=120)
    body = book(tmp_path, 30, 30_000)
    jobs["u"] = ann.start(
        body, filename="all.xlsx", importer="voters", priority="urgent", recipe={"constants": {"ward": WARD}}
    )
    ended = [ann.end_of(jobs[name], patience=200) for name in "01u2"]
    assert {job["status"] for job in ended} == {"completed"}
    for before, after in pairwise(ended):
        assert before["finished_at"] <= after["started_at"], "one after the other"


def test_a_file_name_without_a_ward_is_rejected_with_an_example(
    ann: Person, stack: Stack, commission: Commission, tmp_path: Path
) -> None:
    drop(stack, ann.tenant, "voters.xlsx", book(tmp_path, 10, 40_000))
    (job,) = eventually(lambda: ann.everything("/jobs", 10), "the job of the file")
    ended = ann.end_of(job["id"])
    assert (ended["status"], ended["problem"]["type"]) == ("failed", "/problems/missing-parameter")
    assert "Ward 79800001.xlsx" in ended["problem"]["detail"]


def test_a_job_is_suspended_while_the_commission_is_down_and_resumes_by_itself(
    ann: Person, commission: Commission, tmp_path: Path
) -> None:
    job_id = ann.start(book(tmp_path, 200, 50_000), filename=NAME, importer="voters")

    def job() -> dict[str, Any]:
        current: dict[str, Any] = ann.call("GET", f"/jobs/{job_id}").json()
        return current

    eventually(lambda: len(commission.seen()["ids"]) > 20, "the middle")
    commission.set(away=True)
    suspended = eventually(lambda: (each := job())["status"] == "paused" and each, "a job that waits", patience=120)
    assert "does not answer" in suspended["suspended"]
    commission.set(away=False)
    eventually(lambda: job()["status"] == "completed", "the end", patience=200)
    assert found(ann, job_id, tmp_path) == expected(200, 50_000)
    assert commission.seen()["answered_again"] == 0
