"""Sends calls with an idempotency key, and reads what is stored of them."""

from __future__ import annotations

from typing import Any

import boto3

from tests.integration.api.calling import Answer, call, get
from tests.support import issuer

TABLE = "IdempotencyTable"
BODY = {"importer": "products", "filename": "prices.xlsx", "bytes": 1000}
FILE = b"Part Number,Description,Price\nP-1,Filter,9.50\n"
UPLOAD = {"importer": "products", "filename": "prices.csv"}


def announce(key: str | None = "one", *, tenant: str = "acme", subject: str = "ann", **changed: Any) -> Answer:
    """Announce a file."""
    headers = {} if key is None else {"Idempotency-Key": key}
    token = issuer.token(tenant=tenant, sub=subject)
    return call("POST", "/v1/imports", json_body=BODY | changed, headers=headers, token=token)


def upload(key: str = "one", body: bytes = FILE, **query: str) -> Answer:
    """Send a file in the body."""
    headers = {"Idempotency-Key": key, "Content-Type": "text/csv"}
    return call("POST", "/v1/imports/upload", body=body, query=UPLOAD | query, headers=headers)


def table() -> Any:
    """Return the table of stored answers."""
    return boto3.resource("dynamodb").Table(TABLE)


def stored_items() -> list[dict[str, Any]]:
    """Return its items."""
    found: list[dict[str, Any]] = table().scan()["Items"]
    return found


def jobs(tenant: str = "acme") -> int:
    """Return the number of a tenant's jobs."""
    return len(get("/v1/jobs", token=issuer.token(tenant=tenant)).body["items"])


def assert_problem(answer: Answer, status: int, type_: str) -> None:
    """Expect a problem of this type."""
    assert (answer.status, answer.body["type"]) == (status, f"/problems/{type_}"), answer.text
