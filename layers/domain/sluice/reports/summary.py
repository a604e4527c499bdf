"""Counts of the rows that a lookup put into categories: as JSON, and as the first sheet of a workbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol, TypedDict

from sluice.reports.cells import truncate
from sluice.reports.workbook import HEADER

#: Name of the sheet.
SUMMARY: Final = "Summary"

_SHARE_DIGITS = 6
_COLUMNS: Final = (("Category", 32), ("Rows", 12), ("Share", 10))
_CHART_COLUMN = 4


class Category(Protocol):
    """A category, with a slug that programs use and a title that people read."""

    @property
    def slug(self) -> str:
        """Its name in rows and in API responses."""

    @property
    def title(self) -> str:
        """Its name on sheets."""


class CategoryCount(TypedDict):
    """Rows of a category; ``share`` is their part of all rows, from 0 to 1."""

    slug: str
    title: str
    count: int
    share: float


class Summary(TypedDict):
    """The counts of a result, as JSON has them."""

    total: int
    categories: list[CategoryCount]
    facts: dict[str, str]


def summarise(categories: Sequence[Category], counts: Mapping[str, int], facts: Mapping[str, str]) -> Summary:
    """Put together the content of ``summary.json`` and of the first sheet of a result workbook.

    Parameters
    ----------
    categories
        All categories, in their order.
    counts
        Rows by slug, as `sluice.reports.result_workbook.write_result_workbook` returns them; a slug that is missing
        has none.
    facts
        What else the summary says, by its name.

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


def add_summary_sheet(book: Any, summary: Summary) -> None:
    """Add the sheet to an XlsxWriter workbook: the facts, a table of the categories, and a chart of the table."""
    sheet = book.add_worksheet(SUMMARY)
    bold, header = book.add_format({"bold": True}), book.add_format(HEADER)
    rows, share = {"num_format": "#,##0"}, {"num_format": "0.0%"}
    last = {"bold": True, "top": 1}
    for column, (_, width) in enumerate(_COLUMNS):
        sheet.set_column(column, column, width)
    for at, (name, value) in enumerate(summary["facts"].items()):
        sheet.write_string(at, 0, _safe(name), bold)
        sheet.write_string(at, 1, _safe(value))
    top = len(summary["facts"]) + 1 if summary["facts"] else 0
    sheet.write_row(top, 0, [title for title, _ in _COLUMNS], header)
    first, total = top + 1, top + 1 + len(summary["categories"])
    formats = book.add_format(rows), book.add_format(share)
    for at, category in enumerate(summary["categories"], first):
        sheet.write_string(at, 0, _safe(category["title"]))
        sheet.write_number(at, 1, category["count"], formats[0])
        sheet.write_number(at, 2, category["share"], formats[1])
    sheet.write_string(total, 0, "Total", book.add_format(last))
    sheet.write_number(total, 1, summary["total"], book.add_format(rows | last))
    sheet.write_number(total, 2, 1 if summary["total"] else 0, book.add_format(share | last))
    sheet.insert_chart(top, _CHART_COLUMN, _chart(book, first, total - 1), {"description": "Rows of each category"})


def _chart(book: Any, first: int, last: int) -> Any:
    """Make a chart of bars in the order of the table; their numbers stand beside them instead of an axis."""
    chart = book.add_chart({"type": "bar"})
    chart.add_series(
        {
            "name": "Rows",
            "categories": [SUMMARY, first, 0, last, 0],
            "values": [SUMMARY, first, 1, last, 1],
            "data_labels": {"value": True, "num_format": "#,##0"},
            "gap": 50,
        }
    )
    chart.set_title({"name": "Rows of each category", "name_font": {"size": 12}})
    chart.set_legend({"none": True})
    chart.set_y_axis({"reverse": True})
    chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}})
    return chart


def _safe(text: str) -> str:
    return truncate(text).encode("utf-8", "replace").decode()  # half a surrogate pair has no bytes
