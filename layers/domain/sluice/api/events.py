"""What happens to a job: server-sent events (WHATWG HTML, section 9.2), messages of the WebSocket, its timeline."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from sluice.api.responses import job_response
from sluice.model.chunk import PhaseName
from sluice.model.event import Seen, event_name
from sluice.model.job import Job
from sluice.model.status import Status
from sluice.usecases.views import Step, Timeline

CONTENT_TYPE = "text/event-stream; charset=utf-8"

# Milliseconds until a browser reconnects after a response; without it, browsers wait some seconds (WHATWG HTML).
# Name of a stream, which a ticket carries.
_STREAM = re.compile(r"[A-Za-z0-9_-]{0,64}")
_RETRY = "retry: 500\n\n"
_RETRY_LATER = "retry: 5000\n\n"


# Steps of a timeline that are shown: a response of Lambda has 6 MB at most, and a picture of it fewer points.
_MOST_STEPS = 10_000


class StepResponse(BaseModel):
    """A chunk that was done: its phase, its number of rows, and the time; several chunks where there are very many."""

    at: datetime
    phase: PhaseName
    rows: int


class PhaseTimeResponse(BaseModel):
    """What a phase took: seconds of work in all of its runs, and the rows that it has processed."""

    phase: PhaseName
    seconds: float
    rows: int


class SpanResponse(BaseModel):
    """A part of a job's life: work on a phase, or a wait."""

    status: Status = Field(description="State of the job in it; work goes on while a job is pausing or cancelling.")
    phase: PhaseName | None = Field(description="Null if it is a wait, such as a review or a pause.")
    since: datetime = Field(alias="from")
    until: datetime | None = Field(description="Null while it lasts.")


class TimelineResponse(BaseModel):
    """The timeline of a job: its chunks that were done, oldest first, what each phase took, and its work and waits."""

    items: list[StepResponse]
    next: str | None = Field(description="Always null.")
    phases: list[PhaseTimeResponse]
    spans: list[SpanResponse]


def read_id(text: str | None) -> tuple[Seen | None, str]:
    """Parse the id of the last event that a watcher saw; return the seen job and the name of the stream.

    Ids are ``{version}-{status}-{stream}`` and opaque to clients. ``(None, "")`` if the id has another form.
    """
    version, _, rest = (text or "").partition("-")
    status, _, stream = rest.partition("-")
    if not (version.isascii() and version.isdigit()) or len(version) > 9 or status not in set(Status):
        return None, ""
    if not _STREAM.fullmatch(stream):
        return None, ""
    return Seen(int(version), Status(status)), stream


def stream_response(job: Job, seen: Seen | None, stream: str, base_url: str, *, at_once: bool = False) -> str:
    """Write the body of a response: the delay until the next request, and the job unless the watcher has seen it.

    The delay is longer if the request was answered ``at_once``, because it could not wait for a change.
    The body always contains an id, so that a browser with the name of an older stream learns the current one.
    """
    retry = _RETRY_LATER if at_once else _RETRY
    if seen is not None and job.version <= seen.version:
        return f"{retry}id: {seen.version}-{seen.status}-{stream}\n\n"
    name = event_name(seen.status if seen else None, job)
    data = job_message(name, job, base_url, brief=False).decode()
    event = f"event: {name.removeprefix('job.')}\ndata: {data}"
    return f"{retry}id: {job.version}-{job.status}-{stream}\n{event}\n\n"


def job_message(event: str, job: Job, base_url: str, *, brief: bool = True) -> bytes:
    """Build the message about a job: ``{"event": …, "job": …}``, the job as every call shows it."""
    return _message({"event": event, "job": job_response(job, base_url, brief=brief).model_dump(mode="json")})


def queue_message(queues: dict[str, dict[str, int]]) -> bytes:
    """Build the message about the queues: ``{"event": "queue.status", "queues": …}``, these as ``GET /queues``."""
    return _message({"event": "queue.status", "queues": queues})


def _message(content: dict[str, Any]) -> bytes:
    # compact JSON has no line breaks, which an event's data must not contain
    return json.dumps(content).encode()


def _merged(steps: list[Step]) -> list[Step]:
    """Return at most about `_MOST_STEPS` steps: neighbours of one phase together, at the time of the last of them."""
    together = -(-len(steps) // _MOST_STEPS)
    merged: list[Step] = []
    for place, step in enumerate(steps):
        if place % max(together, 1) and merged[-1].phase is step.phase:
            merged[-1] = Step(step.at, step.phase, merged[-1].rows + step.rows)
        else:
            merged.append(step)
    return merged


def timeline_response(found: Timeline, now: datetime) -> TimelineResponse:
    """Build the response about a timeline; a phase under way has taken the seconds until ``now``."""
    worked = [(span.phase, span.seconds(now)) for span in found.spans if span.phase]
    times = [
        PhaseTimeResponse(
            phase=name,
            seconds=round(sum(seconds for phase, seconds in worked if phase is name), 3),
            rows=sum(step.rows for step in found.steps if step.phase is name),
        )
        for name in PhaseName
        if any(phase is name for phase, _ in worked)
    ]
    return TimelineResponse(
        items=[StepResponse(at=step.at, phase=step.phase, rows=step.rows) for step in _merged(found.steps)],
        next=None,
        phases=times,
        spans=[
            SpanResponse.model_validate(
                {"status": span.status, "phase": span.phase, "from": span.since, "until": span.until}
            )
            for span in found.spans
        ],
    )
