"""A copy of the tracked files, in which faults are planted and pytest runs."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from tests.planted.fault import Fault

# A fault may make a test wait for what never comes.
_TEST_SECONDS = 60
_RUN_SECONDS = 600
_FAILED = "FAILED "


class CannotPlant(Exception):
    """The old text of a fault does not occur exactly once in its file."""


@dataclass(frozen=True)
class Run:
    """A run of pytest.

    Parameters
    ----------
    trouble
        Why the run proves nothing: pytest could not collect, was interrupted, or did not come to its end. Empty if
        every test ran.
    failed
        Node ids of the tests that failed.
    """

    trouble: str
    failed: list[str]

    def missed(self, files: Sequence[str]) -> list[str]:
        """List the test files without a failed test."""
        found = {test.partition("::")[0] for test in self.failed}
        return [file for file in files if file not in found]


def faulty(fault: Fault, text: str) -> str:
    """Return the text of a file with the fault in it.

    Raises
    ------
    CannotPlant
        If the old text does not occur exactly once.
    """
    count = text.count(fault.old)
    if count != 1:
        raise CannotPlant(f"its old text occurs {count} times in {fault.file}; adjust tests/planted/faults.py")
    return text.replace(fault.old, fault.new)


def copy_tracked(root: Path, to: Path) -> None:
    """Copy the files that git tracks, as they are in the working tree."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (root / name).is_file():  # a file that was removed is tracked until the removal is committed
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, to / name)


@contextmanager
def planted(fault: Fault, root: Path) -> Iterator[None]:
    """Have the fault in the copy as long as the block lasts; raises `CannotPlant`."""
    path = root / fault.file
    if not path.is_file():
        raise CannotPlant(f"there is no {fault.file}; adjust tests/planted/faults.py")
    text = path.read_text()
    _write(path, faulty(fault, text))
    try:
        yield
    finally:
        _write(path, text)


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    # Bytecode is recognised by the size of its source and the second of its last change, which may both be the same.
    Path(cache_from_source(str(path))).unlink(missing_ok=True)


def _import_folders(root: Path) -> Iterator[str]:
    """Yield the folders that the editable installs put on the import path, from the root of the copy."""
    for project in (Path(), Path("cli")):
        settings = tomllib.loads((root / project / "pyproject.toml").read_text())
        for folder in settings["tool"]["hatch"]["build"]["dev-mode-dirs"]:
            yield str(project / folder)


def run_tests(root: Path, files: Sequence[str]) -> Run:
    """Run test files on the copy, in a process of its own whose imports come from the copy."""
    missing = [file for file in files if not (root / file).is_file()]
    if missing:
        return Run(f"there is no {', '.join(missing)}; adjust tests/planted/faults.py", [])
    folders = " ".join(_import_folders(root))
    options = ["-q", "--tb=no", "-rf", f"--timeout={_TEST_SECONDS}", "-p", "tests.planted.guard"]
    command = [sys.executable, "-m", "pytest", *options, "-o", f"pythonpath={folders}", *files]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=_RUN_SECONDS)
    except subprocess.TimeoutExpired:
        return Run(f"pytest ran for {_RUN_SECONDS} seconds without an end", [])
    lines = done.stdout.splitlines()
    failed = [line.removeprefix(_FAILED).partition(" - ")[0] for line in lines if line.startswith(_FAILED)]
    if done.returncode == pytest.ExitCode.OK or (done.returncode == pytest.ExitCode.TESTS_FAILED and failed):
        return Run("", failed)
    said = [line for line in lines + done.stderr.splitlines() if line.strip()]
    return Run(f"pytest ended with {done.returncode}: " + " | ".join(said[-3:]), failed)
