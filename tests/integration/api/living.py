"""Jobs that live while the API is called: their course, taken by hand on the deployed stores."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sluice.model.chunk import JobRef, PhaseName
from sluice.model.job import Job
from sluice.model.status import Status
from sluice.usecases.dispatch import dispatch
from sluice.usecases.finish import finish
from sluice.usecases.plan import plan
from sluice.usecases.start_import import Arrival, start_job
from sluice.usecases.worker import Services, process_chunk
from tests.factories import make_job
from tests.fakes.course import LEASE, NOW, Course
from tests.fakes.destination import MemoryDestination, MemoryRecords
from tests.fakes.files import MemoryFiles
from tests.fakes.machine import MemoryMachine
from tests.fakes.queue import MemoryQueue
from tests.fakes.upstreams import MemoryLookupCache, MemoryUpstreams
from tests.integration.api.calling import Answer, call
from tests.integration.stack import Stack

#: Two good rows, one that is wrong.
CSV = b"Part Number,Description,Price\nP-1,Filter,9.50\nP-2,Belt,3\nP-3,Pump,-1\n"
#: A row whose date can be read in two ways.
DOUBT = b"Part Number,Description,Price,Updated\nP-1,Filter,9.50,03/04/2025\n"


def post(job_id: str, move: str, **more: Any) -> Answer:
    """Ask for a move of a job."""
    return call("POST", f"/v1/jobs/{job_id}/{move}", **more)


def upload(body: bytes = CSV, **query: str) -> str:
    """Send a file; answers its job's id."""
    asked = {"importer": "products", "filename": "prices.csv"} | query
    answer = call("POST", "/v1/imports/upload", body=body, query=asked, headers={"Content-Type": "text/csv"})
    assert answer.status == 202, answer.text
    return str(answer.body["id"])


def standing(stack: Stack, status: Status, **more: Any) -> Job:
    """A job that was put into a state."""
    job = replace(make_job(status=status), **more)
    stack.jobs.add(job)
    return job


def run(stack: Stack, job_id: str, *, upto: PhaseName | None = None) -> Job:
    """Take a run of a job to its end, or to where a phase is dispatched and nobody has done it."""
    ref, machine, queue = JobRef("acme", job_id), MemoryMachine(), MemoryQueue()
    job = stack.jobs.get(ref)
    if job.status is Status.WAITING_FOR_FILE:
        size, etag = stack.files.stat(job.file.key)
        start_job(Arrival(job.file.key, size, etag, datetime.now(UTC)), jobs=stack.jobs, machine=machine)
        job = stack.jobs.get(ref)
    stores: Any = {"jobs": stack.jobs, "chunks": stack.chunks, "files": stack.files}
    others: Any = {"machine": machine, "queue": queue, "records": MemoryRecords(MemoryDestination(MemoryFiles()))}
    step: str = job.entry
    while step != "finish":
        if step == "plan":
            outcome = plan(ref, job.run, before=NOW + 900, **stores, upstreams=MemoryUpstreams())
        else:
            dispatch(ref, job.run, PhaseName(step), step, now=NOW, **stores, **others)
            if step == upto:
                return stack.jobs.get(ref)
            for chunk in queue.messages:
                tools = Services(
                    **stores,
                    machine=machine,
                    destination=stack.destination,
                    upstreams=MemoryUpstreams(),
                    answers=MemoryLookupCache(),
                )
                process_chunk(chunk, now=NOW, lease_seconds=LEASE, tools=tools)
            queue.messages.clear()
            outcome = machine.answers[step]["outcome"]
        step = Course._after(step, outcome)
    return finish(ref, job.run, error=None, jobs=stack.jobs, chunks=stack.chunks, machine=machine)
