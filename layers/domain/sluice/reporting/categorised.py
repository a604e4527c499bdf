"""Rows that a lookup put into categories, and how many there are of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypedDict

from sluice.schema.cells import Cell

_SHARE_DIGITS = 6


class Category(Protocol):
    """A category, with a slug for programs and a title for people."""

    @property
    def slug(self) -> str:
        """Names it in rows and in answers."""

    @property
    def title(self) -> str:
        """Names it on sheets."""


@dataclass(frozen=True)
class CategorisedRow:
    """A row as it came, and what a lookup said of it.

    Parameters
    ----------
    row
        Row number as a person sees it in the file.
    cells
        From column A on, as they were read.
    category
        Slug of its category.
    value
        What was found, if it is to be shown.
    reason
        Why it is in its category, if that is to be shown.
    """

    row: int
    cells: list[Cell]
    category: str
    value: str | None = None
    reason: str | None = None


class CategoryCount(TypedDict):
    """Rows of a category; ``share`` is their part of all rows, from 0 to 1."""

    slug: str
    title: str
    count: int
    share: float


class Summary(TypedDict):
    """What a result comes to, as JSON has it."""

    total: int
    categories: list[CategoryCount]
    facts: dict[str, str]


def summary(categories: Sequence[Category], counts: Mapping[str, int], facts: Mapping[str, str]) -> Summary:
    """Put together what ``summary.json`` and the first sheet of a result workbook say.

    Parameters
    ----------
    categories
        All there are, in their order.
    counts
        Rows by slug, as `sluice.reporting.result.write_result_workbook` returns them; a slug that is missing has none.
    facts
        What else is to be said, by its name.

    Returns
    -------
    Summary
        Shares are rounded to six digits, and 0 if there are no rows.
    """
    total = sum(counts.get(category.slug, 0) for category in categories)
    counted = [
        CategoryCount(
            slug=category.slug,
            title=category.title,
            count=(count := counts.get(category.slug, 0)),
            share=round(count / total, _SHARE_DIGITS) if total else 0.0,
        )
        for category in categories
    ]
    return Summary(total=total, categories=counted, facts=dict(facts))
