"""Plant faults one by one, and see that the tests find each.

``python -m tests.planted [NAME ...] [--list] [--quick]`` works on a copy of the tracked files in a temporary folder;
the working tree stays as it is. It exits with 1 if a fault is not found or cannot be planted.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from local.paths import ROOT
from tests.planted.copies import CannotPlant, copy_tracked, planted, run_tests
from tests.planted.fault import Fault
from tests.planted.faults import FAULTS

_SHOWN = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    by_name = {fault.name: fault for fault in FAULTS}
    parser = argparse.ArgumentParser(prog="python -m tests.planted", description="Plant faults that tests must find.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="faults to plant; all if none is named")
    parser.add_argument("--list", action="store_true", help="list the faults and plant none")
    parser.add_argument("--quick", action="store_true", help="do not run the tests on the unchanged copy first")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in by_name]:
        parser.error(f"unknown fault: {', '.join(unknown)}; --list shows all")
    faults = [by_name[name] for name in options.names] or list(FAULTS)
    if options.list:
        for fault in faults:
            print(f"{fault.name:30}{fault.breaks}")
        return 0
    with tempfile.TemporaryDirectory(prefix="sluice-planted-") as folder:
        root = Path(folder).resolve()
        copy_tracked(ROOT, root)
        return _plant_all(faults, root, quick=options.quick)


def _plant_all(faults: Sequence[Fault], root: Path, *, quick: bool) -> int:
    broken: dict[tuple[str, ...], str] = {}
    missed = 0
    for fault in faults:
        began = time.monotonic()
        if fault.tests not in broken:
            broken[fault.tests] = "" if quick else _trouble_unchanged(fault.tests, root)
        found, said = (False, broken[fault.tests]) if broken[fault.tests] else _plant(fault, root)
        missed += not found
        verdict = "found" if found else "NOT FOUND"
        print(f"{verdict:11}{fault.name:28}{time.monotonic() - began:5.1f} s  {said}", flush=True)
    print(f"{len(faults) - missed} of {len(faults)} faults were found.")
    return 1 if missed else 0


def _trouble_unchanged(tests: tuple[str, ...], root: Path) -> str:
    """Say why the tests are no proof even without a fault; empty if they pass."""
    run = run_tests(root, tests)
    return run.trouble or (f"fails without the fault: {', '.join(run.failed[:_SHOWN])}" if run.failed else "")


def _plant(fault: Fault, root: Path) -> tuple[bool, str]:
    """Plant one fault and run its tests; returns whether they found it, and what there is to say."""
    try:
        with planted(fault, root):
            run = run_tests(root, fault.tests)
    except CannotPlant as error:
        return False, str(error)
    if run.trouble:
        return False, run.trouble
    if missed := run.missed(fault.tests):
        return False, f"passes all the same: {', '.join(missed)}"
    more = len(run.failed) - _SHOWN
    return True, ", ".join(run.failed[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


if __name__ == "__main__":
    sys.exit(main())
