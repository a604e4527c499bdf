"""What if files come week after week, whose headers drift and whose cells ask, prove and contradict, while anything
happens to their jobs, and some are rolled back? No record differs from what a simple model says.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from sluice.catalog.registry import importer_named
from sluice.model.chunk import JobRef
from sluice.model.errors import Conflict
from sluice.model.job import Job
from sluice.model.options import LoadOptions
from sluice.model.status import Status
from tests.faults.test_anything import EVENTS, Life
from tests.support.dataset_model import DatasetModel, is_like
from tests.support.factories import csv_file
from tests.support.harness import Harness, small_chunks

#: What prices of a file are: some prove no mark, some one, some both.
KINDS = (("7",), ("7", "1.250"), ("1.250", "2,5"), ("1.250", "0.75", "7"), ("1.250", "2,5", "0.75", "free"))
#: How a price is read by each mark; none if it is wrong in any case.
READ: dict[str, dict[str, str | None]] = {
    "7": {".": "7", ",": "7"},
    "1.250": {".": "1.25", ",": "1250"},
    "2,5": {",": "2.5", ".": "2.5"},
    "0.75": {".": "0.75", ",": "0.75"},
    "free": {".": None, ",": None},
}
#: Prices that can be read in one way, and the mark that they prove.
PROOFS = {"2,5": ",", "0.75": "."}
STEPS = 300


@dataclass
class File(Life):
    """A file of one week, what was answered about it, and what its job has asked."""

    header: str = ""
    cells: dict[str, str] = field(default_factory=dict)  # prices by key
    answers: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)  # kinds by key
    goal: Status = Status.COMPLETED
    random: Random = field(default_factory=Random)

    def send(self) -> None:
        rows = [(key, f"Part {key}", price, 1) for key, price in self.cells.items()]
        body = csv_file(rows, ("Part Number", "Description", self.header, "Stock"))
        self.ref: JobRef = self.harness.upload(body, review=self.random.random() < 0.3, force=True)

    @property
    def job(self) -> Job:
        return self.harness.jobs.get(self.ref)

    def ask_answers(self) -> None:
        """Answer what is asked; if nothing is, change the mark."""
        asked = {question.key for question in self.job.questions}
        answers: dict[str, Any] = {"columns": {self.header: "price"}} if "columns" in asked else {}
        if "columns" not in asked or self.random.random() < 0.2:
            answers["decimal.price"] = self.random.choice(".,")
        before, stale = self.job, self.random.random() < 0.2
        version = before.recipe.version - stale
        with suppress(Conflict):
            self.harness.answer(self.ref, answers, version=version, now=self.clock)
            if stale:
                assert self.job == before, "such an answer holds already"
            else:
                self.answers |= answers

    def happen(self, what: str, which: int) -> None:
        super().happen(what, which)
        self.look()

    def advance(self, which: int) -> None:
        super().advance(which)
        self.look()

    def look(self) -> None:
        self.asked |= {question.key: question.kind for question in self.job.questions}


@dataclass(frozen=True)
class Learned:
    """What the model remembers of a file: whether its header was answered, and its mark if it was no mere default."""

    file: File
    columns: bool
    mark: str | None


@dataclass
class Weeks:
    """Files one after the other, and the model of the dataset and of what is remembered."""

    random: Random
    harness: Harness = field(default_factory=Harness)
    model: DatasetModel = field(default_factory=lambda: DatasetModel(importer_named("products")))
    learned: dict[str, list[Learned]] = field(default_factory=dict)
    completed: list[File] = field(default_factory=list)
    now: File | None = None
    seen: Counter[str] = field(default_factory=Counter)

    def move(self) -> None:
        """Let a file come, an event happen to the job at hand, or its end come, when all is compared."""
        if self.now is None:
            self._begin()
        elif self.random.random() < 0.06:
            self._end(self.now)
        else:
            what = self.random.choice([*EVENTS, "act", "act"])
            self.now.happen(what, self.random.randrange(12))
            self.seen[what] += 1
            if self.now.job.status is self.now.goal:
                self._end(self.now)

    def _begin(self) -> None:
        if self.completed and self.random.random() < 0.2:
            file = self.completed.pop(self.random.randrange(len(self.completed)))
            file.goal = Status.ROLLED_BACK
            self.harness.roll_back(file.ref, now=file.clock)
        else:
            keys = self.random.sample(range(20), 12)
            kinds = self.random.choice(KINDS)
            cells = {f"P-{key:02d}": self.random.choice(kinds) for key in keys}
            # the title of the price is that of the importer, or one that was answered before, or drifts
            header = self.random.choice(["Price", *self.learned, *2 * [f"Quux {len(self.learned)}"]])
            clock = max((each.clock for each in self.completed), default=Life.clock)
            file = File(self.harness, clock, header=header, cells=cells, random=self.random)
            file.send()
        self.now = file

    def _end(self, file: File) -> None:
        file.heal(file.goal)
        if file.goal is Status.COMPLETED:
            self._loaded(file)
            self.completed.append(file)
        else:
            reversed_, conflicts = self.model.undo(file.ref.id)
            counts = file.job.counts
            assert (counts.reversed, counts.conflicts, counts.rollback_failed) == (reversed_, len(conflicts), 0)
        self.seen[f"{file.goal} and compared"] += 1
        values = self.harness.destination.values("acme", "products")
        assert is_like(self.model.importer, values, self.model.visible())
        self.now = None

    def _loaded(self, file: File) -> None:
        known = next((each for each in self._lessons(file.header) if each.file.goal is Status.COMPLETED), None)
        mark, learned, strict = self._mark(file, known)
        columns = file.header != "Price" and not (known and known.columns)
        assert ("columns" in file.asked) == columns
        self.seen["week without a question"] += known is not None and not file.asked
        self.seen.update(file.asked.values())
        says = {key: READ[cell][mark] for key, cell in file.cells.items()}
        good = {
            key: price
            for key, price in says.items()
            if price is not None and not (strict and PROOFS.get(file.cells[key], mark) != mark)
        }
        rows = [
            (key, {"part_number": key, "description": f"Part {key}", "price": price, "stock": 1})
            for key, price in good.items()
        ]
        effects, _ = self.model.apply(file.ref.id, LoadOptions(), rows)
        counts = file.job.counts
        assert (counts.total, counts.rejected) == (12, 12 - len(good))
        assert (counts.inserted, counts.updated, counts.unchanged) == (
            effects["inserted"],
            effects["updated"],
            effects["unchanged"],
        )
        lesson = Learned(file, columns or bool(known and known.columns), learned)
        self.learned[file.header] = [lesson, *self._lessons(file.header)]

    def _lessons(self, header: str) -> list[Learned]:
        """List what is remembered of a header, the newest first: of three files."""
        return self.learned.get(header, [])[:3]

    def _mark(self, file: File, known: Learned | None) -> tuple[str, str | None, bool]:
        """Return the mark of a file, what is learned of it, and whether other prices are rejected."""
        if answered := file.answers.get("decimal.price"):
            self.seen["answered"] += 1
            return answered, answered, True
        remembered = known.mark if known else None
        proofs = {PROOFS[cell] for cell in file.cells.values() if cell in PROOFS}
        if "1.250" not in file.cells.values() or not proofs:
            return remembered or ".", remembered, False
        (proof,) = proofs  # both are a question
        self.seen["proven otherwise: a second round"] += proof != (remembered or ".")
        return proof, proof, False


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_record_differs_after_three_hundred_moves(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    small_chunks(monkeypatch, 3)
    weeks = Weeks(Random(seed))
    for _ in range(STEPS):
        weeks.move()
    if weeks.now is not None:
        weeks._end(weeks.now)
    print(f"{STEPS} moves, 0 differences: {dict(sorted(weeks.seen.items()))}")
    assert all(weeks.seen[kind] for kind in ("mapping", "drift", "decimal", "answered", "rolled_back and compared"))
    assert weeks.seen["proven otherwise: a second round"]
    assert weeks.seen["week without a question"]
