"""What all destinations share: what a row does to its record, records for callers, and rows that a rollback leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Literal

from pydantic import ValidationError
from pydantic_core import from_json

from sluice.model.errors import NotFound
from sluice.model.rejection import Rejection
from sluice.schema.importer import key_of
from sluice.schema.rejections import SheetRejections
from sluice.schema.said import Merge, Values
from sluice.schema.staging import Batch, Change, Compared, KeptRow, excess_of
from sluice.schema.validation import GoodRow

#: What a row does to the record of its key.
Effect = Literal["inserted", "updated", "unchanged", "deleted", "rejected"]

# Earlier versions of a record that a history shows, the latest ones: the response has to fit Lambda's 6 MB.
LONGEST_HISTORY = 1000
# Rows that a comparison shows with their values.
_SHOWN_CHANGES = 100
# Characters of a key that an error or a rejection repeats.
_SHOWN_KEY = 200


@dataclass(frozen=True)
class Decision:
    """What a row does to the record of its key.

    Parameters
    ----------
    effect
        Inserted, updated, unchanged, deleted or rejected.
    says
        What is written: the whole record if it is inserted; else the columns that the row says, with those that the
        importer's rules change in the merged row. Empty if the record is deleted or the row rejected.
    rejections
        Why the row is rejected; at least one if it is.
    kept_blank
        Blank cells of the row whose column keeps a value that is not ``None``.
    """

    effect: Effect
    says: Values = field(default_factory=dict)
    rejections: list[Rejection] = field(default_factory=list)
    kept_blank: int = 0


class Decider:
    """Decides what the rows of a batch do to their records, by the job's mode, what they say and the importer's rules.

    Parameters
    ----------
    batch
        The rows, with the options of their job.

    Attributes
    ----------
    merge
        Of the importer.
    """

    def __init__(self, batch: Batch) -> None:
        self.merge = Merge(batch.importer)
        self._options = batch.options
        self._matched = batch.matched
        self._names = [column.field for column in batch.importer.columns]
        self._key = key_of(batch.importer.row).title
        self._reject = SheetRejections("", batch.importer)

    def decide(self, row: GoodRow, record: Values | None) -> Decision:
        """Decide about a row; ``record`` has the values as they are now, ``None`` if there is no record of its key.

        A record that is marked as deleted is none.
        """
        if record is not None and self._options.mode == "insert":
            return self._rejected(Rejection("", row.number, self._key, shown_key(row.key), "key-exists"))
        if record is None and not self._options.inserts:
            params = {"mode": self._options.mode}
            return self._rejected(Rejection("", row.number, self._key, shown_key(row.key), "key-unknown", params))
        if self._options.mode == "delete":
            return Decision("deleted")
        said = from_json(row.values)
        try:
            says = self.merge.inserted(said) if record is None else self.merge.updated(said, record)
        except ValidationError as error:
            return Decision("rejected", rejections=self._reject.invalid(row.number, said, error))
        if record is None:
            return Decision("inserted", says)
        kept = sum(1 for name in self._matched - says.keys() if record.get(name) is not None)
        return Decision("updated" if self.merge.differing(says, record) else "unchanged", says, kept_blank=kept)

    def ordered(self, values: Values) -> Values:
        """Return the values of a record in the order of the model's columns; those that it does not have come last."""
        if list(values) == self._names:
            return values
        return {name: values[name] for name in self._names if name in values} | values

    @staticmethod
    def _rejected(rejection: Rejection) -> Decision:
        return Decision("rejected", rejections=[rejection])


def compared(
    merge: Merge,
    decided: Iterable[tuple[GoodRow, Values | None, Decision]],
    unchanged: int = 0,
    limits: Mapping[str, float] = MappingProxyType({}),
) -> Compared:
    """Count what rows would do, and collect what would change.

    Parameters
    ----------
    merge
        Of the importer.
    decided
        Each row with its record as it is now, and the decision about it.
    unchanged
        Rows beside these that are known to change nothing.
    limits
        As in `excess_of`.
    """
    effects, fields = Counter[Effect](unchanged=unchanged), Counter[str]()
    rejections: list[Rejection] = []
    changes: list[Change] = []
    limited: list[Change] = []
    kept_blank = 0
    for row, values, decision in decided:
        effects[decision.effect] += 1
        rejections += decision.rejections
        kept_blank += decision.kept_blank
        if values is None or decision.effect not in {"updated", "deleted"}:
            continue
        differing = merge.differing(decision.says, values)  # none if it is deleted
        fields.update(differing)
        is_limited = not limits.keys().isdisjoint(differing)
        if is_limited or len(changes) < _SHOWN_CHANGES:
            before = {name: values.get(name) for name in differing} if differing else values
            change = Change(row.number, row.key, before, {name: decision.says[name] for name in differing})
            changes += [change] if len(changes) < _SHOWN_CHANGES else []
            limited += [change] if is_limited else []
    return Compared(
        effects["inserted"],
        effects["updated"],
        effects["unchanged"],
        rejections,
        effects["deleted"],
        kept_blank,
        dict(fields),
        changes,
        excess_of(limits, limited),
    )


def record(key: str, job: str, values: dict[str, Any], deleted_at: str | None = None) -> dict[str, Any]:
    """Build a record as it is now: ``{key, job, values}``, and ``deleted_at`` if it is marked as deleted."""
    shown = {"key": key, "job": job, "values": values}
    return shown if deleted_at is None else shown | {"deleted_at": deleted_at}


def version(key: str, job: str, values: dict[str, Any], since: str | None, until: str) -> dict[str, Any]:
    """Build an earlier version of a record; ``since`` is ``None`` if it was not recorded."""
    return {"key": key, "job": job, "values": values, "from": since, "until": until}


def no_record(key: str) -> NotFound:
    """Build the error for a key that no record has."""
    return NotFound("record", shown_key(key))


def shown_key(key: str) -> str:
    """Cut a key off to what an error or a rejection repeats."""
    return key[:_SHOWN_KEY]


def instant(at: datetime) -> str:
    """Format an instant as RFC 3339, in UTC, always of the same length."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def current_instant() -> str:
    """Format the present instant."""
    return instant(datetime.now(UTC))


def written_since(row: GoodRow, job_id: str) -> Rejection:
    """Build the rejection of a row whose record was written since it was seen; ``job_id`` wrote it last."""
    return Rejection("", row.number, None, shown_key(row.key), "changed-since", {"job": job_id})


def changed_since(key: str, job_id: str | None, columns: Iterable[str] = ()) -> KeptRow:
    """Build a row that is no longer as the job left it, in some columns or as a whole.

    ``job_id`` wrote it, ``None`` if it was removed.
    """
    return KeptRow(key, job_id, "removed-since" if job_id is None else "changed-since", columns=tuple(columns))
