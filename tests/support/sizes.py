"""Sizes of the storms: ``make soak`` runs them in full, ``make test`` at a size that still proves the promise."""

from __future__ import annotations

import os
from typing import Final

SOAK: Final = os.environ.get("SLUICE_SOAK") == "1"


def size(small: int, full: int) -> int:
    """Return `full` under ``make soak``, else `small`."""
    return full if SOAK else small
