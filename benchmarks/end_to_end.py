"""Workbooks through the whole stack on local AWS, by the public API."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.emulator import ROOT_KEY
from local.stack import Stack
from sluice_cli.client import Client

# Nothing may stand still for longer; a chunk takes seconds.
_PATIENCE = 300


def imported(stack: Stack, path: Path, say: Callable[[str], object]) -> tuple[float, dict[str, Any]]:
    """Import a workbook by presigned upload.

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
        for answer in client.follow(started["job"]["id"], patience=_PATIENCE):
            job = answer.body
            say(f"{path.name}: {job['progress']['message']}")
        return time.perf_counter() - began, job


def everything(stack: Stack, path: str) -> list[dict[str, Any]]:
    """All items of a list of the API."""
    with Client(stack.api_url, stack.issuer.mint("bench")) as client:
        items: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = client.get(path, limit=1000, cursor=cursor).body
            items += page["items"]
            if (cursor := page["next"]) is None:
                return items


def environment(stack: Stack) -> dict[str, str]:
    """What a function of the stack is told, for a measure that does its work in a process of its own."""
    return {
        "AWS_ENDPOINT_URL": stack.endpoint,
        "AWS_DEFAULT_REGION": stack.region,
        "AWS_ACCESS_KEY_ID": ROOT_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
        "JOBS_TABLE": stack.jobs_table,
        "FILES_BUCKET": stack.files_bucket,
        "KEEP_DAYS": "1",
    }
