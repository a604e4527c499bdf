"""The registry has every lookup of the catalogue, and lookups have what a job needs."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

import pytest

from sluice.catalog.registry import IMPORTERS, LOOKUPS, SOURCES, lookup_named, lookups_by_name
from sluice.model.errors import NotFound
from sluice.upstream.lookup import Category, Lookup
from tests.unit.catalog.modules import catalog_modules

each = pytest.mark.parametrize("lookup", LOOKUPS, ids=lambda lookup: lookup.name)


@pytest.mark.parametrize("module", catalog_modules(), ids=lambda module: module.__name__)
def test_every_lookup_that_a_file_declares_is_in_the_registry(module: ModuleType) -> None:
    """A line that the registry lacks is found here."""
    declared = vars(module).values()
    assert [found for found in declared if isinstance(found, Lookup) and found not in LOOKUPS] == []


@each
def test_a_lookup_is_found_by_its_name(lookup: Lookup) -> None:
    assert lookup_named(lookup.name) is lookup


@pytest.mark.parametrize("name", ["", "Commission", "commission ", "voters"])
def test_an_unknown_lookup_is_not_found(name: str) -> None:
    with pytest.raises(NotFound, match=f"not-found/lookup.*'{name}'"):
        lookup_named(name)


@each
def test_a_lookup_belongs_to_an_importer(lookup: Lookup) -> None:
    assert lookup.name in {importer.lookup for importer in IMPORTERS}


def test_two_lookups_with_one_name_are_an_error() -> None:
    with pytest.raises(ValueError, match="'commission' names two lookups"):
        lookups_by_name([*LOOKUPS, replace(LOOKUPS[0], path="others/{key}")])


def test_two_rates_of_an_upstream_are_an_error() -> None:
    with pytest.raises(ValueError, match="two rates"):
        lookups_by_name([*LOOKUPS, replace(LOOKUPS[0], name="other", rate=5)])
    assert (
        len(lookups_by_name([*LOOKUPS, replace(LOOKUPS[0], name="other", rate=5, upstream="another")]))
        == len(LOOKUPS) + 1
    )
    rates = {(each.upstream, each.rate) for each in SOURCES} | {(each.upstream, each.rate) for each in LOOKUPS}
    assert len({upstream for upstream, _ in rates}) == len(rates)


def test_a_path_without_a_place_for_the_key_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"has no \{key\}"):
        replace(LOOKUPS[0], path="voters")


@pytest.mark.parametrize(
    "categories",
    [(), (Category("lookup-failed", "x"),), (*LOOKUPS[0].categories, Category("deceased", "Deceased, too"))],
    ids=len,
)
def test_a_category_that_is_missing_or_declared_twice_is_an_error(
    categories: tuple[Category, ...],
) -> None:
    with pytest.raises(ValueError, match="the categories of 'commission'"):
        replace(LOOKUPS[0], categories=categories)
