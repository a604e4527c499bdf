"""Good rows on their way into a dataset: the file they are staged in, the batch of a chunk, what a destination did."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from sluice.model.options import LoadOptions
from sluice.model.rejection import Rejection
from sluice.schema.importer import Importer
from sluice.schema.validation import GoodRow


def dump_staged(rows: Iterable[GoodRow]) -> bytes:
    """Write rows as lines of number, key, hash and values, separated by tabs; JSON has no raw tab or line end."""
    return b"".join(
        b"%d\t%s\t%s\t%s\n" % (row.number, json.dumps(row.key).encode(), row.hash.encode(), row.values) for row in rows
    )


def load_staged(body: bytes) -> list[GoodRow]:
    """Read what `dump_staged` wrote."""
    rows = []
    for line in body.split(b"\n")[:-1]:
        number, key, hash_, values = line.split(b"\t", 3)
        rows.append(GoodRow(int(number), json.loads(key), hash_.decode(), values))
    return rows


@dataclass(frozen=True)
class Batch:
    """The rows of one chunk that go into the importer's dataset; keys are distinct.

    Parameters
    ----------
    options
        Of the job.
    hold
        Number of the job's present hold of the dataset's lock; it rises with each hold of any job.
    matched
        Fields that the file has a column of: such a field that a row does not say was blank. Empty if it is not known.
    """

    tenant: str
    importer: Importer
    job_id: str
    index: int
    rows: list[GoodRow]
    options: LoadOptions = field(default_factory=LoadOptions)
    hold: int = 0
    matched: frozenset[str] = frozenset()

    @property
    def dataset(self) -> str:
        """Name of the dataset."""
        return self.importer.dataset


@dataclass(frozen=True)
class Applied:
    """What a destination did with a batch; rows inserted, updated, unchanged, deleted and rejected add up to its rows.

    Parameters
    ----------
    rejections
        One at least for each row that the mode, a rule of the merged row or the dataset does not allow.
    kept_blank
        Cells that were blank in the file, and whose record kept a value that is not ``None``.
    """

    inserted: int
    updated: int
    unchanged: int
    rejections: list[Rejection] = field(default_factory=list)
    deleted: int = 0
    kept_blank: int = 0


@dataclass(frozen=True)
class Change:
    """What loading would change in one record.

    Parameters
    ----------
    row
        Row number in the sheet; 0 for a record that the file does not have.
    key
        Of the record.
    before, after
        The values that differ, by field, before and after.
    """

    row: int
    key: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


#: Rows that are kept of those that exceed a limit, for a person to look at.
EXAMPLES: Final = 10


@dataclass(frozen=True)
class Excess:
    """Rows in which a number would change by more than a limit: how many, and the first of them.

    Parameters
    ----------
    examples
        With the numbers that exceed their limit only.
    """

    rows: int = 0
    examples: list[Change] = field(default_factory=list)


def excess_of(limits: Mapping[str, float], changes: Iterable[Change]) -> Excess:
    """Find the changes that exceed a limit.

    Parameters
    ----------
    limits
        By field: the share of its old value that a number may change by, see `sluice.model.options.Guards`.
    changes
        Of all records that would be updated, in the order of the rows; they are read once.
    """
    rows, examples = 0, list[Change]()
    for change in changes:
        names = [name for name in limits if is_beyond(limits[name], change.before.get(name), change.after.get(name))]
        if names and len(examples) < EXAMPLES:
            before, after = ({name: values[name] for name in names} for values in (change.before, change.after))
            examples.append(Change(change.row, change.key, before, after))
        rows += bool(names)
    return Excess(rows, examples)


def is_beyond(limit: float, before: Any, after: Any) -> bool:
    """Whether a number changes by more than a share of its old value.

    An old value of 0, none, or one that is no number has no share, so nothing is beyond it; a number that is cleared
    becomes 0.
    """
    old = _number(before)
    return bool(old) and abs(_number(after) - old) > Decimal(str(limit)) * abs(old)


def _number(value: Any) -> Decimal:
    """Read a number as a record has it, where others may have written anything; 0 if it is none."""
    try:
        number = Decimal(str(value or 0))
    except InvalidOperation:
        return Decimal(0)
    return number if number.is_finite() else Decimal(0)


@dataclass(frozen=True)
class Compared:
    """What a destination would do with a batch now; the counts and the rejected rows add up to its rows.

    Parameters
    ----------
    rejections
        As in `Applied`, without those that only the database's own rules show.
    kept_blank
        As in `Applied`.
    changed
        By field: the records in which its value would change.
    changes
        Rows that would be updated or deleted, with their values before and after; the first ones, in the order of the
        rows.
    excess
        What `excess_of` finds in all rows that would be updated, not only in the first ones.
    """

    inserted: int
    updated: int
    unchanged: int
    rejections: list[Rejection] = field(default_factory=list)
    deleted: int = 0
    kept_blank: int = 0
    changed: Mapping[str, int] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    excess: Excess = field(default_factory=Excess)


@dataclass(frozen=True)
class KeptRow:
    """A row that a rollback left as it is, in one column or as a whole.

    Parameters
    ----------
    key
        The row's key.
    job_id
        The job that wrote the row that is there now; ``None`` when the row was removed.
    code, params
        Why it was left, as in `sluice.model.rejection.Rejection`.
    columns
        Fields that another writer has changed since; none if the whole row was left.
    """

    key: str
    job_id: str | None
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Undone:
    """What became of the rows that a chunk had changed: reversed, kept because they were changed since, or failed.

    A row is reversed if every column that the job wrote has its earlier value again. One that has it in some columns
    only is among those kept, with the columns that do not.
    """

    reversed: int
    kept: list[KeptRow] = field(default_factory=list)
    failed: list[KeptRow] = field(default_factory=list)
