"""A fake of the deployed API and of S3's presigned upload, behind httpx's mock transport."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from sluice_cli import connection, main
from sluice_cli.client import Client

API = "https://api.example.com/prod/v1"
BUCKET = "https://files.example.com/"


def job(status: str, *, version: int = 1, **more: Any) -> dict[str, Any]:
    """Return a job as the API shows it."""
    counts = {"total": 3, "inserted": 2, "updated": 0, "unchanged": 0, "rejected": 1, "unprocessed": 0}
    return {
        "id": "01JOB",
        "importer": "products",
        "status": status,
        "phase": None,
        "progress": {"current": 3, "total": 3, "percent": 100, "message": "Loaded 2 of 3 rows"},
        "counts": counts,
        "problem": None,
        "version": version,
        **more,
    }


@dataclass
class FakeApi:
    """Responds like the API.

    `states` are the states of the one job, one per GET or event; for a GET the last one stays. The events end with the
    last, or after `stream_ends_after`. `page` is any list. `problem` is the response to every call.
    """

    states: list[dict[str, Any]] = field(default_factory=lambda: [job("completed")])
    upload_status: int = 204
    page: str = field(default_factory=lambda: PAGE)
    problem: dict[str, Any] | None = None
    problem_status: int = 409
    retry_after: str = "30"
    stream_ends_after: int = 0
    streamed: int = 0
    requests: list[httpx.Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def transport(self) -> httpx.MockTransport:
        """The transport of a client of this API."""
        return httpx.MockTransport(self._respond)

    def _respond(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.bodies.append(request.read())
        if str(request.url) == BUCKET:
            text = "" if self.upload_status < 400 else "<Error><Message>Policy expired</Message></Error>"
            return httpx.Response(self.upload_status, text=text)
        if self.problem is not None:
            return httpx.Response(self.problem_status, json=self.problem)
        path = request.url.path.removeprefix("/prod/v1")
        if request.method == "POST" and path == "/imports":
            upload = {"method": "POST", "url": BUCKET, "fields": {"key": "uploads/a", "policy": "p"}}
            return httpx.Response(201, json={"job": job("waiting_for_file"), "upload": upload})
        if path == "/jobs/01JOB/events":
            return self._event(request)
        if request.method == "POST" or (path.startswith("/jobs/") and path.count("/") == 2):
            return self._job(request)
        return httpx.Response(200, text=self.page)

    def _job(self, request: httpx.Request) -> httpx.Response:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        etag = f'"{state["version"]}"'
        if request.headers.get("If-None-Match") == etag:
            return httpx.Response(304, headers={"ETag": etag})
        return httpx.Response(200, text=json.dumps(state), headers={"ETag": etag, "Retry-After": self.retry_after})

    def _event(self, request: httpx.Request) -> httpx.Response:
        if request.headers.get("Last-Event-ID") == "last":
            return httpx.Response(204)
        state = self.states.pop(0)
        self.streamed += 1
        more = self.states and self.streamed != self.stream_ends_after
        data = json.dumps({"event": "job.progress", "job": state})
        body = f"retry: 0\n\nid: {'more' if more else 'last'}\nevent: progress\ndata: {data}\n\n"
        return httpx.Response(200, text=body, headers={"Content-Type": "text/event-stream"})

    def called(self) -> Iterator[str]:
        """Yield method and path of each request to the API."""
        return (f"{request.method} {request.url.path}" for request in self.requests)


PAGE = '{"items":[{"name":"products","row":13,"column":"Price","value":"-1","reason":"must be 0 or more"}],"next":"c2"}'
"""A page of any list, in the exact spelling that ``--json`` has to keep."""


def connect_to(transport: httpx.BaseTransport, monkeypatch: pytest.MonkeyPatch, api_url: str = API) -> None:
    """Let every command call this API."""
    monkeypatch.setattr(connection, "connect", lambda: Client(api_url, "t0ken", transport=transport))


def run(*arguments: str | Path) -> int:
    """Run the command line; return its exit code."""
    with pytest.raises(SystemExit) as ended:
        main.main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)
