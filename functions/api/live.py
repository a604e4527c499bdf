"""``/v1/tickets`` and ``/v1/jobs/{id}/events``: watch jobs live."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.api import auth, waits
from functions.api.routes import Routes, ok, other, problems
from functions.api.services import ref_of, services
from sluice import bootstrap
from sluice.api.events import CONTENT_TYPE, read_id, stream_response
from sluice.api.responses import TicketResponse
from sluice.config import ApiSettings, EventsSettings, load_settings
from sluice.model.event import TICKET_SECONDS, Ticket
from sluice.usecases.views import await_news
from sluice.usecases.watchers import issue_ticket

_STREAM = CONTENT_TYPE.partition(";")[0]

router = Routes("Events")

_TICKET = ok(201, "The ticket.", headers=("Location",))


@router.post("/tickets", responses=_TICKET)
def create_ticket() -> Response[TicketResponse]:
    """Issue a ticket to watch all jobs of the tenant.

    For the WebSocket, where a browser can send no header: one use, within a minute.
    """
    return _ticket(None)


@router.post("/jobs/<job_id>/ticket", responses=_TICKET | problems("not-found"))
def create_job_ticket(job_id: str) -> Response[TicketResponse]:
    """Issue a ticket to watch a job or download a file of it.

    For an event stream, the WebSocket or a link, where a browser can send no header: one use, within a minute.
    """
    return _ticket(job_id)


def stream_routes() -> Routes:
    """Return the route that is held open; a router for each app, because Powertools gives a router one app's context.

    A deployment serves it by a function of its own, `functions.api.stream`.
    """
    stream = Routes("Events")

    @stream.get(
        "/jobs/<job_id>/events",
        responses=other(200, "The job as one event, if it has changed since the last one.", type=_STREAM)
        | other(204, "The stream is over: the client has seen that the job waits or has ended.")
        | problems("not-found"),
    )
    def stream_events(
        job_id: str,
        last_event_id: Annotated[str | None, Query(description="As the header `Last-Event-ID`.")] = None,
        ticket: Annotated[str | None, Query(description="Instead of a token; it is checked as a token is.")] = None,
    ) -> Response[str]:
        """Stream a job as server-sent events.

        Each response has one event at most, since a Lambda function answers as a whole: it waits up to 20 s for a
        change. If many requests of the tenant wait already, it answers at once, with a longer time in `retry:`. A
        browser's `EventSource` reconnects by itself after the time in the line `retry:`, with the id of the last event;
        any other client repeats the request with it.
        """
        settings = load_settings(EventsSettings)
        seen, _ = read_id(stream.current_event.headers.get("Last-Event-ID") or last_event_id)
        jobs = bootstrap.services(settings).jobs
        with waits.up_to(settings.events_wait_seconds, stream) as seconds:
            job = await_news(ref_of(stream, job_id), seen, seconds=seconds, jobs=jobs)
        if seen is not None and seen.is_last and job.status is seen.status:
            return Response(HTTPStatus.NO_CONTENT, body="", headers={"Cache-Control": "no-store"})
        body = stream_response(job, seen, auth.stream_of(stream), auth.base_url(stream), at_once=not seconds)
        return Response(HTTPStatus.OK, CONTENT_TYPE, body, headers={"Cache-Control": "no-store"})

    return stream


def _ticket(job_id: str | None) -> Response[TicketResponse]:
    caller = auth.caller_of(router)
    wanted = Ticket(caller.tenant, caller.subject, job_id, caller.until)
    text = issue_ticket(
        wanted,
        now=int(time.time()),
        jobs=services().jobs,
        tickets=bootstrap.tickets(load_settings(ApiSettings).jobs_table),
    )
    links = {} if job_id is None else {"events": f"{auth.base_url(router)}/v1/jobs/{job_id}/events?ticket={text}"}
    if socket := auth.socket_url(router):
        links["socket"] = f"{socket}?ticket={text}"
    shown = TicketResponse(ticket=text, expires_in=TICKET_SECONDS, links=links)
    where = next(iter(links.values()), None)
    return Response(HTTPStatus.CREATED, "application/json", shown, {"Location": where} if where else {})
