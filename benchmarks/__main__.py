"""``make bench``: files of products through Sluice, beside libraries that only read or load them.

All measures of a run are from one machine. Quote the ratios, because seconds differ from machine to machine.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from benchmarks.figures import DYNAMODB, PAGE, PEERS, SLUICE, Group, load, render, save
from benchmarks.runs import (
    DISPATCH_ROWS,
    DYNAMODB_MEASURES,
    PEER_MEASURES,
    PEER_ROWS,
    ROWS,
    SLUICE_MEASURES,
    SMALL,
    Bench,
    Stacks,
    run_dynamodb,
    run_peers,
    run_sluice,
)
from local.errors import LocalProblem
from local.lifecycle import running
from local.processes import exit_on_sigterm

_RUNS: Final[dict[str, tuple[Callable[[Bench, Sequence[str]], Group], Sequence[str], int]]] = {
    SLUICE: (run_sluice, SLUICE_MEASURES, ROWS),
    DYNAMODB: (run_dynamodb, DYNAMODB_MEASURES, ROWS),
    PEERS: (run_peers, PEER_MEASURES, PEER_ROWS),
}
"""Groups of figures: what takes them, the measures that belong to them, and the rows of a run of full size."""


def main(arguments: Sequence[str] | None = None, stacks: Stacks = running, page: Path = PAGE) -> int:
    """Measure and print; write `page` after each run of full size that takes every measure of its group."""
    options = _options(arguments)
    measured: dict[str, Group] = {}
    for group, (run, names, full) in _RUNS.items():
        chosen = [name for name in names if not options.measures or name in options.measures]
        if not chosen:
            continue
        measured[group] = run(Bench(options.rows, stacks, _say), chosen)
        whole = options.rows >= full and len(chosen) == len(names)
        written = options.write or (page if whole else None)
        if written is not None:
            save({**load(written), group: measured[group]}, written)
            _say(f"Wrote {written}")
    print(render(measured))
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench",
        description="Measure Sluice, and other libraries beside it. A run of full size that takes every measure of "
        f"Sluice, or {PEERS}, writes docs/figures.md; any other run only prints.",
    )
    names = [*SLUICE_MEASURES, *DYNAMODB_MEASURES, *PEER_MEASURES]
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=f"some of {', '.join(names)}; default: all")
    parser.add_argument(
        "--rows",
        type=int,
        default=ROWS,
        help=f"rows of the files, by default {ROWS:,}; {PEERS} takes {PEER_ROWS:,} at most, dispatch {DISPATCH_ROWS:,}",
    )
    parser.add_argument("--write", type=Path, metavar="PATH", help="write this page, of any size, and no other")
    options = parser.parse_args(arguments)
    if unknown := sorted(set(options.measures) - set(names)):
        parser.error(f"unknown measure {', '.join(unknown)}; choose from {', '.join(names)}")
    if options.rows < 2 * SMALL:
        parser.error(f"--rows has to be {2 * SMALL} or more, because some lines change {SMALL:,} rows of the file")
    return options


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    exit_on_sigterm()
    try:
        sys.exit(main())
    except LocalProblem as problem:
        sys.exit(str(problem))
