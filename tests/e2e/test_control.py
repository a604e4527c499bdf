"""Jobs that are paused, cancelled, retried and rescued by the sweeper, on the deployed stack."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.stack import Stack
from tests.e2e.processes import CONCURRENCY
from tests.support.factories import csv_file, products
from tests.support.people import Person, eventually

CHUNK = 10_000


def file_of(rows: int) -> bytes:
    """Return products in several chunks; a row in the middle is invalid, the last row repeats the fifth key."""
    made = [list(row) for row in products(rows)]
    made[rows // 2][2] = "-1"
    made[-1][0] = "P-000005"
    return csv_file(made)


@pytest.fixture(scope="session")
def medium() -> bytes:
    """Return a file of five chunks: some can be loaded and some leased while another still waits."""
    return file_of(50_000)


def job_of(ann: Person, job_id: str) -> dict[str, Any]:
    """Return the current job."""
    job: dict[str, Any] = ann.client.get(f"/jobs/{job_id}").body
    return job


def loaded(job: dict[str, Any]) -> int:
    """Return the number of rows that it has loaded."""
    return sum(job["counts"][name] for name in ("inserted", "updated", "unchanged"))


def in_the_middle(ann: Person, job_id: str) -> bool:
    """Return whether some of its chunks are loaded, and some are not."""
    job = job_of(ann, job_id)
    assert job["status"] in {"waiting_for_file", "queued", "parsing", "loading"}, (
        "the job ended before it could be stopped"
    )
    return loaded(job) > 0


def assert_exact(job: dict[str, Any], ann: Person, rows: int) -> None:
    """Expect each row once, either in the dataset or among the rejections."""
    assert job["status"] == "completed", job
    assert job["counts"] == {
        "total": rows,
        "inserted": rows - 2,
        "updated": 0,
        "unchanged": 0,
        "rejected": 2,
        "unprocessed": 0,
    }
    assert [rejection["row"] for rejection in ann.rejections(job["id"])] == [rows // 2 + 2, rows + 1]
    assert len(ann.records("products")) == rows - 2


def test_a_job_paused_in_the_middle_stops_after_the_running_chunks_and_continues_when_resumed(
    ann: Person, medium: bytes
) -> None:
    job_id = ann.start(medium, filename="medium.csv")
    eventually(lambda: in_the_middle(ann, job_id), "the middle of loading", patience=200)
    at_pause = ann.move(job_id, "pause")
    assert at_pause["status"] in {"pausing", "paused"}
    paused = ann.end_of(job_id)
    assert paused["status"] == "paused"
    assert loaded(paused) - loaded(at_pause) <= CONCURRENCY * CHUNK
    assert loaded(paused) < 50_000 - 2
    time_to_do_more = time.monotonic() + 3
    eventually(lambda: time.monotonic() > time_to_do_more, "three seconds")
    assert job_of(ann, job_id)["counts"] == paused["counts"], "a paused job stands still"

    assert ann.call("POST", f"/jobs/{job_id}/rollback").status_code == 409
    ann.move(job_id, "resume")
    assert_exact(ann.end_of(job_id, patience=200), ann, 50_000)


def test_a_job_paused_while_it_is_parsed_continues_from_there(ann: Person, medium: bytes) -> None:
    job_id = ann.start(medium, filename="medium.csv")
    eventually(lambda: job_of(ann, job_id)["status"] == "parsing", "parsing")
    ann.move(job_id, "pause")
    assert ann.end_of(job_id)["status"] == "paused"
    assert loaded(job_of(ann, job_id)) == 0
    ann.move(job_id, "resume")
    assert_exact(ann.end_of(job_id, patience=200), ann, 50_000)


def test_a_cancelled_job_ends_soon_and_can_be_rolled_back(ann: Person, medium: bytes) -> None:
    job_id = ann.start(medium, filename="medium.csv")
    eventually(lambda: in_the_middle(ann, job_id), "the middle of loading", patience=200)
    ann.move(job_id, "cancel")
    eventually(lambda: job_of(ann, job_id)["status"] == "cancelled", "the end", patience=60)
    cancelled = job_of(ann, job_id)
    records = ann.records("products")
    assert 0 < len(records) == loaded(cancelled) < 50_000 - 2
    assert ann.move(job_id, "cancel") == cancelled, "a second time changes nothing"
    assert ann.call("POST", f"/jobs/{job_id}/resume").status_code == 409

    ann.move(job_id, "rollback")
    assert ann.end_of(job_id, patience=200)["rollback"] == {"reversed": len(records), "conflicts": 0, "failed": 0}
    assert ann.records("products") == {}


def test_cancelling_a_job_in_review_discards_it(ann: Person) -> None:
    job = ann.imported(csv_file(products(10)), filename="a.csv", review=True)
    assert job["status"] == "in_review"
    assert ann.move(job["id"], "cancel")["status"] == "cancelled"
    assert ann.call("POST", f"/jobs/{job['id']}/commit").status_code == 409
    assert ann.records("products") == {}


def test_ambiguous_dates_stop_the_job_until_the_commit_gives_their_order(ann: Person) -> None:
    rows = [(*row, when) for row, when in zip(products(3), ["03/04/2026", "05/06/2026", "2026-07-08"], strict=True)]
    titles = ("Part Number", "Description", "Price", "Stock", "Updated")
    job = ann.imported(csv_file(rows, titles=titles), filename="dates.csv")
    assert (job["status"], job["ambiguous_dates"]) == ("in_review", ["updated"])
    unsaid = ann.call("POST", f"/jobs/{job['id']}/commit")
    assert (unsaid.status_code, unsaid.json()["type"]) == (400, "/problems/ambiguous-dates")
    ann.move(job["id"], "commit", {"dates": {"Updated": "mdy"}})
    assert ann.end_of(job["id"])["status"] == "completed"
    dates = {key: values["updated"] for key, values in ann.records("products").items()}
    assert dates == {"P-000001": "2026-03-04", "P-000002": "2026-05-06", "P-000003": "2026-07-08"}


def test_the_same_file_is_rejected_with_the_earlier_job_unless_forced(ann: Person) -> None:
    body = csv_file(products(5))
    first = ann.imported(body, filename="a.csv")
    again = ann.call("POST", "/imports/upload", params={"importer": "products"}, content=body)
    assert (again.status_code, again.json()["type"], again.json()["job"]) == (409, "/problems/same-file", first["id"])
    unseen = ann.imported(body, filename="b.csv")
    assert (unseen["status"], unseen["problem"]["type"]) == ("failed", "/problems/same-file")
    assert unseen["problem"]["job"] == first["id"]
    forced = ann.imported(body, filename="a.csv", force=True)
    assert (forced["status"], forced["counts"]["unchanged"]) == ("completed", 5)
    ann.move(first["id"], "rollback")
    assert ann.end_of(first["id"])["status"] == "rolled_back"


def backdate(stack: Stack, ann: Person, job_id: str) -> None:
    """Backdate the last change of a job by an hour."""
    then = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    stack.client("dynamodb").update_item(
        TableName=stack.jobs_table,
        Key={"pk": {"S": f"{ann.tenant}#jobs"}, "sk": {"S": job_id}},
        UpdateExpression="SET updated_at = :then",
        ExpressionAttributeValues={":then": {"S": then}},
    )


def sweep(stack: Stack) -> None:
    """Run the sweeper, as the schedule does every five minutes."""
    answer = stack.client("lambda").invoke(FunctionName=stack.outputs["SweeperFunction"], Payload=b"{}")
    assert "FunctionError" not in answer, json.load(answer["Payload"])


def test_the_sweeper_rescues_a_job_whose_messages_are_all_lost(ann: Person, stack: Stack, medium: bytes) -> None:
    """The queue is purged, as if every worker and every message were lost."""
    job_id = ann.start(medium, filename="medium.csv")
    eventually(lambda: in_the_middle(ann, job_id), "the middle of loading", patience=200)
    stack.client("sqs").purge_queue(QueueUrl=stack.standard_queue_url)

    def makes_no_progress() -> bool:
        before = job_of(ann, job_id)["version"]
        later = time.monotonic() + 3
        eventually(lambda: time.monotonic() > later, "three seconds")
        return bool(job_of(ann, job_id)["version"] == before)

    def sent_again() -> bool:
        """Return whether messages were sent again; a chunk may just have ended, and then the job is not stuck."""
        eventually(makes_no_progress, "a job without progress")
        assert job_of(ann, job_id)["status"] == "loading"
        backdate(stack, ann, job_id)
        sweep(stack)
        notes = [entry["note"] for entry in ann.everything(f"/jobs/{job_id}/log", 100)]
        return any("sent again" in note and " 0 chunks" not in note for note in notes)

    eventually(sent_again, "messages sent again")
    assert_exact(ann.end_of(job_id, patience=200), ann, 50_000)


def test_the_sweeper_ends_a_job_without_its_execution_and_it_can_be_retried(
    ann: Person, stack: Stack, medium: bytes
) -> None:
    job_id = ann.start(medium, filename="medium.csv")
    eventually(lambda: in_the_middle(ann, job_id), "the middle of loading", patience=200)
    execution = stack.job_machine_arn.replace(":stateMachine:", ":execution:") + f":{job_id}"
    stack.client("stepfunctions").stop_execution(executionArn=execution)
    backdate(stack, ann, job_id)

    def ended() -> bool:
        sweep(stack)
        if job_of(ann, job_id)["status"] == "loading":
            backdate(stack, ann, job_id)
        return bool(job_of(ann, job_id)["status"] == "failed")

    eventually(ended, "the end")
    failed = job_of(ann, job_id)
    assert (failed["problem"]["type"], sorted(failed["links"])) == (
        "/problems/system-error",
        sorted(["self", "log", "retry", "rollback", "preview", "rejections", "files"]),
    )
    ann.move(job_id, "retry")
    assert_exact(ann.end_of(job_id, patience=200), ann, 50_000)
