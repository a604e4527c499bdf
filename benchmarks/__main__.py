"""``make bench``: a large workbook through Sluice, beside what openpyxl and calamine take merely to read it.

Everything is measured in one run on one machine; quote the ratios, for seconds differ from machine to machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.end_to_end import environment, imported
from benchmarks.into_postgres import imported_but_one, refuse_one
from local.lifecycle import running
from local.paths import LOCAL

SMALL = 1_000

console = Console(width=110)


def measure(name: str, path: Path, env: Mapping[str, str] | None = None) -> dict[str, float]:
    """Take a measure in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.measures", name, str(path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, **(env or {})})
    told: dict[str, float] = json.loads(done.stdout)
    return told


def workbook(folder: Path, rows: int, changed: int = 0) -> Path:
    """A workbook in which one row of 1,400 is wrong and some have another price; written once and kept."""
    path = folder / f"products-{rows}-{changed}.xlsx"
    if not path.exists():
        console.print(f"Writing {path.name} …")
        folder.mkdir(parents=True, exist_ok=True)
        # in a process of its own: a measure's peak memory begins with that of the process that started it
        options = {"--rows": rows, "--wrong": rows // 1_400, "--changed": changed}
        command = [sys.executable, "-m", "benchmarks.workbook", str(path)]
        subprocess.run([*command, *(str(part) for option in options.items() for part in option)], check=True)
    return path


class Figures:
    """The table that is printed; times are beside openpyxl's for the same rows."""

    def __init__(self) -> None:
        self.table = Table("what", "rows", "seconds", "rows/s", "peak MB", "of openpyxl's time")
        self.bare = 0.0

    def add(self, title: str, rows: float, seconds: float, megabytes: float | None = None) -> None:
        """Add a line; the first one is what the others are compared with."""
        per_row = seconds / rows
        self.bare = self.bare or per_row
        peak = "" if megabytes is None else f"{megabytes:.0f}"
        self.table.add_row(
            title, f"{rows:,.0f}", f"{seconds:.2f}", f"{1 / per_row:,.0f}", peak, f"{per_row / self.bare:.3f}"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=700_000)
    rows = parser.parse_args().rows
    folder = LOCAL / "bench"
    first, second, small = workbook(folder, rows), workbook(folder, rows, 1_000), workbook(folder, SMALL)
    figures = Figures()
    for name, title in (
        ("openpyxl", "openpyxl, read-only: merely read"),
        ("calamine", "calamine, whole: merely read"),
        ("cut", "plan: cut in memory"),
        ("chunk", "work: one chunk parsed and validated"),
    ):
        console.print(f"Measuring {title} …")
        told = measure(name, first)
        figures.add(title, told["rows"], told["wall"], told["megabytes"])
    with running(say=console.print) as stack:
        told = measure("plan", first, environment(stack))
        figures.add("plan: whole, slices in S3", told["rows"], told["wall"], told["megabytes"])
        for title, path in (
            ("whole stack, DynamoDB: all rows new", first),
            (f"whole stack, DynamoDB: {1_000:,} rows changed", second),
            ("whole stack, DynamoDB: a small file", small),
        ):
            seconds, job = imported(stack, path, _whisper)
            _check(job)
            console.print(title, job["counts"])
            figures.add(title, job["counts"]["total"], seconds)
    with running(database=True, say=console.print) as stack:
        seconds, job = imported(stack, small, _whisper)  # makes the table
        _check(job)
        figures.add("whole stack, PostgreSQL: a small file", job["counts"]["total"], seconds)
        refused = refuse_one(stack, rows)
        for title, path in (("all rows new, one refused by it", first), (f"{1_000:,} rows changed", second)):
            seconds, job = imported_but_one(stack, path, refused, _whisper)
            _check(job)
            console.print(f"PostgreSQL: {title}", job["counts"])
            figures.add(f"whole stack, PostgreSQL: {title}", job["counts"]["total"], seconds)
    console.print(figures.table)


def _whisper(words: str) -> None:
    console.print(words, style="dim")


def _check(job: dict[str, Any]) -> None:
    counts = job["counts"]
    settled = sum(counts[name] for name in ("inserted", "updated", "unchanged", "refused"))
    if job["status"] != "completed" or settled != counts["total"]:
        raise SystemExit(f"Rows were lost: {job}")


if __name__ == "__main__":
    main()
