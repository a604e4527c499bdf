"""The order of day and month in dates that are written with numbers alone."""

from __future__ import annotations

from typing import Literal

#: Day first or month first; the year is last in both.
Order = Literal["dmy", "mdy"]
