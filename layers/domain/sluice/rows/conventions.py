"""How people where a file comes from write numbers and dates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Conventions:
    """What a cell's text means where two readings are possible.

    Parameters
    ----------
    decimal
        The decimal mark; the other of ``.`` and ``,`` groups thousands.
    dates
        Order of day, month and year in dates written with numbers alone. ISO dates (year first) are always read.
    """

    decimal: Literal[".", ","] = "."
    dates: Literal["dmy", "mdy"] = "dmy"


DEFAULT = Conventions()
