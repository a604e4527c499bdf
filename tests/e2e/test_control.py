"""Jobs that are paused, cancelled, retried and rescued by the sweeper, on the deployed stack."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.stack import Stack
from tests.e2e.processes import CONCURRENCY, frozen_when
from tests.support.factories import DEALER_TITLES, DEALERS_IN_A_CHUNK, csv_file, dealers, products
from tests.support.people import Person, counted, eventually

#: Six chunks: some can be loaded and two leased while others still wait.
ROWS = 6 * DEALERS_IN_A_CHUNK


@pytest.fixture(scope="session")
def file() -> bytes:
    """Return dealers; a row in the middle is invalid, the last row repeats the fifth key."""
    made = [list(row) for row in dealers(ROWS)]
    made[ROWS // 2][2] = "platinum"
    made[-1][0] = "D-000005"
    return csv_file(made, titles=DEALER_TITLES)


def start(ann: Person, file: bytes) -> str:
    """Start the import of the file and return the job's id."""
    return ann.start(file, filename="dealers.csv", importer="dealers")


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


def assert_exact(job: dict[str, Any], ann: Person) -> None:
    """Expect each row once, either in the dataset or among the rejections."""
    assert job["status"] == "completed", job
    assert counted(job) == {
        "total": ROWS,
        "inserted": ROWS - 2,
        "rejected": 2,
    }
    assert [rejection["row"] for rejection in ann.rejections(job["id"])] == [ROWS // 2 + 2, ROWS + 1]
    assert len(ann.records("dealers")) == ROWS - 2


def test_a_job_paused_in_the_middle_stops_after_the_running_chunks_and_continues_when_resumed(
    ann: Person, stack: Stack, file: bytes
) -> None:
    job_id = start(ann, file)
    with frozen_when(stack, lambda: in_the_middle(ann, job_id), "the middle of loading"):
        at_pause = ann.move(job_id, "pause")
    assert at_pause["status"] in {"pausing", "paused"}
    paused = ann.end_of(job_id)
    assert paused["status"] == "paused"
    assert loaded(paused) - loaded(at_pause) <= CONCURRENCY * DEALERS_IN_A_CHUNK
    assert loaded(paused) < ROWS - 2
    eventually(lambda: ann.call("GET", "/queues").json()["standard"]["waiting"] == 0, "an empty queue")
    assert job_of(ann, job_id)["counts"] == paused["counts"], "a paused job stands still"

    assert ann.call("POST", f"/jobs/{job_id}/rollback").status_code == 409
    ann.move(job_id, "resume")
    assert_exact(ann.end_of(job_id), ann)


def test_a_job_paused_while_it_is_parsed_continues_from_there(ann: Person, stack: Stack, file: bytes) -> None:
    job_id = start(ann, file)
    with frozen_when(stack, lambda: job_of(ann, job_id)["status"] == "parsing", "parsing"):
        ann.move(job_id, "pause")
    assert ann.end_of(job_id)["status"] == "paused"
    assert loaded(job_of(ann, job_id)) == 0
    ann.move(job_id, "resume")
    assert_exact(ann.end_of(job_id), ann)


def test_a_cancelled_job_ends_soon_and_can_be_rolled_back(ann: Person, stack: Stack, file: bytes) -> None:
    job_id = start(ann, file)
    with frozen_when(stack, lambda: in_the_middle(ann, job_id), "the middle of loading"):
        ann.move(job_id, "cancel")
    eventually(lambda: job_of(ann, job_id)["status"] == "cancelled", "the end", patience=60)
    cancelled = job_of(ann, job_id)
    records = ann.records("dealers")
    assert 0 < len(records) == loaded(cancelled) < ROWS - 2
    assert ann.move(job_id, "cancel") == cancelled, "a second time changes nothing"
    assert ann.call("POST", f"/jobs/{job_id}/resume").status_code == 409

    ann.move(job_id, "rollback")
    assert ann.end_of(job_id)["rollback"] == {"reversed": len(records), "conflicts": 0, "failed": 0}
    assert ann.records("dealers") == {}


def test_cancelling_a_job_in_review_discards_it(ann: Person) -> None:
    job = ann.imported(csv_file(products(10)), filename="a.csv", review=True)
    assert job["status"] == "in_review"
    assert ann.move(job["id"], "cancel")["status"] == "cancelled"
    assert ann.call("POST", f"/jobs/{job['id']}/commit").status_code == 409
    assert ann.records("products") == {}


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


def test_the_sweeper_rescues_a_job_whose_messages_are_all_lost(ann: Person, stack: Stack, file: bytes) -> None:
    """The queue is purged, as if every worker and every message were lost."""
    job_id = start(ann, file)
    with frozen_when(stack, lambda: in_the_middle(ann, job_id), "the middle of loading"):
        stack.client("sqs").purge_queue(QueueUrl=stack.standard_queue_url)

    def sent_again() -> bool:
        """Return whether messages were sent again; while a worker still ends its chunk, the job is not stuck."""
        assert job_of(ann, job_id)["status"] == "loading"
        backdate(stack, ann, job_id)
        sweep(stack)
        notes = [entry["note"] for entry in ann.everything(f"/jobs/{job_id}/log")]
        return any("sent again" in note and " 0 chunks" not in note for note in notes)

    eventually(sent_again, "messages sent again")
    assert_exact(ann.end_of(job_id), ann)


def test_the_sweeper_ends_a_job_without_its_execution_and_it_can_be_retried(
    ann: Person, stack: Stack, file: bytes
) -> None:
    job_id = start(ann, file)
    execution = stack.job_machine_arn.replace(":stateMachine:", ":execution:") + f":{job_id}"
    with frozen_when(stack, lambda: in_the_middle(ann, job_id), "the middle of loading"):
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
    assert_exact(ann.end_of(job_id), ann)
