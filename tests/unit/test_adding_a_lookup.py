"""The page on adding a lookup declares one that works, and its importer; all of it is read from the page."""

from __future__ import annotations

import dataclasses
import io
import json
import re
from contextlib import suppress

import pytest
from openpyxl import load_workbook

from local.paths import ROOT
from sluice.catalog import registry
from sluice.catalog.registry import LOOKUPS, SOURCES, check_rates, lookup_named
from sluice.model.chunk import ChunkRef, PhaseName
from sluice.model.errors import TryLater
from sluice.model.status import Status
from sluice.schema.importer import Importer
from sluice.schema.validation import check_rows
from sluice.upstream.lookup import Lookup
from sluice.usecases.recipes import recipe_of
from tests.support.harness import Harness
from tests.support.pages import blocks, declare, declare_importer

PAGE = (ROOT / "docs" / "adding-a-lookup.md").read_text()
NAME = "Suppliers DE.csv"


@pytest.fixture
def lookup(monkeypatch: pytest.MonkeyPatch) -> Lookup:
    """The page's lookup, in the registry during a test."""
    made: Lookup = declare(blocks(PAGE, "python")[0], "vat")
    monkeypatch.setattr(registry, "_LOOKUPS", registry.lookups_by_name([*LOOKUPS, made]))
    return made


@pytest.fixture
def importer(monkeypatch: pytest.MonkeyPatch) -> Importer:
    """The page's importer, in the registry during a test."""
    return declare_importer(blocks(PAGE, "python")[1], "suppliers", monkeypatch)


def test_the_declarations_of_the_page_are_consistent(lookup: Lookup, importer: Importer) -> None:
    assert importer.lookup == lookup.name
    check_rates([*SOURCES, *LOOKUPS, lookup])
    examples = [(info.examples or [None])[0] for info in importer.row.model_fields.values()]
    places = {place: column.field for place, column in enumerate(importer.columns)}
    assert check_rows(importer, places, "Sheet", [(2, examples)]).rejections == []
    assert lookup.rejects(str(examples[0])) is None
    (parameter,) = importer.parameters
    found = recipe_of(importer, {}, f"{parameter.title} {parameter.example}.xlsx").constants
    assert found == recipe_of(importer, {}, NAME).constants == {parameter.name: parameter.example}
    assert NAME in PAGE


def test_the_file_of_the_page_has_the_result_of_the_page(lookup: Lookup, importer: Importer) -> None:
    harness = Harness()
    for body in map(json.loads, blocks(PAGE, "text")[0].splitlines()):
        harness.upstreams.found[body[lookup.echo]] = lookup.read(body)
    ref = harness.upload(blocks(PAGE, "csv")[0].encode(), importer=importer.name, filename=NAME)

    def work_with_retries(chunk: ChunkRef) -> None:
        for _ in range(3):  # a key without a result is tried again with its chunk
            with suppress(TryLater):
                harness.work(chunk)

    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    harness.dispatch(ref, PhaseName.LOAD)
    harness.deliver(each=work_with_retries)
    job = harness.finish(ref)
    assert (job.status, job.counts.inserted, job.counts.total) == (Status.COMPLETED, 5, 5), job.problem
    assert result(harness.make_file(ref, "result.xlsx"), lookup) == rows_of_the_page()


def result(workbook: bytes, lookup: Lookup) -> list[tuple[str, ...]]:
    """Return row number, sheet, value and reason of each row of a result."""
    book = load_workbook(io.BytesIO(workbook))
    found = []
    for category in lookup.categories:
        header, *rows = book[category.title].iter_rows(values_only=True)
        for row in rows:
            cells = dict(zip(header, row, strict=True))
            shown = (row[0], category.title, cells.get(lookup.value_title), cells.get("Reason"))
            found.append(tuple(str(each or "") for each in shown))
    return sorted(found)


def rows_of_the_page() -> list[tuple[str, ...]]:
    """Return the rows of the page's table of results."""
    table = PAGE[PAGE.index("| row | sheet | Country found | Reason |") :]
    lines = re.findall(r"^\| (\d+ \|.*)\|$", table, re.MULTILINE)
    return [tuple(cell.strip() for cell in line.split("|")) for line in lines]


def test_the_page_names_every_option_with_its_default() -> None:
    options = PAGE[PAGE.index("## 2.") : PAGE.index("## 3.")]
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|", options, re.MULTILINE)
    defaults = {
        field.name: str(field.default).removesuffix(".0")
        for field in dataclasses.fields(Lookup)
        if field.default is not dataclasses.MISSING
    }
    assert {name: said.strip("`") for name, said in rows} == defaults


def test_the_lookups_that_the_page_names_are_in_the_registry() -> None:
    named = re.findall(r"`(\w+)`, which looks up", PAGE)
    assert named
    assert {lookup_named(name).name for name in named} == set(named)
