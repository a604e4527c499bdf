"""The package `sluice`: its exported names, and the modules that it does not load."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import sluice
from local.paths import ROOT
from tests.unit.catalog.modules import catalog_modules


def imported_by(statement: str) -> set[str]:
    """Return the names of the modules that a fresh interpreter loads for a statement."""
    command = [sys.executable, "-X", "importtime", "-c", statement]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return {line.rpartition("|")[2].strip() for line in report.splitlines()}


@pytest.mark.parametrize("module", ["sluice", "sluice.model.status", "sluice.model.job", "sluice.model.errors"])
def test_the_model_loads_no_pydantic(module: str) -> None:
    loaded = imported_by(f"import {module}")
    assert module in loaded
    assert not any(name.partition(".")[0] in {"pydantic", "pydantic_core", "httpx", "boto3"} for name in loaded)


def test_a_row_model_loads_pydantic_and_no_http_client() -> None:
    loaded = imported_by("from sluice import Importer, Row, column, Money")
    assert "pydantic" in loaded
    assert "httpx" not in loaded


@pytest.mark.parametrize("name", sluice.__all__)
def test_every_name_of_the_front_door_can_be_imported(name: str) -> None:
    assert getattr(sluice, name) is getattr(sluice, name)
    assert name in dir(sluice)


def test_a_name_that_the_front_door_does_not_have_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'sluice' has no attribute 'Imported'"):
        sluice.Imported  # type: ignore[attr-defined]  # noqa: B018


def test_the_catalogue_uses_the_front_door_and_nothing_deeper() -> None:
    deeper = []
    for module in catalog_modules():
        lines = inspect.getsource(module).splitlines()
        deeper += [
            f"{module.__name__}: {line}"
            for line in lines
            if line.startswith(("from sluice.", "import sluice.")) and not line.startswith("from sluice.catalog.")
        ]
    assert deeper == []


@pytest.mark.parametrize(
    "page", ["README.md", *sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("adding-*"))]
)
def test_the_examples_of_the_pages_use_the_front_door_and_nothing_deeper(page: str) -> None:
    lines = (ROOT / page).read_text().splitlines()
    assert [line for line in lines if line.startswith(("from sluice.", "import sluice."))] == []
