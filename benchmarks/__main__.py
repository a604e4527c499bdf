"""``make bench``: a large workbook through Sluice, beside openpyxl and calamine, which only read it.

All measures of a run are from one machine. Quote the ratios, because seconds differ from machine to machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks.end_to_end import add_constraint, function_environment, import_but_one, import_workbook
from local.lifecycle import running
from local.paths import LOCAL
from local.stack import Stack

SMALL: Final = 1_000
BARE: Final = "openpyxl"
"""The measure that the others are compared with."""

IN_PROCESS: Final = {
    BARE: "openpyxl, read-only: reads only",
    "calamine": "calamine, whole: reads only",
    "split": "plan: splits in memory",
    "chunk": "worker: one chunk parsed and validated",
}
ON_A_STACK: Final = ("plan", "dynamodb", "postgres")
ALL: Final = (*IN_PROCESS, *ON_A_STACK)

console = Console(width=110)


class Figures:
    """The table that is printed; times are relative to those of `BARE` for the same number of rows."""

    def __init__(self) -> None:
        self.table = Table("what", "rows", "seconds", "rows/s", "CPU µs/row", "peak MB", "of openpyxl's time")
        self.bare: float | None = None

    def add(self, title: str, rows: float, seconds: float, cpu: str = "", megabytes: str = "") -> None:
        """Add a line."""
        per_row = seconds / rows
        ratio = "" if self.bare is None else f"{per_row / self.bare:.3f}"
        self.table.add_row(title, f"{rows:,.0f}", f"{seconds:.2f}", f"{1 / per_row:,.0f}", cpu, megabytes, ratio)

    def measure(self, name: str, title: str, path: Path, env: Mapping[str, str] | None = None) -> None:
        """Take a measure in a process of its own, and add its line."""
        console.print(f"Measuring {title} …")
        command = [sys.executable, "-m", "benchmarks.measures", name, str(path)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, **(env or {})})
        found: dict[str, float] = json.loads(done.stdout)
        if name == BARE:
            self.bare = found["wall"] / found["rows"]
        cpu = f"{found['cpu'] / found['rows'] * 1e6:.1f}"
        self.add(title, found["rows"], found["wall"], cpu, f"{found['megabytes']:.0f}")

    def whole(self, title: str, run: Callable[[], tuple[float, dict[str, Any]]]) -> None:
        """Run an import, check that it counts every row, and add its line."""
        seconds, job = run()
        counts = job["counts"]
        counted = sum(counts[name] for name in ("inserted", "updated", "unchanged", "rejected"))
        if job["status"] != "completed" or counted != counts["total"]:
            raise SystemExit(f"Rows were lost: {job}")
        console.print(title, counts)
        self.add(title, counts["total"], seconds)


def workbook(rows: int, changed: int = 0) -> Path:
    """Return a workbook in which one row of 1,400 is wrong and `changed` have another price; written once and kept."""
    path = LOCAL / "bench" / f"products-{rows}-{changed}.xlsx"
    if not path.exists():
        console.print(f"Writing {path.name} …")
        path.parent.mkdir(parents=True, exist_ok=True)
        # in a process of its own, because a measure's peak memory starts at that of its parent
        options = {"--rows": rows, "--wrong": rows // 1_400, "--changed": changed}
        command = [sys.executable, "-m", "benchmarks.workbook", str(path)]
        subprocess.run([*command, *(str(part) for option in options.items() for part in option)], check=True)
    return path


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.splitlines()[0])
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=f"some of {', '.join(ALL)}; default: all")
    parser.add_argument("--rows", type=int, default=700_000)
    options = parser.parse_args()
    if unknown := set(options.measures) - set(ALL):
        parser.error(f"unknown measure {', '.join(sorted(unknown))}; choose from {', '.join(ALL)}")
    chosen, rows = options.measures or ALL, options.rows
    figures = Figures()
    for name, title in IN_PROCESS.items():
        if name in chosen:
            figures.measure(name, title, workbook(rows))
    if not {"plan", "dynamodb"}.isdisjoint(chosen):
        with running(say=console.print) as stack:
            _on_dynamodb(figures, stack, rows, chosen)
    if "postgres" in chosen:
        with running(database=True, say=console.print) as stack:
            _on_postgres(figures, stack, rows)
    console.print(figures.table)


def _on_dynamodb(figures: Figures, stack: Stack, rows: int, chosen: Sequence[str]) -> None:
    if "plan" in chosen:
        figures.measure("plan", "plan: whole, slices in S3", workbook(rows), function_environment(stack))
    if "dynamodb" in chosen:
        for title, path in (
            ("all rows new", workbook(rows)),
            (f"{SMALL:,} rows changed", workbook(rows, SMALL)),
            ("a small file", workbook(SMALL)),
        ):
            figures.whole(f"whole stack, DynamoDB: {title}", partial(import_workbook, stack, path, _say))


def _on_postgres(figures: Figures, stack: Stack, rows: int) -> None:
    # creates the table, which the constraint needs
    figures.whole("whole stack, PostgreSQL: a small file", partial(import_workbook, stack, workbook(SMALL), _say))
    row = add_constraint(stack, rows)
    for title, path in (
        ("all rows new, one rejected by it", workbook(rows)),
        (f"{SMALL:,} rows changed", workbook(rows, SMALL)),
    ):
        figures.whole(f"whole stack, PostgreSQL: {title}", partial(import_but_one, stack, path, row, _say))


def _say(text: str) -> None:
    console.print(text, style="dim")


if __name__ == "__main__":
    main()
