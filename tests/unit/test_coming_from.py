"""The pages of `docs/coming-from/` name calls, states, events and fields that Sluice has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from functions.api.app import app
from sluice.api.responses import CountsResponse, ImportResponse, JobResponse, ProgressResponse
from sluice.catalog.registry import importer_named
from sluice.model import event
from sluice.model.status import Status

DOCS = Path(__file__).parents[2] / "docs"
PAGES = "\n".join(page.read_text() for page in sorted((DOCS / "coming-from").glob("*.md")))
PROBLEMS = (DOCS / "problems.md").read_text()
CALLS = sorted(set(re.findall(r"`(GET|POST) (/[^`?]*)", PAGES)))
MODELS: dict[str, type[BaseModel]] = {"progress": ProgressResponse, "counts": CountsResponse}


def tables(second: str) -> Iterator[str]:
    """Return the last cells of every table whose second column has this title."""
    for table in re.findall(rf"^\| [^|]+ \| {second} \|\n\|---\|---\|\n((?:\|.*\n)+)", PAGES, re.MULTILINE):
        yield from (line.rstrip("|\n ").rsplit("|", 1)[-1] for line in table.splitlines())


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_a_call_that_a_page_names_is_a_route(method: str, path: str) -> None:
    """The route has the call's method, and matches its path with an example in place of each parameter."""
    asked = "/v1" + re.sub(r"\{\w+\}", "x", path)
    routes = [*app._static_routes, *app._dynamic_routes]
    assert any(route.method == method and route.rule.match(asked) for route in routes)


def test_the_pages_name_every_action_on_a_job() -> None:
    """Actions are the `POST` calls below a job."""
    actions = {path.rsplit("/", 1)[1] for method, path in CALLS if path.startswith("/jobs/{id}/") and method == "POST"}
    assert actions == {"answers", "commit", "cancel", "pause", "resume", "retry", "rollback"}


def test_the_states_that_a_page_maps_to_are_states() -> None:
    """Each row of those tables names at least one."""
    cells = list(tables("state here"))
    assert len(cells) >= 15
    for cell in cells:
        named = {name for name in re.findall(r"`(\w+)`", cell) if name not in {"review"}}
        assert named
        assert named <= set(Status)


def test_the_events_that_a_page_maps_to_are_events() -> None:
    """Events have the names that the WebSocket sends."""
    named = {name for cell in tables("here, on the WebSocket") for name in re.findall(r"`([\w.]+)`", cell)}
    assert named
    assert named <= {*event._NAMES.values(), "job.progress"}


def test_the_fields_that_a_page_maps_to_exist() -> None:
    """The job, its progress and its counts have them."""
    named = re.findall(r"\b(progress|counts)\.(\w+)", PAGES)
    assert len(set(named)) >= 8
    for part, field in named:
        assert field in MODELS[part].model_fields
    for field in re.findall(r"`(\w+_(?:at|id|dates))`", "".join(tables("here"))):
        assert field in JobResponse.model_fields | ImportResponse.model_fields


@pytest.mark.parametrize("slug", sorted(set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", PAGES))))
def test_a_problem_that_a_page_names_has_a_heading_on_the_page_of_problems(slug: str) -> None:
    """A client developer looks it up there."""
    assert f"\n### {slug}\n" in PROBLEMS


@pytest.mark.parametrize("name", sorted(set(re.findall(r"importer=(\w+)|/importers/(\w+)`", PAGES))))
def test_an_importer_that_a_page_names_is_registered(name: tuple[str, str]) -> None:
    """Callers use the same name."""
    importer_named("".join(name))


def test_the_pages_list_the_required_columns_of_each_importer() -> None:
    """The key is the first of them."""
    found = re.findall(r"^\| [^|]+ \| `(\w+)`[^|]* \| ([A-Z][^|`]+) \|$", PAGES, re.MULTILINE)
    assert {name for name, _ in found} == {"sos", "hsi", "jt", "datin", "products", "dealers"}
    for name, named in found:
        required = [column for column in importer_named(name).columns if column.required]
        assert named.split(", ") == [column.title for column in required]
        assert required[0].key


@pytest.mark.parametrize(
    ("there", "here"),
    [("digital_product", "sos"), ("analysis", "sos"), ("hsi", "hsi"), ("tambahan", "jt"), ("datin", "datin")],
)
def test_the_earlier_names_lead_to_the_importer(there: str, here: str) -> None:
    """Calls and drop folders can keep using them."""
    assert f"`{there}`" in PAGES
    assert importer_named(there) is importer_named(here)
