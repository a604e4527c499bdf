"""Write down what is stored of datasets, so that later versions can be shown to read it and to take it back.

``python -m tests.golden.stored.make`` imports products into the records table (moto) and into a PostgreSQL (a real one,
started here), through the API and the functions. What it leaves is in this folder:

``dynamodb.json``
    ``items``: every item of the records table, in DynamoDB's own JSON. ``objects``: text of the bucket's objects that a
    rollback reads, by key: journals, what came of rollbacks, staged rows. ``expected``: see below.
``postgres.sql``
    The tables as ``CREATE TABLE`` and ``INSERT`` statements, of no schema.
``postgres.json``
    ``objects`` and ``expected`` as above; of the objects only staged rows, since the rest is in the tables.

``expected`` holds ``jobs`` (name in the plan below: id), ``before`` and ``after`` (``records`` and ``history`` of each
key, as the API shows them), and ``undone``: in this order, what undoing chunk 0 of each job gives. The rows of such a
chunk are its staged rows, all of them; the tenant is acme, the importer products.

The files are a record of the version that wrote them. They are not to be written again by a later one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import boto3
import jwt
import pytest
from moto import mock_aws

from functions.work.app import handler as work
from local import postgres
from sluice import bootstrap
from sluice.importers.registry import importer_named
from sluice.rows.staged import Batch, load_staged
from tests.fakes import issuer
from tests.fakes.lambda_context import FakeContext
from tests.integration.api.calling import every, get
from tests.integration.api.golden import World
from tests.integration.api.golden_answers import Answers
from tests.integration.stack import BUCKET, URLS, client, deploy, forget_clients, forget_settings, tell_functions

HERE = Path(__file__).parent
#: Where a chunk's rows are put into the records table.
PUT = "sluice.destinations.record_table.RecordTable.put"
HEAD = "Part Number,Description,Price,Stock,Updated,Active\n"
#: Jobs whose chunk is undone after the dump; E and G were undone before it, and answer the same again.
TO_UNDO = "BDHEG"
KEYS = [f"K-{number}" for number in range(1, 15)]
#: A rule that K-12 breaks already and that K-11 is refused for.
RULE = "ALTER TABLE products ADD CONSTRAINT price_is_fair CHECK (price < 1000) NOT VALID"


def rows(**prices: object) -> bytes:
    """A file of rows, ``K1=9.5``."""
    lines = [f"K-{key[1:]},Part {key[1:]} ä,{price},{key[1:]},2026-01-31,yes\n" for key, price in prices.items()]
    return (HEAD + "".join(lines)).encode()


def plan(world: World, between: Callable[[], None], *, dying: bool) -> dict[str, str]:
    """Import and roll back; answers the jobs' ids.

    A inserts. E is rolled back but for K-9, which F has changed. G is rolled back; in PostgreSQL a rule keeps K-12. H
    dies between its journal and its rows (in the records table), and I changes K-3 before H is done. B changes records,
    two of which C changes again. D is the last; in PostgreSQL its K-11 is refused.
    """
    jobs: dict[str, str] = {}

    def load(name: str, **prices: object) -> None:
        jobs[name] = world.done(name, rows(**prices))

    def roll_back(name: str) -> None:
        world.post(f"roll {name} back", f"/v1/jobs/{jobs[name]}/rollback")
        world.run(jobs[name])

    load("A", K1=1, K2=2, K3=3, K4="4.50", K5=5, K12=2000)
    between()
    load("E", K9=9, K10=10)
    load("F", K9=99)
    load("G", K12=12, K1=1)
    roll_back("E")
    roll_back("G")
    if dying:
        jobs["H"] = world.upload("H", rows(K3=300, K5=500, K13=13))
        body = die(world, jobs["H"])
        load("I", K3=33)
        client("sqs").send_message(QueueUrl=URLS["standard"], MessageBody=body)
        world.run(jobs["H"])
    else:
        load("I", K3=33)
        load("H", K3=300, K5=500, K13=13)
    load("B", K1="1.50", K2=20, K4="4.50", K6=6, K7=7)
    load("C", K2=200, K7=70)
    load("D", K4=40, K8=8, K11=5000)
    return jobs


def die(world: World, job_id: str) -> str:
    """Let a worker die after it wrote its journal; answers its message."""
    world.run(job_id, upto="load")
    [record] = world.stack.received()

    def fail(*_: object) -> None:
        raise OSError("gone")

    with world.monkeypatch.context() as dying:
        dying.setattr(PUT, fail)
        work({"Records": [record]}, FakeContext())
    client("sqs").delete_message(QueueUrl=URLS["standard"], ReceiptHandle=record["receiptHandle"])
    return str(record["body"])


def look() -> dict[str, Any]:
    """Records by key, and what they were before."""
    history = {key: get(f"/v1/datasets/products/records/{key}/history").body["items"] for key in KEYS}
    records = sorted(every("/v1/datasets/products/records"), key=lambda record: str(record["key"]))
    return {"records": {record["key"]: record for record in records}, "history": history}


def objects(*folders: str) -> dict[str, str]:
    """Objects of the bucket in some folders of all jobs."""
    found = {}
    for each in client("s3").list_objects_v2(Bucket=BUCKET, Prefix="jobs/")["Contents"]:
        folder, name = each["Key"].split("/")[3:5] if each["Key"].count("/") > 3 else ("", "")
        if folder in folders and not name.endswith((".keys", ".repeats")):
            body = client("s3").get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read()
            found[each["Key"]] = body.decode()
    return found


def take_back(jobs: dict[str, str], secret_arn: str) -> dict[str, Any]:
    """Undo, and see what is there then."""
    before = look()
    undone = {}
    destination = bootstrap.destination("RecordsTable", BUCKET, secret_arn)
    for name in TO_UNDO:
        staged = load_staged(bootstrap.files(BUCKET).read(f"jobs/acme/{jobs[name]}/staged/000000.rows"))
        batch = Batch("acme", importer_named("products"), jobs[name], 0, staged)
        undone[name] = asdict(destination.undo(batch))
    return {"jobs": jobs, "before": before, "undone": undone, "after": look()}


@contextmanager
def deployed(secret: dict[str, Any] | None = None) -> Iterator[tuple[World, str]]:
    """A stack on moto, whose rows go to the database of a secret if there is one; answers the secret's name, too."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
            patch.setenv(f"AWS_{name}", "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setattr(jwt.PyJWKClient, "fetch_data", lambda _: issuer.key_set())
        tell_functions(patch)
        arn = ""
        if secret is not None:
            made = boto3.client("secretsmanager").create_secret(Name="database", SecretString=json.dumps(secret))
            arn = made["ARN"]
            patch.setenv("DATABASE_SECRET_ARN", arn)
        forget_settings()
        forget_clients()
        yield World(deploy(), patch, Answers()), arn


def write(name: str, content: dict[str, Any]) -> None:
    """Write a file of this folder."""
    (HERE / name).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def dynamodb() -> None:
    """The records table."""
    with deployed() as (world, _):
        # moto does a transaction on a copy of the table, and loses what others write meanwhile
        world.monkeypatch.setattr("sluice.destinations.record_table._REQUESTS", 1)
        jobs = plan(world, lambda: None, dying=True)
        items = client("dynamodb").scan(TableName="RecordsTable")["Items"]
        items.sort(key=lambda item: (item["pk"]["S"], item["sk"]["S"]))
        kept = objects("journal", "staged")
        write("dynamodb.json", {"items": items, "objects": kept, "expected": take_back(jobs, "")})


def database() -> None:
    """The tables of PostgreSQL."""
    folder = Path(tempfile.mkdtemp(prefix="sluice-postgres-"))
    try:
        server = postgres.start(folder)
        with deployed(server.secret()) as (world, arn):

            def add_rule() -> None:
                with server.connect() as connection:
                    connection.execute(RULE)

            jobs = plan(world, add_rule, dying=False)
            (HERE / "postgres.sql").write_text(dump(server))
            kept = objects("staged")
            write("postgres.json", {"objects": kept, "expected": take_back(jobs, arn)})
    finally:
        postgres.stop(folder)
        shutil.rmtree(folder)


def dump(server: postgres.Postgres) -> str:
    """All tables as statements, of no schema and no owner; nothing that only psql understands."""
    secret = server.secret()
    command = [str(postgres._program("pg_dump")), "--inserts", "--rows-per-insert=1", "--no-owner", "--no-privileges"]
    command += ["-h", secret["host"], "-p", str(secret["port"]), "-U", secret["username"], secret["dbname"]]
    environment = {**os.environ, "PGPASSWORD": secret["password"]}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    skipped = ("--", "\\", "SET ", "SELECT pg_catalog.set_config")
    lines = [line for line in done.stdout.splitlines() if line and not line.startswith(skipped)]
    return "\n".join(lines).replace("public.", "") + "\n"


if __name__ == "__main__":
    dynamodb()
    database()
