"""Runs jobs on the deployed stores while a test calls the API."""

from __future__ import annotations

import time
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
from sluice.usecases.worker import process_chunk
from tests.integration.api.calling import Answer, call
from tests.integration.permissions import acting
from tests.integration.stack import Stack
from tests.support.factories import make_job
from tests.support.harness import LEASE, NOW
from tests.support.machine import MemoryMachine
from tests.support.queue import MemoryQueue
from tests.support.services import FakeServices
from tests.support.state_machine import step_after

#: Two valid rows and an invalid one.
CSV = b"Part Number,Description,Price\nP-1,Filter,9.50\nP-2,Belt,3\nP-3,Pump,-1\n"
#: A row whose date can be read in two ways.
DOUBT = b"Part Number,Description,Price,Updated\nP-1,Filter,9.50,03/04/2025\n"


def post(job_id: str, action: str, **more: Any) -> Answer:
    """Request an action on a job."""
    return call("POST", f"/v1/jobs/{job_id}/{action}", **more)


def upload(body: bytes = CSV, **query: str) -> str:
    """Upload a file; return its job's id."""
    asked = {"importer": "products", "filename": "prices.csv"} | query
    answer = call("POST", "/v1/imports/upload", body=body, query=asked, headers={"Content-Type": "text/csv"})
    assert answer.status == 202, answer.text
    return str(answer.body["id"])


def job_in(stack: Stack, status: Status, **more: Any) -> Job:
    """Add a job with the given status."""
    job = replace(make_job(status=status), **more)
    stack.jobs.add(job)
    return job


def run(stack: Stack, job_id: str, *, upto: PhaseName | None = None) -> Job:
    """Run a job to the end of its run, or until `upto` is dispatched and before workers receive its messages."""
    ref, machine, queue = JobRef("acme", job_id), MemoryMachine(), MemoryQueue()
    services = FakeServices(
        stack.jobs,
        stack.chunks,
        stack.services.locks,
        stack.files,
        machine=machine,
        queue=queue,
        destination=stack.destination,
    )
    job = stack.jobs.get(ref)
    if job.status is Status.WAITING_FOR_FILE:
        size, etag = stack.files.stat(job.file.key)
        with acting("OnUploadFunction"):
            start_job(Arrival(job.file.key, size, etag, datetime.now(UTC)), services)
        job = stack.jobs.get(ref)
    step: str = job.entry
    while step != "finish":
        if step == "plan":
            with acting("PlanFunction"):
                outcome = plan(ref, job.run, before=time.time() + 900, services=services)
        else:
            with acting("DispatchFunction"):
                dispatch(ref, job.run, PhaseName(step), step, now=NOW, services=services)
            if step == upto:
                return stack.jobs.get(ref)
            for chunk in queue.messages:
                with acting("LookupFunction" if chunk.phase is PhaseName.LOOKUP else "WorkFunction"):
                    process_chunk(chunk, now=NOW, lease_seconds=LEASE, services=services)
            queue.messages.clear()
            outcome = machine.answers.pop(step)["outcome"]
        step = step_after(step, outcome)
    with acting("FinishFunction"):
        return finish(ref, job.run, error=None, now=NOW, services=services)
