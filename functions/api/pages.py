"""Pages of lists, which end before a response has more bytes than the gateway passes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Final, Literal, TypeVar

from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import BaseModel

from functions.api.parameters import cursor_of, position_of
from sluice.api.responses import ListResponse
from sluice.model.page import Page, decode_cursor, encode_cursor, invalid_cursor

T = TypeVar("T")
Shown = TypeVar("Shown", bound=BaseModel)

#: Bytes of the items of a page. A response of Lambda has 6 MB at most (AWS Lambda Developer Guide, "Lambda quotas"):
#: with all others, more than an item beyond this limit would fit.
MOST_BYTES: Final = 4_000_000
# Items that are read at first; by their size, it is known how many more may fit.
_FIRST = 100


def page_of(
    router: APIGatewayRouter,
    read: Callable[[int, str | None], Page[T]],
    show: Callable[[T], Shown],
    *,
    limit: int,
    cursor: str | None,
) -> ListResponse[Shown]:
    """Build a page of a list: ``limit`` items at most, and as many as fit; one at least.

    Parameters
    ----------
    read
        Reads so many items from a position on.
    show
        Builds what callers see of an item.

    Raises
    ------
    RequestRejected
        ``invalid-cursor``.
    """
    position, room = position_of(router, cursor), MOST_BYTES
    items: list[Shown] = []
    count = min(limit, _FIRST)
    while True:
        page = read(count, position)
        shown = [show(item) for item in page.items]
        sizes = [_size(item) for item in shown]
        fitting = _fitting(sizes, room)
        if fitting < len(shown):
            if fitting or not items:  # read them alone: their page has the cursor behind the last of them
                page = read(max(fitting, 1), position)
                items += map(show, page.items)
                position = page.next
            return ListResponse(items=items, next=cursor_of(router, position))
        items += shown
        room -= sum(sizes)
        position = page.next
        if position is None or len(items) >= limit:
            return ListResponse(items=items, next=cursor_of(router, position))
        count = limit - len(items)
        if items:  # as many as fit, if they are like those before
            count = min(count, 1 + room * len(items) // (MOST_BYTES - room))


def part_of(items: Sequence[T], grows: Literal["before", "behind"]) -> Callable[[int, str | None], Page[T]]:
    """Return a `read` of a list that is there as a whole.

    Parameters
    ----------
    grows
        Where new items are added between two pages: the position counts items from the other end.
    """

    def read(count: int, position: str | None) -> Page[T]:
        known = len(items) if position is None and grows == "before" else _number(position)
        start = len(items) - known if grows == "before" else known
        end = max(start, 0) + count
        behind = len(items) - end if grows == "before" else end
        return Page(list(items[max(start, 0) : end]), encode_cursor(behind) if end < len(items) else None)

    return read


def _number(position: str | None) -> int:
    match decode_cursor(position) if position else [0]:
        case [int(number)] if number >= 0 and number is not True:
            return number
        case _:
            raise invalid_cursor()


def _size(item: BaseModel) -> int:
    """Return the bytes of an item in the response of a function: JSON, as a text in JSON."""
    return len(json.dumps(json.dumps(item.model_dump(mode="json", by_alias=True), separators=(",", ":"))))


def _fitting(sizes: Sequence[int], room: int) -> int:
    """Return how many of the first items fit."""
    for place, size in enumerate(sizes):
        room -= size
        if room < 0:
            return place
    return len(sizes)
