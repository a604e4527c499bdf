"""Reads .xls and .ods files in the process of the tests, because a child takes longer than the comparison of cells."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sluice.reading import sandbox
from tests.hostile.fuzz import read_in_this_process


@pytest.fixture(scope="package", autouse=True)
def without_sandbox() -> Iterator[None]:
    """Let readers of whole files run without their sandbox, which tests/unit/reading/test_sandbox.py is about."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox, "_run_child", read_in_this_process)
        yield
