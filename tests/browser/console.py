"""Helpers of the console's tests."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, Route, expect

from tests.support.factories import csv_file, products

CONSOLE = "console/index.html"
PAGES = (
    "#/jobs",
    "#/upload",
    "#/importers",
    "#/sources",
    "#/queues",
    "#/data",
    "#/data/products",
    "#/data/products?key=P-000001",
)
HOSTILE = "<img src=x onerror=alert(1)>"


def go(page: Page, address: str) -> None:
    """Go to a page of the console, such as ``#/jobs``, without a reload; wait until it is loaded."""
    expect(page.locator(".pages")).to_be_visible()  # the console has accepted the token
    page.goto(page.url.partition("#")[0] + address)
    ready(page)


def ready(page: Page) -> None:
    """Wait until every part of the page is loaded."""
    expect(page.locator("main h1")).to_be_visible()
    expect(page.locator("[aria-busy]")).to_have_count(0)


def job_row(page: Page, job_id: str) -> Locator:
    """A job in a list."""
    return page.locator(f"tr[data-job='{job_id}']")


def counts(page: Page) -> dict[str, int]:
    """The numbers on a job's page."""
    tiles: list[list[str]] = page.locator(".counts > div").evaluate_all(
        "tiles => tiles.map(tile => [tile.dataset.count, tile.querySelector('dd').textContent])"
    )
    return {name: int(text.replace(",", "")) for name, text in tiles}


def file_with_mistakes(rows: int = 40) -> bytes:
    """Products; the prices of rows 4 and 8 of the file are wrong, the first in a hostile way."""
    made: list[list[Any]] = [list(row) for row in products(rows)]
    made[2][2] = HOSTILE
    made[6][2] = "-1"
    return csv_file(made)


def file_with_questions() -> bytes:
    """Products whose prices have both decimal marks, and whose dates can be read in two ways."""
    made = [["P-1", "Belt", "1.250", "03/04/2026"], ["P-2", "Pump", "9.5", "05/04/2026"], ["P-3", "Cap", "9,5", ""]]
    return csv_file(made, titles=("Part Number", "Description", "Price", "Updated"))


def with_comparison(page: Page) -> None:
    """Let every preview that the page gets have changes, deletions and rows to be rejected."""
    changes = [
        (2, "P-000001", {"price": "3.3", "description": "Bolt"}, {"price": "4", "description": "Bolt, long"}),
        (3, "P-000002", {"price": "12500.125"}, {"price": "9.5"}),
        (5, "P-000004", {"active": True, "brand": "Acme"}, {"active": False, "brand": None}),
    ]
    columns = [
        ("price", "Price", 1_200),
        ("description", "Description", 1),
        ("brand", "Brand", 1),
        ("active", "Active", 1),
    ]
    comparison = {
        "columns": [{"field": field, "title": title, "records": records} for field, title, records in columns],
        "changes": [
            {"row": row, "key": key, "before": before, "after": after, "shortened": []}
            for row, key, before, after in changes
        ],
        "deletions": [{"row": 9, "key": "P-9", "values": {"price": "1.5", "brand": HOSTILE}, "shortened": ["brand"]}],
        "rejections": [
            {
                "sheet": "",
                "row": 7,
                "column": "Part Number",
                "value": "P-7",
                "reason": "",
                "code": "key-exists",
                "params": {},
            }
        ],
    }

    def answer(route: Route) -> None:
        response = route.fetch()
        found = response.json()
        counts = found["counts"] | {"update": 1_202, "delete": 1, "to_reject": 1, "kept_blank": 1_500}
        route.fulfill(response=response, json=found | {"comparison": comparison, "counts": counts})

    page.route(re.compile(r"/jobs/[^/]+/preview"), answer)
