"""A pytest plugin of the copy: it stops a run that imports the project from anywhere else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

_PACKAGES = ("sluice", "functions", "sluice_cli", "local", "tests")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Compare where modules come from with the root of this run.

    Raises
    ------
    pytest.UsageError
        If `sluice` was not imported, or a module of the project comes from another place.
    """
    root = session.config.rootpath.resolve()
    if "sluice" not in sys.modules:
        raise pytest.UsageError("The test files do not import sluice, so they prove nothing about it.")
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name.partition(".")[0] in _PACKAGES and file and not Path(file).resolve().is_relative_to(root):
            raise pytest.UsageError(f"{name} was imported from {file}, which is outside of {root}.")
