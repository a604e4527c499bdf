"""What the page for those who come from another import says of Sluice is so."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from functions.api.app import app
from local.paths import ROOT
from sluice.api.responses import CountsResponse, ImportResponse, JobResponse, ProgressResponse
from sluice.catalog.registry import importer_named
from sluice.model import event
from sluice.model.status import Status

PAGE = (ROOT / "docs" / "coming-from.md").read_text()
API = (ROOT / "docs" / "api.md").read_text()
CALLS = sorted(set(re.findall(r"`(GET|POST) (/[^`?]*)", PAGE)))
MODELS: dict[str, type[BaseModel]] = {"progress": ProgressResponse, "counts": CountsResponse}


def tables(second: str) -> Iterator[str]:
    """The last cells of every table whose second column is called so."""
    for table in re.findall(rf"^\| [^|]+ \| {second} \|\n\|---\|---\|\n((?:\|.*\n)+)", PAGE, re.MULTILINE):
        yield from (line.rstrip("|\n ").rsplit("|", 1)[-1] for line in table.splitlines())


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_a_call_that_the_page_names_is_a_route(method: str, path: str) -> None:
    """With its method, and an example in the place of each parameter."""
    asked = "/v1" + re.sub(r"\{\w+\}", "x", path)
    routes = [*app._static_routes, *app._dynamic_routes]
    assert any(route.method == method and route.rule.match(asked) for route in routes)


def test_the_page_names_every_move_of_a_job() -> None:
    """All but those that nobody came from."""
    moves = {path.rsplit("/", 1)[1] for method, path in CALLS if path.startswith("/jobs/{id}/") and method == "POST"}
    assert moves == {"commit", "cancel", "pause", "resume", "retry", "rollback"}


def test_the_states_that_the_page_maps_to_are_states() -> None:
    """Each row of those tables names one at least."""
    cells = list(tables("state here"))
    assert len(cells) >= 15
    for cell in cells:
        named = {name for name in re.findall(r"`(\w+)`", cell) if name not in {"review"}}
        assert named
        assert named <= set(Status)


def test_the_events_that_the_page_maps_to_are_events() -> None:
    """As watchers get them."""
    named = {name for cell in tables("here, on the WebSocket") for name in re.findall(r"`([\w.]+)`", cell)}
    assert named
    assert named <= {*event._NAMES.values(), "job.progress"}


def test_the_fields_that_the_page_maps_to_are_there() -> None:
    """In the job, its progress and its counts."""
    named = re.findall(r"\b(progress|counts)\.(\w+)", PAGE)
    assert len(set(named)) >= 8
    for part, field in named:
        assert field in MODELS[part].model_fields
    for field in re.findall(r"`(\w+_(?:at|id|dates))`", "".join(tables("here"))):
        assert field in JobResponse.model_fields | ImportResponse.model_fields


@pytest.mark.parametrize("slug", sorted(set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", PAGE))))
def test_a_problem_that_the_page_names_is_on_the_api_page(slug: str) -> None:
    """Where a program's author looks it up."""
    assert f"| `{slug}` |" in API


@pytest.mark.parametrize("name", sorted(set(re.findall(r"importer=(\w+)|/importers/(\w+)`", PAGE))))
def test_an_importer_that_the_page_names_is_there(name: tuple[str, str]) -> None:
    """By the name that callers give."""
    importer_named("".join(name))


def test_the_columns_that_a_file_must_have_are_those() -> None:
    """The key is the first of them."""
    found = re.findall(r"^\| [^|]+ \| `(\w+)`[^|]* \| ([A-Z][^|`]+) \|$", PAGE, re.MULTILINE)
    assert {name for name, _ in found} == {"sos", "hsi", "jt", "datin", "products", "dealers"}
    for name, named in found:
        required = [column for column in importer_named(name).columns if column.required]
        assert named.split(", ") == [column.title for column in required]
        assert required[0].key


@pytest.mark.parametrize(
    ("there", "here"),
    [("digital_product", "sos"), ("analysis", "sos"), ("hsi", "hsi"), ("tambahan", "jt"), ("datin", "datin")],
)
def test_the_names_of_before_lead_to_the_importer(there: str, here: str) -> None:
    """So that calls and drop folders keep theirs."""
    assert f"`{there}`" in PAGE
    assert importer_named(there) is importer_named(here)
