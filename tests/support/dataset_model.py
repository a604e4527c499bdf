"""What a dataset must hold after jobs of any mode and their rollbacks: the rules, without stores, chunks or failures.

A destination is compared with it, see ``tests/integration/destinations``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from sluice.model.options import LoadOptions
from sluice.schema.importer import Importer
from sluice.schema.said import Merge, Values


@dataclass
class Kept:
    """A record: its values, the job that wrote it last, and the job that marked it as deleted."""

    values: Values
    job: str
    deleted_by: str | None = None


@dataclass
class Wrote:
    """What a job did to a record: the record before, and the values that it wrote; none if it deleted the record."""

    before: Kept | None
    after: Values | None


@dataclass
class DatasetModel:
    """One dataset of one tenant.

    Attributes
    ----------
    records
        By key; those marked as deleted among them.
    """

    importer: Importer
    records: dict[str, Kept] = field(default_factory=dict)
    wrote: dict[str, dict[str, Wrote]] = field(default_factory=dict)

    def visible(self) -> dict[str, Values]:
        """Return the values of the records that are not marked as deleted."""
        return {key: kept.values for key, kept in self.records.items() if kept.deleted_by is None}

    def apply(
        self, job: str, options: LoadOptions, rows: Iterable[tuple[str, Values]]
    ) -> tuple[Counter[str], dict[str, str]]:
        """Apply rows ``(key, what they say)``; return counts by effect, and the code of each rejected key."""
        counts, rejected = Counter[str](), dict[str, str]()
        for key, said in rows:
            effect = self._apply(job, options, key, said)
            counts["rejected" if "-" in effect else effect] += 1
            if "-" in effect:
                rejected[key] = effect
        return counts, rejected

    def _apply(self, job: str, options: LoadOptions, key: str, said: Values) -> str:
        before = self.records.get(key)
        there = before is not None and before.deleted_by is None
        if options.mode == "insert" and there:
            return "key-exists"
        if not options.inserts and not there:
            return "key-unknown"
        if options.mode == "delete":
            self._delete(job, options, key)
            return "deleted"
        merge = Merge(self.importer)
        try:
            says = merge.updated(said, before.values) if before and there else merge.inserted(said)
        except ValidationError:
            return "rule-broken"
        if before and there and not merge.differing(says, before.values):
            return "unchanged"
        after = {**before.values, **says} if before and there else says
        self._remember(job, key, Wrote(deepcopy(before), says))
        self.records[key] = Kept(after, job)
        return "updated" if there else "inserted"

    def _delete(self, job: str, options: LoadOptions, key: str) -> None:
        before = self.records[key]
        self._remember(job, key, Wrote(deepcopy(before), None))
        if options.how_to_delete == "mark":
            self.records[key] = Kept(before.values, job, deleted_by=job)
        else:
            del self.records[key]

    def _remember(self, job: str, key: str, wrote: Wrote) -> None:
        self.wrote.setdefault(job, {})[key] = wrote

    def undo(self, job: str) -> tuple[int, dict[str, set[str]]]:
        """Roll a job back; return how many records are reversed, and by key the columns that stay (none: all)."""
        conflicts: dict[str, set[str]] = {}
        written = self.wrote.pop(job, {})
        for key, wrote in written.items():
            left = self._undo(job, key, wrote)
            if left is not None:
                conflicts[key] = left
        return len(written) - len(conflicts), conflicts

    def _undo(self, job: str, key: str, wrote: Wrote) -> set[str] | None:
        now, before = self.records.get(key), wrote.before
        if wrote.after is None:
            return self._undo_deletion(job, key, wrote)
        if before is None or before.deleted_by is not None:
            return self._undo_insertion(key, wrote)
        if now is None or now.deleted_by is not None:
            return set()
        same = Merge(self.importer).same
        conflicts = set()
        for name, value in wrote.after.items():
            if same(name, value, before.values.get(name)):
                continue
            if same(name, now.values.get(name), value):
                now.values[name] = before.values.get(name)
            elif not same(name, now.values.get(name), before.values.get(name)):
                conflicts.add(name)
        if now.job == job and not conflicts:
            now.job = before.job
        return conflicts or None

    def _undo_insertion(self, key: str, wrote: Wrote) -> set[str] | None:
        """Remove a record that the job inserted or revived, if nothing in it has changed since."""
        now = self.records.get(key)
        if now is None:
            return None if wrote.before is None else set()
        if now.deleted_by is not None:
            return set()
        if changed := set(Merge(self.importer).differing(wrote.after or {}, now.values)):
            return changed
        if wrote.before is None:
            del self.records[key]
        else:
            self.records[key] = wrote.before
        return None

    def _undo_deletion(self, job: str, key: str, wrote: Wrote) -> set[str] | None:
        """Bring a deleted record back, if its key is still absent, or marked by this job."""
        now = self.records.get(key)
        if now is not None and now.deleted_by != job:
            return set()
        assert wrote.before is not None
        self.records[key] = wrote.before
        return None


def is_like(importer: Importer, one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two datasets hold equal values, by the types of the columns."""
    differing = Merge(importer).differing
    return one.keys() == other.keys() and not any(differing(other[key], one[key]) for key in one)
