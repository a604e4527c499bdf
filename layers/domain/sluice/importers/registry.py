"""Every importer there is: a new one is a file beside this one and a line here."""

from __future__ import annotations

from collections.abc import Iterable

from sluice.importers.datin import datin
from sluice.importers.dealers import dealers
from sluice.importers.hsi import hsi
from sluice.importers.jt import jt
from sluice.importers.products import products
from sluice.importers.sos import sos
from sluice.importers.voters import voters
from sluice.rows import declared
from sluice.rows.importer import Importer

IMPORTERS: tuple[Importer, ...] = (
    products,
    dealers,
    sos,
    hsi,
    jt,
    datin,
    voters,
)


def by_name(importers: Iterable[Importer]) -> dict[str, Importer]:
    """Every name and alias with its importer.

    Raises
    ------
    ValueError
        If two importers share one: a mistake of the declarations, found at import.
    """
    return declared.by_name("importers", importers, lambda importer: importer.aliases)


_BY_NAME = by_name(IMPORTERS)


def importer_named(name: str) -> Importer:
    """Find an importer by its name or an alias.

    Raises
    ------
    NotFound
        If there is none of that name.
    """
    return declared.find("importer", _BY_NAME, name)
