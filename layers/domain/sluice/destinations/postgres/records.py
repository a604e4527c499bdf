"""Looking at the tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from psycopg import Connection, DataError
from psycopg.sql import SQL, Composed, Identifier
from pydantic_core import to_jsonable_python

from sluice.destinations.cursors import bad_cursor, cursor_of, place_of
from sluice.destinations.postgres.connection import Database
from sluice.destinations.postgres.layout import Field, layout_of
from sluice.destinations.postgres.statements import listed
from sluice.destinations.postgres.tables import Table, find, raw
from sluice.destinations.shown import LONGEST_HISTORY, instant, no_record, record, version
from sluice.model.page import Page
from sluice.rows.importer import Importer


class PostgresRecords:
    """The `Records` port on PostgreSQL: the tables of the given importers, and no others."""

    def __init__(self, database: Database, importers: Iterable[Importer]) -> None:
        self._database = database
        self._importers = {importer.dataset: importer for importer in importers}

    def page(self, tenant: str, dataset: str, *, limit: int, cursor: str | None) -> Page[dict[str, Any]]:
        """Records of a dataset, in the order that the database gives its keys."""
        match None if cursor is None else place_of(cursor):
            case None if cursor is None:
                after = None
            case [str(after)]:
                pass
            case _:
                raise bad_cursor()
        try:
            found = self._read(dataset, lambda *at: _page(*at, tenant, after, limit + 1))
        except DataError:
            raise bad_cursor() from None
        return Page(found[:limit], cursor_of([found[limit - 1]["key"]]) if len(found) > limit else None)

    def get(self, tenant: str, dataset: str, key: str) -> dict[str, Any]:
        """One record; raises `NotFound`."""
        try:
            found = self._read(dataset, lambda *at: _one(*at, tenant, key))
        except DataError:  # not what such a key can be
            found = []
        if not found:
            raise no_record(key)
        return found[0]

    def history(self, tenant: str, dataset: str, key: str) -> list[dict[str, Any]]:
        """What a record was before, newest first; nothing of importers that do not archive."""
        if dataset not in self._importers or not self._importers[dataset].archive:
            return []
        try:
            return self._read(dataset, lambda *at: _history(*at, tenant, key))
        except DataError:
            return []
