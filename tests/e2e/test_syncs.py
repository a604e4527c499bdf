"""Sources pulled from a flaky upstream."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from local.stack import Stack
from sluice.aws.chunks import DynamoChunks
from sluice.aws.jobs import DynamoJobs
from sluice.model.chunk import JobRef, PhaseName
from tests.e2e.processes import kill_workers_in
from tests.support.people import Person, counted, eventually
from tests.support.sizes import size

ROWS = size(1_000, 5_000)
#: Chunks of 2,000 rows: one is read, two are being read when the workers die. The upstream's rate takes its time.
MANY = size(6_000, 100_000)
STARTS = size(12, 50)
PATIENCE = 120 + MANY / 500
RATE = 20


class Register:
    """The fake upstream of the stack, whose settings a test may change."""

    def __init__(self, url: str) -> None:
        self.url = url

    def set(self, **settings: Any) -> None:
        httpx.post(f"{self.url}/_set", json=settings).raise_for_status()

    def seen(self) -> dict[str, Any]:
        counts: dict[str, Any] = httpx.get(f"{self.url}/_seen").json()
        return counts


def register_of(stack: Stack) -> Register:
    """Return the register of the stack, without faults until a test sets some."""
    made = Register(stack.upstream_url)
    httpx.post(f"{made.url}/_reset").raise_for_status()
    made.set(rows=ROWS, rate=RATE)
    return made


@pytest.fixture
def register(stack: Stack, loopback: None) -> Register:
    """Return the register of the stack."""
    return register_of(stack)


def start(person: Person, source: str, *, force: bool = False) -> dict[str, Any]:
    answer = person.call("POST", f"/syncs/{source}", params={"force": "true"} if force else {})
    assert answer.status_code in {200, 202}, answer.text
    begun: dict[str, Any] = answer.json()
    return begun


@pytest.mark.storm
@pytest.mark.timeout(600)
def test_of_many_concurrent_starts_one_creates_the_job(ann: Person, register: Register) -> None:
    register.set(rows=200)
    ann.http.timeout = httpx.Timeout(500)  # an emulator unpacks the layers for each of so many functions at once
    with ThreadPoolExecutor(STARTS) as pool:
        begun = list(pool.map(lambda _: start(ann, "skk"), range(STARTS)))
    (job_id,) = {each["job"]["id"] for each in begun}
    done = ann.end_of(job_id)
    assert (done["kind"], done["status"], done["counts"]["inserted"]) == ("sync", "completed", 200)
    again = start(ann, "skk")
    assert (again["job"]["id"], again["forced"]) == (job_id, False)
    assert again["last_sync"]["result"]["inserted"] == 200


@pytest.mark.storm
@pytest.mark.timeout(300 + MANY / 100)
def test_every_row_is_imported_once_although_requests_fail_and_workers_die(
    ann: Person, stack: Stack, stores: tuple[DynamoJobs, DynamoChunks], register: Register
) -> None:
    """Responses fail, are late or truncated, tokens expire all the time; the rate is kept nevertheless."""
    register.set(rows=MANY, errors=0.05, broken=0.01, cut=0.01, slow=0.02, token_seconds=2)
    job_id = start(ann, "pangkat")["job"]["id"]

    kill_workers_in(stack, stores[1], JobRef(ann.tenant, job_id), PhaseName.PARSE)
    done = ann.end_of(job_id, patience=PATIENCE)
    assert done["status"] == "completed", done["problem"]
    assert counted(done) == {
        "total": MANY,
        "inserted": MANY,
    }
    assert (done["sync"]["expected_total"], done["sync"]["deleted_upstream"]) == (MANY, 0)
    assert len(ann.records("pangkat")) == MANY
    seen = register.seen()
    assert seen["busiest_second"] <= RATE
    assert seen["answers"].get("500", 0) + seen["answers"].get("503", 0) > 0, "some responses failed"

    again = ann.end_of(start(ann, "pangkat", force=True)["job"]["id"], patience=PATIENCE)
    assert again["counts"]["unchanged"] == MANY
    assert register.seen()["busiest_second"] <= RATE


@pytest.mark.usefixtures("loopback")
def test_rows_deleted_upstream_are_marked_and_a_rollback_removes_the_mark(bob: Person) -> None:
    """This holds on each destination."""
    register = register_of(bob.stack)
    register.set(rows=300)
    bob.end_of(start(bob, "skk")["job"]["id"])
    before = bob.records("skk")
    register.set(first=20)
    done = bob.end_of(start(bob, "skk", force=True)["job"]["id"])
    assert counted(done) == {"total": 300, "inserted": 20, "unchanged": 280, "absent": 20}
    assert done["sync"]["deleted_upstream"] == 20
    assert len(before.keys() - bob.records("skk").keys()) == 20
    assert len(deleted_upstream(bob)) == 20
    bob.move(done["id"], "rollback")
    assert bob.end_of(done["id"])["status"] == "rolled_back"
    assert (bob.records("skk"), deleted_upstream(bob)) == (before, [])


def test_a_list_that_lacks_too_much_is_loaded_with_the_guards_of_the_call(ann: Person, register: Register) -> None:
    register.set(rows=200)
    ann.end_of(start(ann, "skk", force=True)["job"]["id"])
    register.set(rows=100)
    tripped = ann.end_of(start(ann, "skk", force=True)["job"]["id"])
    assert (tripped["status"], tripped["problem"]["guard"]) == ("failed", "max_deleted")
    assert len(ann.records("skk")) == 200
    limits = {"guards": {"max_deleted": tripped["problem"]["found"]}}
    through = ann.call("POST", "/syncs/skk", params={"force": "true"}, json=limits).json()["job"]["id"]
    assert counted(ann.end_of(through)) == {"total": 100, "unchanged": 100, "absent": 100}


def deleted_upstream(person: Person) -> list[dict[str, Any]]:
    found = person.everything("/datasets/skk/records", deleted="true")
    return [record for record in found if record["deleted_at"]]


def test_a_source_whose_rows_move_while_they_are_read_is_read_again(ann: Person, register: Register) -> None:
    register.set(moves_every=3, moves_by=1)
    job_id = start(ann, "pg_akademik")["job"]["id"]
    eventually(lambda: ann.call("GET", f"/jobs/{job_id}").json()["sync"]["reads"] > 1, "a second reading")
    register.set(moves_every=0)
    done = ann.end_of(job_id, patience=PATIENCE)
    assert (done["status"], done["counts"]["rejected"], done["sync"]["deleted_upstream"]) == ("completed", 0, 0)
    assert done["counts"]["inserted"] == done["sync"]["expected_total"] == len(ann.records("pg_akademik")) >= ROWS


def test_a_schedule_starts_a_sync_unless_one_is_active(ann: Person, stack: Stack, register: Register) -> None:
    register.set(rows=300)
    assert ann.call("PUT", "/syncs/skk/schedule", json={"every_minutes": 5}).status_code == 422
    schedule = ann.call("PUT", "/syncs/skk/schedule", json={"every_minutes": 60}).json()
    assert schedule["next_at"] == schedule["starting_at"]
    (listed,) = [source for source in ann.everything("/sources") if source["name"] == "skk"]
    assert (listed["schedule"], listed["job"]) == (schedule, None)
    scheduled, group = stack.client("scheduler"), stack.outputs["SyncSchedules"]
    (kept,) = [
        each
        for name in scheduled.list_schedules(GroupName=group)["Schedules"]
        if ann.tenant in (each := scheduled.get_schedule(GroupName=group, Name=name["Name"]))["Target"]["Input"]
    ]
    assert kept["ScheduleExpression"] == "rate(60 minutes)"

    def run_schedule() -> None:
        """Call the function as the schedule does, without the wait of an hour."""
        target = kept["Target"]
        answer = stack.client("lambda").invoke(FunctionName=target["Arn"], Payload=target["Input"].encode())
        assert "FunctionError" not in answer, answer["Payload"].read()

    for _ in range(2):
        run_schedule()
    (job,) = ann.everything("/syncs/skk", 10)
    ann.end_of(job["id"])
    run_schedule()
    assert len(ann.everything("/syncs/skk", 10)) == 2, "the one before has ended"
    assert ann.call("DELETE", "/syncs/skk/schedule").status_code == 204
    assert [source["schedule"] for source in ann.everything("/sources")] == [None] * 5


def test_force_replaces_the_current_job(ann: Person, register: Register) -> None:
    first = start(ann, "pensiun")["job"]["id"]
    second = start(ann, "pensiun", force=True)["job"]["id"]
    assert second != first
    assert ann.end_of(first)["status"] == "cancelled"
    assert ann.end_of(second, patience=200)["counts"]["inserted"] == ROWS
    assert [job["id"] for job in ann.everything("/syncs/pensiun", 10)] == [second, first]


def test_a_source_that_the_upstream_rejects_ends_with_its_reason(ann: Person, register: Register) -> None:
    register.set(client_secret="another")
    done = ann.end_of(start(ann, "pg_profesi")["job"]["id"])
    assert (done["status"], done["problem"]["type"]) == ("failed", "/problems/upstream-rejected")
    assert "not-a-secret" not in str(done)


def test_sources_are_listed_and_no_sync_is_stuck(ann: Person) -> None:
    names = {source["name"] for source in ann.everything("/sources")}
    assert {"pangkat", "pensiun", "pg_akademik", "pg_profesi", "skk"} <= names
    assert ann.call("POST", "/syncs/cleanup").json() == {"cleaned": 0, "by_state": {}}
    assert ann.call("POST", "/syncs/nothing").status_code == 404
