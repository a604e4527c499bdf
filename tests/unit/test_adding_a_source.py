"""The page on adding a source declares one that works."""

from __future__ import annotations

import dataclasses
import re

from local.paths import ROOT
from sluice.catalog.registry import SOURCES, source_named, sources_by_name
from sluice.schema.importer import Row, columns_of
from sluice.upstream.source import Source, SourcePage
from tests.support.pages import blocks, declare
from tests.support.sources import check_pages

PAGE = (ROOT / "docs" / "adding-a-source.md").read_text()
OPTIONS = PAGE[PAGE.index("## 2.") : PAGE.index("## 3.")]


def declared() -> Source:
    """Return the source of the page."""
    (code,) = blocks(PAGE, "python")
    source: Source = declare(code, "cuti")
    return source


def test_the_examples_of_the_pages_source_are_a_good_row() -> None:
    source = declared()
    row: type[Row] = source.row
    titles = [column.title for column in columns_of(row)]
    examples = [(info.examples or [None])[0] for info in row.model_fields.values()]
    checked = check_pages(source, [SourcePage(0, [dict(zip(titles, examples, strict=True))], 1)])
    assert (len(checked.good), checked.rejections) == (1, [])
    assert sources_by_name([*SOURCES, source])["cuti"] is source


def test_the_page_names_every_option_with_its_default() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|", OPTIONS, re.MULTILINE)
    defaults = {field.name: field.default for field in dataclasses.fields(Source)}
    required = {name for name, default in defaults.items() if default is dataclasses.MISSING}
    assert [name for name, _ in rows] == [name for name in defaults if name not in required]
    plain = {name: said.strip("`") for name, said in rows if name != "conventions"}
    assert {name: str(defaults[name]).removesuffix(".0") for name in plain} == plain


def test_the_sources_that_the_page_names_are_in_the_registry() -> None:
    named = re.findall(r"`(\w+)`", PAGE[PAGE.index("civil-service register:") : PAGE.index("## 1.")])
    assert named
    assert {source_named(name).name for name in named} == set(named)
