"""Stored names of PostgreSQL: the tables of a dataset, and the ledger.

``<dataset>`` has the column ``tenant``, one for each field of the row model, and those of `DATASET_COLUMNS`. A row
whose ``gone_since`` is not null is marked as deleted; ``job_id`` is the job that marked it. Staged rows of early syncs
say ``gone_since`` as a field.

``<dataset>_archive`` has ``tenant``, the same fields and `ARCHIVE_COLUMNS`. It holds earlier versions of the rows, of
every importer, because a rollback reads them. ``other_columns`` of a removed row are the columns that no importer
fills, by name, as text.

``sluice_ledger`` has a row for each phase of a chunk, written in the transaction that carries it out; its ``result`` is
described in `sluice.destinations.stored`, and ``wrote`` by `Wrote`. A load of an earlier version has no ``wrote``.

The SQL of the modules beside this one writes these names out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from sluice.destinations.stored import dump_applied, dump_undone, load_applied, load_undone
from sluice.model.errors import format_of
from sluice.schema.staging import Applied, Batch, Undone

TENANT = {"tenant": "text NOT NULL"}
# The defaults are for rows that other programs insert, and for those of a table that was there before the first import.
DATASET_COLUMNS = {
    "row_hash": "text NOT NULL DEFAULT ''",
    "job_id": "text NOT NULL DEFAULT ''",
    "valid_from": "timestamptz NOT NULL DEFAULT now()",
    "gone_since": "date",
}
ARCHIVE_COLUMNS = {
    "row_hash": "text NOT NULL",
    "job_id": "text NOT NULL",
    "valid_from": "timestamptz NOT NULL",
    "valid_until": "timestamptz NOT NULL",
    "superseded_by": "text NOT NULL",
    "gone_since": "date",
    "other_columns": "jsonb",
}
LEDGER = "sluice_ledger"
LEDGER_COLUMNS = TENANT | {
    "job": "text NOT NULL",
    "phase": "text NOT NULL",
    "chunk": "integer NOT NULL",
    "result": "jsonb",
    "wrote": "jsonb",
    "at": "timestamptz NOT NULL DEFAULT now()",
}
LEDGER_KEY = ("tenant", "job", "phase", "chunk")
_FORMAT = 1
_LOAD = "load"
_UNDO = "undo"


@dataclass
class Wrote:
    """What a load wrote, as far as its staged rows do not say it; texts are as the database writes values.

    As JSON ``{"format": 1, "inserted": [[first, last], ...], "rows": {key: {column: text}}, "defaults": {column: text},
    "others": {"columns": [column, ...], "digests": {key: digest}}}``; what is empty is not there.

    Parameters
    ----------
    inserted
        Places of the rows that were inserted or revived, from 1 on, among the rows of the batch; as ranges.
    rows
        By key: values that differ from those that the row says, because a rule of the importer or a trigger of the
        table wrote them.
    defaults
        Values of an inserted row in the columns that it does not say.
    others
        Columns of the table that no importer fills.
    digests
        By key of an inserted row: digest of its values in these columns.
    """

    inserted: list[tuple[int, int]] = field(default_factory=list)
    rows: dict[str, dict[str, str | None]] = field(default_factory=dict)
    defaults: dict[str, str | None] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)

    def add(self, key: str, values: Mapping[str, str | None]) -> None:
        """Note values that a row does not say."""
        if values:
            self.rows.setdefault(key, {}).update(values)

    def dump(self) -> dict[str, Any]:
        """Return the JSON."""
        parts = {"inserted": self.inserted, "rows": self.rows, "defaults": self.defaults}
        if self.digests:
            parts["others"] = {"columns": self.others, "digests": self.digests}
        return {"format": _FORMAT} | {name: part for name, part in parts.items() if part}

    @staticmethod
    def load(stored: Mapping[str, Any]) -> Wrote:
        """Read the JSON; raises `NewerFormat`."""
        format_of(stored, "What a load wrote", newest=_FORMAT)
        others = stored.get("others", {"columns": [], "digests": {}})
        return Wrote(
            [(first, last) for first, last in stored.get("inserted", [])],
            stored.get("rows", {}),
            stored.get("defaults", {}),
            others["columns"],
            others["digests"],
        )


def as_ranges(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Return numbers, which rise, as ranges."""
    ranges: list[tuple[int, int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ranges


def dataset_columns(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the columns of a dataset's table with their types; ``fields`` are those of the row model."""
    return TENANT | dict(fields) | DATASET_COLUMNS | dict(fields)  # a field keeps its type


def dataset_key(key: str) -> tuple[str, ...]:
    """Return the primary key of a dataset's table; ``key`` is the key of the row model."""
    return ("tenant", key)


def archive_of(dataset: str) -> str:
    """Return the name of a dataset's archive."""
    return f"{dataset}_archive"


def archive_columns(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the columns of a dataset's archive with their types."""
    return TENANT | dict(fields) | ARCHIVE_COLUMNS | dict(fields)


def archive_key(key: str) -> tuple[str, ...]:
    """Return the primary key of a dataset's archive."""
    return ("tenant", key, "superseded_by")


def is_reserved_table(name: str) -> bool:
    """Whether no dataset can have the name, because it is that of a table of Sluice's own."""
    return name == LEDGER or name.endswith(archive_of(""))


def begin_load(connection: Connection[Any], batch: Batch) -> bool:
    """Enter the load of a chunk into the ledger; ``False`` if it was done before.

    A second worker waits until the first one's transaction has ended.
    """
    return _begin(connection, batch, _LOAD)


def begin_undo(connection: Connection[Any], batch: Batch) -> bool:
    """Enter the rollback of a chunk into the ledger; ``False`` if it was done before."""
    return _begin(connection, batch, _UNDO)


def write_applied(connection: Connection[Any], batch: Batch, applied: Applied, wrote: Wrote) -> None:
    """Write the result of a load that has begun."""
    _write(connection, batch, _LOAD, dump_applied(applied))
    connection.execute(
        "UPDATE sluice_ledger SET wrote = %s WHERE tenant = %s AND job = %s AND phase = %s AND chunk = %s",
        [Jsonb(wrote.dump()), *_entry(batch, _LOAD)],
    )


def write_undone(connection: Connection[Any], batch: Batch, undone: Undone) -> None:
    """Write the result of a rollback that has begun."""
    _write(connection, batch, _UNDO, dump_undone(undone))


def read_applied(connection: Connection[Any], batch: Batch) -> Applied:
    """Read the result of a chunk's load; raises `NewerFormat`."""
    return load_applied(_read(connection, batch, _LOAD))


def read_wrote(connection: Connection[Any], batch: Batch) -> Wrote | None:
    """Read what a chunk's load wrote; ``None`` of an earlier version's. Raises `NewerFormat`."""
    found = connection.execute(
        "SELECT wrote FROM sluice_ledger WHERE tenant = %s AND job = %s AND phase = %s AND chunk = %s",
        _entry(batch, _LOAD),
    ).fetchone()
    return Wrote.load(found[0]) if found and found[0] is not None else None


def read_undone(connection: Connection[Any], batch: Batch) -> Undone:
    """Read the result of a chunk's rollback; raises `NewerFormat`."""
    return load_undone(_read(connection, batch, _UNDO))


def _begin(connection: Connection[Any], batch: Batch, phase: str) -> bool:
    done = connection.execute(
        "INSERT INTO sluice_ledger (tenant, job, phase, chunk) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        _entry(batch, phase),
    )
    return done.rowcount == 1


def _write(connection: Connection[Any], batch: Batch, phase: str, result: dict[str, Any]) -> None:
    connection.execute(
        "UPDATE sluice_ledger SET result = %s WHERE tenant = %s AND job = %s AND phase = %s AND chunk = %s",
        [Jsonb(result), *_entry(batch, phase)],
    )


def _read(connection: Connection[Any], batch: Batch, phase: str) -> dict[str, Any]:
    found = connection.execute(
        "SELECT result FROM sluice_ledger WHERE tenant = %s AND job = %s AND phase = %s AND chunk = %s",
        _entry(batch, phase),
    ).fetchone()
    result: dict[str, Any] = found[0] if found else {}
    return result


def _entry(batch: Batch, phase: str) -> list[Any]:
    return [batch.tenant, batch.job_id, phase, batch.index]
