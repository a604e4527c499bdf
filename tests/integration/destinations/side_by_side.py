"""Runs jobs on a destination and on the model of datasets, and compares what both say after each step."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic_core import from_json

from sluice.model.errors import NotFound
from sluice.model.options import LoadOptions
from sluice.model.rejection import Rejection
from sluice.schema.importer import Importer
from sluice.schema.staging import Applied, Batch, Compared, Undone
from sluice.usecases.ports import Destination
from tests.integration.destinations.conftest import Target
from tests.integration.destinations.sample import OFFERS, staged
from tests.support.dataset_model import DatasetModel, is_like

Cells = Mapping[str, Mapping[str, Any]]


class Death(Exception):
    """The death of a worker."""


@dataclass
class SideBySide:
    """A dataset of one tenant, on a destination and in the model.

    Attributes
    ----------
    batches
        By job: its chunk.
    """

    target: Target
    importer: Importer = OFFERS
    tenant: str = "acme"
    model: DatasetModel = field(init=False)
    batches: dict[str, Batch] = field(default_factory=dict)
    _hold: int = 0

    def __post_init__(self) -> None:
        self.model = DatasetModel(self.importer)

    def batch(self, job: str, rows: Cells, columns: Collection[str], options: LoadOptions) -> Batch:
        """Return the chunk of a job that has the lock of the dataset."""
        self._hold += 1
        good = staged(self.importer, rows, [] if options.mode == "delete" else columns, options)
        matched = frozenset() if options.blanks == "clear" or options.mode == "delete" else frozenset(columns)
        batch = Batch(self.tenant, self.importer, job, 0, good, options, self._hold, matched)
        self.batches[job] = batch
        return batch

    def apply(self, job: str, rows: Cells, columns: Collection[str], **options: Any) -> Applied:
        """Compare, load, and load once more as after a lost answer; all have the results of the model."""
        batch = self.batch(job, rows, columns, LoadOptions(**options))
        compared = self.target.destination.compare(batch)
        before = self.model.visible()
        applied = self.target.destination.apply(batch)
        self.expect(batch, applied)
        assert self.target.destination.apply(batch) == applied
        _check_comparison(compared, applied, before, self.model)
        self.check()
        return applied

    def attempt(self, batch: Batch, destination: Destination) -> None:
        """Apply a chunk by a worker that may die on the way; the model learns which records it came to write."""
        before = self._versions()
        try:
            self.expect(batch, destination.apply(batch))
        except Death:
            written = {key for key, version in self._versions().items() if version != before[key]}
            said = [(row.key, from_json(row.values)) for row in batch.rows]
            self.model.apply(batch.job_id, batch.options, said, batch.matched, written)
        self.check()

    def later(self, batch: Batch) -> Batch:
        """Return the same chunk in a later hold of the lock."""
        self._hold += 1
        return replace(batch, hold=self._hold)

    def expect(self, batch: Batch, applied: Applied) -> None:
        """Apply a chunk in the model, and compare the results."""
        said = [(row.key, from_json(row.values)) for row in batch.rows]
        counts, rejected = self.model.apply(batch.job_id, batch.options, said, batch.matched)
        keys = {row.number: row.key for row in batch.rows}
        assert {keys[each.row]: _code(each) for each in applied.rejections} == rejected
        assert (applied.inserted, applied.updated, applied.unchanged, applied.deleted, applied.kept_blank) == (
            counts["inserted"],
            counts["updated"],
            counts["unchanged"],
            counts["deleted"],
            counts["kept_blank"],
        )
        assert counts.total() - counts["kept_blank"] == len(batch.rows)

    def undo(self, job: str, destination: Destination | None = None) -> Undone:
        """Roll a job back, twice; both have the results of the model."""
        batch = self.batches[job]
        undone = (destination or self.target.destination).undo(batch)
        reversed_, conflicts = self.model.undo(job)
        assert {row.key: set(row.columns) for row in undone.kept} == conflicts
        assert (undone.reversed, undone.failed) == (reversed_, [])
        assert self.target.destination.undo(batch) == undone
        self.check()
        return undone

    def check(self) -> None:
        """Compare the datasets, and the jobs that wrote their records last."""
        found = self.records()
        values = {key: record["values"] for key, record in found.items()}
        assert is_like(self.importer, values, self.model.visible())
        writers = {key: kept.job for key, kept in self.model.records.items() if kept.there}
        assert {key: record["job"] for key, record in found.items()} == writers

    def records(self) -> dict[str, Any]:
        """Return the records of the destination, without those that are marked as deleted."""
        return {key: record for key, record in self._found().items() if "deleted_at" not in record}

    def _found(self) -> dict[str, Any]:
        found = {}
        for key in sorted({row.key for batch in self.batches.values() for row in batch.rows}):
            with suppress(NotFound):
                found[key] = self.target.records.get(self.tenant, self.importer.dataset, key)
        return found

    def _versions(self) -> dict[str, tuple[str, str | None]]:
        """Return the job that wrote each record last, and when it was deleted; removed records have none."""
        keys = {row.key for batch in self.batches.values() for row in batch.rows}
        found = {key: (record["job"], record.get("deleted_at")) for key, record in self._found().items()}
        return {key: found.get(key, ("", None)) for key in keys}

    def values(self) -> dict[str, Any]:
        """Return the values of those records."""
        return {key: record["values"] for key, record in self.records().items()}


def _code(rejection: Rejection) -> str:
    """Return the code of the mode's rejections; a rule of the importer has any other."""
    return rejection.code if rejection.code.startswith("key-") else "rule-broken"


def _check_comparison(compared: Compared, applied: Applied, before: dict[str, Any], model: DatasetModel) -> None:
    """Compare what a comparison foresaw with what the load did."""
    assert compared.rejections == applied.rejections
    for name in ("inserted", "updated", "unchanged", "deleted", "kept_blank"):
        assert getattr(compared, name) == getattr(applied, name)
    assert len(compared.changes) == applied.updated + applied.deleted
    after = model.visible()
    for change in compared.changes:
        assert is_like(
            model.importer, {change.key: before[change.key]}, {change.key: before[change.key] | change.before}
        )
        if change.key in after:
            assert change.before.keys() == change.after.keys() != set()
            assert is_like(
                model.importer, {change.key: after[change.key]}, {change.key: before[change.key] | change.after}
            )
    updated = [change for change in compared.changes if change.key in after]
    assert compared.changed == {
        name: sum(1 for change in updated if name in change.after) for change in updated for name in change.after
    }
