"""Whole jobs whose files are read as the last one: week two, rollbacks, deaths, tenants, drift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from sluice.catalog.registry import importer_named
from sluice.model.chunk import JobRef
from sluice.model.job import Job
from sluice.model.options import GivenOptions
from sluice.model.recipe import UPDATE_ONLY, Decision, Drift, Recipe
from sluice.model.status import Status
from sluice.usecases.control import answer
from sluice.usecases.remembered import learn
from tests.support.factories import csv_file
from tests.support.harness import NOW, Harness

ROWS = [(f"P-{number}", f"Part {number}", "1.250", 1) for number in range(3)]


def run(harness: Harness, titles: Sequence[str], rows: Sequence[Sequence[object]] = ROWS, **more: Any) -> Job:
    """Import a file and return its job as it ends or waits."""
    return harness.run(harness.upload(csv_file(rows, titles), **more))


def answered(harness: Harness, job: Job, answers: Mapping[str, Any]) -> Job:
    """Answer the questions of a job and run it on."""
    answer(job.ref, version=job.recipe.version, answers=answers, by="ben", now=NOW, services=harness)
    return harness.run(job.ref)


GERMAN = ("Part Number", "Description", "Betrag", "Stock")


def taught(harness: Harness, **more: Any) -> Job:
    """Import a file whose caller says what no cell of it shows."""
    recipe = {"columns": {"Betrag": "price"}, "decimal": {"price": ","}}
    job = run(harness, GERMAN, recipe=recipe, **more)
    assert job.status is Status.COMPLETED
    return job


def prices(harness: Harness, tenant: str = "acme") -> set[str]:
    """Return the prices of a tenant's products."""
    records = harness.records.page(tenant, "products", limit=100, cursor=None).items
    return {str(record["values"]["price"]) for record in records}


def test_the_next_file_with_the_same_titles_is_read_as_the_last_one(harness: Harness) -> None:
    first = taught(harness)
    job = run(harness, GERMAN[::-1], [row[::-1] for row in ROWS], force=True)
    assert job.status is Status.COMPLETED
    assert {key: job.recipe.decisions[key].how for key in ("columns", "decimal.price")} == {
        "columns": "remembered",
        "decimal.price": "remembered",
    }
    assert job.recall is not None
    assert (job.recall.job, job.recall.by, job.recall.alike) == (first.ref.id, "ann", 1)
    assert prices(harness) == {"1250"}


def test_another_tenant_or_importer_remembers_nothing(harness: Harness) -> None:
    taught(harness)
    job = run(harness, GERMAN, tenant="umbrella")
    assert (job.status, job.recall) == (Status.IN_REVIEW, None)
    assert [question.kind for question in job.questions] == ["mapping"]


def test_what_cells_prove_is_stronger(harness: Harness) -> None:
    taught(harness)
    job = run(harness, GERMAN, [*ROWS, ("P-9", "Part 9", "1,234.56", 1)])
    assert job.status is Status.COMPLETED
    decision = job.recipe.decisions["decimal.price"]
    assert (decision.value, decision.how) == (".", "proven")
    assert prices(harness) == {"1.25", "1234.56"}


def test_a_rollback_takes_the_lesson_back_and_the_one_before_holds_again(harness: Harness) -> None:
    first = taught(harness)
    second = run(harness, GERMAN, recipe={"columns": {"Betrag": "price"}, "decimal": {"price": "."}})
    third = run(harness, GERMAN, force=True)
    assert third.recipe.value("decimal.price") == "."
    for job in (third, second):
        harness.roll_back(job.ref)
        assert harness.run(job.ref).status is Status.ROLLED_BACK
    job = run(harness, GERMAN, force=True)
    assert job.recall is not None
    assert (job.recall.job, job.recipe.value("decimal.price")) == (first.ref.id, ",")


def test_while_the_rollback_is_under_way_the_lesson_holds_no_more(harness: Harness) -> None:
    first = taught(harness)
    harness.roll_back(first.ref)
    ref = harness.upload(csv_file(ROWS[:1], GERMAN))
    assert harness.plan(ref) == "asks"
    assert harness.jobs.get(ref).recall is None


def test_a_job_that_fails_or_is_cancelled_teaches_nothing(harness: Harness) -> None:
    recipe = {"columns": {"Betrag": "price"}, "decimal": {"price": ","}}
    ref = harness.upload(csv_file(ROWS, GERMAN), recipe=recipe, review=True)
    harness.run(ref)
    harness.cancel(ref)
    harness.finish(ref)
    ref = harness.upload(csv_file(ROWS, GERMAN), recipe=recipe)
    harness.plan(ref)
    harness.finish(ref, "Lambda.Unknown")
    assert harness.jobs.get(ref).status is Status.FAILED
    assert harness.recipes.items == {}


def test_a_finish_that_comes_again_changes_nothing(harness: Harness) -> None:
    """Step Functions repeats it if the process has died; it must not teach twice, nor over a later job."""
    first = taught(harness)
    second = run(harness, GERMAN, force=True)
    before = dict(harness.recipes.items)
    harness.finish(first.ref)
    harness.finish(second.ref)
    assert harness.recipes.items == before


def test_a_lesson_is_taught_by_a_later_attempt_if_the_first_has_died(harness: Harness) -> None:
    first = taught(harness)
    harness.recipes.items.clear()
    harness.finish(first.ref)
    assert run(harness, GERMAN, force=True).recall is not None


def test_of_jobs_that_are_completed_at_once_both_teach(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second has read the lessons before the first has written its own."""
    first = taught(harness)
    other = run(harness, (*GERMAN[:2], "Price", "Stock"), recipe={"decimal": {"price": ","}})
    harness.recipes.items.clear()
    get = harness.recipes.get

    def slow(*place: str) -> Any:
        seen = get(*place)
        monkeypatch.undo()
        learn(other, harness)
        return seen

    monkeypatch.setattr(harness.recipes, "get", slow)
    learn(first, harness)
    [saved] = harness.recipes.items.values()
    assert {each["job"] for each in saved.value["lessons"]} == {first.ref.id, other.ref.id}
    assert saved.version == 2


def test_constants_and_options_of_the_last_file_are_not_remembered(harness: Harness) -> None:
    """The ward of one file is not that of the next."""
    taught(harness)
    [saved] = harness.recipes.items.values()
    [kept] = saved.value["lessons"]
    assert set(kept["decisions"]) == {"columns", "decimal.price"}
    voters = importer_named("voters")
    job = replace(harness.jobs.get(JobRef("acme", saved.value["lessons"][0]["job"])), importer=voters.name)
    constant = Decision("79800001", "given")
    job = replace(
        job, recipe=Recipe(1, {"constants.ward": constant, "guard.max_rejected": Decision("exceed", "answered")})
    )
    learn(job, harness)
    assert harness.recipes.items["acme", "voters", "last"].value["lessons"][0]["decisions"] == {}


def test_a_renamed_required_column_is_asked_as_drift_with_the_likely_one_first(harness: Harness) -> None:
    taught(harness)
    job = run(harness, ("Part Number", "Description", "Betrag netto", "Stock"))
    assert job.status is Status.IN_REVIEW
    [question] = job.questions
    assert (question.key, question.kind) == ("columns", "drift")
    assert question.choices[0].value == question.params["remembered"] == {"Betrag netto": "price"}
    assert question.params["known"] == {"Betrag": "price"}
    assert "decimal.price" not in job.recipe.decisions
    assert job.recall is not None
    assert job.recall.drift == Drift({"Betrag": "price"}, ("Betrag netto",), {"Betrag": "Betrag netto"})
    job = answered(harness, job, {"columns": question.choices[0].value})
    assert [question.key for question in job.questions] == ["decimal.price"]
    assert answered(harness, job, {"decimal.price": ","}).status is Status.COMPLETED


def test_week_two_asks_nothing_of_what_week_one_has_answered(harness: Harness) -> None:
    """Week two has the same titles, and cells that leave as much open."""
    titles = (*GERMAN, "Updated")
    rows = [(*row, "01.02.2026") for row in ROWS]
    rows += [("P-7", "Part 7", "7,50", 1, "25.02.2026"), ("P-8", "Part 8", "7.50", 1, "02.25.2026")]
    job = run(harness, titles, rows)
    asked = []
    while job.status is Status.IN_REVIEW:
        asked += [question.key for question in job.questions]
        answers = {"columns": {"Betrag": "price"}, "decimal.price": ",", "date_order.updated": "dmy"}
        job = answered(harness, job, {question.key: answers[question.key] for question in job.questions})
    assert sorted(asked) == ["columns", "date_order.updated", "decimal.price"]
    assert job.status is Status.COMPLETED
    again = run(harness, titles, [(*row, "03.02.2026") for row in ROWS])
    assert (again.status, again.questions) == (Status.COMPLETED, ())
    assert [again.recipe.decisions[key].how for key in sorted(asked)] == ["remembered"] * 3


def test_similar_titles_preselect_what_cells_leave_open(harness: Harness) -> None:
    taught(harness)
    recipe = {"columns": {"Betrag": "price"}}
    rows = [("P-1", "Part", "1.250", 1, "x"), ("P-2", "Part", "1,5", 1, "x"), ("P-3", "Part", "1.5", 1, "x")]
    job = run(harness, (*GERMAN, "Zusatz"), rows, recipe=recipe)
    [question] = job.questions
    assert question.key == "decimal.price"
    assert (question.choices[0].value, question.params["remembered"]) == (",", ",")


def test_a_mode_that_was_answered_is_remembered_and_one_that_was_given_is_not(harness: Harness) -> None:
    """A list of stocks has no prices: it only updates."""
    assert run(harness, (*GERMAN[:2], "Price", "Stock"), [("P-1", "Part", "1.5", 1)]).status is Status.COMPLETED
    titles, rows = ("Part Number", "Description", "Stock", "Lager"), [("P-1", "Part", 7, "Nord")]
    given = run(harness, titles, rows, given=GivenOptions(mode="update"))
    assert given.status is Status.COMPLETED
    job = run(harness, titles, [("P-1", "Part", 8, "Nord")])
    assert [question.key for question in job.questions] == ["columns"]
    job = answered(harness, job, {"columns": UPDATE_ONLY})
    assert (job.status, job.options.mode) == (Status.COMPLETED, "update")
    again = run(harness, titles, [("P-1", "Part", 9, "Nord")])
    assert (again.status, again.options.mode, again.counts.updated) == (Status.COMPLETED, "update", 1)
    own = run(harness, titles, [("P-2", "Part", 9, "Nord")], given=GivenOptions(mode="upsert"))
    assert (own.status, own.options.mode) == (Status.IN_REVIEW, "upsert")
