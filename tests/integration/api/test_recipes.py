"""Recipes that a tenant keeps by name, and the settings of its drop folder."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sluice.model.chunk import JobRef
from sluice.model.status import Status
from sluice.usecases.start_import import Arrival, start_job
from tests.integration.api.calling import Answer, call, get
from tests.integration.api.running import CSV
from tests.integration.stack import Stack
from tests.support import issuer
from tests.support.services import FakeServices

RECIPES = "/v1/importers/products/recipes"
NORD = f"{RECIPES}/nordparts"
FOLDER = "/v1/importers/products/drop-folder"
RECIPE: dict[str, Any] = {"columns": {"Preis": "Unit Price"}, "decimal": {"Price": ","}, "mode": "update"}
KEPT: dict[str, Any] = {"columns": {"Preis": "price"}, "decimal": {"price": ","}, "mode": "update"}


def put(path: str = NORD, body: Any = None, **headers: str) -> Answer:
    """Write a recipe or the settings of a drop folder."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return call("PUT", path, json_body=RECIPE if body is None else body, headers=named)


def delete(path: str = NORD, **headers: str) -> Answer:
    """Remove a recipe."""
    return call("DELETE", path, headers={name.replace("_", "-"): value for name, value in headers.items()})


def announced(**asked: Any) -> Answer:
    """Announce a file."""
    return call("POST", "/v1/imports", json_body={"importer": "products", "filename": "a.csv", "bytes": 9} | asked)


def dropped(stack: Stack, importer: str = "products", name: str = "prices.csv") -> Any:
    """Put a file into the drop folder, and return its job."""
    real = stack.services
    services = FakeServices(real.jobs, real.chunks, real.locks, real.files, recipes=real.recipes)
    arrival = Arrival(f"incoming/acme/{importer}/{name}", len(CSV), "etag", datetime(2026, 1, 1, tzinfo=UTC))
    job = start_job(arrival, services)
    assert job is not None
    assert start_job(arrival, services) == stack.jobs.get(job.ref)
    return stack.jobs.get(job.ref)


def assert_problem(answer: Answer, status: int, type_: str) -> None:
    assert (answer.status, answer.body["type"]) == (status, f"/problems/{type_}"), answer.text


def shown(recipe: Any) -> Any:
    """Return what a recipe in a response says."""
    return {name: value for name, value in recipe.items() if value is not None}


# ---------------------------------------------------------------------- recipes


def test_a_recipe_is_kept_with_who_and_when_and_fields_for_titles(stack: Stack) -> None:
    answer = put()
    assert (answer.status, answer.body["version"], answer.body["by"]) == (201, 1, "ann")
    assert shown(answer.body["recipe"]) == KEPT
    assert get(NORD).body == answer.body
    assert get(NORD).headers["etag"] == answer.headers["etag"]
    assert answer.headers["location"].endswith(NORD)
    assert get(NORD, headers={"If-None-Match": answer.headers["etag"]}).status == 304


def test_a_change_is_the_next_version_and_the_same_again_is_none(stack: Stack) -> None:
    first = put()
    again = put()
    assert (again.status, again.body) == (200, first.body)
    changed = put(body={"decimal": {"price": "."}})
    assert (changed.status, changed.body["version"], shown(changed.body["recipe"])) == (
        200,
        2,
        {"decimal": {"price": "."}},
    )


def test_only_the_version_that_a_caller_has_seen_is_changed_or_removed(stack: Stack) -> None:
    old = put().headers["etag"]
    new = put(body={}, If_Match=old).headers["etag"]
    assert_problem(put(If_Match=old), 412, "precondition-failed")
    assert_problem(put(If_Match=f"W/{new}"), 412, "precondition-failed")
    assert_problem(delete(If_Match=old), 412, "precondition-failed")
    assert delete(If_Match=f"{old}, {new}").status == 204
    assert_problem(put(If_Match="*"), 412, "precondition-failed")
    assert put(If_None_Match="*").status == 201


def test_a_recipe_is_not_replaced_where_a_caller_only_creates(stack: Stack) -> None:
    put()
    assert_problem(put(body={}, If_None_Match="*"), 412, "precondition-failed")


def test_a_removed_recipe_is_gone_and_its_removal_can_come_twice(stack: Stack) -> None:
    put()
    assert (delete().status, delete().status) == (204, 204)
    assert_problem(get(NORD), 404, "not-found")


def test_a_tag_of_a_removed_recipe_is_none_of_the_one_that_is_written_later(stack: Stack) -> None:
    old = put().headers["etag"]
    delete()
    put(body={})
    assert_problem(put(If_Match=old), 412, "precondition-failed")


def test_recipes_are_listed_by_name_page_by_page(stack: Stack) -> None:
    for name in ("b", "a.2", "a.1"):
        put(f"{RECIPES}/{name}", {})
    put(FOLDER, {"recipe": "b"})
    first = get(RECIPES, query={"limit": "2"}).body
    rest = get(RECIPES, query={"limit": "2", "cursor": first["next"]}).body
    assert [each["name"] for each in first["items"] + rest["items"]] == ["a.1", "a.2", "b"]
    assert rest["next"] is None
    assert_problem(get(RECIPES, query={"cursor": "made-up"}), 400, "invalid-cursor")


def test_a_tenant_sees_its_own_recipes(stack: Stack) -> None:
    put()
    other = issuer.token(tenant="umbrella")
    assert_problem(get(NORD, token=other), 404, "not-found")
    assert get(RECIPES, token=other).body["items"] == []


@pytest.mark.parametrize(
    ("body", "status", "type_"),
    [
        ({"columns": {"Preis": "weight"}}, 422, "invalid-decision"),
        ({"decimal": {"price": ";"}}, 422, "invalid-request"),
        ({"deletes": "mark"}, 422, "invalid-option"),
        ({"constants": {"ward": "7980"}}, 400, "invalid-parameter"),
        ({"name": "other"}, 422, "invalid-request"),
        ({"mapping": {}}, 422, "invalid-request"),
    ],
)
def test_a_recipe_that_the_importer_does_not_allow_is_not_kept(
    stack: Stack, body: Any, status: int, type_: str
) -> None:
    assert_problem(put(body=body), status, type_)
    assert_problem(get(NORD), 404, "not-found")


def test_a_name_is_a_word(stack: Stack) -> None:
    assert_problem(put(f"{RECIPES}/-x"), 422, "invalid-request")
    assert_problem(put(f"{RECIPES}/{'x' * 65}"), 422, "invalid-request")
    assert_problem(put("/v1/importers/none/recipes/x"), 404, "not-found")


def test_the_recipe_of_a_job_is_kept_as_it_is_shown(stack: Stack) -> None:
    job = announced(recipe={"decimal": {"price": ","}, "columns": {"Preis": "price"}}).body["job"]
    kept = put(body=job["recipe"])
    assert kept.status == 201, kept.text
    assert kept.body["recipe"]["decimal"] == {"price": ","}


# ---------------------------------------------------------------------- use


def test_a_job_takes_the_recipe_as_it_is_and_keeps_it(stack: Stack) -> None:
    put()
    job = announced(recipe={"name": "nordparts", "decimal": {"price": "."}}).body["job"]
    delete()
    found = get(f"/v1/jobs/{job['id']}").body
    how = {key: (each["value"], each["how"]) for key, each in found["recipe"]["decisions"].items()}
    assert how == {"columns": ({"Preis": "price"}, "remembered"), "decimal.price": (".", "given")}
    assert (found["options"]["mode"], found["remembered"]["name"]) == ("update", "nordparts")
    assert found["remembered"]["by"] == "ann"


def test_the_options_of_a_request_are_stronger_than_those_of_its_recipe(stack: Stack) -> None:
    put()
    assert announced(recipe={"name": "nordparts"}, mode="upsert").body["job"]["options"]["mode"] == "upsert"


def test_a_file_uploaded_in_the_body_can_name_a_recipe_too(stack: Stack) -> None:
    put()
    query = {"importer": "products", "filename": "a.csv", "recipe": json.dumps({"name": "nordparts"})}
    answer = call("POST", "/v1/imports/upload", body=CSV, query=query, headers={"Content-Type": "text/csv"})
    assert answer.body["remembered"]["name"] == "nordparts"


def test_an_unknown_recipe_is_not_found(stack: Stack) -> None:
    assert_problem(announced(recipe={"name": "nordparts"}), 404, "not-found")


# ---------------------------------------------------------------------- drop folder


def test_a_drop_folder_without_settings_reads_as_its_importer_says(stack: Stack) -> None:
    assert get(FOLDER).body == {"recipe": None, "questions": None, "version": 0, "by": None, "at": None}
    job = dropped(stack)
    assert (job.status, job.asks, job.recall) == (Status.QUEUED, "fail", None)


def test_a_drop_folder_names_its_recipe_and_what_becomes_of_questions(stack: Stack) -> None:
    put()
    answer = put(FOLDER, {"recipe": "nordparts", "questions": "ask"})
    assert (answer.status, answer.body["version"], answer.body["by"]) == (200, 1, "ann")
    assert get(FOLDER).body == answer.body
    job = dropped(stack)
    assert (job.asks, job.options.mode, job.recipe.value("decimal.price")) == ("ask", "update", ",")
    assert job.recipe.decisions["columns"].how == "remembered"
    assert (job.recall.name, job.status) == ("nordparts", Status.QUEUED)


def test_a_drop_folder_cannot_name_a_recipe_that_is_not_there(stack: Stack) -> None:
    assert_problem(put(FOLDER, {"recipe": "nordparts"}), 404, "not-found")


def test_settings_of_a_drop_folder_change_only_as_they_were_seen(stack: Stack) -> None:
    old = put(FOLDER, {"questions": "ask"}).headers["etag"]
    put(FOLDER, {"questions": "fail"})
    assert_problem(put(FOLDER, {"questions": None}, If_Match=old), 412, "precondition-failed")
    assert put(FOLDER, {}).body["questions"] is None


def test_a_file_whose_recipe_was_removed_is_not_read_in_another_way(stack: Stack) -> None:
    """Nor by the second delivery of its event, if the first died half-way."""
    put()
    put(FOLDER, {"recipe": "nordparts"})
    delete()
    job = dropped(stack)
    assert (job.status, job.problem.type) == (Status.FAILED, "not-found")
    found = get(f"/v1/jobs/{job.ref.id}").body
    assert "There is no recipe 'nordparts'" in found["problem"]["detail"]
    assert found["finished_at"] is not None
    assert stack.jobs.get(JobRef("acme", job.ref.id)).phase is None


def test_a_drop_folder_of_no_importer_still_fails(stack: Stack) -> None:
    job = dropped(stack, importer="nothing")
    assert (job.status, job.problem.type, job.importer) == (Status.FAILED, "not-found", "nothing")
