"""`bootstrap` connects to the database of the secret, and without a secret to the records table."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import boto3
import psycopg
import pytest
from moto import mock_aws

from sluice import bootstrap
from sluice.catalog.products import Product, products
from sluice.config import Settings
from sluice.destinations.dynamodb.destination import DynamoDestination
from sluice.destinations.dynamodb.records import DynamoRecords
from sluice.destinations.postgres import PostgresDestination, PostgresRecords
from sluice.schema.staging import Applied, Batch
from tests.integration.destinations.sample import good
from tests.integration.stack import forget_clients


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Start moto's Secrets Manager in this process, and clear the cached clients of `bootstrap`."""
    for name, value in {"ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test", "DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    forget_clients()
    with mock_aws():
        yield boto3.client("secretsmanager")
    forget_clients()


class RowSettings(Settings):
    """The settings that name the destination of rows."""

    jobs_table: str = "jobs"
    keep_days: int = 90
    files_bucket: str = "files"
    records_table: str = "records"
    database_secret_arn: str = ""


def batch(job: str) -> Batch:
    row = good(2, Product(part_number="A", description=job, price="12.50"), "part_number")  # type: ignore[arg-type]
    return Batch("acme", products, job, 0, [row])


def test_without_a_secret_rows_go_to_the_records_table(vault: Any) -> None:
    assert isinstance(bootstrap.services(RowSettings()).destination, DynamoDestination)
    assert isinstance(bootstrap.services(RowSettings()).records, DynamoRecords)


def test_a_throttled_request_to_the_records_table_does_not_outlast_the_worker(vault: Any) -> None:
    """Its own loop looks at the clock before each attempt; a wait inside of botocore would be beyond that."""
    destination = bootstrap.services(RowSettings()).destination
    assert isinstance(destination, DynamoDestination)
    retries: dict[str, Any] = vars(destination._client.meta.config)["retries"]
    assert retries["mode"] == "standard"
    longest = sum(2**attempt for attempt in range(retries["total_max_attempts"] - 1))
    assert longest < 60 - 52, "from the last look at the clock to the worker's end, see docs/timeouts.md"


def test_with_a_secret_rows_go_to_its_database_even_after_its_password_was_rotated(
    vault: Any, secret: dict[str, Any], sql: psycopg.Connection[Any]
) -> None:
    arn = vault.create_secret(Name="database", SecretString=json.dumps(secret))["ARN"]
    services = bootstrap.services(RowSettings(database_secret_arn=arn))
    destination, records = services.destination, services.records
    assert isinstance(destination, PostgresDestination)
    assert isinstance(records, PostgresRecords)
    assert destination.apply(batch("01JOB")) == Applied(1, 0, 0)
    assert records.get("acme", "products", "A")["values"]["price"] == "12.5"
    sql.execute(f"ALTER ROLE {sql.info.user} PASSWORD 'battery staple'")
    vault.put_secret_value(SecretId=arn, SecretString=json.dumps(secret | {"password": "battery staple"}))
    sql.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = user AND pid <> pg_backend_pid()"
    )
    assert destination.apply(batch("02JOB")) == Applied(0, 1, 0)
    assert [version["job"] for version in records.history("acme", "products", "A")] == ["01JOB"]
    destination._database.close()
    records._database.close()


def test_a_stack_without_a_database_does_not_wait_for_its_library() -> None:
    """Importing psycopg takes a tenth of a second at every cold start."""
    script = "import sys; from sluice import bootstrap; print('psycopg' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "False\n"
    )
