"""Workbooks through the whole stack on local AWS, by the public API."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from psycopg import sql

from benchmarks.workbook import product
from local import postgres
from local.emulator import ROOT_KEY
from local.stack import Stack
from sluice_cli.client import Client

# No job may go without a change for longer; a chunk takes seconds.
_PATIENCE = 300
_CONSTRAINT = "house_rule"


def import_workbook(stack: Stack, path: Path, say: Callable[[str], object]) -> tuple[float, dict[str, Any]]:
    """Import a workbook of products by presigned upload.

    Returns
    -------
    tuple
        Seconds from the announcement to the end, and the job.
    """
    job: dict[str, Any] = {}
    with Client(stack.api_url, stack.issuer.mint("bench")) as client:
        began = time.perf_counter()
        started = client.start_import(path, "products", force=True)
        with path.open("rb") as content:
            client.upload(started["upload"], path.name, content)
        for state in client.follow(started["job"]["id"], patience=_PATIENCE):
            job = state.body
            say(f"{path.name}: {job['progress']['message']}")
        return time.perf_counter() - began, job


def add_constraint(stack: Stack, rows: int) -> int:
    """Let PostgreSQL reject one product in the middle of the workbook; return its row number.

    The table must exist, so some products must have been imported.
    """
    row = rows // 2
    key = str(product(row - 2)[0])
    with postgres.start(Path(stack.folder)).connect() as connection:
        constraint = sql.SQL("ALTER TABLE products ADD CONSTRAINT {} CHECK (part_number <> {})")
        connection.execute(constraint.format(sql.Identifier(_CONSTRAINT), sql.Literal(key)))
    return row


def import_but_one(stack: Stack, path: Path, row: int, say: Callable[[str], object]) -> tuple[float, dict[str, Any]]:
    """Import a workbook of which PostgreSQL rejects one row, after `add_constraint`.

    Returns
    -------
    tuple
        Seconds from the announcement to the end, and the job.

    Raises
    ------
    SystemExit
        If the constraint rejects any other row, or the reason does not name it.
    """
    seconds, job = import_workbook(stack, path, say)
    found = [each for each in _rejections(stack, job["id"]) if _CONSTRAINT in each["reason"]]
    if [each["row"] for each in found] != [row]:
        raise SystemExit(f"The constraint must reject row {row} and no other: {found}")
    say(f"PostgreSQL rejected row {row}: {found[0]['column']} {found[0]['value']} {found[0]['reason']}")
    return seconds, job


def function_environment(stack: Stack) -> dict[str, str]:
    """Return the environment of the measure `plan`: table, bucket and credentials, as the function has them."""
    return {
        "AWS_ENDPOINT_URL": stack.endpoint,
        "AWS_DEFAULT_REGION": stack.region,
        "AWS_ACCESS_KEY_ID": ROOT_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
        "JOBS_TABLE": stack.jobs_table,
        "FILES_BUCKET": stack.files_bucket,
    }


def _rejections(stack: Stack, job_id: str) -> list[dict[str, Any]]:
    with Client(stack.api_url, stack.issuer.mint("bench")) as client:
        items: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = client.get(f"/jobs/{job_id}/rejections", limit=1000, cursor=cursor).body
            items += page["items"]
            if (cursor := page["next"]) is None:
                return items
