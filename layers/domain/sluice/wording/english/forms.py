"""Forms in which English shows a parameter."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any


def quoted(names: Iterable[Any]) -> str:
    """Write names as ``'a', 'b'``."""
    return ", ".join(f"'{name}'" for name in names)


def listed(names: Iterable[str]) -> str:
    """Write names as ``a, b``."""
    return ", ".join(names) or "none"


def decided(values: Mapping[str, Any]) -> str:
    """Write decisions that hold as the end of a sentence, ``: a = 1, b = "x"``; or that none does."""
    pairs = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return f": {', '.join(pairs)}" if pairs else ", and what this one decides is still open"


def status_name(status: str) -> str:
    """Write the status of a job."""
    return status.replace("_", " ")


def rows(count: int) -> str:
    """Write a number of rows, as ``1 row`` or ``1,200 rows``."""
    return f"{count:,} {'row' if count == 1 else 'rows'}"


def percent(share: str) -> str:
    """Write a share, as JSON has it, in percent: ``0.05`` as ``5 %``."""
    return f"{float(share) * 100:.6g} %"
