"""People of several tenants who use the public API of a deployed stack."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx

from local.stack import Stack
from sluice_cli.client import Client

PATIENCE = 90.0


class Person:
    """A caller of the API with a token."""

    def __init__(self, stack: Stack, tenant: str, scopes: Sequence[str]) -> None:
        token = stack.issuer.mint(tenant, list(scopes), subject=f"ann@{tenant}")
        self.tenant = tenant
        self.stack = stack
        self.client = Client(stack.api_url, token)
        self.http = httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=60)

    def call(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Send any call and return its response."""
        return self.http.request(method, self.stack.api_url + path, **request)

    def start(self, body: bytes, *, filename: str, importer: str = "products", **more: Any) -> str:
        """Announce a file, send it with the presigned form, and return the job's id."""
        announced = self.call(
            "POST", "/imports", json={"importer": importer, "filename": filename, "bytes": len(body), **more}
        )
        assert announced.status_code == 201, announced.text
        self.client.upload(announced.json()["upload"], filename, io.BytesIO(body))
        job_id: str = announced.json()["job"]["id"]
        return job_id

    def move(self, job_id: str, verb: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Take an action on a job and return the job."""
        response = self.call("POST", f"/jobs/{job_id}/{verb}", json=body or {})
        assert response.status_code in {200, 202}, response.text
        job: dict[str, Any] = response.json()
        return job

    def saved(self, job_id: str, name: str, folder: Path) -> Path:
        """Download a file of a job and return its path."""
        target = folder / f"{job_id}-{name}"
        assert self.client.save(f"/jobs/{job_id}/files/{name}", target) > 0
        return target

    def listing(self, dataset: str) -> list[str]:
        """Return a dataset as the API writes it, sorted by key; equal listings are equal to the byte."""
        records = self.everything(f"/datasets/{dataset}/records", 1000)
        return [json.dumps(record) for record in sorted(records, key=lambda record: record["key"])]

    def end_of(self, job_id: str, patience: float = PATIENCE) -> dict[str, Any]:
        """Wait until the job waits for its caller or has ended, and return it.

        It is asked for more often than the API says, because the seconds of all tests add up to minutes.
        """
        job: dict[str, Any] = {}
        for response in self.client.follow(job_id, patience=patience, sleep=lambda _: time.sleep(0.2)):
            job = response.body
        return job

    def imported(self, body: bytes, *, filename: str, importer: str = "products", **more: Any) -> dict[str, Any]:
        """Import a file and wait for its end."""
        return self.end_of(self.start(body, filename=filename, importer=importer, **more))

    def rejections(self, job_id: str, limit: int = 100) -> list[dict[str, Any]]:
        """Return all rejected rows, page by page."""
        return self.everything(f"/jobs/{job_id}/rejections", limit)

    def records(self, dataset: str) -> dict[str, Any]:
        """Return a dataset, page by page; a record that is listed twice is an error."""
        found: dict[str, Any] = {}
        for record in self.everything(f"/datasets/{dataset}/records", 1000):
            assert record["key"] not in found
            found[record["key"]] = record["values"]
        return found

    def everything(self, path: str, limit: int | None = None, **query: str) -> list[dict[str, Any]]:
        """Return all items of a list; one without pages takes no limit."""
        items: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = self.client.get(path, limit=limit, cursor=cursor, **query).body
            items += page["items"]
            if (cursor := page["next"]) is None:
                return items


def counted(job: dict[str, Any]) -> dict[str, int]:
    """Return the counts of a job that are not 0."""
    return {name: count for name, count in job["counts"].items() if count}


def eventually(found: Callable[[], Any], what: str, patience: float = PATIENCE, pause: float = 0.1) -> Any:
    """Poll until the result is true; the test fails when it never is."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if result := found():
            return result
        time.sleep(pause)
    raise AssertionError(f"not within {patience:.0f} s: {what}")
