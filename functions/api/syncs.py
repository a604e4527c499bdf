"""``/v1/sources`` and ``/v1/syncs``: pull a source, now or by a schedule, and see how that goes."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from functions.api import gate, stores
from sluice.edge.answers import JobAnswer, ListAnswer, job_answer
from sluice.edge.requests import ScheduleBody
from sluice.edge.syncs import (
    CleanUpAnswer,
    ScheduleAnswer,
    SourceAnswer,
    SyncAnswer,
    schedule_answer,
    source_answer,
    sync_answer,
)
from sluice.model.job import SYNC
from sluice.sources.registry import SOURCES, source_named
from sluice.usecases.clean_up import clean_up
from sluice.usecases.list_sources import list_sources
from sluice.usecases.set_schedule import set_schedule
from sluice.usecases.start_sync import start_sync

Limit = Annotated[int, Query(ge=1, le=1000, description="Items on a page.")]
Cursor = Annotated[str | None, Query(description="Where the page before ended.")]
Name = Annotated[str | None, Query(description="Of this source alone.")]

router = APIGatewayRouter()


@router.get("/sources")
def sources() -> ListAnswer[SourceAnswer]:
    """What can be pulled; of each source the job that stands for it, and its schedule."""
    tenant, now = gate.caller_of(router).tenant, datetime.now(UTC)
    standing = list_sources(tenant, jobs=stores.jobs(), schedules=stores.schedules())
    base_url = gate.base_url(router)
    return ListAnswer(items=[source_answer(each, now=now, base_url=base_url) for each in standing], next=None)


@router.post("/syncs/cleanup")
def cleanup(source: Name = None) -> CleanUpAnswer:
    """Cancel syncs that have not moved for a quarter of an hour; says how many, by the state they were in."""
    caller, now = gate.caller_of(router), datetime.now(UTC)
    names = [source_named(source).name] if source else [each.name for each in SOURCES]
    found = clean_up(
        caller.tenant,
        names,
        by=caller.subject,
        now=now,
        jobs=stores.jobs(),
        chunks=stores.chunks(),
        machine=stores.machine(),
    )
    return CleanUpAnswer(cleaned=sum(found.values()), by_state=dict(found))


@router.post("/syncs/<source>", responses={202: {"description": "The job that pulls the source."}})
def start(
    source: str, force: Annotated[bool, Query(description="Begin anew, in place of the job before.")] = False
) -> tuple[SyncAnswer, int]:
    """Pull a source, unless a job stands for it already: that one is answered then, under way or ended."""
    caller, now = gate.caller_of(router), datetime.now(UTC)
    begun = start_sync(
        caller.tenant,
        source,
        by=caller.subject,
        force=force,
        now=now,
        jobs=stores.jobs(),
        chunks=stores.chunks(),
        machine=stores.machine(),
    )
    status = HTTPStatus.ACCEPTED if begun.is_new else HTTPStatus.OK
    return sync_answer(begun, forced=force and begun.is_new, now=now, base_url=gate.base_url(router)), status


@router.get("/syncs/<source>")
def history(source: str, limit: Limit = 50, cursor: Cursor = None) -> ListAnswer[JobAnswer]:
    """Jobs of a source, newest first."""
    tenant, name = gate.caller_of(router).tenant, source_named(source).name
    page = stores.jobs().page(tenant, status=None, importer=name, limit=limit, cursor=cursor)
    # a file may have been dropped under the source's name; its job has failed
    pulls = [job for job in page.items if job.kind == SYNC]
    return ListAnswer(items=[job_answer(job, gate.base_url(router)) for job in pulls], next=page.next)


@router.put("/syncs/<source>/schedule")
def schedule(source: str, body: ScheduleBody) -> ScheduleAnswer:
    """Let a source be pulled by itself: a new job at each strike, but for those at which one is still under way."""
    now = datetime.now(UTC)
    put = set_schedule(
        gate.caller_of(router).tenant,
        source,
        every_minutes=body.every_minutes,
        starting_at=body.starting_at,
        now=now,
        schedules=stores.schedules(),
    )
    return schedule_answer(put, now=now)


@router.delete("/syncs/<source>/schedule", responses={204: {"description": "The source has no schedule."}})
def unschedule(source: str) -> Response[None]:
    """Let a source be pulled only when somebody asks for it."""
    stores.schedules().remove(gate.caller_of(router).tenant, source_named(source).name)
    return Response(HTTPStatus.NO_CONTENT)
