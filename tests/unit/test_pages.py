"""Pages of lists fit into a response, and following their cursors shows each item once, in order."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from functions.api import pages
from functions.api.app import app
from functions.api.pages import page_of, part_of
from sluice.api.events import timeline_response
from sluice.api.responses import ListResponse
from sluice.model.chunk import PhaseName
from sluice.model.errors import RequestRejected
from sluice.usecases.views import Step, Timeline
from tests.support.gateway import Gateway

ROUTER: Any = SimpleNamespace()


class Item(BaseModel):
    """An item of a list."""

    number: int
    text: str


@pytest.fixture(autouse=True)
def _any_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let cursors be positions; that they belong to one list is tested elsewhere."""
    monkeypatch.setattr(pages, "cursor_of", lambda _, position: position)
    monkeypatch.setattr(pages, "position_of", lambda _, cursor: cursor)


def all_pages(items: list[Item], limit: int, grows: Any) -> list[ListResponse[Item]]:
    """Follow the cursors to the end, through the gateway."""
    found: list[ListResponse[Item]] = []
    cursor = None
    while True:
        page = page_of(ROUTER, part_of(items, grows), lambda item: item, limit=limit, cursor=cursor)
        body = json.dumps(page.model_dump(mode="json"))
        assert Gateway(lambda _, body=body: {"statusCode": 200, "body": body}, lambda: 0.0).call({}).status == 200  # type: ignore[misc]
        found.append(page)
        if (cursor := page.next) is None:
            return found


# Texts that JSON writes in two to six times as many bytes, twice, beside plain ones.
TEXTS = st.tuples(st.sampled_from(["x", '"', "\\", "é", "😀", "\x00"]), st.sampled_from([0, 10, 1_000, 32_767]))


@given(texts=st.lists(TEXTS, max_size=300), limit=st.integers(1, 1000), grows=st.sampled_from(["before", "behind"]))
def test_every_item_is_shown_once_whatever_its_size(texts: list[tuple[str, int]], limit: int, grows: str) -> None:
    """Each page fits, holds one item at least, and no more than were asked for."""
    items = [Item(number=number, text=text * times) for number, (text, times) in enumerate(texts)]
    found = all_pages(items, limit, grows)
    assert [item for page in found for item in page.items] == items
    assert all(1 <= len(page.items) <= limit for page in found[: len(found) if items else 0])


def test_a_page_of_large_items_is_nearly_full() -> None:
    """It does not end at the first items that were read to learn their size."""
    items = [Item(number=number, text="x" * 10_000) for number in range(1000)]
    sizes = [len(page.items) for page in all_pages(items, 1000, "behind")]
    assert sizes[0] > 390


def test_small_items_are_read_in_two_requests() -> None:
    reads: list[int] = []
    items = [Item(number=number, text="x") for number in range(5000)]
    read = part_of(items, "behind")

    def counted(count: int, position: str | None) -> Any:
        reads.append(count)
        return read(count, position)

    assert len(page_of(ROUTER, counted, lambda item: item, limit=1000, cursor=None).items) == 1000
    assert reads == [100, 900]


def test_items_that_are_added_between_two_pages_move_none() -> None:
    """A list that grows at its beginning counts from its end."""
    items = [Item(number=number, text="") for number in range(5, 0, -1)]
    first = page_of(ROUTER, part_of(items, "before"), lambda item: item, limit=2, cursor=None)
    items = [Item(number=6, text=""), *items]
    second = page_of(ROUTER, part_of(items, "before"), lambda item: item, limit=9, cursor=first.next)
    assert [item.number for item in (*first.items, *second.items)] == [5, 4, 3, 2, 1]


@pytest.mark.parametrize("cursor", ["WyJ4Il0=", "Wy0xXQ==", "W10=", "!"])
def test_a_cursor_that_no_page_contains_is_rejected(cursor: str) -> None:
    """A text, a negative number, nothing, no base64."""
    with pytest.raises(RequestRejected):
        page_of(ROUTER, part_of([Item(number=1, text="")], "behind"), lambda item: item, limit=1, cursor=cursor)


# Lists that the code of a deployment bounds, or the kinds of downloads.
WHOLE = {"/v1/importers", "/v1/sources", "/v1/jobs/<job_id>/files"}


def test_every_list_of_the_api_has_pages_that_fit() -> None:
    """A list that is added has them, or is bounded by something else, and stands above."""
    lists = {
        route.path: "page_of" in route.func.__code__.co_names
        for route in app._static_routes + app._dynamic_routes
        if "ListResponse" in str(route.func.__annotations__.get("return", ""))
    }
    assert {path for path, has_pages in lists.items() if not has_pages} == WHOLE
    assert {"/v1/jobs", "/v1/datasets/<name>/records", "/v1/jobs/<job_id>/rejections"} <= set(lists)


def test_the_timeline_of_very_many_chunks_fits() -> None:
    """Neighbouring chunks of a phase are shown together, and no row is missing."""
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    steps = [
        Step(begin + timedelta(seconds=number), phase, 70)
        for number, phase in enumerate([PhaseName.PARSE] * 28_571 + [PhaseName.LOAD] * 28_571)
    ]
    shown = timeline_response(Timeline(steps, []), begin)
    assert 5_000 < len(shown.items) <= 10_001
    assert sum(step.rows for step in shown.items if step.phase is PhaseName.LOAD) == 28_571 * 70
    assert [step.at for step in shown.items] == sorted(step.at for step in shown.items)
    assert len(json.dumps(shown.model_dump_json(by_alias=True))) < pages.MOST_BYTES
    few = timeline_response(Timeline(steps[:3], []), begin)
    assert [(step.at, step.rows) for step in few.items] == [(step.at, step.rows) for step in steps[:3]]
