"""Server-sent events (WHATWG HTML, section 9.2) and what goes over a socket."""

from __future__ import annotations

import json
from typing import Any

from sluice.api.responses import job_response
from sluice.model.event import Seen, event_name
from sluice.model.job import Job
from sluice.model.status import Status

CONTENT_TYPE = "text/event-stream; charset=utf-8"

# A browser comes back so soon after each answer; WHATWG HTML leaves the default to it, which is some seconds.
_RETRY = "retry: 500\n\n"


def read_id(text: str | None) -> tuple[Seen | None, str]:
    """Read the id of the event that a watcher saw last: what it saw, and the name of its stream.

    Ids are ``{version}-{status}-{stream}``, and nothing that a client has to understand; one that we did not write says
    nothing.
    """
    version, _, rest = (text or "").partition("-")
    status, _, stream = rest.partition("-")
    if not (version.isascii() and version.isdigit()) or len(version) > 9 or status not in set(Status):
        return None, ""
    return Seen(int(version), Status(status)), stream


def stream_response(job: Job, seen: Seen | None, stream: str, base_url: str) -> str:
    """The body of an answer: the job if the watcher has not seen it yet, and when to come back.

    There is an id even without news: it tells the name of the stream to a browser that came with an older one's.
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
    # JSON has no line breaks of its own here, which an event's data must not have
    return json.dumps(content).encode()
