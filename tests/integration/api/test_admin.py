"""The scope of an administrator: what takes from others what they cannot get back."""

from __future__ import annotations

import pytest

from sluice.catalog.registry import SOURCES
from sluice.model.status import Status
from tests.integration.api.calling import Answer, call, get
from tests.integration.stack import Stack
from tests.support import issuer
from tests.support.factories import make_job

WRITER = "imports:read imports:write"
SOURCE = SOURCES[0].name


def as_writer(method: str, path: str, **query: str) -> Answer:
    return call(method, path, token=issuer.token(scope=WRITER), query=query or None)


def expect_forbidden(answer: Answer) -> None:
    """Expect a problem that names the scope."""
    assert (answer.status, answer.body["type"], answer.body["scope"]) == (403, "/problems/forbidden", "imports:admin")


def test_only_an_administrator_deletes_a_job(stack: Stack) -> None:
    """The job stays as it is."""
    job = make_job(status=Status.COMPLETED)
    stack.jobs.add(job)
    expect_forbidden(as_writer("DELETE", f"/v1/jobs/{job.ref.id}"))
    assert not stack.jobs.get(job.ref).deleted
    assert call("DELETE", f"/v1/jobs/{job.ref.id}").status == 200
    assert stack.jobs.get(job.ref).deleted


def test_only_an_administrator_cleans_up(stack: Stack) -> None:
    """It cancels syncs of others."""
    expect_forbidden(as_writer("POST", "/v1/syncs/cleanup"))
    assert call("POST", "/v1/syncs/cleanup").status == 200


def test_only_an_administrator_takes_the_place_of_a_sync_under_way(stack: Stack) -> None:
    """One that has ended can be pulled again by any writer, which is how a source is pulled at all."""
    path = f"/v1/syncs/{SOURCE}"
    begun = as_writer("POST", path).body["job"]["id"]
    expect_forbidden(as_writer("POST", path, force="true"))
    assert get(f"/v1/jobs/{begun}").body["status"] == "queued"
    assert as_writer("POST", path).body["job"]["id"] == begun
    forced = call("POST", path, query={"force": "true"}).body["job"]["id"]
    assert get(f"/v1/jobs/{begun}").body["status"] == "cancelled"
    as_writer("POST", f"/v1/jobs/{forced}/cancel")
    assert as_writer("POST", path, force="true").status == 202


@pytest.mark.parametrize("action", ["cancel", "pause", "resume", "retry", "rollback", "commit"])
def test_a_writer_takes_back_what_a_writer_has_done(stack: Stack, action: str) -> None:
    """Who loads a wrong file must be able to roll it back at once: it restores, and takes nothing away."""
    job = make_job(status=Status.COMPLETED)
    stack.jobs.add(job)
    assert as_writer("POST", f"/v1/jobs/{job.ref.id}/{action}").status != 403
