"""The page of costs: what was counted, multiplied by the file of prices."""

from __future__ import annotations

import re
from itertools import groupby

import pytest

from benchmarks.cost import PAGE, there
from benchmarks.cost_page import COLUMNS, MONTHLY, UNITS, Cost, Costs, Prices, render
from benchmarks.figures import Run

PRICES = Prices.load()
COSTS = Costs(
    Run("2026-11-28 20:00", "a laptop", 2, (0.0, 0.0), "abc", rows=1_000, files_mb={}, versions={}),
    lookups=20,
    watched=60,
    rows=[Cost("import", {"dynamodb_writes": 1_000_000, "dynamodb_reads": 1_000_000, "lambda_gb_seconds": 1_000})],
    watching=[Cost("WebSocket", {"socket_minutes": 60})],
    idle=[Cost("Requests of pollers", {"times": 2_500_000, "sqs_requests": 2_500_000})],
    there={"alarm": 2, "metric": 1, "dashboard": 1},
)


def tables(page: str) -> list[list[list[str]]]:
    """Return the cells of each table."""
    lines = [line.strip("|").split("|") if line.startswith("|") else None for line in page.splitlines()]
    groups = [list(group) for is_table, group in groupby(lines, key=bool) if is_table]
    return [[[cell.strip() for cell in cells] for cells in group if cells] for group in groups]


def test_a_million_rows_are_priced_by_service_and_in_all() -> None:
    [_, _, line] = tables(render(COSTS, PRICES))[0]
    assert line == ["import", "0.0167", "0.75", "–", "–", "–", "–", "–", "0.77"]


def test_small_amounts_are_not_rounded_to_nothing() -> None:
    [_, _, line] = tables(render(COSTS, PRICES))[1]
    assert line[-1] == "0.000015"


def test_a_month_without_imports_is_added_up() -> None:
    lines = tables(render(COSTS, PRICES))[2][2:]
    assert [line[2] for line in lines] == ["1.00", "0.20", "0.30", "3.00", "4.50"]


def test_every_price_has_a_unit_and_a_column() -> None:
    """What is counted and has no price, or is in no column, would be missing from the sum."""
    assert set(PRICES.usd_per_million) == set(UNITS) == {name for names in COLUMNS.values() for name in names}
    assert set(PRICES.usd_per_month) == set(MONTHLY)


def test_alarms_and_metrics_are_those_of_the_template() -> None:
    found = there()
    assert found["alarm"] >= 20
    assert (found["metric"], found["dashboard"]) == (2, 1)


def test_the_page_has_the_tables_and_the_prices_of_today() -> None:
    """`make cost` writes it anew after a change of prices; its tables stay readable."""
    page = PAGE.read_text()
    assert all(len(cells) <= 10 for table in tables(page) for cells in table)
    assert f"{PRICES.region}, {PRICES.date}" in page
    prices = dict(re.findall(r"^\| ([^|]+) \| ([\d.,]+) \|$", page, re.MULTILINE))
    assert {UNITS[name]: float(prices[UNITS[name]].replace(",", "")) for name in UNITS} == {
        UNITS[name]: pytest.approx(usd, rel=1e-3) for name, usd in PRICES.usd_per_million.items()
    }
