"""The page of costs: what was counted, multiplied by prices."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.figures import Run, table, wrapped

PRICES: Final = Path(__file__).with_name("prices.toml")
DAYS: Final = 90
"""Days that a job's files are kept: the default of the parameter ``RetentionDays``."""

Used = Mapping[str, float]

COLUMNS: Final = {
    "Lambda": ("lambda_requests", "lambda_gb_seconds"),
    "DynamoDB": ("dynamodb_writes", "dynamodb_reads"),
    "S3": ("s3_writes", "s3_reads"),
    "SQS, Step Functions": ("sqs_requests", "state_transitions"),
    "API": ("api_requests", "socket_messages", "socket_minutes"),
    "logs": ("log_mb",),
    f"files, {DAYS} days": ("s3_mb_months",),
}
"""Columns of the tables of prices, and what each adds up."""

UNITS: Final = {
    "lambda_requests": "invocations of functions",
    "lambda_gb_seconds": "GB-seconds of functions",
    "dynamodb_writes": "DynamoDB write units",
    "dynamodb_reads": "DynamoDB read units",
    "s3_writes": "S3 PUT, POST, LIST",
    "s3_reads": "S3 GET, HEAD",
    "sqs_requests": "SQS requests",
    "state_transitions": "state transitions",
    "api_requests": "API requests",
    "socket_messages": "WebSocket messages",
    "socket_minutes": "WebSocket minutes",
    "log_mb": "MB of logs",
    "s3_mb_months": "MB-months in S3",
}
MONTHLY: Final = {"alarm": "alarms", "metric": "metrics of its own", "dashboard": "dashboard"}
"""What is billed by the month, by its name in the file of prices."""


@dataclass(frozen=True)
class Prices:
    """Prices in USD, for a million of what is counted and for a month of what is there, and where they are from."""

    region: str
    date: str
    source: str
    usd_per_million: Mapping[str, float]
    usd_per_month: Mapping[str, float]

    @classmethod
    def load(cls, path: Path = PRICES) -> Prices:
        """Read the file of prices."""
        return cls(**tomllib.loads(path.read_text()))

    def usd(self, used: Used, names: Sequence[str] = tuple(UNITS)) -> float:
        """Return the price of what was used."""
        return sum(used.get(name, 0.0) * self.usd_per_million[name] / 1e6 for name in names)


@dataclass(frozen=True)
class Cost:
    """What one thing used: for a million of its rows, for an hour, or for a month."""

    title: str
    used: Used


@dataclass(frozen=True)
class Costs:
    """What the page shows: costs of rows, of an hour of a watcher, of a month; and what is there in that month."""

    run: Run
    lookups: int
    watched: int
    rows: Sequence[Cost] = field(default_factory=tuple)
    watching: Sequence[Cost] = field(default_factory=tuple)
    idle: Sequence[Cost] = field(default_factory=tuple)
    there: Mapping[str, int] = field(default_factory=dict)


def render(costs: Costs, prices: Prices) -> str:
    """Make the page of costs."""
    return f"""# What it costs

<!-- Written by `make cost`. Change benchmarks/cost_page.py or prices.toml instead. -->

{_intro(costs, prices)}

```sh
make cost ARGS="--rows {costs.run.rows} --lookups {costs.lookups} --watched {costs.watched}"
```

## A million rows

{_priced(costs.rows, prices)}

## An hour of one watcher

{_priced(costs.watching, prices)}

[Watching jobs](watching.md#which-way-costs-what) says which is for whom.

## A month without any import

{_monthly(costs, prices)}

## What was counted

For a million rows:

{_counted(costs.rows)}

For an hour of one watcher:

{_counted(costs.watching)}

## Prices

{prices.source}; change them in `benchmarks/prices.toml`.

{table(["", "USD for a million"], ([UNITS[name], f"{usd:,.4g}"] for name, usd in prices.usd_per_million.items()))}

{table(["", "USD for each and month"], ([MONTHLY[name], f"{usd:.2f}"] for name, usd in prices.usd_per_month.items()))}

## What is not in it

- **Seconds of functions** are those of this machine, which runs the emulator and its database on the same cores. A
  function that waits for the emulator would wait less for AWS, or more, if a new table of DynamoDB is throttled.
- **Start-up** of new environments is billed on AWS; functions were warm here.
- **A database** of PostgreSQL, a VPC and its endpoints.
- **Records** that stay in DynamoDB, and their backups, are billed by GB and month.
- **Data transfer** to browsers, CloudFront, keys of KMS, secrets, and the schedules of syncs.
- **Files** are counted as if all that is there when a job has ended stayed {DAYS} days, `RetentionDays` of a stack by
  default. A rollback deletes nothing of them.
"""


def _intro(costs: Costs, prices: Prices) -> str:
    run = costs.run
    return wrapped(
        "What AWS would bill in USD, without free tiers. Requests are those of real runs, counted on a local stack;"
        f" prices are the list prices of {prices.region}, {prices.date}. Measured {run.at} on {run.machine}, Sluice at "
        f"{run.commit}, with files of {run.rows:,} rows and {costs.lookups:,} lookups, by"
    )


def _priced(costs: Sequence[Cost], prices: Prices) -> str:
    cells = (
        [cost.title, *(_usd(prices.usd(cost.used, names)) for names in COLUMNS.values()), _usd(prices.usd(cost.used))]
        for cost in costs
    )
    return table(["", *COLUMNS, "USD"], cells)


def _monthly(costs: Costs, prices: Prices) -> str:
    lines = [(cost.title, _number(cost.used["times"]), prices.usd(cost.used)) for cost in costs.idle]
    lines += [
        (MONTHLY[name].capitalize(), _number(count), count * prices.usd_per_month[name])
        for name, count in costs.there.items()
    ]
    lines.append(("Sum", "", sum(usd for _, _, usd in lines)))
    return table(["", "number", "USD"], ([title, number, f"{usd:.2f}"] for title, number, usd in lines))


def _usd(amount: float) -> str:
    if amount < 0.000_000_5:
        return "–"
    return f"{amount:.2f}" if amount >= 0.1 else f"{amount:.4f}" if amount >= 0.000_1 else f"{amount:.6f}"


def _counted(costs: Sequence[Cost]) -> str:
    cells = ([unit, *(_number(cost.used.get(name, 0.0)) for cost in costs)] for name, unit in UNITS.items())
    return table(["", *(cost.title for cost in costs)], cells)


def _number(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 10 else f"{amount:.2g}"
