"""Remembered recipes: those that a tenant keeps by name, and those of its last files, by the titles of their headers.

A job that is completed teaches how its file was read: a *lesson*. The next file with the same titles, in whatever
order, is read in the same way; of one with similar titles, the lesson only preselects what a question asks. A lesson
holds as long as its job is completed, so a rollback takes it back, and the lesson before it holds again.

What is remembered is weaker than what the file proves, and than what a caller gives or answers. Constants of the last
file are not remembered, because the ward of one file is not that of the next; neither are guards and other options of
the load, but for the mode that answers a question about a missing column.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Self

from sluice.model.chunk import JobRef
from sluice.model.errors import NotFound, RequestRejected
from sluice.model.job import Decided, Job
from sluice.model.recipe import (
    ALL_SHEETS,
    HIDDEN,
    MARKERS,
    OF_TEXTS,
    SHEETS,
    UPDATE_ONLY,
    Decision,
    Drift,
    Question,
    Recall,
    Recipe,
)
from sluice.model.saved import LESSONS, Saved
from sluice.model.status import Status
from sluice.reading.header import Header
from sluice.reading.matching import differences, fingerprint, likeness, normal, places_of, renamed, title_rows
from sluice.schema.cells import Record
from sluice.schema.importer import Importer
from sluice.usecases.artifacts import JobFiles
from sluice.usecases.ports import Jobs
from sluice.usecases.recipes import given_decisions
from sluice.usecases.services import Services, find_job

#: Least likeness of headers at which a lesson is offered.
ALIKE: Final = 0.8

# Kinds of decisions that a lesson holds; the row of the header is found by its titles.
_KINDS = frozenset({SHEETS, HIDDEN, "header", "columns", *MARKERS, "decimal", "date_order", *OF_TEXTS})
# How the decisions are made that a lesson holds: the others follow from the importer as it is then.
_LEARNED = frozenset({"given", "answered", "proven", "remembered"})
# The mode in which a job may be loaded though its file lacks a required column, and those in which that is asked.
UPDATE: Final = UPDATE_ONLY["mode"]
_ASKS_FOR_MODE = frozenset({"upsert", "mirror"})
# Effect of the choices of a question about a missing column that name a header for it.
_MATCH = "match-header"
# Lessons of an importer: in all, and with the same titles, so that some remain when jobs are rolled back.
_LESSONS = 100
_LESSONS_OF_A_SHAPE = 3
# Bytes of their JSON: an item of DynamoDB holds 400 KB.
_BYTES = 300_000
# Titles of a file that can be remembered; searching others for similar ones would take long.
_TITLES = 1_000
# Titles that a drift report names, missing ones that were matched first, and characters of each.
_MISSING = 200
_NAMED = 50
_LONGEST = 100
# Attempts to save a lesson while other jobs of the importer save theirs.
_ATTEMPTS = 20


@dataclass(frozen=True)
class Lesson:
    """How the file of a completed job was read.

    Parameters
    ----------
    job, by, at
        Id of the job, who requested it, and when it ended.
    titles
        Of its header, without empty ones.
    fields
        Matched titles to their fields.
    decisions
        Values by key.
    """

    job: str
    by: str
    at: datetime
    titles: tuple[str, ...]
    fields: Mapping[str, str] = field(default_factory=dict)
    decisions: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Write it as JSON."""
        return {**asdict(self), "at": self.at.isoformat()}

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Self:
        """Read what `as_dict` wrote."""
        return cls(**{**kept, "at": datetime.fromisoformat(kept["at"]), "titles": tuple(kept["titles"])})


@dataclass(frozen=True)
class Known:
    """A lesson about a file like the one at hand.

    Parameters
    ----------
    alike
        How alike the titles are, from 0 to 1.
    row
        Row number of the titles in the file at hand; the lower one of two joined rows. 0 if several rows have them, and
        none of these in the order of the lesson.
    titles
        Of that row.
    """

    lesson: Lesson
    alike: float
    row: int = 0
    titles: tuple[str, ...] = ()


# ---------------------------------------------------------------------- lessons


def drift_between(lesson: Lesson, titles: Iterable[str]) -> Drift:
    """Report how the titles of a file differ from those of a lesson."""
    before, now = ({normal(title): title for title in each if normal(title)} for each in (lesson.titles, titles))
    fields = {normal(title): name for title, name in lesson.fields.items()}
    gone, new = differences(sorted(before), sorted(now))
    matched_first = sorted(gone, key=lambda each: each not in fields)
    return Drift(
        missing={_shown(before[each]): fields.get(each, "") for each in matched_first[:_MISSING]},
        new=tuple(_shown(now[each]) for each in new[:_NAMED]),
        renamed={_shown(before[old]): _shown(now[new]) for _, old, new in renamed(gone, new)},
    )


def _shown(title: str) -> str:
    return title[:_LONGEST]


def lesson_of(job: Job, header: Header) -> Lesson | None:
    """Return what a completed job teaches; ``None`` if its file has no titles, or too many."""
    titles = tuple(filter(None, header.titles))
    if not 0 < len(titles) <= _TITLES or job.finished_at is None:
        return None
    decisions = {key: each.value for key, each in job.recipe.decisions.items() if _is_learned(key, each)}
    if job.options.mode == UPDATE and job.given.mode is None:
        decisions["mode"] = UPDATE  # the answer to a question about a missing column
    fields = {title: name for name, title in header.matched.items()}
    return Lesson(job.ref.id, job.requested_by, job.finished_at, titles, fields, decisions)


def _is_learned(key: str, decision: Decision) -> bool:
    """Whether a decision holds for the next file with the same titles; sheet and header are found, unless asked."""
    kind, how = key.partition(".")[0], decision.how
    is_found = how == "proven" and kind in {SHEETS, "header", *OF_TEXTS}  # it is proven again
    return kind in _KINDS and how in _LEARNED and not is_found


def with_lesson(lessons: Iterable[Lesson], new: Lesson) -> list[Lesson]:
    """Add a lesson, the newest first, and drop the oldest that are too many, in all or of the same titles."""
    kept: list[Lesson] = []
    of_shape: Counter[tuple[str, ...]] = Counter()
    size = 0
    for lesson in sorted([new, *(each for each in lessons if each.job != new.job)], key=_age):
        shape = fingerprint(lesson.titles)
        size += len(json.dumps(lesson.as_dict()))
        of_shape[shape] += 1
        if size <= _BYTES and of_shape[shape] <= _LESSONS_OF_A_SHAPE and len(kept) < _LESSONS:
            kept.append(lesson)
    return kept


def find_lessons(lessons: Iterable[Lesson], heads: Iterable[list[Record]], row: int | None = None) -> list[Known]:
    """List the lessons about files whose titles are those of a row of this file, or similar; the most alike first.

    Of lessons that are equally alike, the newest is the first. A row is preferred to two joined ones.

    Parameters
    ----------
    heads
        First rows of each sheet that are not blank.
    row
        Number of the only row that comes into question; ``None`` if any does.
    """
    rows = [each for head in heads for each in _rows(head, row)]
    found = [_known(lesson, rows) for lesson in sorted(lessons, key=_age)]
    return sorted((each for each in found if each.alike >= ALIKE), key=lambda each: -each.alike)


@dataclass(frozen=True)
class _Row:
    number: int
    titles: tuple[str, ...]
    shape: tuple[str, ...]
    counted: Counter[str]


def _rows(head: list[Record], only: int | None) -> list[_Row]:
    single, double = title_rows(head)
    shapes = [
        (number, tuple(filter(None, titles)), fingerprint(titles))
        for number, titles in (*single, *double)
        if len(titles) <= _TITLES and only in {None, number}
    ]
    return [_Row(*each, Counter(each[-1])) for each in shapes if each[-1]]


def _known(lesson: Lesson, rows: list[_Row]) -> Known:
    """Look for the row that has most titles in common with a lesson, if possible in the same order."""
    shape = fingerprint(lesson.titles)
    counted = Counter(shape)
    if not rows:
        return Known(lesson, 0.0)
    shares = [(counted & row.counted).total() / (len(shape) + len(row.shape)) for row in rows]
    alike = [row for row, share in zip(rows, shares, strict=True) if share == max(shares)]
    ordered = [row for row in alike if [*map(normal, row.titles)] == [*map(normal, lesson.titles)]]
    best = [*ordered, *alike][0]
    is_clear = ordered or len({row.titles for row in alike}) == 1
    return Known(lesson, likeness(shape, best.shape), best.number if is_clear else 0, best.titles)


def _age(lesson: Lesson) -> tuple[float, str]:
    return -lesson.at.timestamp(), lesson.job


def learn(job: Job, services: Services) -> None:
    """Remember how the file of a job was read, if the job is completed and its file has a header of its own.

    A correction teaches nothing: it is read as the job that it corrects. Of jobs that are completed at the same time,
    the lesson of each is kept. A second call changes nothing.
    """
    if job.status is not Status.COMPLETED or not _has_shape(job):
        return
    lesson = None
    with suppress(NotFound):  # a caller has deleted the files of the job
        lesson = lesson_of(job, JobFiles(job, services.files).read_plan().first.header)
    if lesson is None:
        return
    tenant, importer = job.ref.tenant, job.importer
    for _ in range(_ATTEMPTS):  # if all fail, the next file is decided anew
        seen = services.recipes.get(tenant, importer, LESSONS)
        before = _lessons(seen)
        lessons = with_lesson(before, lesson)
        value = {"lessons": [each.as_dict() for each in lessons]}
        saved = Saved(LESSONS, value, job.requested_by, lesson.at)
        if lessons == before or services.recipes.put(tenant, importer, saved, seen=seen):
            return


def _has_shape(job: Job) -> bool:
    return not (job.is_sync or job.corrects)


def _lessons(saved: Saved | None) -> list[Lesson]:
    return [Lesson.read(each) for each in saved.value["lessons"]] if saved else []


# ---------------------------------------------------------------------- use


def recall(job: Job, importer: Importer, heads: list[list[Record]], services: Services) -> Decided:
    """Find what is remembered for the file of a job; one that was created with a named recipe has it already.

    A job whose file is split anew, by another row of the header, is looked at anew.

    Parameters
    ----------
    heads
        First rows of each sheet that are not blank.

    Returns
    -------
    Decided
        The recipe by which the header is matched and rows are read, the options if they differ, and what to say of it.
    """
    if not _has_shape(job) or (job.recall and job.recall.name):
        return Decided(job.recipe, recall=job.recall)
    own = {key: each for key, each in job.recipe.decisions.items() if each.how != "remembered"}
    job, header = replace(job, recipe=replace(job.recipe, decisions=own)), own.get("header")
    lessons = _lessons(services.recipes.get(job.ref.tenant, job.importer, LESSONS))
    for known in find_lessons(lessons, heads, header.value if header and header.is_strict else None):
        if _holds(known.lesson, job.ref.tenant, services.jobs):
            return use(job, known, importer)
    return Decided(job.recipe, recall=job.recall and replace(job.recall, alike=0.0, offered={}))


def _holds(lesson: Lesson, tenant: str, jobs: Jobs) -> bool:
    """Whether the job of a lesson is still completed; one whose retention has ended can be rolled back no more."""
    job = find_job(JobRef(tenant, lesson.job), jobs)
    return job is None or job.status is Status.COMPLETED


def use(job: Job, known: Known, importer: Importer) -> Decided:
    """Make the decisions of a lesson, if the titles are the same, or else offer them."""
    lesson, recipe = known.lesson, job.recipe
    values = dict(lesson.decisions)
    mode = values.pop("mode", None) if job.given.mode is None and job.options.mode in _ASKS_FOR_MODE else None
    values = _valid(importer, values)
    if values.pop("header", None) and known.row:
        values["header"] = known.row
    # what is stronger already is not open
    weaker = {
        key: value
        for key, value in values.items()
        if key not in recipe.decisions or recipe.decisions[key].gives_way_to("remembered")
    }
    recalled = Recall("", lesson.job, lesson.by, lesson.at, known.alike, drift=drift_between(lesson, known.titles))
    if known.alike < 1:
        return Decided(recipe, recall=replace(recalled, offered=weaker | ({"mode": mode} if mode else {})))
    made = recipe.with_decisions({key: (value, "remembered") for key, value in weaker.items()})
    return Decided(made, options=replace(job.options, mode=mode) if mode else None, recall=recalled)


def _valid(importer: Importer, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the decisions that the importer, which may have changed since, still allows."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        with suppress(RequestRejected):
            found |= given_decisions(importer, {key: value})
    return found


def after_sheets(decided: Decided, names: list[str]) -> Decided:
    """Drop the remembered sheets if others are read."""
    sheets = decided.recipe.decisions.get(SHEETS)
    if (
        sheets is None
        or sheets.how != "remembered"
        or sheets.value == ALL_SHEETS
        or sorted(sheets.value) == sorted(names)
    ):
        return decided
    kept = {key: each for key, each in decided.recipe.decisions.items() if key != SHEETS}
    return replace(decided, recipe=replace(decided.recipe, decisions=kept))


def after_header(decided: Decided, header: Header) -> Decided:
    """Drop the remembered assignments of headers that the file does not have, and say so of a named recipe."""
    columns, recalled = decided.recipe.decisions.get("columns"), decided.recall
    if columns is None or columns.how != "remembered":
        return decided
    found = {title: name for title, name in columns.value.items() if places_of(title, header.titles)}
    if found == columns.value:
        return decided
    if recalled and recalled.name:
        known = Lesson("", recalled.by, recalled.at, tuple(columns.value), columns.value)
        drift = drift_between(known, [*header.ignored, *found])
        recalled = replace(recalled, alike=len(found) / len(columns.value), drift=drift)
    return replace(decided, recipe=decided.recipe.with_decisions({"columns": (found, "remembered")}), recall=recalled)


def preselect(question: Question, recipe: Recipe, recalled: Recall | None) -> Question:
    """Put first what is remembered among the choices of a question; it decides nothing.

    A question about a missing column that the remembered recipe knew is one about drift.
    """
    if recalled is None:
        return question
    if question.kind == "mapping":
        return _with_drift(question, recalled)
    decision = recipe.decisions.get(question.key)
    own = decision.value if decision and decision.how == "remembered" else None
    value = recalled.offered.get(question.key, own)
    return question if value is None else _first(question, value)


def _with_drift(question: Question, recalled: Recall) -> Question:
    """Make a question about a missing column one about drift, the likely header first."""
    asked = {name for choice in question.choices if choice.effect == _MATCH for name in choice.value.values()}
    known = {title: name for title, name in recalled.drift.missing.items() if name in asked}
    likely = {recalled.drift.renamed[title]: name for title, name in known.items() if title in recalled.drift.renamed}
    for title, name in (likely | dict(recalled.offered.get("columns", {}))).items():
        question = _first(question, {title: name})
    if "mode" in recalled.offered:
        question = _first(question, UPDATE_ONLY)
    if not known:
        return question
    return replace(question, kind="drift", params={**question.params, "known": known, "renamed": likely})


def _first(question: Question, value: Any) -> Question:
    """Put a choice first, and say that it is remembered; leave a question that has no such choice."""
    chosen = [choice for choice in question.choices if choice.value == value]
    if not chosen:
        return question
    others = [choice for choice in question.choices if choice.value != value]
    return replace(question, choices=(*chosen, *others), params={**question.params, "remembered": value})
