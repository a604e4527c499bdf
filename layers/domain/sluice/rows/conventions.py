"""How people where a file comes from write numbers and dates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sluice.model.order import Order


@dataclass(frozen=True)
class Conventions:
    """What a cell's text means where two readings are possible.

    Parameters
    ----------
    decimal
        The decimal mark; the other of ``.`` and ``,`` groups thousands.
    dates
        Order of day, month and year in dates written with numbers alone. ``None``: it is not known beforehand, so
        each column of a file has to tell by itself, and somebody is asked where it does not.
    """

    decimal: Literal[".", ","] = "."
    dates: Order | None = None


DEFAULT = Conventions()
