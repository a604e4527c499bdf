"""Every importer there is: a new one is a file beside this one and a line here."""

from __future__ import annotations

from sluice.importers.dealers import dealers
from sluice.importers.products import products
from sluice.model.errors import NotFound
from sluice.rows.importer import Importer

IMPORTERS: tuple[Importer, ...] = (
    products,
    dealers,
)

_BY_NAME = {importer.name: importer for importer in IMPORTERS}


def importer_named(name: str) -> Importer:
    """Find an importer.

    Raises
    ------
    NotFound
        If there is none of that name.
    """
    try:
        return _BY_NAME[name]
    except KeyError:
        raise NotFound("importer", name) from None
