"""The registry names every importer there is, and importers have the columns that were promised."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from sluice.importers import registry
from sluice.importers.registry import IMPORTERS, importer_named
from sluice.model.errors import NotFound
from sluice.rows.column import Column
from sluice.rows.importer import Importer

FILES = sorted(
    path.stem for path in Path(registry.__file__).parent.glob("*.py") if path.stem not in {"__init__", "registry"}
)

# The columns that files of the users of each importer have had all along; the key is the first.
COLUMNS = {
    "products": (
        "Part Number, Description, Brand, Category, Price, Currency, Stock, Free Stock, Supplier, Updated, Active"
    ),
    "dealers": "Dealer Code, Name, Email, Phone, City, Country, Tier, Active",
}


@pytest.mark.parametrize("name", FILES)
def test_every_importer_file_is_in_the_registry(name: str) -> None:
    """A file declares the importer of its name, and a forgotten line in the registry is found here."""
    declared = getattr(importlib.import_module(f"sluice.importers.{name}"), name)
    assert isinstance(declared, Importer)
    assert declared.name == name
    assert declared in IMPORTERS


def test_the_registry_holds_nothing_else() -> None:
    """One file, one importer."""
    assert sorted(importer.name for importer in IMPORTERS) == FILES


@pytest.mark.parametrize("name", FILES)
def test_an_importer_is_found_by_its_name(name: str) -> None:
    """The one that callers give."""
    assert importer_named(name).name == name


@pytest.mark.parametrize("name", ["", "Products", "products ", "../products", "registry"])
def test_an_unknown_importer_is_not_found(name: str) -> None:
    """With the name that was asked for."""
    with pytest.raises(NotFound, match=f"There is no importer '{name}'"):
        importer_named(name)


@pytest.mark.parametrize("name", FILES)
def test_an_importer_has_the_columns_that_were_promised(name: str) -> None:
    """Title by title, in order, and the first one is the key."""
    columns = importer_named(name).columns
    assert [column.title for column in columns] == COLUMNS[name].split(", ")
    assert [column.key for column in columns] == [True] + [False] * (len(columns) - 1)
    assert columns[0].required


@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda importer: importer.name)
def test_no_header_means_two_columns(importer: Importer) -> None:
    """Case, spaces and punctuation of headers do not count, so they must not be the only difference."""
    known = [{"".join(filter(str.isalnum, title.casefold())) for title in found.titles} for found in importer.columns]
    assert sum(map(len, known)) == len(set[str]().union(*known))


@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda importer: importer.name)
def test_the_examples_of_an_importer_are_good_rows(importer: Importer) -> None:
    """They are what the template will show."""
    fields = importer.row.model_fields
    importer.row.model_validate({name: info.examples[0] for name, info in fields.items() if info.examples})
    assert all(info.examples for info in fields.values())


def test_only_small_files_are_answered_while_the_caller_waits() -> None:
    """API Gateway ends a request after 29 seconds."""
    assert [importer.name for importer in IMPORTERS if importer.synchronous] == ["dealers"]
    assert all(importer.max_rows <= 10_000 for importer in IMPORTERS if importer.synchronous)


def test_a_column_without_a_default_is_required() -> None:
    """A file without it is refused as a whole."""

    def required(columns: tuple[Column, ...]) -> list[str]:
        return [column.title for column in columns if column.required]

    assert required(importer_named("products").columns) == ["Part Number", "Description", "Price"]
    assert required(importer_named("dealers").columns) == ["Dealer Code", "Name"]
