"""Reads the files of a folder with Sluice and with other readers: ``python -m tests.reading FOLDER``.

Each file is split and read as `plan` and the workers do it, on a workspace in memory, beside openpyxl, calamine, xlrd
or csv, cell by cell. Printed are rejected files, cells that differ, and how many cells differ for a listed reason
(`tests.reading.exceptions`). Exits with 1 if a cell differs without a reason. Files of unknown origin can take any
amount of memory in a reader: limit it, such as by ``ulimit -v 4000000``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.reading.comparing import compare, report


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.reading", description="Compare Sluice's reading of files.")
    parser.add_argument("folder", type=Path, help="its files are read, and those of the folders in it")
    parser.add_argument("--shown", type=int, default=5, metavar="N", help="cells to print of a file (default 5)")
    options = parser.parse_args(arguments)
    if not options.folder.is_dir():
        parser.error(f"{options.folder} is not a folder")
    paths = sorted(path for path in options.folder.rglob("*") if path.is_file())
    return 0 if report((compare(path) for path in paths), shown=options.shown) else 1


if __name__ == "__main__":
    sys.exit(main())
