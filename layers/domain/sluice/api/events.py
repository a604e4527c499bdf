"""Server-sent events (WHATWG HTML, section 9.2) and messages of the WebSocket."""

from __future__ import annotations

import json
from typing import Any

from sluice.api.responses import job_response
from sluice.model.event import Seen, event_name
from sluice.model.job import Job
from sluice.model.status import Status

CONTENT_TYPE = "text/event-stream; charset=utf-8"

# Milliseconds until a browser reconnects after a response; without it, browsers wait some seconds (WHATWG HTML).
_RETRY = "retry: 500\n\n"


def read_id(text: str | None) -> tuple[Seen | None, str]:
    """Parse the id of the last event that a watcher saw; return the seen job and the name of the stream.

    Ids are ``{version}-{status}-{stream}`` and opaque to clients. ``(None, "")`` if the id has another form.
    """
    version, _, rest = (text or "").partition("-")
    status, _, stream = rest.partition("-")
    if not (version.isascii() and version.isdigit()) or len(version) > 9 or status not in set(Status):
        return None, ""
    return Seen(int(version), Status(status)), stream


def stream_response(job: Job, seen: Seen | None, stream: str, base_url: str) -> str:
    """Write the body of a response: the delay until the next request, and the job unless the watcher has seen it.

    The body always contains an id, so that a browser with the name of an older stream learns the current one.
    """
    if seen is not None and job.version <= seen.version:
        return f"{_RETRY}id: {seen.version}-{seen.status}-{stream}\n\n"
    name = event_name(seen.status if seen else None, job)
    data = job_message(name, job, base_url).decode()
    event = f"event: {name.removeprefix('job.')}\ndata: {data}"
    return f"{_RETRY}id: {job.version}-{job.status}-{stream}\n{event}\n\n"


def job_message(event: str, job: Job, base_url: str) -> bytes:
    """Build the message about a job: ``{"event": …, "job": …}``, the job as every call shows it."""
    return _message({"event": event, "job": job_response(job, base_url).model_dump(mode="json")})


def queue_message(queues: dict[str, dict[str, int]]) -> bytes:
    """Build the message about the queues: ``{"event": "queue.status", "queues": …}``, these as ``GET /queues``."""
    return _message({"event": "queue.status", "queues": queues})


def _message(content: dict[str, Any]) -> bytes:
    # compact JSON has no line breaks, which an event's data must not contain
    return json.dumps(content).encode()
