"""A page of a source, and the form in which its upstream answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Page:
    """Rows of a source as they came.

    Parameters
    ----------
    offset
        How many rows of the source are before the first.
    rows
        Each by the upstream's own names; fewer than were asked for only at the end of the source.
    total
        Rows that the source had at that moment; ``None`` if its upstream does not say.
    """

    offset: int
    rows: list[dict[str, object]]
    total: int | None


def read_page(body: Any, offset: int, most: int, *, has_total: bool) -> Page:
    """Read an answer: ``{"total": …, "data": [{…}, …]}``.

    Parameters
    ----------
    body
        The JSON.
    offset, most
        From where rows were asked for, and how many.
    has_total
        Whether it must say the total; if not, the total is not looked at.

    Returns
    -------
    Page
        The rows that it has.

    Raises
    ------
    ValueError
        If it is something else; the message says what, and nothing of its content.
    """
    if not isinstance(body, dict):
        raise ValueError(f"a JSON {_kind(body)} in place of an object")
    rows = body.get("data")
    if not (isinstance(rows, list) and all(isinstance(row, dict) for row in rows)):
        raise ValueError("an answer without a list of rows in 'data'")
    if len(rows) > most:
        raise ValueError(f"{len(rows):,} rows where {most:,} were asked for")
    if not has_total:
        return Page(offset, rows, None)
    total = body.get("total")
    if not isinstance(total, int) or isinstance(total, bool) or total < 0:
        raise ValueError("an answer without a number in 'total'")
    return Page(offset, rows, total)


def _kind(value: object) -> str:
    return {list: "list", str: "text", bool: "flag", type(None): "null"}.get(type(value), "number")
