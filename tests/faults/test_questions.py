"""A file that leaves a decision open: the job asks or fails, waits without a lock, and goes on by the answer."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sluice.api.importers import recipe_response
from sluice.api.problems import Problem as ProblemResponse
from sluice.api.problems import shown
from sluice.api.requests import OptionFields
from sluice.catalog.registry import importer_named
from sluice.model.chunk import JobRef
from sluice.model.errors import Conflict
from sluice.model.job import WaitsFor
from sluice.model.options import Guards, LoadOptions
from sluice.model.status import Status
from sluice.usecases import queueing
from sluice.wording import word_detail
from tests.support.factories import csv_file
from tests.support.factories_files import sheets_by_openpyxl
from tests.support.harness import Harness
from tests.support.questions import DRIFT, GUARD, MAPPING, MARK, OF_ROWS, ORDER, TITLES, Asks

TWO_PRICES = ("Part Number", "Description", "Old price", "Price")
SHEET = Asks(
    "sheet",
    "sheets",
    [],
    ["Feb"],
    {"P-3": "2"},
    file=sheets_by_openpyxl({"Jan": [TITLES, ("P-2", "Part", 1)], "Feb": [TITLES, ("P-3", "Part", 2)]}),
    total=1,
)
ENCODING = Asks(
    "encoding",
    "encoding",
    [],
    "windows-1250",
    {"P-2": "Žárovka světlomet řízení", "P-3": "Łożysko"},
    file="Part Number,Description,Price\nP-2,Žárovka světlomet řízení,1\nP-3,Łożysko,2\n".encode("cp1250"),
    total=2,
    column="description",
)
#: Under each delimiter, one of the first two rows is the header.
DELIMITER = Asks(
    "delimiter",
    "delimiter",
    [],
    ";",
    {"P-2": "1", "P-3": "2"},
    file=b"Part Number;Description;Price\nPart Number,Description,Price\nP-2;a,b,c;1\nP-3;a,b,c;2\n",
    total=3,
)
HEADER = Asks(
    "header",
    "header",
    [],
    3,
    {"P-2": "20", "P-3": "30"},
    file=csv_file([("P-1", "Part", "1", ""), TWO_PRICES, ("P-2", "x", "2", "20"), ("P-3", "x", "3", "30")], TITLES),
    total=2,
)
OF_FILES = [SHEET, ENCODING, DELIMITER, HEADER]
kinds = pytest.mark.parametrize("asks", [*OF_ROWS, *OF_FILES], ids=lambda each: each.kind)


@pytest.fixture
def harness() -> Harness:
    return Harness()


def upload(harness: Harness, asks: Asks, **more: Any) -> JobRef:
    """Upload the file, with its guards."""
    options = LoadOptions(blanks="keep", guards=Guards(**asks.guards))
    return harness.upload(asks.body, filename=asks.filename, options=options, **more)


def teach(harness: Harness, asks: Asks) -> None:
    """Import the file that is remembered, if there is one."""
    if asks.before is not None:
        body, recipe = asks.before
        assert harness.run(harness.upload(body, recipe=recipe)).status is Status.COMPLETED


def loaded(harness: Harness, asks: Asks) -> dict[str, str]:
    return asks.loaded(harness.destination.values("acme", "products"))


@kinds
def test_a_job_asks_and_goes_on_by_the_answer(harness: Harness, asks: Asks) -> None:
    teach(harness, asks)
    ref = upload(harness, asks)
    job = harness.run(ref)
    assert (job.status, job.waiting_for, [each.key for each in job.questions]) == (
        Status.IN_REVIEW,
        "answers",
        [asks.key],
    )
    (question,) = job.questions
    assert question.kind == asks.kind
    assert asks.answer in [choice.value for choice in question.choices]
    assert loaded(harness, asks) == {}
    harness.answer(ref, {asks.key: asks.answer})
    job = harness.run(ref)
    assert (job.status, job.questions) == (Status.COMPLETED, ())
    assert loaded(harness, asks) == asks.values
    assert job.counts.inserted + job.counts.rejected == job.counts.total == (asks.total or len(asks.rows))


@kinds
def test_a_job_that_must_not_ask_fails_and_loads_nothing(harness: Harness, asks: Asks) -> None:
    teach(harness, asks)
    job = harness.run(upload(harness, asks, questions="fail"))
    assert job.status is Status.FAILED
    assert job.problem is not None
    assert job.problem.type == asks.failure
    assert ProblemResponse.model_validate(shown(job.problem, "")).key == (None if asks is GUARD else asks.key)
    assert loaded(harness, asks) == {}


@pytest.mark.parametrize("asks", [ORDER, MAPPING, DRIFT, *OF_FILES], ids=lambda each: each.kind)
def test_the_recipe_that_a_failure_names_would_have_helped(harness: Harness, asks: Asks) -> None:
    teach(harness, asks)
    problem = harness.run(upload(harness, asks, questions="fail")).problem
    assert problem is not None
    given = json.loads(problem.params["answer"])
    job = harness.run(upload(harness, asks, questions="fail", recipe=given))
    assert job.status is Status.COMPLETED, job.problem


def test_a_failure_names_no_recipe_where_cells_contradict_each_other(harness: Harness) -> None:
    """A mark that is given and that cells contradict is a question once more: only an answer is final."""
    problem = harness.run(upload(harness, MARK, questions="fail")).problem
    assert problem is not None
    for mark in (",", "."):
        given = {"decimal": {"price": mark}}
        assert harness.run(upload(harness, MARK, questions="fail", recipe=given)).problem == problem
    assert "answer" not in problem.params
    assert "or let the job ask" in word_detail(problem)
    assert "recipe {" not in word_detail(problem)


def test_answers_that_come_too_late_or_contradict_each_other_change_nothing(harness: Harness) -> None:
    ref = upload(harness, MARK)
    asked = harness.run(ref)
    with pytest.raises(Conflict) as open_still:
        harness.commit(ref)
    assert (open_still.value.problem.type, open_still.value.problem.params["keys"]) == (
        "questions-open",
        ["decimal.price"],
    )
    answered = harness.answer(ref, {"decimal.price": ","}, version=asked.recipe.version)
    assert harness.answer(ref, {"decimal.price": ","}, version=asked.recipe.version) == answered, "the call came twice"
    with pytest.raises(Conflict) as second:
        harness.answer(ref, {"decimal.price": "."}, version=asked.recipe.version)
    assert (second.value.problem.type, second.value.problem.params["holds"]) == (
        "answered-otherwise",
        {"decimal.price": ","},
    )
    assert harness.run(ref).status is Status.COMPLETED
    assert loaded(harness, MARK) == MARK.values


def test_an_answer_of_an_older_version_to_what_is_still_open_says_so(harness: Harness) -> None:
    """Another caller has answered the other question since."""
    both = Asks("both", "", [("1.250", "03/04/2026"), ("2,5", ""), ("3.75", "")], "", {})
    ref = upload(harness, both)
    seen = harness.run(ref).recipe.version
    harness.answer(ref, {"date_order.updated": "mdy"})
    with pytest.raises(Conflict) as late:
        harness.answer(ref, {"decimal.price": ",", "date_order.updated": "dmy"}, version=seen)
    assert late.value.problem.params["holds"] == {"date_order.updated": "mdy"}
    assert word_detail(late.value.problem).startswith('Another answer came first: date_order.updated = "mdy". ')
    with pytest.raises(Conflict) as late:
        harness.answer(ref, {"decimal.price": ","}, version=seen)
    assert late.value.problem.params["holds"] == {}
    assert word_detail(late.value.problem).startswith("Another answer came first, and what this one decides is still ")
    assert [question.key for question in harness.jobs.get(ref).questions] == ["decimal.price"]


@pytest.mark.parametrize("end", ["cancel", "expiry"])
def test_an_answer_after_the_end_of_a_job_is_a_conflict(harness: Harness, end: str) -> None:
    ref = upload(harness, MARK)
    job = harness.run(ref)
    if end == "cancel":
        harness.cancel(ref)
    else:
        harness.sweep(after=timedelta(days=7, minutes=1))
    for version in (job.recipe.version, job.recipe.version + 1):
        with pytest.raises(Conflict) as late:
            harness.answer(ref, {"decimal.price": ","}, version=version)
        assert late.value.problem.type == "illegal-transition"
    job = harness.jobs.get(ref)
    assert job.status is Status.CANCELLED
    assert (ref, job.run + 1) not in harness.machine.started
    assert harness.destination.values("acme", "products") == {}


def test_others_of_an_importer_that_runs_one_at_a_time_go_by_while_a_job_asks(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answered while another one runs, it stands in line again by its old id, so before those that came after it."""
    monkeypatch.setattr(queueing, "importer_named", lambda name: replace(importer_named(name), one_at_a_time=True))
    asks, *others, last = [upload(harness, MARK), *(upload(harness, ORDER, force=True, review=True) for _ in range(3))]
    assert harness.machine.started == [(asks, 1)]
    assert harness.run(asks).waiting_for == "answers"
    assert harness.machine.started == [(asks, 1), (others[0], 1)], "its place is free"
    assert harness.run(others[0]).status is Status.IN_REVIEW
    assert harness.machine.started[-1] == (others[1], 1)
    job = harness.answer(asks, {"decimal.price": ","})
    assert (job.status, job.waits_for) == (Status.QUEUED, WaitsFor("importer", others[1].id))
    assert harness.run(others[1]).status is Status.IN_REVIEW
    assert harness.machine.started[-1] == (asks, 2)
    assert harness.run(asks).status is Status.COMPLETED
    assert harness.machine.started[-1] == (last, 1)
    assert loaded(harness, MARK) == MARK.values


def test_another_header_row_than_the_one_found_splits_the_file_anew(harness: Harness) -> None:
    """The rows above it are read no more, and the counts are those of the rows below."""
    wide = (*TITLES, "Brand", "Stock", "Supplier")
    rows = [("P-1", "Part", "1"), TWO_PRICES, ("P-2", "Part", "2", "20"), ("P-3", "Part", "3", "30")]
    ref = harness.upload(csv_file([(*row, *[""] * (len(wide) - len(row))) for row in rows], wide), review=True)
    job = harness.run(ref)
    assert (job.questions, job.recipe.value("header"), job.counts.total) == ((), 1, 4)
    job = harness.answer(ref, {"header": 3})
    assert job.status is Status.PARSING
    job = harness.run(ref)
    assert (job.status, job.split, job.recipe.value("header"), job.counts.total) == (Status.IN_REVIEW, 1, 3, 2)


def test_another_answer_to_the_question_of_the_header_row_splits_the_file_anew(harness: Harness) -> None:
    """It is asked, as two rows have all required columns in different places."""
    body = csv_file([("P-1", "Part", "1"), TWO_PRICES, ("P-2", "Part", "2", "20"), ("P-3", "Part", "3", "30")])
    ref = harness.upload(body.replace(b"Stock", b""), review=True)
    (question,) = harness.run(ref).questions
    assert (question.key, [choice.value for choice in question.choices]) == ("header", [1, 3])
    for split, row, total in ((0, 1, 4), (1, 3, 2)):
        harness.answer(ref, {"header": row})
        job = harness.run(ref)
        assert (job.status, job.split, job.recipe.value("header"), job.counts.total) == (
            Status.IN_REVIEW,
            split,
            row,
            total,
        )
    harness.commit(ref)
    assert harness.run(ref).counts.inserted == 2
    values = harness.destination.values("acme", "products")
    assert {key: each["price"] for key, each in values.items()} == {"P-2": "20", "P-3": "30"}


@pytest.mark.parametrize("asks", [ORDER, MAPPING, DRIFT, *OF_FILES], ids=lambda each: each.kind)
def test_the_next_file_asks_nothing_that_was_answered(harness: Harness, asks: Asks) -> None:
    teach(harness, asks)
    ref = upload(harness, asks)
    harness.run(ref)
    harness.answer(ref, {asks.key: asks.answer})
    first = harness.run(ref)
    job = harness.run(upload(harness, asks, questions="fail", force=True))
    assert (job.status, job.counts.unchanged) == (Status.COMPLETED, first.counts.inserted)
    assert job.recipe.decisions[asks.key].how == "remembered"


@pytest.mark.parametrize("asks", [ORDER, MAPPING, DRIFT, GUARD, *OF_FILES], ids=lambda each: each.kind)
def test_the_recipe_of_a_job_reads_the_next_file_in_the_same_way(harness: Harness, asks: Asks) -> None:
    """It is given as the API shows it, and nothing is asked; the answer to a guard holds for its job alone."""
    teach(harness, asks)
    ref = upload(harness, asks)
    harness.run(ref)
    harness.answer(ref, {asks.key: asks.answer})
    first = harness.run(ref)
    recipe = recipe_response(first).model_dump(
        mode="json", exclude={"version", "decisions", *OptionFields.model_fields}
    )
    given = {name: value for name, value in recipe.items() if value is not None}
    again = harness.run(upload(harness, asks, questions="fail", force=True, recipe=given))
    if asks is GUARD:
        assert again.problem is not None
        assert again.problem.type == "guard"
        return
    assert (again.status, again.counts.unchanged) == (Status.COMPLETED, first.counts.inserted)
    assert loaded(harness, asks) == asks.values
    assert recipe_response(again).model_dump(exclude={"version", "decisions"}) == recipe_response(first).model_dump(
        exclude={"version", "decisions"}
    )
