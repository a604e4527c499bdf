"""Tables of a PostgreSQL database as a destination; each chunk is one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Final, TypeVar

from psycopg import Connection, DataError, ProgrammingError
from psycopg.errors import SerializationFailure
from pydantic import ValidationError
from pydantic_core import from_json

from sluice.destinations.base import changed_since
from sluice.destinations.postgres import keys, records, staging, statements, stored
from sluice.destinations.postgres.connection import Database
from sluice.destinations.postgres.staging import Objection, Shape
from sluice.destinations.postgres.stored import Wrote
from sluice.destinations.postgres.tables import DatasetTable, TableLayout, as_texts, find, layout_of, lock, prepare
from sluice.model.errors import ImagesGone
from sluice.model.rejection import Rejection
from sluice.schema.importer import Importer
from sluice.schema.rejections import SheetRejections
from sluice.schema.said import Merge, Values
from sluice.schema.staging import Applied, Batch, Change, Compared, Delivered, KeptRow, Undone, excess_of
from sluice.schema.validation import GoodRow

T = TypeVar("T")

# Changes that a comparison shows of a chunk.
_SHOWN: Final = 100
_ROW: Final = attrgetter("row")


class PostgresDestination:
    """The `Destination` port on PostgreSQL.

    A row that a constraint, a type or a trigger of the table does not allow is rejected; the rest of the chunk is
    loaded.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._prepared: set[TableLayout] = set()

    def apply(self, batch: Batch) -> Applied:
        """Deliver a chunk; the same chunk again changes nothing and gives the same result."""
        return self._run(lambda connection: self._apply(connection, batch))

    def delivered(self, batch: Batch) -> Delivered | None:
        """Say what the ledger has of a chunk once its last worker has ended: all of its rows, or none."""

        def look(connection: Connection[Any]) -> Delivered | None:
            self._prepare(connection, batch)
            with connection.transaction(force_rollback=True):
                is_new = stored.begin_load(connection, batch)
                return None if is_new else Delivered(stored.read_applied(connection, batch))

        return self._run(look)

    def compare(self, batch: Batch) -> Compared:
        """Say what `apply` would do now; nothing is written, and what the database would reject is not known."""
        return self._database.run(lambda connection: _compare(connection, batch))

    def undo(self, batch: Batch) -> Undone:
        """Restore the columns that a chunk wrote, where they still hold what it wrote; one not yet applied never is.

        Rows of the job whose image is missing in the archive stay as they are, and count as failed.
        """
        return self._run(lambda connection: self._undo(connection, batch))

    def key_ranges(self, tenant: str, importer: Importer) -> list[str]:
        """Split the keys of a dataset into ranges; raises `SluiceError` if they are not equal as texts are."""
        return self._database.run(lambda connection: keys.ranges(connection, tenant, importer))

    def equal_keys(self, importer: Importer, candidates: Callable[[], Iterable[str]]) -> dict[str, str]:
        """Find keys that differ as texts and that the column of the key takes for one."""
        return self._database.run(lambda connection: keys.equal_keys(connection, importer, candidates))

    def keys_in(self, tenant: str, importer: Importer, key_range: str) -> list[tuple[str, str]]:
        """Return key and fingerprint of each row of a range that is not marked as deleted."""
        return self._database.run(lambda connection: keys.keys_in(connection, tenant, importer, key_range))

    def _apply(self, connection: Connection[Any], batch: Batch) -> Applied:
        layout = self._prepare(connection, batch)
        with connection.transaction():
            if not stored.begin_load(connection, batch):
                return stored.read_applied(connection, batch)
            applied, wrote = _load(connection, lock(connection, layout), batch)
            stored.write_applied(connection, batch, applied, wrote)
        return applied

    def _undo(self, connection: Connection[Any], batch: Batch) -> Undone:
        layout = self._prepare(connection, batch)
        with connection.transaction():
            if not stored.begin_undo(connection, batch):
                return stored.read_undone(connection, batch)
            if stored.begin_load(connection, batch):
                if batch.was_applied:
                    raise ImagesGone
                stored.write_applied(connection, batch, Applied(0, 0, 0), Wrote())
                undone = Undone(0)
            else:
                applied, wrote = stored.read_applied(connection, batch), stored.read_wrote(connection, batch)
                undone = _take_back(connection, lock(connection, layout), batch, applied, wrote)
            stored.write_undone(connection, batch, undone)
        return undone

    def _run(self, work: Callable[[Connection[Any]], T]) -> T:
        """Call a function with the connection; once more if the tables, as they were read, have changed since."""
        known = bool(self._prepared)
        try:
            return self._database.run(work)
        except ProgrammingError:
            self._prepared.clear()
            if not known:
                raise
        return self._database.run(work)

    def _prepare(self, connection: Connection[Any], batch: Batch) -> TableLayout:
        """Return the layout of a batch's table, which is prepared once in the life of a process."""
        layout = layout_of(batch.dataset, batch.importer.row)
        if layout not in self._prepared:
            prepare(connection, layout)
            self._prepared.add(layout)
        return layout


@dataclass
class _Rows:
    """The rows of a batch that can be staged, what each says by the importer's rules, and rejections of the others.

    ``new`` has the places, from 1 on, of rows that the rules have completed because there was no record.
    """

    rows: list[GoodRow] = field(default_factory=list)
    said: list[Values] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    new: set[int] = field(default_factory=set)

    def add(self, row: GoodRow, said: Values, *, new: bool = False) -> None:
        """Add a row to be staged."""
        self.rows.append(row)
        self.said.append(said)
        if new:
            self.new.add(len(self.rows))


def _read(connection: Connection[Any], table: DatasetTable | None, batch: Batch, merge: Merge, *, lock: bool) -> _Rows:
    """Read what the rows of a batch say; rules over several columns see the records as they are, which are locked."""
    layout = layout_of(batch.dataset, batch.importer.row)
    read = _Rows(rejections=list(staging.with_nul(layout, batch.rows)))
    rejected = {rejection.row for rejection in read.rejections}
    rows = [row for row in batch.rows if row.number not in rejected] if rejected else batch.rows
    if batch.options.mode == "delete":
        for row in rows:
            read.add(row, {layout.key: from_json(row.values)[layout.key]})
        return read
    said: list[Values] = [from_json(row.values) for row in rows]
    partial = merge.has_rules and [row.key for row, each in zip(rows, said, strict=True) if not merge.is_whole(each)]
    if not partial:
        read.rows, read.said = rows, said
        return read
    there = records.read_records(connection, table, batch.tenant, partial, lock=lock) if table else {}
    rejecting = SheetRejections("", batch.importer)
    for row, values in zip(rows, said, strict=True):
        try:
            says, new = _by_rules(merge, batch, values, there.get(row.key))
            read.add(row, says, new=new)
        except ValidationError as error:
            read.rejections += rejecting.invalid(row.number, values, error)
    return read


def _by_rules(merge: Merge, batch: Batch, said: Values, record: Values | None) -> tuple[Values, bool]:
    """Return what a row says once the importer's rules have seen the merged row, and whether it was completed."""
    if merge.is_whole(said):
        return said, False
    if record is None:  # a mode that inserts nothing rejects the row by its key
        return (merge.inserted(said), True) if batch.options.inserts else (said, False)
    return (said if batch.options.mode == "insert" else merge.updated(said, record)), False


def _shape(names: Iterable[str], said: list[Values]) -> Shape:
    """Choose the columns to stage: those of some that rows say."""
    some = {name for shape in {tuple(values) for values in said} for name in shape}
    return staging.shape_of(said, [name for name in names if name in some])


def _load(connection: Connection[Any], table: DatasetTable, batch: Batch) -> tuple[Applied, Wrote]:
    layout, merge = table.layout, Merge(batch.importer)
    read = _read(connection, table, batch, merge, lock=True)
    if not read.rows:
        return Applied(0, 0, 0, sorted(read.rejections, key=_ROW)), Wrote()
    inserts = batch.options.inserts  # rows that may be new are staged whole
    shape = staging.shape_of(read.said, layout.names) if inserts else _shape(layout.names, read.said)
    defaults = merge.defaults if batch.options.inserts else {}
    lines = staging.lines(layout, shape, read.rows, read.said, defaults, seen=batch.if_as_seen)
    staging.stage(connection, batch, shape, lines)
    done = statements.load(connection, table, shape, batch, len(read.rows))
    if read.new and read.new & records.changed_places(connection):
        raise SerializationFailure(
            "a row of this key was inserted since the rules of the importer have seen it missing"
        )
    rejected = staging.rejections(connection, layout, batch.options.mode, read.rows, done.objections)
    deleted = done.changed if batch.options.mode == "delete" else 0
    applied = Applied(
        done.inserted,
        done.changed - deleted,
        len(read.rows) - done.inserted - done.changed - len(done.objections),
        sorted([*read.rejections, *rejected], key=_ROW),
        deleted,
        records.count_kept(connection, table, shape, blank) if (blank := _blank(batch, shape)) else 0,
    )
    return applied, _wrote(connection, table, batch, read, shape, defaults, done)


def _blank(batch: Batch, shape: Shape) -> list[str]:
    """List the columns that were blank in rows which do not say them."""
    if batch.options.mode == "delete":
        return []
    return [column.field for column in batch.importer.columns if column.field in batch.matched - shape.always]


def _wrote(
    connection: Connection[Any],
    table: DatasetTable,
    batch: Batch,
    read: _Rows,
    shape: Shape,
    defaults: Values,
    done: staging.Done,
) -> Wrote:
    """Collect what the load wrote beyond what its rows say."""
    layout, rejected = table.layout, {each.place for each in done.objections}
    if done.inserted + len(rejected) == len(read.rows):
        places = [place for place in range(1, len(read.rows) + 1) if place not in rejected]
    else:
        places = records.inserted_places(connection, table, shape) if done.inserted else []
    numbers = {row.number: position for position, row in enumerate(batch.rows, start=1)}
    wrote = Wrote(stored.as_ranges([numbers[read.rows[place - 1].number] for place in places]))
    if places and shape.always != set(layout.names):
        unsaid = {name: value for name, value in defaults.items() if name not in shape.always}
        wrote.defaults = as_texts(layout, unsaid)
    if read.rows is not batch.rows and batch.options.mode != "delete":
        for row, said in zip(read.rows, read.said, strict=True):
            plain = from_json(row.values)
            changed = {name: value for name, value in said.items() if name not in plain or plain[name] != value}
            wrote.add(row.key, as_texts(layout, changed))
    for key, texts in records.rewritten(connection, table, shape).items():
        wrote.add(key, texts)
    if table.others and places:
        wrote.others = list(table.others)
        wrote.digests = records.digests(connection, table, shape, places)
    return wrote


def _compare(connection: Connection[Any], batch: Batch) -> Compared:
    layout, merge = layout_of(batch.dataset, batch.importer.row), Merge(batch.importer)
    table = find(connection, layout)
    if table is not None and not table.columns.keys() >= {"tenant", layout.key}:
        table = None
    with connection.transaction(force_rollback=True):
        read = _read(connection, table, batch, merge, lock=False)
        if table is None or not read.rows:
            return _compared(batch, read, layout, [(place, False, [], 0) for place in range(1, len(read.rows) + 1)], {})
        shape = _shape(layout.names, read.said)
        staging.stage(connection, batch, shape, staging.lines(layout, shape, read.rows, read.said, {}))
        seen = records.compare(connection, table, shape, _blank(batch, shape), len(read.rows))
        shown = [place for place, there, columns, _ in seen if there and (columns or batch.options.mode == "delete")]
        limits = batch.options.guards.max_change.keys()
        wanted = shown[:_SHOWN] + [place for place, _, columns, _ in seen if not limits.isdisjoint(columns)]
        try:
            values = records.before_and_after(connection, table, shape, wanted)
        except DataError:  # a value that the load will reject
            keys = {place: read.rows[place - 1].key for place in wanted}
            there = records.read_records(connection, table, batch.tenant, list(keys.values()), lock=False)
            values = {place: (there.get(key, {}), read.said[place - 1]) for place, key in keys.items()}
        return _compared(batch, read, layout, seen, values)


def _compared(
    batch: Batch,
    read: _Rows,
    layout: TableLayout,
    seen: list[tuple[int, bool, list[str], int]],
    values: dict[int, tuple[Values, Values]],
) -> Compared:
    """Build the result of what was seen of each row, by the mode."""
    mode, counts, changed = batch.options.mode, Counter[str](), Counter[str]()
    rejections, changes = list(read.rejections), list[Change]()
    for place, there, columns, kept in seen:
        row = read.rows[place - 1]
        effect = _effect(batch, there=there, differs=bool(columns))
        counts[effect] += 1
        if effect == "rejected":
            rejections.append(staging.key_rejection(layout, mode, row))
            continue
        counts["kept"] += kept if there else 0
        if effect == "updated":
            changed.update(columns)
        if effect in {"updated", "deleted"} and place in values:
            changes.append(_change(row, columns, effect, *values[place]))
    return Compared(
        counts["inserted"],
        counts["updated"],
        counts["unchanged"],
        sorted(rejections, key=_ROW),
        counts["deleted"],
        counts["kept"],
        dict(changed),
        changes[:_SHOWN],
        excess_of(batch.options.guards.max_change, changes),
    )


def _effect(batch: Batch, *, there: bool, differs: bool) -> str:
    if there:
        if batch.options.mode in {"insert", "delete"}:
            return "rejected" if batch.options.mode == "insert" else "deleted"
        return "updated" if differs else "unchanged"
    return "inserted" if batch.options.inserts else "rejected"


def _change(row: GoodRow, columns: list[str], effect: str, before: Values, after: Values) -> Change:
    if effect == "deleted":
        return Change(row.number, row.key, before, {})
    return Change(
        row.number,
        row.key,
        {name: before.get(name) for name in columns},
        {name: after.get(name) for name in columns},
    )


def _take_back(
    connection: Connection[Any], table: DatasetTable, batch: Batch, applied: Applied, wrote: Wrote | None
) -> Undone:
    layout, known = table.layout, wrote or Wrote()
    rejected = {rejection.row for rejection in applied.rejections}
    inserted = {position for first, last in known.inserted for position in range(first, last + 1)}
    rows: list[GoodRow] = []
    written: list[dict[str, str | None]] = []
    new: list[bool] = []
    for position, row in enumerate(batch.rows, start=1):
        if row.number not in rejected:
            rows.append(row)
            new.append(position in inserted)
            written.append(_texts(layout, batch, row, known, inserted=new[-1]))
    if not rows:
        return Undone(0)
    shape = _shape(layout.imaged, written)  # rows of early syncs say the mark
    staged = _staged_again(shape, rows, written, new, known)
    staging.stage(connection, batch, shape, staged, "?inserted", "?others")
    # if images are missing in the archive, a row without one may have existed before: then it must not be deleted
    complete = wrote is not None or records.count_images(connection, table, shape) >= applied.updated
    how = statements.Undoing(batch.options.mode == "delete", wrote is not None, complete, known.others)
    done = statements.undo(connection, table, shape, how, len(rows))
    failed = [_rejected(layout, batch, rows[each.place - 1].key, each) for each in done.objections]
    kept, restored = [], 0
    for place, kind, columns, job in records.outcomes(connection):
        key = rows[place - 1].key
        if kind == "no-image":
            failed.append(KeptRow(key, job, "no-image"))
        elif kind == "left" or columns:
            kept.append(changed_since(key, job, [name for name in columns if name in layout.names]))
        else:
            restored += 1
    return Undone(restored, kept, failed)


def _texts(layout: TableLayout, batch: Batch, row: GoodRow, wrote: Wrote, *, inserted: bool) -> dict[str, str | None]:
    """Return what the job wrote into a row, as texts."""
    said = from_json(row.values)
    if batch.options.mode == "delete":
        said = {layout.key: said[layout.key]}
    defaults = wrote.defaults if inserted else {}
    texts = defaults | as_texts(layout, said) | wrote.rows.get(row.key, {})
    return {name: text for name, text in texts.items() if name in layout.imaged}


def _staged_again(
    shape: Shape, rows: list[GoodRow], written: list[dict[str, str | None]], new: list[bool], wrote: Wrote
) -> Iterator[list[Any]]:
    for place, (row, texts, inserted) in enumerate(zip(rows, written, new, strict=True), start=1):
        yield [
            place,
            *(texts.get(name) for name in shape.names),
            *(name in texts for name in shape.sometimes),
            row.hash,
            inserted,
            wrote.digests.get(row.key),
        ]


def _rejected(layout: TableLayout, batch: Batch, key: str, objection: Objection) -> KeptRow:
    code, params = staging.coded(layout, objection)
    return KeptRow(key, batch.job_id, "objection", {"objection": {"code": code, "params": params}})
