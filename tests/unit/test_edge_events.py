"""Server-sent events: their fields, and the `Last-Event-ID` that a client sends back."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.api.events import read_id, stream_response
from sluice.model.event import Seen
from sluice.model.status import Status
from tests.support.factories import make_job

JOB = replace(make_job(status=Status.LOADING), version=7)


def written(seen: Seen | None) -> dict[str, str]:
    """Return the fields of the one event that is written."""
    body = stream_response(JOB, seen, "stream", "https://api.example")
    assert body.endswith("\n\n")
    return dict(line.split(": ", 1) for line in body.splitlines() if line)


def test_an_event_has_the_job_and_an_id_to_continue_from() -> None:
    event = written(None)
    assert event["event"] == "progress"
    assert json.loads(event["data"])["event"] == "job.progress"
    assert json.loads(event["data"])["job"]["id"] == JOB.ref.id
    assert read_id(event["id"]) == (Seen(7, Status.LOADING), "stream")


def test_an_event_that_the_client_has_is_not_sent_again() -> None:
    assert written(Seen(7, Status.LOADING)) == {"retry": "500", "id": "7-loading-stream"}
    assert "data" in written(Seen(6, Status.LOADING))


def test_a_line_break_in_a_name_does_not_end_the_event() -> None:
    job = replace(JOB, file=replace(JOB.file, name="a\n\nid: 9\r\ndata: x"))
    body = stream_response(job, None, "stream", "")
    assert len([line for line in body.splitlines() if line]) == 4


@pytest.mark.parametrize("text", [None, "", "7", "7-", "7-nonsense-s", "x-loading-s", "-1-loading-s", "1e3-loading-s"])
def test_an_id_that_the_api_did_not_write_is_ignored(text: str | None) -> None:
    assert read_id(text) == (None, "")


@given(st.text())
def test_no_id_breaks_the_reader(text: str) -> None:
    read_id(text)


@pytest.mark.parametrize("status", Status)
def test_a_stream_ends_when_the_job_is_inactive(status: Status) -> None:
    still = {"completed", "failed", "cancelled", "rolled_back", "in_review", "paused"}
    assert Seen(1, status).is_last == (status in still)
