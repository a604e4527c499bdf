"""Forms in which English shows a parameter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def quoted(names: Iterable[Any]) -> str:
    """Write names as ``'a', 'b'``."""
    return ", ".join(f"'{name}'" for name in names)


def listed(names: Iterable[str]) -> str:
    """Write names as ``a, b``."""
    return ", ".join(names) or "none"


def status_name(status: str) -> str:
    """Write the status of a job."""
    return status.replace("_", " ")
