"""The recipe of an import, and whether its job asks; announced or uploaded in the body."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sluice.model.chunk import JobRef
from sluice.model.status import Status
from tests.integration.api.calling import Answer, call, get
from tests.integration.api.running import CSV, run
from tests.integration.api.test_import_options import SHA, WAYS, announced, assert_problem, job_of, sent
from tests.integration.stack import Stack

VOTERS: dict[str, Any] = {"importer": "voters", "filename": "list.xlsx"}


def test_constants_are_part_of_the_recipe(stack: Stack) -> None:
    answer = announced(**VOTERS, recipe={"constants": {"ward": "79800001"}})
    assert answer.status == 201, answer.text
    shown = answer.body["job"]
    assert shown["recipe"]["constants"] == {"ward": "79800001"}
    assert get(f"/v1/jobs/{shown['id']}").body["recipe"] == shown["recipe"]
    kept = stack.jobs.get(JobRef("acme", shown["id"]))
    assert (kept.recipe.constants, kept.lookup) == ({"ward": "79800001"}, "commission")


def test_a_file_in_the_body_has_its_recipe_in_the_query(stack: Stack) -> None:
    body = b"PK"
    shown = job_of(sent(body, **VOTERS, recipe='{"constants": {"ward": "79800001"}}'))
    assert shown["recipe"]["constants"] == {"ward": "79800001"}
    assert_problem(sent(body, **VOTERS, recipe='{"constants": {"ward": "7980000"}}'), 400, "invalid-parameter")
    for recipe in ("ward=79800001", "[]", '{"constants": {"ward": 79800001}}', "{", ""):
        assert_problem(sent(body, **VOTERS, recipe=recipe), 422, "invalid-request")


def test_constants_of_the_request_take_precedence_over_the_file_name(stack: Stack) -> None:
    """The file name provides the constant only if the request does not."""
    named, ward = VOTERS | {"filename": "Ward 79800002 (final).xlsx"}, {"ward": "79800001"}
    assert constants(announced(**named)) == {"ward": "79800002"}
    assert constants(announced(**named, recipe={"constants": ward})) == ward
    assert constants(announced(**VOTERS)) == {}, "the file is rejected after its upload"


def constants(answer: Answer) -> dict[str, str]:
    found: dict[str, str] = job_of(answer)["recipe"]["constants"]
    return found


@pytest.mark.parametrize("given", [{"ward": "7980000"}, {"ward": "79800001 "}, {"town": "79800001"}])
def test_an_invalid_constant_is_rejected(stack: Stack, given: dict[str, str]) -> None:
    assert_problem(announced(**VOTERS, recipe={"constants": given}), 400, "invalid-parameter")
    assert_problem(announced(recipe={"constants": {"ward": "79800001"}}), 400, "invalid-parameter")
    assert get("/v1/jobs").body["items"] == []


@pytest.mark.parametrize("given", [[], {"ward": 79800001}, {"ward": None}, {"ward": ""}, {"": "x"}, "79800001"])
def test_constants_in_an_invalid_form_are_rejected(stack: Stack, given: Any) -> None:
    assert_problem(announced(**VOTERS, recipe={"constants": given}), 422, "invalid-request")


def as_sent(ask: Any, given: Any) -> Any:
    """Write what is no text as JSON, where it goes into a query."""
    return json.dumps(given) if ask is sent and not isinstance(given, str) else given


@WAYS
def test_a_recipe_is_shown_by_fields_and_says_that_it_was_given(stack: Stack, ask: Any) -> None:
    """Its options are shown with it."""
    reading = {"header": 1, "columns": {"Part Number": "part_number"}, "decimal": {"Price": "."}}
    given = reading | {"date_order": {"updated": "dmy"}, "mode": "update", "guards": {"max_rejected": 0.5}}
    shown = job_of(ask(recipe=as_sent(ask, given)))["recipe"]
    assert (shown["header"], shown["columns"]) == (1, {"Part Number": "part_number"})
    assert (shown["decimal"], shown["date_order"]) == ({"price": "."}, {"updated": "dmy"})
    assert (shown["mode"], shown["blanks"], shown["guards"]["max_rejected"]) == ("update", "keep", 0.5)
    assert shown["decisions"]["decimal.price"] == {"value": ".", "how": "given", "evidence": {"counts": {}, "rows": []}}


def test_the_recipe_of_a_job_reads_another_file_the_same_way(stack: Stack) -> None:
    """It is given back whole, as it was shown; then all of it is given."""
    first = run(stack, job_of(sent(recipe='{"decimal": {"price": "."}}'))["id"])
    recipe = get(f"/v1/jobs/{first.ref.id}").body["recipe"]
    again = job_of(sent(recipe=json.dumps(recipe)))
    done = run(stack, again["id"])
    assert (done.status, done.counts.unchanged) == (Status.COMPLETED, first.counts.inserted)
    shown = get(f"/v1/jobs/{again['id']}").body["recipe"]
    assert shown["decisions"]["decimal.price"]["how"] == "given"
    plain = ("header", "columns", "constants", "decimal", "date_order", "mode", "blanks", "deletes", "guards")
    assert [shown[name] for name in plain] == [recipe[name] for name in plain]


@WAYS
def test_the_same_file_with_another_recipe_is_another_import(stack: Stack, ask: Any) -> None:
    """What counts is what the caller gave, by field or title."""
    run(stack, sent().body["id"])
    run(stack, sent(recipe='{"decimal": {"price": "."}}').body["id"])
    same, other = {"decimal": {"Price": "."}}, {"decimal": {"price": "."}, "date_order": {"updated": "dmy"}}
    digest = {"sha256": SHA} if ask is announced else {}
    assert_problem(ask(recipe=as_sent(ask, same), **digest), 409, "same-file")
    assert ask(recipe=as_sent(ask, other), **digest).status in {201, 202}


@WAYS
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"recipe": {"sheets": []}}, "recipe.sheets"),
        ({"recipe": {"nulls": ["-"]}}, "recipe.nulls"),
        ({"recipe": {"header": 0}}, "recipe.header"),
        ({"recipe": {"header": "1"}}, "recipe.header"),
        ({"recipe": {"decimal": {"price": ";"}}}, "recipe.decimal.price"),
        ({"recipe": {"date_order": {"updated": "ydm"}}}, "recipe.date_order.updated"),
        ({"recipe": {"mapping": {"Preis": "price"}}}, "`mapping` is part of the recipe now"),
        ({"mapping": {"Preis": "price"}}, "`mapping` is part of the recipe now"),
        ({"parameters": {"ward": "79800001"}}, "`parameters` are constants of the recipe now"),
        ({"mode": "update", "recipe": {"mode": "insert"}}, "`mode` is also in the recipe, with another value"),
        (
            {"guards": {"max_rejected": 0.5}, "recipe": {"guards": {"max_rejected": 0.1}}},
            "`guards.max_rejected` is also in the recipe",
        ),
        ({"questions": "never"}, "questions"),
    ],
    ids=str,
)
def test_what_a_recipe_cannot_be_is_said(stack: Stack, ask: Any, given: dict[str, Any], words: str) -> None:
    """So is the new place of what had another name."""
    answer = ask(**{name: as_sent(ask, value) for name, value in given.items()})
    assert_problem(answer, 422, "invalid-request")
    assert words in answer.body["detail"]


@WAYS
def test_options_may_be_in_the_recipe_or_beside_it(stack: Stack, ask: Any) -> None:
    """Both may be given where they agree."""
    beside: dict[str, Any] = {"mode": "update", "guards": as_sent(ask, {"max_rejected": 0.5})}
    inside: dict[str, Any] = {"mode": "update", "blanks": "clear", "guards": {"max_change": {"price": 0.5}}}
    shown = job_of(ask(**beside, recipe=as_sent(ask, inside)))["options"]
    assert (shown["mode"], shown["blanks"]) == ("update", "clear")
    assert (shown["guards"]["max_rejected"], shown["guards"]["max_change"]) == (0.5, {"price": 0.5})


@WAYS
@pytest.mark.parametrize("given", [None, "ask", "fail"])
def test_a_caller_says_whether_a_job_asks(stack: Stack, ask: Any, given: str | None) -> None:
    """Without that, a job asks."""
    assert job_of(ask() if given is None else ask(questions=given))["asks"] == (given or "ask")


@pytest.mark.parametrize(("given", "asks"), [({}, "fail"), ({"questions": "ask"}, "ask")])
def test_a_call_that_waits_for_the_end_does_not_ask(stack: Stack, given: dict[str, str], asks: str) -> None:
    """Unless the caller says so."""
    query = {"importer": "products", "filename": "prices.csv"} | given
    answer = call("POST", "/v1/imports/upload", body=CSV, query=query, headers={"Prefer": "wait=0"})
    assert answer.body["asks"] == asks
