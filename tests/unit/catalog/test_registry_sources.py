"""The registry has every source of the catalogue, and sources have what a sync needs."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

import pytest

from sluice.catalog.registry import IMPORTERS, SOURCES, source_named, sources_by_name
from sluice.model.errors import NotFound
from sluice.model.recipe import Recipe
from sluice.schema.decisions import decisions_for, settle
from sluice.schema.importer import Row, column
from sluice.schema.validation import check_rows
from sluice.upstream.source import Source, fields_of
from tests.unit.catalog.modules import catalog_modules

# Columns that users of the register rely on.
COLUMNS = {
    "pangkat": {"nip", "nama", "golongan_baru", "tmt_golongan", "status_usulan", "no_pertek", "tanggal_usulan"},
    "pensiun": {"nip", "nama", "jenis_pensiun", "tmt_pensiun", "status_usulan", "no_pertek", "tanggal_usulan"},
    "pg_akademik": {"nip", "nama", "gelar", "no_ijazah", "status_usulan", "no_pertek", "tanggal_usulan"},
    "pg_profesi": {"nip", "nama", "gelar", "no_sertifikat", "status_usulan", "no_pertek", "tanggal_usulan"},
    "skk": {"nip", "nama", "jenis_skk", "tmt_mulai", "status_usulan", "no_pertek", "tanggal_usulan"},
}

each = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)


@pytest.mark.parametrize("module", catalog_modules(), ids=lambda module: module.__name__)
def test_every_source_that_a_file_declares_is_in_the_registry(module: ModuleType) -> None:
    """A line that the registry lacks is found here."""
    declared = vars(module).values()
    assert [found for found in declared if isinstance(found, Source) and found not in SOURCES] == []


@pytest.mark.parametrize("name", COLUMNS)
def test_a_source_keeps_its_columns(name: str) -> None:
    assert COLUMNS[name] <= {column.field for column in source_named(name).rows.columns}


@each
def test_a_source_is_found_by_its_name(source: Source) -> None:
    assert source_named(source.name) is source


@pytest.mark.parametrize("name", ["", "Pangkat", "pangkat ", "../pangkat", "products"])
def test_an_unknown_source_is_not_found(name: str) -> None:
    with pytest.raises(NotFound, match=f"not-found/source.*'{name}'"):
        source_named(name)


def test_two_sources_with_one_name_are_an_error() -> None:
    with pytest.raises(ValueError, match="'skk' names two sources"):
        sources_by_name([*SOURCES, replace(SOURCES[0], name="skk")])


def test_two_rates_of_an_upstream_are_an_error() -> None:
    with pytest.raises(ValueError, match="two rates"):
        sources_by_name([*SOURCES, replace(SOURCES[0], name="other", rate=5)])
    others = [*SOURCES, replace(SOURCES[0], name="other", rate=5, upstream="another")]
    assert len(sources_by_name(others)) == len(others)


def test_no_source_shares_name_or_dataset_with_an_importer() -> None:
    """A name has to identify a job's declaration, and a sync must not overwrite imported rows."""
    assert {source.name for source in SOURCES} & {
        name for each in IMPORTERS for name in (each.name, *each.aliases)
    } == set()
    datasets = [source.dataset for source in SOURCES] + [importer.dataset for importer in IMPORTERS]
    assert len(datasets) == len(set(datasets))


def test_a_model_without_a_key_is_an_error() -> None:
    class Keyless(Row):
        name: str = column("name")

    with pytest.raises(TypeError, match="exactly one"):
        Source("x", row=Keyless, dataset="x", title="X", upstream="siasn", path="x")


@pytest.mark.parametrize("name", COLUMNS)
def test_the_key_of_the_register_is_the_number_of_the_civil_servant(name: str) -> None:
    assert [column.field for column in source_named(name).rows.columns if column.key] == ["nip"]


@each
def test_the_order_of_dates_is_declared(source: Source) -> None:
    """A sync has no person to ask."""
    assert source.rows.conventions.dates is not None


@each
def test_each_name_belongs_to_one_column(source: Source) -> None:
    names = [name for column in source.rows.columns for name in {*column.titles, column.field}]
    assert len(names) == len(set(names))


@each
def test_the_examples_of_a_source_are_a_good_row(source: Source) -> None:
    examples = [(info.examples or [None])[0] for info in source.row.model_fields.values()]
    assert None not in examples
    checked = check_rows(source.rows, fields_of(source), source.name, [(1, examples)])
    assert checked.rejections == []
    recipe = Recipe().with_decisions(decisions_for(source.rows, fields_of(source)))
    assert settle(recipe, checked.evidence, source.rows)[1] == [], "an example must not be ambiguous"


@each
def test_every_column_has_a_description(source: Source) -> None:
    described = [info.description or "" for info in source.row.model_fields.values()]
    assert [text for text in described if not (text and text[0].isupper() and text.endswith("."))] == []
