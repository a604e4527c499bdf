"""What keeps a job from loading: guards that it trips, and rejected rows if it loads all rows or none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sluice.model.chunk import JobRef, PhaseName
from sluice.model.errors import Conflict, InvalidDecision, Problem
from sluice.model.job import Job, allowed_actions
from sluice.model.options import Guards, LoadOptions
from sluice.model.status import Status
from sluice.usecases.artifacts import JobFiles
from sluice.usecases.staged_rows import find_obstacles
from sluice.wording import word_detail
from tests.support.factories import csv_file, products
from tests.support.harness import Harness
from tests.support.strict import StrictDestination

STOP = LoadOptions(on_rejections="stop")
WRONG = [("P-000900", "Part", "free", 1)]


def at_most(share: float) -> LoadOptions:
    """Return options that let a share of the rows be rejected."""
    return LoadOptions(guards=Guards(max_rejected=share))


@pytest.fixture
def dataset(harness: Harness) -> StrictDestination:
    """Return the dataset of the harness: it holds ten products, of which it takes the fifth no second time."""
    harness.run(harness.upload(csv_file(products(10))))
    harness.destination = dataset = StrictDestination(harness.files)
    dataset.datasets = {}
    harness.run(harness.upload(csv_file(products(10)), force=True))
    dataset.known = {"P-000005"}
    dataset.writes = 0
    return dataset


def run(harness: Harness, rows: list[Any], options: LoadOptions, **more: Any) -> Job:
    return harness.run(harness.upload(csv_file(rows), options=options, force=True, **more))


def problem_of(job: Job) -> Problem:
    assert job.problem is not None
    return job.problem


def rejected_rows(harness: Harness, ref: JobRef) -> list[tuple[int, str]]:
    found = JobFiles(harness.jobs.get(ref), harness.files).rejections_page(limit=100, cursor=None).items
    return [(each.row, each.code) for each in found]


# Row 3 repeats the key of row 2, row 7 is known, row 12 has no price.
THREE_WRONG = [*products(1), *products(1), *products(4, first=2), *products(6, first=100), *WRONG]


@pytest.mark.parametrize("review", [False, True])
def test_a_job_that_loads_all_rows_or_none_loads_none_if_one_is_rejected_before(
    harness: Harness, dataset: StrictDestination, review: bool
) -> None:
    """All rows that parsing and comparing reject are named at once, so that the file is corrected once."""
    job = run(harness, THREE_WRONG, STOP, review=review)
    assert (job.status, dataset.writes, job.counts.loaded) == (Status.FAILED, 0, 0)
    assert problem_of(job).code == "rejections/checked"
    assert problem_of(job).params["found"] == job.counts.rejected == 3
    expected = [(3, "duplicate-key"), (7, "key-exists"), (14, "not-a-number")]
    assert rejected_rows(harness, job.ref) == expected
    assert [each["row"] for each in problem_of(job).params["examples"]] == [3, 7, 14]
    assert job.counts.rejected + job.counts.unprocessed == job.counts.total == 13
    assert word_detail(problem_of(job)) == (
        "3 rows are rejected, and the job loads all rows or none: row 3: Part Number repeats the Part Number of row 2; "
        "row 7: Part Number exists already; mode 'insert' changes no record; row 14: Price is not a number, such as "
        "12.50. Nothing was loaded. Correct the file and import it whole."
    )


def test_a_job_that_loads_all_rows_or_none_loads_a_good_file(harness: Harness, dataset: StrictDestination) -> None:
    job = run(harness, products(25, first=100), STOP)
    assert (job.status, job.counts.inserted) == (Status.COMPLETED, 25)


@pytest.mark.parametrize("review", [False, True])
def test_a_row_that_only_the_load_rejects_takes_back_what_was_loaded(
    harness: Harness, dataset: StrictDestination, review: bool
) -> None:
    """Chunks that no worker has begun are not loaded any more."""
    before = dict(dataset.datasets["acme", "products"])
    dataset.constrained = {"P-000102"}
    ref = harness.upload(csv_file([*products(4), *products(31, first=100)]), options=STOP, review=review)
    job = harness.run(ref)
    if review:
        assert (job.status, job.problem) == (Status.IN_REVIEW, None)
        harness.commit(ref)
        job = harness.run(ref)
    assert job.status is Status.FAILED
    assert problem_of(job).code == "rejections/undone"
    assert dataset.datasets["acme", "products"] == before
    assert (job.counts.rejected, job.counts.inserted) == (1, 5), "only the first of four chunks was loaded"
    assert (job.counts.reversed, job.counts.conflicts) == (5, 0)
    assert rejected_rows(harness, ref) == [(8, "database-check")]
    states = [entry.status for entry in harness.jobs.entries(ref)]
    assert states[-3:] == [Status.LOADING, Status.ROLLING_BACK, Status.FAILED]
    assert word_detail(problem_of(job)) == (
        "1 row is rejected, and the job loads all rows or none: row 8: Part Number is not allowed by the database's "
        "rule 'allowed'. The load stopped there, so other rows may be rejected too; what had been loaded was taken "
        "back. Correct the file and import it whole."
    )


def test_rows_that_others_changed_before_they_were_taken_back_are_named(
    harness: Harness, dataset: StrictDestination
) -> None:
    """Plain SQL may write between the load and its rollback."""
    dataset.constrained = {"P-000103"}
    ref = harness.upload(csv_file(products(4, first=100)), options=STOP)
    harness.plan(ref)
    for phase, outcome in (("parse", "done"), ("load", "compare"), ("compare", "done"), ("load", "rejected")):
        assert harness.phase(ref, PhaseName(phase)) == outcome
    there = dataset.datasets["acme", "products"]
    there["P-000100"] = there["P-000100"]._replace(job_id="sql", data="{}")
    harness.phase(ref, PhaseName.UNDO)
    assert harness.jobs.get(ref).status is Status.ROLLING_BACK
    assert problem_of(harness.jobs.get(ref)).code == "rejections/undoing"
    problem = problem_of(harness.finish(ref))
    assert (problem.params["kept"], problem.params["failed"]) == (1, 0)
    assert "1 row could not be restored; GET /v1/jobs/" in word_detail(problem)
    [kept] = JobFiles(harness.jobs.get(ref), harness.files).kept_page(limit=10, cursor=None).items
    assert (kept["key"], kept["outcome"]) == ("P-000100", "conflict")


@pytest.mark.parametrize("constrained", [set[str](), {"P-000100"}], ids=["before", "after"])
def test_such_a_job_is_not_retried_rolled_back_or_corrected(
    harness: Harness, dataset: StrictDestination, constrained: set[str]
) -> None:
    """The file has to be imported whole: its rejected rows alone are not enough."""
    dataset.constrained = constrained
    job = run(harness, [*products(1, first=100), *([] if constrained else WRONG)], STOP)
    assert (job.status, allowed_actions(job)) == (Status.FAILED, [])
    with pytest.raises(Conflict) as error:
        harness.retry(job.ref)
    assert error.value.problem.code == "not-retryable/same-again"
    with pytest.raises(Conflict) as error:
        harness.roll_back(job.ref)
    case = "undone" if constrained else "nothing-loaded"
    assert error.value.problem.code == f"nothing-to-roll-back/{case}"
    with pytest.raises(Conflict) as error:
        harness.upload(csv_file(products(1)), corrects=job.ref.id)
    assert error.value.problem.code == "cannot-correct/nothing-loaded"


@pytest.mark.parametrize("name", ["errors.xlsx", "errors.csv"])
def test_its_errors_file_says_to_import_the_file_whole_and_is_not_imported_itself(
    harness: Harness, dataset: StrictDestination, name: str
) -> None:
    """A person who corrects only the rejected rows would lose all others."""
    job = run(harness, [*products(3, first=100), *WRONG], STOP)
    body = harness.make_file(job.ref, name)
    if name == "errors.csv":
        assert b"Price: is not a number, such as 12.50; nothing of its file was loaded" in body
    again = harness.run(harness.upload(body, filename=name))
    assert (again.status, problem_of(again).code) == (Status.FAILED, "cannot-correct/nothing-loaded")
    assert dataset.writes == 0


def test_a_guard_of_rejections_keeps_the_others_from_being_loaded(harness: Harness, dataset: StrictDestination) -> None:
    job = run(harness, THREE_WRONG, at_most(0.2), questions="fail")
    assert (job.status, dataset.writes) == (Status.FAILED, 0)
    assert problem_of(job).code == "guard/max_rejected"
    assert (problem_of(job).params["found"], problem_of(job).params["total"]) == (3, 13)
    assert job.counts.rejected == 3
    assert [row for row, _ in rejected_rows(harness, job.ref)] == [3, 7, 14]
    assert "3 of 13 rows are rejected, and the job allows 20 %: row 3: " in word_detail(problem_of(job))
    assert 'import the file again with the guards {"max_rejected": 0.231}' in word_detail(problem_of(job))
    assert allowed_actions(job) == []


def test_a_job_within_its_guard_counts_each_rejected_row_once(harness: Harness, dataset: StrictDestination) -> None:
    """Rows that the comparison rejects are counted at once, and decided anew by the load."""
    job = run(harness, THREE_WRONG, at_most(0.231))
    assert (job.status, job.counts.rejected, job.counts.loaded, job.counts.unprocessed) == (Status.COMPLETED, 3, 10, 0)
    assert [row for row, _ in rejected_rows(harness, job.ref)] == [3, 7, 14]


def test_a_row_that_the_load_takes_after_all_is_no_rejected_row_any_more(
    harness: Harness, dataset: StrictDestination
) -> None:
    """Another job has removed what the comparison found."""
    ref = harness.upload(csv_file(products(6)), options=at_most(0.5), force=True)
    harness.plan(ref)
    for phase in ("parse", "compare"):
        harness.phase(ref, PhaseName(phase))
    assert (harness.jobs.get(ref).counts.rejected, rejected_rows(harness, ref)) == (1, [(6, "key-exists")])
    dataset.known = set()
    harness.phase(ref, PhaseName.LOAD)
    job = harness.finish(ref)
    assert (job.counts.rejected, job.counts.unchanged, rejected_rows(harness, ref)) == (0, 6, [])


def test_a_guard_of_changes_shows_the_rows_that_trip_it(harness: Harness, dataset: StrictDestination) -> None:
    """A decimal point in the wrong place makes prices a hundred times as large."""
    dataset.known = set()
    rows = [*products(3, price="9.9"), *products(7, first=4, price="950")]
    options = LoadOptions(guards=Guards(max_change={"price": 0.5}))
    job = run(harness, rows, options, questions="fail")
    assert (job.status, dataset.writes, job.counts.over_limit) == (Status.FAILED, 0, 7)
    [first, *others] = problem_of(job).params["examples"]
    assert first == {
        "row": 5,
        "key": "P-000004",
        "changes": [{"column": "Price", "before": "9.5", "after": "950"}],
    }
    assert len(others) == 6
    assert word_detail(problem_of(job)).startswith(
        "7 rows would change a number by more than the job allows (price by 50 %): row 5 (P-000004): Price 9.5 → 950; "
    )
    assert word_detail(problem_of(job)).endswith('again with the guards {"max_change": {"price": 99.0}}.')
    job = run(harness, rows[:3], options)
    assert (job.status, job.counts.updated) == (Status.COMPLETED, 3)
    job = run(harness, rows, LoadOptions(guards=Guards(max_change={"price": 99.0})))
    assert (job.status, job.counts.updated) == (Status.COMPLETED, 7)


def test_the_limit_that_is_named_lets_the_rows_of_all_chunks_through(
    harness: Harness, dataset: StrictDestination
) -> None:
    dataset.known = set()
    rows = [*products(5, price="950"), *products(10, first=100), *products(5, first=6, price="99")]
    job = run(harness, rows, LoadOptions(guards=Guards(max_change={"price": 0.5})), questions="fail")
    assert job.counts.over_limit == 10
    assert word_detail(problem_of(job)).endswith('with the guards {"max_change": {"price": 99.0}}.')


@pytest.mark.parametrize("review", [False, True])
def test_a_job_asks_whether_to_exceed_its_guard_and_is_not_committed_before(
    harness: Harness, dataset: StrictDestination, review: bool
) -> None:
    job = run(harness, THREE_WRONG, at_most(0.2), review=review)
    assert (job.status, job.waiting_for, allowed_actions(job)) == (Status.IN_REVIEW, "answers", ["answers", "cancel"])
    [question] = job.questions
    assert (question.key, question.params["found"], question.params["total"]) == ("guard.max_rejected", 3, 13)
    with pytest.raises(Conflict) as error:
        harness.commit(job.ref)
    assert error.value.problem.type == "questions-open"
    job = harness.answer(job.ref, {"guard": {"max_rejected": "exceed"}})
    if review:
        assert (job.status, job.waiting_for, dataset.writes) == (Status.IN_REVIEW, "commit", 0)
        harness.commit(job.ref)
    job = harness.run(job.ref)
    assert (job.status, job.counts.rejected, job.counts.loaded) == (Status.COMPLETED, 3, 10)


def test_a_job_is_cancelled_rather_than_exceed_its_guard(harness: Harness, dataset: StrictDestination) -> None:
    job = run(harness, THREE_WRONG, at_most(0.2))
    assert harness.answer(job.ref, {"guard.max_rejected": "cancel"}).status is Status.CANCELLED
    assert dataset.writes == 0


@pytest.mark.parametrize(
    "answers", [{"guard.max_rejected": "yes"}, {"guard.max_deleted": "exceed"}, {"guard": "exceed"}]
)
def test_only_a_tripped_guard_is_answered(
    harness: Harness, dataset: StrictDestination, answers: dict[str, Any]
) -> None:
    job = run(harness, THREE_WRONG, at_most(0.2))
    with pytest.raises(InvalidDecision):
        harness.answer(job.ref, answers)
    assert harness.jobs.get(job.ref).questions == job.questions


def test_a_job_with_a_guard_does_not_load_a_part_of_its_file(harness: Harness, dataset: StrictDestination) -> None:
    """A chunk that could not be parsed may hold what trips the guard; a retry parses it."""
    ref = harness.upload(csv_file([*products(20, first=100), *WRONG]), options=at_most(0.01), questions="fail")
    harness.plan(ref)
    harness.dispatch(ref, PhaseName.PARSE)
    harness.give_up(harness.queue.messages.pop(2))
    harness.deliver()
    assert harness.phase(ref, PhaseName.LOAD) == "uncompared"
    job = harness.finish(ref)
    assert (job.status, problem_of(job).type, dataset.writes) == (Status.FAILED, "unprocessed-rows", 0)
    harness.retry(ref)
    job = harness.run(ref)
    assert (job.status, problem_of(job).type, dataset.writes) == (Status.FAILED, "guard", 0)


def test_the_problem_of_a_sync_names_the_call_that_lets_it_through(
    harness: Harness, dataset: StrictDestination
) -> None:
    job = run(harness, THREE_WRONG, at_most(0.2))
    sync = replace(job, kind="sync", importer="products")
    [problem] = find_obstacles(sync, chunks=harness.chunks, files=harness.files)
    assert "call POST /v1/syncs/products?force=true with the guards" in word_detail(problem)


def test_every_guard_that_a_job_trips_is_found(harness: Harness, dataset: StrictDestination) -> None:
    """The first of them is the problem of the job."""
    guards = Guards(max_rejected=0.1, max_deleted=1, max_change={"price": 0.1})
    dataset.known = {"P-000001", "P-000002"}
    job = run(harness, products(8, price="99"), LoadOptions(mode="mirror", guards=guards), questions="fail")
    found = find_obstacles(job, chunks=harness.chunks, files=harness.files)
    assert [problem.params["guard"] for problem in found] == ["max_rejected", "max_deleted", "max_change"]
    assert word_detail(found[1]).startswith(
        "2 of 10 records are not in the file and would be deleted, and the job allows 1: P-000009; P-000010. Nothing "
    )
    assert job.problem == found[0]
