"""The contract of the `Recipes` port."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from sluice.aws.recipes import DynamoRecipes
from sluice.model.errors import NewerFormat
from sluice.model.saved import Saved
from sluice.usecases.ports import Recipes
from tests.integration.conftest import REGION
from tests.integration.template import create_table
from tests.support.recipes import MemoryRecipes

AT = datetime(2026, 11, 28, 9, 30, 0, 123456, tzinfo=UTC)
NEW = Saved("recipe#nord", {"decimal.price": ",", "columns": {"Preis": "price"}, "share": 0.5}, "ann", AT)


@pytest.fixture(params=["memory", "dynamodb"])
def recipes(request: pytest.FixtureRequest) -> Iterator[Recipes]:
    """Return each store in turn."""
    if request.param == "memory":
        yield MemoryRecipes()
        return
    request.getfixturevalue("aws")
    yield DynamoRecipes(boto3.resource("dynamodb", region_name=REGION).Table(create_table("JobsTable")))


def test_what_is_saved_is_read_as_it_was_with_who_and_when(recipes: Recipes) -> None:
    assert recipes.get("acme", "products", "recipe#nord") is None
    assert recipes.put("acme", "products", NEW, seen=None) == NEW
    assert recipes.get("acme", "products", "recipe#nord") == NEW


def test_each_change_is_a_version_and_only_of_the_version_that_was_seen(recipes: Recipes) -> None:
    first = recipes.put("acme", "products", NEW, seen=None)
    assert recipes.put("acme", "products", NEW, seen=None) is None
    changed = replace(NEW, value={}, by="ben", at=AT + timedelta(seconds=1))
    second = recipes.put("acme", "products", changed, seen=first)
    assert second == replace(changed, version=2)
    assert recipes.put("acme", "products", replace(changed, by="cal"), seen=first) is None
    assert recipes.get("acme", "products", "recipe#nord") == second


def test_only_the_version_that_was_seen_is_removed(recipes: Recipes) -> None:
    first = recipes.put("acme", "products", NEW, seen=None)
    second = recipes.put("acme", "products", replace(NEW, by="ben"), seen=first)
    assert first is not None
    assert second is not None
    assert not recipes.remove("acme", "products", first)
    assert recipes.remove("acme", "products", second)
    assert not recipes.remove("acme", "products", second)
    assert recipes.get("acme", "products", "recipe#nord") is None


def test_what_is_written_again_after_its_removal_has_another_tag(recipes: Recipes) -> None:
    """Its versions begin at 1 again; a caller that knows the removed one must not pass for one that knows the new."""
    first = recipes.put("acme", "products", NEW, seen=None)
    assert first is not None
    recipes.remove("acme", "products", first)
    again = recipes.put("acme", "products", replace(NEW, at=AT + timedelta(microseconds=1)), seen=None)
    assert again is not None
    assert (again.version, again.tag == first.tag) == (1, False)
    assert recipes.put("acme", "products", NEW, seen=first) is None
    assert not recipes.remove("acme", "products", first)


def test_a_tenant_and_an_importer_have_their_own(recipes: Recipes) -> None:
    recipes.put("acme", "products", NEW, seen=None)
    for tenant, importer in (("umbrella", "products"), ("acme", "dealers")):
        assert recipes.get(tenant, importer, "recipe#nord") is None
        assert recipes.page(tenant, importer, "recipe#", limit=9, cursor=None).items == []


def test_names_with_a_prefix_are_listed_in_order_and_page_by_page(recipes: Recipes) -> None:
    for name in ("recipe#b", "recipe#a.1", "recipe#a", "recipe#c", "last", "drop-folder", "recipes"):
        recipes.put("acme", "products", replace(NEW, name=name), seen=None)
    found, cursor = [], None
    while True:
        page = recipes.page("acme", "products", "recipe#", limit=2, cursor=cursor)
        found.append([each.name for each in page.items])
        if (cursor := page.next) is None:
            break
    assert found == [["recipe#a", "recipe#a.1"], ["recipe#b", "recipe#c"]]
    assert recipes.page("acme", "products", "recipe#", limit=2, cursor="recipe#c").items == []


def test_a_newer_format_is_not_read(aws: None) -> None:
    table = boto3.resource("dynamodb", region_name=REGION).Table(create_table("JobsTable"))
    DynamoRecipes(table).put("acme", "products", NEW, seen=None)
    key = {"pk": "acme#recipes#products", "sk": "recipe#nord"}
    table.update_item(
        Key=key,
        UpdateExpression="SET #f = :two",
        ExpressionAttributeNames={"#f": "format"},
        ExpressionAttributeValues={":two": 2},
    )
    with pytest.raises(NewerFormat):
        DynamoRecipes(table).get("acme", "products", "recipe#nord")
