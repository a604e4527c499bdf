"""A destination in memory whose dataset has rules of its own."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace

from sluice.model.rejection import Rejection
from sluice.schema.staging import Applied, Batch, Compared
from tests.support.destination import MemoryDestination
from tests.support.files import MemoryFiles


class StrictDestination(MemoryDestination):
    """The `Destination` port with datasets that do not take every row.

    Attributes
    ----------
    known
        Keys that a job must not bring again; a comparison shows it.
    constrained
        Keys that a constraint of the database does not allow; only a load shows it.
    """

    def __init__(self, files: MemoryFiles) -> None:
        super().__init__(files)
        self.known: set[str] = set()
        self.constrained: set[str] = set()

    def apply(self, batch: Batch) -> Applied:
        wrong = _rejections(batch, self.known, "key-exists") + _rejections(batch, self.constrained, "database-check")
        return replace(super().apply(_without(batch, wrong)), rejections=wrong)

    def compare(self, batch: Batch) -> Compared:
        wrong = _rejections(batch, self.known, "key-exists")
        return replace(super().compare(_without(batch, wrong)), rejections=wrong)


def _rejections(batch: Batch, keys: Container[str], code: str) -> list[Rejection]:
    params = {"rule": "allowed"} if code == "database-check" else {}
    return [Rejection("", row.number, "Part Number", row.key, code, params) for row in batch.rows if row.key in keys]


def _without(batch: Batch, wrong: list[Rejection]) -> Batch:
    rejected = {rejection.row for rejection in wrong}
    return replace(batch, rows=[row for row in batch.rows if row.number not in rejected])
