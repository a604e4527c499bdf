"""The page on adding an importer ends with one that works; code, file and result are read from the page."""

from __future__ import annotations

import json
import re
from dataclasses import MISSING, fields, replace

import pytest

from local.paths import ROOT
from sluice.catalog import registry
from sluice.model.status import Status
from sluice.schema.importer import Importer, Parameter
from sluice.schema.validation import check_rows
from sluice.usecases.artifacts import JobFiles
from sluice.usecases.recipes import recipe_of
from sluice.wording import word_rejection
from tests.support.harness import Harness
from tests.support.pages import blocks, declare_importer

PAGE = (ROOT / "docs" / "adding-an-importer.md").read_text()
NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}


def last(language: str) -> str:
    """Return the last block of code in a language."""
    return blocks(PAGE, language)[-1]


def counted(what: str) -> int:
    """Return a number of rows that the page gives in words."""
    (number,) = re.findall(rf"(\w+)(?: rows)?:? {what}", PAGE[PAGE.index("gives a job that ends") :])
    return NUMBERS[number]


def rejections_of_the_page() -> list[tuple[str, ...]]:
    """Return the rows of the page's last table."""
    table = PAGE[PAGE.index("| row | column | value | reason |") :]
    rows = re.findall(r"^\| (\d+) \| (.+) \| (.+) \| (.+) \|$", table, re.MULTILINE)
    assert rows
    return rows


@pytest.fixture
def importer(monkeypatch: pytest.MonkeyPatch) -> Importer:
    """The page's importer."""
    return declare_importer(last("python"), "shipments", monkeypatch)


def test_an_importer_has_less_than_thirty_lines() -> None:
    """Blank lines and imports included."""
    assert len(last("python").splitlines()) < 30


def test_the_file_of_the_page_has_the_result_of_the_page(importer: Importer) -> None:
    """Counts, rejections and record are those of the page."""
    harness = Harness()
    ref = harness.upload(last("csv").encode(), importer=importer.name, filename="shipments.csv")
    job = harness.run(ref)
    assert job.status is Status.COMPLETED, job.problem
    counts = job.counts
    assert (counts.inserted, counts.rejected) == (counted("inserted"), counted("rejected"))
    assert counts.total == len(last("csv").splitlines()) - 1 == counts.inserted + counts.rejected
    # duplicate keys are found after the rejections of single rows
    found = sorted(
        JobFiles(harness.jobs.get(ref), harness.files).rejections_page(limit=100, cursor=None).items,
        key=lambda each: each.row,
    )
    assert [
        (str(each.row), each.column, each.value, word_rejection(each)) for each in found
    ] == rejections_of_the_page()
    record = json.loads(last("json"))
    assert harness.destination.values("acme", importer.dataset)[record["number"]] == record


def test_the_page_names_every_option_in_order() -> None:
    """An option has its default if that is a plain value."""
    options = PAGE[PAGE.index("## 3.") : PAGE.index("## 4.")]
    rows = re.findall(r"^\| (`.+?`) \| (.+?) \|", options, re.MULTILINE)
    optional = [each for each in fields(Importer) if {each.default, each.default_factory} != {MISSING}]
    defaults = {each.name: each.default for each in optional}
    assert [name for names, _ in rows for name in re.findall(r"\w+", names)] == list(defaults)
    plain = {
        names.strip("`"): said.strip("`") for names, said in rows if isinstance(defaults.get(names.strip("`")), bool)
    }
    assert plain == {name: str(default) for name, default in defaults.items() if isinstance(default, bool)}


def test_the_parameter_of_the_page_is_found_in_the_name_of_the_page() -> None:
    """Its example is a valid value."""
    (code,) = re.findall(r"^Parameter\(.*\)$", PAGE, re.MULTILINE)
    parameter = eval(code, {"Parameter": Parameter})
    importer = replace(registry.IMPORTERS[0], parameters=(parameter,))
    (name,) = re.findall(r"in a name such as `(.+?)`", PAGE)
    assert recipe_of(importer, {}, name).constants == {parameter.name: parameter.example}
    assert re.fullmatch(parameter.pattern, parameter.example)
    assert f"`--recipe constants.{parameter.name}={parameter.example}`" in PAGE


def test_the_examples_of_the_pages_importer_are_a_good_row(importer: Importer) -> None:
    """The importer is found by its name."""
    assert registry.importer_named("shipments") is importer
    examples = [(info.examples or [None])[0] for info in importer.row.model_fields.values()]
    places = {place: column.field for place, column in enumerate(importer.columns)}
    assert check_rows(importer, places, "Sheet", [(2, examples)]).rejections == []
