"""Jobs that stood in the middle of a phase when a newer version was deployed over the one that began them.

The newer version finishes them as its predecessor would.

``tests/golden/stored/README.md`` describes the file.
"""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest

from functions.work import app as work
from sluice import bootstrap
from sluice.catalog.registry import IMPORTERS
from sluice.destinations.postgres import Database, PostgresDestination, PostgresRecords
from sluice.model.chunk import ChunkRef, ChunkState, JobRef, PhaseName
from tests.integration.api.golden import CONTEXT, Run, World, lookup_result
from tests.integration.api.golden_answers import Answers
from tests.integration.destinations.test_stored import Sql, content
from tests.integration.stack import BUCKET, URLS, Stack, client

STORED = content("jobs.json")
#: The answer to the question of the job in review.
ORDER = {"date_order": {"Updated": "dmy"}}


def binary(item: Any) -> Any:
    """Return an item with its binary values, which JSON has in base64."""
    if isinstance(item, dict):
        if set(item) == {"b64"}:
            return base64.b64decode(item["b64"])
        return {name: binary(value) for name, value in item.items()}
    return [binary(each) for each in item] if isinstance(item, list) else item


def restored(stored: dict[str, Any], stack: Stack, monkeypatch: pytest.MonkeyPatch) -> World:
    """Put tables, objects and messages back, and the execution that waits."""
    for table, items in stored["items"].items():
        for item in items:
            client("dynamodb").put_item(TableName=table, Item=binary(item))
    for key, body in stored["objects"].items():
        client("s3").put_object(Bucket=BUCKET, Key=key, Body=base64.b64decode(body))
    for message in stored["messages"]:
        group = {"MessageGroupId": message["group"]} if message["group"] else {}
        client("sqs").send_message(QueueUrl=URLS[message["queue"]], MessageBody=message["body"], **group)
    world = World(stack, monkeypatch, Answers())
    run = Run(stored["run"])
    run.token = stored["run"]["token"]
    world.machine.runs[stored["job"]] = run
    return world


def finish(world: World, job: str, state: str) -> dict[str, Any]:
    """Let the job go on to its end, as its callers and Step Functions would; return it."""
    here = f"/v1/jobs/{job}"
    if state == "review":
        version = world.get("version", here).body["recipe"]["version"]
        answered = world.post("answer", f"{here}/answers", json_body={"version": version, "answers": ORDER})
        assert answered.status in {200, 202}, answered.text
        world.run(job)
        assert world.post("commit", f"{here}/commit").status == 202
    if state == "paused":
        assert world.post("resume", f"{here}/resume").status == 202
    world.run(job)
    found: dict[str, Any] = world.get("end", here).body
    return found


@pytest.mark.parametrize("name", STORED)
def test_a_job_in_flight_is_finished_by_the_version_that_is_deployed_over_its_own(
    name: str, stack: Stack, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Every row once, and every value as the earlier version gave it when it finished the same job."""
    stored, (destination, state) = STORED[name], name.split()
    # moto executes a transaction on a copy of the table, and loses concurrent writes
    monkeypatch.setattr("sluice.destinations.dynamodb.table._REQUESTS", 1)
    if destination == "postgres":
        sql: Sql = request.getfixturevalue("sql")
        database: Database = request.getfixturevalue("database")
        sql.execute(stored["sql"].encode())
        monkeypatch.setattr(bootstrap.AwsServices, "destination", PostgresDestination(database))
        monkeypatch.setattr(bootstrap.AwsServices, "records", PostgresRecords(database, IMPORTERS))
    world = restored(stored, stack, monkeypatch)
    for item in stored["lookups"] if state == "lookups" else ():
        world.upstreams.found[item["key"]] = lookup_result(item["status"], item["value"])
    job, expected = stored["job"], stored["expected"]
    assert world.get("before", f"/v1/jobs/{job}").body["status"] == stored["status"]
    end = finish(world, job, state)
    assert end["status"] == expected["status"]
    assert {name: end["counts"][name] for name in expected["counts"]} == expected["counts"]
    if expected["values"]:
        assert values(world) == expected["values"]


def deliver(world: World, times: int) -> int:
    """Deliver every message so many times; return how many came back."""
    failed = 0
    for _ in range(times):
        records = world.stack.received("standard")
        failed += len(work.handler({"Records": records}, CONTEXT)["batchItemFailures"])
        for record in records:
            client("sqs").delete_message(QueueUrl=URLS["standard"], ReceiptHandle=record["receiptHandle"])
            client("sqs").send_message(QueueUrl=URLS["standard"], MessageBody=record["body"])
    return failed


def values(world: World) -> dict[str, Any]:
    """Return the values of each record."""
    found = world.stack.services.records.page("acme", "products", limit=100, cursor=None).items
    return {record["key"]: record["values"] for record in found}


@pytest.mark.parametrize(
    ("state", "part", "again"),
    [
        ("loading", "/slices/layout.json", "retry"),
        ("loading", "/staged/000001.rows", "retry"),
        ("rolling_back", "/journal/000001.jsonl", "rollback"),
    ],
)
def test_an_object_of_a_later_version_fails_its_chunk_in_words_until_that_version_is_back(
    state: str, part: str, again: str, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried as often as any chunk, and then the job says which version to deploy."""
    stored = STORED[f"dynamodb {state}"]
    world, job, here = restored(stored, stack, monkeypatch), stored["job"], f"/v1/jobs/{stored['job']}"
    key = next(key for key in stored["objects"] if key.endswith(f"{job}{part}"))
    body = base64.b64decode(stored["objects"][key])
    client("s3").put_object(Bucket=BUCKET, Key=key, Body=re.sub(rb'"format": ?\d', b'"format": 99', body, count=1))
    deliver(world, 4)
    world.run(job)
    failed = world.get("failed", here).body
    assert failed["status"] == "failed"
    assert "has format 99, and this version reads formats up to" in failed["problem"]["detail"]
    assert "Deploy the version that wrote it" in failed["problem"]["detail"]
    client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)
    assert world.post("again", f"{here}/{again}").status == 202
    world.run(job)
    end = world.get("end", here).body
    assert (end["status"], values(world)) == (stored["expected"]["status"], stored["expected"]["values"])
    assert {name: end["counts"][name] for name in stored["expected"]["counts"]} == stored["expected"]["counts"]


def test_a_chunk_of_a_later_version_waits_until_that_version_is_back(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its message comes again and again, which counts as no attempt; the other chunks are loaded."""
    stored = STORED["dynamodb loading"]
    world, job = restored(stored, stack, monkeypatch), stored["job"]

    def set_format(number: int) -> None:
        client("dynamodb").update_item(
            TableName="JobsTable",
            Key={"pk": {"S": f"acme#{job}"}, "sk": {"S": "chunk#load#000001"}},
            UpdateExpression="SET #format = :number",
            ExpressionAttributeNames={"#format": "format"},
            ExpressionAttributeValues={":number": {"N": str(number)}},
        )

    set_format(99)
    assert deliver(world, 5) == 5
    assert world.machine.answers == {}
    set_format(1)
    end = finish(world, job, "loading")
    assert (end["status"], values(world)) == (stored["expected"]["status"], stored["expected"]["values"])


def test_a_job_of_a_later_version_fails_its_chunks_in_words(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is loaded by a version that cannot read the options of the load."""
    stored = STORED["dynamodb loading"]
    world, job = restored(stored, stack, monkeypatch), stored["job"]
    before, key = values(world), {"pk": {"S": "acme#jobs"}, "sk": {"S": job}}
    item = client("dynamodb").get_item(TableName="JobsTable", Key=key)["Item"]
    client("dynamodb").put_item(TableName="JobsTable", Item={**item, "format": {"N": "99"}})
    deliver(world, 4)
    assert values(world) == before
    chunk = world.stack.chunks.get(ChunkRef(JobRef("acme", job), PhaseName.LOAD, 1))
    assert chunk is not None
    assert (chunk.state, chunk.error and chunk.error.type) == (ChunkState.FAILED, "newer-format")
