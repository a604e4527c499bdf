"""What becomes of a file: its rows, its rejections, its questions or its problem, in one process on fakes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sluice.model.chunk import PhaseName
from sluice.model.job import Job
from sluice.model.recipe import Question
from sluice.model.rejection import Rejection
from sluice.model.status import Status
from sluice.reading.notes import notes_on
from sluice.usecases.artifacts import JobFiles
from sluice.wording import word_detail, word_note, word_rejection
from tests.support.harness import Harness

TENANT = "acme"
#: What no file of ours holds: the replacement character, and the reader's own marks from the private use area.
_NEVER_STORED = re.compile("[\ufffd\ue000-\uf8ff]")


@dataclass(frozen=True)
class Outcome:
    """What became of a file.

    Parameters
    ----------
    job
        At its end, or waiting for an answer.
    records
        Sheet and row number to the values of the record; empty while a question is open.
    rejections
        In the order of the file.
    """

    job: Job
    records: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    rejections: list[Rejection] = field(default_factory=list)

    @property
    def rows(self) -> dict[int, dict[str, Any]]:
        """Row number to the values of its record, where one sheet is read."""
        return {number: values for (_, number), values in self.records.items()}

    @property
    def rejected(self) -> dict[int, list[str]]:
        """Row number to its reasons, as ``Column: reason``."""
        found: dict[int, list[str]] = {}
        for each in self.rejections:
            found.setdefault(each.row, []).append(f"{each.column or 'row'}: {word_rejection(each)}")
        return found

    @property
    def notes(self) -> list[str]:
        """What is said of the file."""
        skips_hidden = self.job.recipe.value("hidden") == "skip"
        untitled = self.job.counts.untitled
        return [
            word_note(*note) for note in notes_on(self.job.file.sheets, skips_hidden=skips_hidden, untitled=untitled)
        ]

    @property
    def questions(self) -> dict[str, Question]:
        """The open questions by key."""
        return {question.key: question for question in self.job.questions}

    @property
    def problem(self) -> str | None:
        """Type of the problem that failed the job, with its case: ``not-a-spreadsheet/pdf``."""
        return self.job.problem.code if self.job.problem else None

    @property
    def detail(self) -> str:
        """The sentence of the problem; empty if there is none."""
        return word_detail(self.job.problem) if self.job.problem else ""

    def table(self, *fields: str) -> dict[int, tuple[Any, ...]]:
        """Return some fields of all records, by row number."""
        return {number: tuple(values.get(name) for name in fields) for number, values in self.rows.items()}


def outcome_of(
    body: bytes,
    name: str,
    importer: str = "products",
    recipe: Mapping[str, Any] | None = None,
    on: Harness | None = None,
    **more: Any,
) -> Outcome:
    """Import a file and return what becomes of it.

    What holds for every import is checked here: the counts add up, each rejection has its row, and no value holds a
    replacement character or a mark of the reader.

    Parameters
    ----------
    body, name
        The file.
    importer
        Name of the importer.
    recipe
        Decisions that the caller gives, as in ``POST /imports``.
    on
        The application, if the dataset of earlier imports matters; a new one otherwise.
    more
        Further fields of `sluice.usecases.create.ImportRequest`.
    """
    harness = on or Harness()
    request = {"filename": name, "importer": importer, "tenant": TENANT, "recipe": recipe or {}, **more}
    job = harness.run(harness.upload(body, **request))
    if job.status is not Status.COMPLETED:
        assert job.problem or job.questions, f"{job.status} without a problem or a question"
        return Outcome(job)
    stored = JobFiles(job, harness.files)
    outcome = Outcome(job, _records(harness, job, stored), stored.rejections_page(limit=10_000, cursor=None).items)
    _check(outcome)
    return outcome


def _records(harness: Harness, job: Job, stored: JobFiles) -> dict[tuple[str, int], dict[str, Any]]:
    """Return the records that rows became, which lie in the dataset now."""
    values = harness.destination.values(TENANT, job.importer)
    found: dict[tuple[str, int], dict[str, Any]] = {}
    plan = stored.read_plan()
    for chunk in harness.chunks.of_phase(job.ref, PhaseName.LOAD):
        sheet = plan.of(chunk.ref.index).name
        duplicates = stored.duplicates(chunk.ref.index)
        for row in stored.staged(chunk.ref.index):
            if row.number not in duplicates:
                found[sheet, row.number] = values[row.key]
    return found


def _check(outcome: Outcome) -> None:
    counts = outcome.job.counts
    done = counts.inserted + counts.updated + counts.unchanged + counts.deleted
    assert done + counts.rejected + counts.unprocessed + counts.skipped == counts.total, counts
    assert done == len(outcome.records), f"{done} rows in the counts, {sorted(outcome.records)} in the dataset"
    places = {(each.sheet, each.row) for each in outcome.rejections}
    assert counts.rejected == len(places), f"{counts.rejected} rejected, reasons {outcome.rejected}"
    for number, values in outcome.records.items():
        for name, value in values.items():
            assert not (isinstance(value, str) and _NEVER_STORED.search(value)), f"row {number}, {name}: {value!r}"
