"""The contract of the `Jobs` port."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest

from sluice.aws import dynamodb
from sluice.aws import stored as items
from sluice.aws.jobs import DynamoJobs
from sluice.model.chunk import JobRef, PhaseName
from sluice.model.errors import Conflict, NotFound, Problem
from sluice.model.job import JobFile, WaitsFor
from sluice.model.options import GivenOptions, LoadOptions
from sluice.model.recipe import Decision, Recipe
from sluice.model.status import Status
from sluice.usecases.ports import Jobs
from sluice.wording import word_detail
from tests.integration.conftest import REGION
from tests.integration.template import create_table
from tests.support.factories import make_job


def test_a_job_is_stored_as_it_was_added(jobs: Jobs) -> None:
    job = replace(make_job(), batch_id="01BATCH", urgent=True)
    assert jobs.add(job)
    assert jobs.get(job.ref) == job


def test_the_options_of_a_job_are_stored(jobs: Jobs) -> None:
    job = replace(
        make_job(importer="voters"),
        recipe=Recipe(decisions={"constants.ward": Decision("79800001", "declared")}),
        lookup="commission",
        hold=7,
        waits_for=WaitsFor("dataset", "01BEFORE"),
    )
    given = GivenOptions("mirror", "clear", "remove", "stop", {"max_deleted": 20, "max_change": {"price": 0.5}})
    job = replace(job, given=given, options=given.over(LoadOptions()))
    jobs.add(job)
    assert jobs.get(job.ref).waits_for == job.waits_for
    there = jobs.transition(job.ref, Status.QUEUED)
    assert (there.recipe.constants, there.lookup) == ({"ward": "79800001"}, "commission")
    assert (there.hold, there.waits_for) == (7, None), "a job that moves on waits no longer"
    (listed,) = jobs.page("acme", status=None, importer=None, limit=10, cursor=None).items
    assert listed == there == jobs.get(job.ref)


def test_a_job_is_added_once(jobs: Jobs) -> None:
    job = make_job()
    assert jobs.add(job)
    assert not jobs.add(replace(job, requested_by="ben"))
    assert jobs.get(job.ref).requested_by == "ann"


def test_the_job_of_another_tenant_is_not_found(jobs: Jobs) -> None:
    job = make_job("acme")
    jobs.add(job)
    with pytest.raises(NotFound):
        jobs.get(JobRef("other", job.ref.id))


def test_a_transition_changes_the_status_and_raises_the_version(jobs: Jobs) -> None:
    job = make_job()
    jobs.add(job)
    file = replace(job.file, bytes=99)
    moved = jobs.transition(job.ref, Status.QUEUED, file=file)
    assert (moved.status, moved.version, moved.file.bytes) == (Status.QUEUED, 2, 99)
    assert moved == jobs.get(job.ref)


def test_a_transition_to_the_current_status_changes_nothing(jobs: Jobs) -> None:
    job = make_job(status=Status.PARSING)
    jobs.add(job)
    assert jobs.transition(job.ref, Status.PARSING) == job


def test_an_illegal_transition_is_a_conflict_that_names_the_current_status(jobs: Jobs) -> None:
    job = make_job(status=Status.COMPLETED)
    jobs.add(job)
    with pytest.raises(Conflict) as rejected:
        jobs.transition(job.ref, Status.LOADING)
    assert "is completed" in word_detail(rejected.value.problem)


def test_times_and_phase_follow_the_status(jobs: Jobs) -> None:
    job = make_job(status=Status.QUEUED)
    jobs.add(job)
    parsing = jobs.transition(job.ref, Status.PARSING)
    assert (parsing.phase, parsing.started_at is not None, parsing.finished_at) == (PhaseName.PARSE, True, None)
    loading = jobs.transition(job.ref, Status.LOADING)
    assert (loading.phase, loading.started_at) == (PhaseName.LOAD, parsing.started_at)
    ended = jobs.transition(
        job.ref, Status.FAILED, problem=Problem("too-many-rows", {"limit": 3, "found": [{"row": 1}]})
    )
    assert (ended.phase, ended.finished_at is not None) == (None, True)
    assert ended.problem == Problem("too-many-rows", {"limit": 3, "found": [{"row": 1}]})
    assert json.dumps(ended.problem.params) == '{"limit": 3, "found": [{"row": 1}]}'


def test_the_result_of_plan_is_stored(jobs: Jobs) -> None:
    job = make_job(status=Status.PARSING)
    jobs.add(job)
    file = JobFile("a.csv", job.file.key, 10, "abc", "utf-8", ";")
    jobs.describe(job, file=file, total=12)
    noted = jobs.get(job.ref)
    assert (noted.file, noted.counts.total, noted.version) == (file, 12, 2)


def test_pages_give_each_job_of_the_tenant_once_newest_first(jobs: Jobs) -> None:
    mine = [make_job(number=number) for number in range(7)]
    for job in [*mine, make_job("other", number=3)]:
        jobs.add(job)
    found, cursor = [], None
    while True:
        page = jobs.page("acme", status=None, importer=None, limit=3, cursor=cursor)
        found += page.items
        if (cursor := page.next) is None:
            break
    assert [job.ref for job in found] == [job.ref for job in reversed(mine)]


def test_pages_are_filtered_by_status_and_importer(jobs: Jobs) -> None:
    wanted = make_job(number=1, importer="dealers", status=Status.FAILED)
    for job in (wanted, make_job(number=2, importer="dealers"), make_job(number=3, status=Status.FAILED)):
        jobs.add(job)
    page = jobs.page("acme", status="failed", importer="dealers", limit=10, cursor=None)
    assert ([job.ref for job in page.items], page.next) == ([wanted.ref], None)


def test_active_jobs_are_those_of_all_tenants_that_have_not_ended(jobs: Jobs) -> None:
    going = [make_job(number=1, status=Status.LOADING), make_job("other", number=2)]
    for job in [*going, make_job(number=3, status=Status.COMPLETED)]:
        jobs.add(job)
    jobs.add(over := make_job(number=4, status=Status.LOADING))
    jobs.transition(over.ref, Status.COMPLETED)
    assert {job.ref for job in jobs.active()} == {job.ref for job in going}


def test_an_invalid_id_is_not_found(jobs: Jobs) -> None:
    with pytest.raises(NotFound):
        jobs.get(JobRef("acme", "x" * 5_000))


def test_a_job_that_a_version_without_reviews_stored_is_read() -> None:
    """A list of jobs must not fail because of one that an earlier version wrote."""
    job = make_job()
    item = items.of_job(job)
    decided = ("recipe", "recipe_version", "questions", "asks", "split", "split_by")
    for name in ("review", "force", "corrects", "run", "reads", "lookup", *decided):
        del item[name]
    assert items.to_job(item) == job


def test_active_jobs_are_read_a_hundred_at_a_time(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweeper reads those of all tenants within its time; a batch may come back in part."""
    monkeypatch.setattr(dynamodb, "_READ_BATCH", 10)
    refs = [JobRef("acme", f"01JOB{number:03}") for number in range(25)]
    for ref in refs:
        jobs.add(replace(make_job(), ref=ref))
    client = getattr(jobs, "_client", None)
    requests: list[int] = []
    if client is not None:  # the adapter
        real = client.batch_get_item

        def in_part(*, RequestItems: dict[str, Any]) -> Any:  # noqa: N803 - as boto3
            ((name, wanted),) = RequestItems.items()
            requests.append(len(wanted["Keys"]))
            answer = real(RequestItems={name: wanted | {"Keys": wanted["Keys"][:7]}})
            left = wanted["Keys"][7:]
            return answer | {"UnprocessedKeys": {name: wanted | {"Keys": left}} if left else {}}

        monkeypatch.setattr(client, "batch_get_item", in_part)
    assert sorted(job.ref.id for job in jobs.active()) == [ref.id for ref in refs]
    assert requests in ([], [10, 3, 10, 3, 5])


def test_a_job_that_has_ended_says_until_when_it_is_kept(aws: None) -> None:
    """By the present retention."""
    table = boto3.resource("dynamodb", region_name=REGION).Table(create_table("JobsTable"))
    jobs = DynamoJobs(table, 90)
    jobs.add(job := make_job(status=Status.LOADING))
    assert jobs.get(job.ref).kept_until is None
    ended = jobs.transition(job.ref, Status.COMPLETED)
    assert ended.finished_at is not None
    assert ended.kept_until == ended.finished_at + timedelta(days=90)
    assert DynamoJobs(table, 30).get(job.ref).kept_until == ended.finished_at + timedelta(days=30)
