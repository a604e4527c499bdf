"""Sluice: spreadsheet and CSV imports for products that live on AWS.

This is what a file of the catalogue needs: ``from sluice import Importer, Row, column, Money, Date``. Each name is
imported on its first use (PEP 562), so code that needs no row models loads no pydantic.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sluice.model.options import Guards
    from sluice.schema.cell_types import (
        AsWritten,
        Code,
        Conventions,
        Coordinate,
        Currency,
        Date,
        Digits,
        Flag,
        Money,
        Number,
        Whole,
    )
    from sluice.schema.importer import Importer, Parameter, Row, column
    from sluice.schema.vocabulary import ENGLISH, Vocabulary
    from sluice.upstream.lookup import Category, Lookup, LookupResult
    from sluice.upstream.source import Source

__all__ = [
    "ENGLISH",
    "AsWritten",
    "Category",
    "Code",
    "Conventions",
    "Coordinate",
    "Currency",
    "Date",
    "Digits",
    "Flag",
    "Guards",
    "Importer",
    "Lookup",
    "LookupResult",
    "Money",
    "Number",
    "Parameter",
    "Row",
    "Source",
    "Vocabulary",
    "Whole",
    "column",
]

_NAMES_OF_MODULES = {
    "sluice.model.options": ("Guards",),
    "sluice.schema.cell_types": (
        *("Code", "Coordinate", "Currency", "Date", "Digits", "Flag", "Money", "Number", "Whole"),
        *("AsWritten", "Conventions"),
    ),
    "sluice.schema.importer": ("Importer", "Parameter", "Row", "column"),
    "sluice.schema.vocabulary": ("ENGLISH", "Vocabulary"),
    "sluice.upstream.lookup": ("Category", "Lookup", "LookupResult"),
    "sluice.upstream.source": ("Source",),
}
_MODULES = {name: module for module, names in _NAMES_OF_MODULES.items() for name in names}

if not TYPE_CHECKING:  # a type checker would take any misspelled name to be there

    def __getattr__(name: str) -> object:
        """Import a name of the front door, and keep it for the next use."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_MODULES[name]), name)
        return value


def __dir__() -> list[str]:
    """List the front door beside what is loaded."""
    return sorted({*globals(), *__all__})
