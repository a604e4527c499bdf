"""Good rows on their way into a dataset: the file they are staged in, the batch of a chunk, what a destination did."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import ceil, inf, nextafter
from typing import Any, Final, TypeVar

from pydantic_core import from_json, to_json, to_jsonable_python

from sluice.model.options import LoadOptions
from sluice.model.rejection import Rejection, to_rejection
from sluice.schema.importer import Importer
from sluice.schema.validation import GoodRow

T = TypeVar("T")

#: Rows of each kind that a comparison names: those that a preview shows.
NAMED_ROWS: Final = 100
#: Rows that a problem names of those that exceed a limit, or are rejected.
EXAMPLES: Final = 10
#: Characters of a value that a comparison and a preview show.
LONGEST_VALUE: Final = 300
# Characters before the first difference of two long texts that are shown with it.
_BEFORE_DIFFERENCE = 40
# Bytes of the rows of one kind in the comparison of a chunk. Usually they have a tenth of that.
_MOST_NAMED = 400_000


def dump_staged(rows: Iterable[GoodRow]) -> bytes:
    """Write rows as lines of number, key, hash and values, separated by tabs; JSON has no raw tab or line end."""
    return b"".join(b"%d\t%s\t%s\t%s\n" % (row.number, to_json(row.key), row.hash.encode(), row.values) for row in rows)


def load_staged(body: bytes) -> list[GoodRow]:
    """Read what `dump_staged` wrote."""
    rows = []
    for line in body.split(b"\n")[:-1]:
        number, key, hash_, values = line.split(b"\t", 3)
        rows.append(GoodRow(int(number), from_json(key), hash_.decode(), values))
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
    if_as_seen
        Whether a row that deletes does so only if the fingerprint of its record is still the row's `hash`; it is
        rejected as ``changed-since`` otherwise.
    unwritten
        Keys of rows that earlier holds of the lock have decided and not written: what those noted of them is void.
    was_applied
        Whether a load of these rows has changed something, so that a rollback must find what they were before.
    until
        Epoch seconds from which the destination no longer repeats a request that is throttled, see `NotYet`.
    """

    tenant: str
    importer: Importer
    job_id: str
    index: int
    rows: list[GoodRow]
    options: LoadOptions = field(default_factory=LoadOptions)
    hold: int = 0
    matched: frozenset[str] = frozenset()
    if_as_seen: bool = False
    unwritten: frozenset[str] = frozenset()
    was_applied: bool = False
    until: float = inf

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
class Delivered:
    """What a destination holds of a batch whose attempts may have died: what they did, and the rows left by number."""

    applied: Applied
    left: frozenset[int] = frozenset()


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
        The values that differ, by field, before and after; a record that would be deleted has none after.
    shortened
        Fields of which only a part of a long value is there.
    sheet
        Name of the row's sheet.
    """

    row: int
    key: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    shortened: tuple[str, ...] = ()
    sheet: str = ""


@dataclass(frozen=True)
class Excess:
    """Rows in which a number would change by more than a limit: how many, and the first of them.

    Parameters
    ----------
    examples
        With the numbers that exceed their limit only.
    enough
        By field that exceeds its limit: the limit that lets all of these rows through, rounded up.
    """

    rows: int = 0
    examples: list[Change] = field(default_factory=list)
    enough: Mapping[str, float] = field(default_factory=dict)


def excess_of(limits: Mapping[str, float], changes: Iterable[Change]) -> Excess:
    """Find the changes that exceed a limit.

    Parameters
    ----------
    limits
        By field: the share of its old value that a number may change by, see `sluice.model.options.Guards`.
    changes
        Of all records that would be updated, in the order of the rows; they are read once. Those of records that would
        be deleted count for nothing.
    """
    rows, examples, enough = 0, list[Change](), dict[str, float]()
    for change in changes:
        before, after = change.before, change.after
        names = [name for name in limits if name in after and is_beyond(limits[name], before.get(name), after[name])]
        for name in names:
            if is_beyond(enough.get(name, limits[name]), before[name], after[name]):
                enough[name] = _enough(before[name], after[name])
        if names and len(examples) < EXAMPLES:
            old, new = ({name: values[name] for name in names} for values in (before, after))
            examples.append(Change(change.row, change.key, old, new))
        rows += bool(names)
    return Excess(rows, examples, enough)


def is_beyond(limit: float, before: Any, after: Any) -> bool:
    """Whether a number changes by more than a share of its old value.

    An old value of 0, none, or one that is no number has no share, so nothing is beyond it; a number that is cleared
    becomes 0.
    """
    old = _number(before)
    return bool(old) and abs(_number(after) - old) > Decimal(str(limit)) * abs(old)


def _enough(before: Any, after: Any) -> float:
    """Return the limit that lets a number change so, in tenths of a percent."""
    old = Fraction(_number(before))
    share = ceil(abs(Fraction(_number(after)) - old) / abs(old) * 1000) / 1000
    return nextafter(share, inf) if is_beyond(share, before, after) else share


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


def dump_compared(found: Compared) -> dict[str, Any]:
    """Write what a person reads of a comparison as JSON: counts, and the first rows of each kind without long texts."""
    changes = [_shortened(change) for change in found.changes]
    rejected = sorted(found.rejections, key=lambda rejection: rejection.row)
    rows = set(list(dict.fromkeys(rejection.row for rejection in rejected))[:NAMED_ROWS])
    return {
        "kept_blank": found.kept_blank,
        "changed": dict(found.changed),
        "changes": _named(change for change in changes if change.after),
        "deletions": _named(change for change in changes if not change.after),
        "rejections": fitting([asdict(each) for each in rejected if each.row in rows], _MOST_NAMED),
        "excess": to_jsonable_python(asdict(found.excess)),
    }


def load_compared(stored: Mapping[str, Any]) -> Compared:
    """Read what `dump_compared` wrote; the counts of rows are 0, they are those of the job."""
    changes = [_change(each) for each in stored["changes"]]
    deletions = [_change(each) for each in stored["deletions"]]
    rejections = [to_rejection(each) for each in stored["rejections"]]
    excess = stored["excess"]
    return Compared(
        inserted=0,
        updated=0,
        unchanged=0,
        rejections=rejections,
        kept_blank=stored["kept_blank"],
        changed=stored["changed"],
        changes=changes + deletions,
        excess=Excess(excess["rows"], [_change(each) for each in excess["examples"]], excess["enough"]),
    )


def _change(stored: Mapping[str, Any]) -> Change:
    return Change(**{**stored, "shortened": tuple(stored["shortened"])})


def shorten(value: Any, start: int = 0) -> Any:
    """Return a value, or of a long one the part of its text around character ``start``, with dots where it is cut."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) <= LONGEST_VALUE:
        return value
    begin = max(0, min(start - _BEFORE_DIFFERENCE, len(text) - LONGEST_VALUE))
    end = begin + LONGEST_VALUE
    return f"{'…' if begin else ''}{text[begin:end]}{'…' if end < len(text) else ''}"


def fitting(items: Iterable[T], most: int) -> list[T]:
    """Return the first items that have some bytes in all, as JSON within the JSON of a response of Lambda."""
    found, size = [], 0
    for item in items:
        size += len(json.dumps(json.dumps(to_jsonable_python(item))))
        if size > most:
            break
        found.append(item)
    return found


def _shortened(change: Change) -> Change:
    """Return a change with its long texts cut to where they begin to differ."""
    before, after = to_jsonable_python(dict(change.before)), to_jsonable_python(dict(change.after))
    starts = {name: _first_difference(before.get(name), after.get(name)) for name in before | after}
    cut = [{name: shorten(value, starts[name]) for name, value in values.items()} for values in (before, after)]
    names = [name for name in starts if (cut[0].get(name), cut[1].get(name)) != (before.get(name), after.get(name))]
    return replace(change, before=cut[0], after=cut[1], shortened=tuple(names))


def _first_difference(one: Any, other: Any) -> int:
    if not (isinstance(one, str) and isinstance(other, str)) or max(len(one), len(other)) <= LONGEST_VALUE:
        return 0
    shorter = min(len(one), len(other))
    return next((at for at, (mine, theirs) in enumerate(zip(one, other, strict=False)) if mine != theirs), shorter)


def _named(changes: Iterable[Change]) -> list[dict[str, Any]]:
    return fitting((asdict(change) for change in list(changes)[:NAMED_ROWS]), _MOST_NAMED)


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
