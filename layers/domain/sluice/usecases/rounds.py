"""Rounds: passes over the chunks of a job, the barrier at their end, and which chunks are parsed once more.

What cells prove is settled when all rows are parsed. If a decision changes then, or by an answer, the chunks whose rows
depend on it are *stale*: the job goes to `parsing` in a new run, whose plan opens the round. Which chunks are stale
follows from versions alone, see `Recipe.is_stale`, so a plan that died half-way is simply called again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sluice.catalog.registry import importer_of
from sluice.model.chunk import Chunk, ChunkRef, ChunkState, JobRef, PhaseName
from sluice.model.errors import QUESTION, REJECTIONS, Conflict, InvalidDecision, Problem, SluiceError
from sluice.model.job import Decided, Job
from sluice.model.recipe import (
    ALL_SHEETS,
    AMBIGUOUS,
    FIVE_DIGITS,
    SHEETS,
    SPLITTING,
    UPDATE_ONLY,
    Choice,
    Decision,
    How,
    Question,
    Recipe,
    merge_evidence,
)
from sluice.model.status import ENDED, STOPPING, Status
from sluice.schema.decisions import settle
from sluice.schema.importer import Importer
from sluice.usecases.artifacts import JobFiles
from sluice.usecases.ports import Chunks
from sluice.usecases.recipes import given_decisions
from sluice.usecases.remembered import preselect
from sluice.usecases.services import Services
from sluice.usecases.staged_rows import find_obstacles

#: Kind of the questions about guards; an answer to one holds for what was compared before it.
GUARDS = "guard"
#: Answers to them.
EXCEED, CANCEL = "exceed", "cancel"
# Readings of a text that the problem of a job shows; one that fits may be among others.
_READINGS = 2


def answer_if_passed(ref: JobRef, name: PhaseName, now: int, services: Services) -> None:
    """Answer the token of a phase if no chunk remains, or if its job is stopping and no worker holds a lease.

    The outcome is ``done``; ``absent`` if the records that the file lacks are to be deleted now; ``rejected`` if what
    the job has loaded must be taken back; ``stopped`` if it is stopping; or ``over`` if it ended while its chunks were
    processed. What else follows is decided by the next dispatch.

    Dispatch calls it when it has set up the phase, a worker after it has closed or released a chunk, and a caller's
    pause or cancel. Every redelivery of a closed chunk's message calls it again: if the worker that closed the last
    chunk dies before it answers the token, its message is redelivered and the token is answered then.

    A job that was stopped by a caller also waits for the next worker of a chunk whose last one has died, or whose
    attempt has failed: it counts what those have delivered, while nothing else can write to the dataset. It does not if
    it is suspended, because the dataset is away.

    A worker acquires its lease before it reads the job, and a stop is written to the job before the leases are read.
    One of the two sees the other, so no worker writes anything after a job has stopped. A rejected row that stops a
    load is a count of the job, written when its chunk is closed.

    Parameters
    ----------
    ref, name
        The job and the phase.
    now
        Epoch seconds.
    """
    barrier = services.chunks.barrier(ref, name)
    if barrier is None:
        return
    job = services.jobs.get(ref)
    must_undo = job.must_undo and name is job.delivery
    stops = job.status in STOPPING or must_undo
    if barrier.remaining == 0:
        follows = "absent" if name is PhaseName.LOAD and job.mirrors else "done"
        services.machine.succeed(barrier.token, {"outcome": "rejected" if must_undo else follows})
    elif stops and not _is_worked_on(job, name, now, services.chunks):
        services.machine.succeed(barrier.token, {"outcome": "rejected" if must_undo else "stopped"})
    elif job.status in ENDED:
        services.machine.succeed(barrier.token, {"outcome": "over"})


def _is_worked_on(job: Job, name: PhaseName, now: int, chunks: Chunks) -> bool:
    counts = job.status in STOPPING and not job.suspended
    return any(chunk.is_held(now) or (counts and chunk.is_uncounted) for chunk in chunks.of_phase(job.ref, name))


# ---------------------------------------------------------------------- what is settled at the end of a round


def settle_recipe(job: Job, services: Services) -> Job | None:
    """Decide what the cells of a parsed job prove, and what its file leaves open.

    Returns
    -------
    Job or None
        The job with its recipe and its questions; ``None`` if this run ends, because chunks are parsed once more in
        another one, or because the job has failed.
    """
    evidence = merge_evidence(JobFiles(job, services.files).evidence())
    recipe, asked = settle(job.recipe, evidence, importer_of(job))
    if stale := list(stale_chunks(job, recipe, services.chunks)):
        changed = {key: each for key, each in recipe.decisions.items() if each.version > job.recipe.version}
        note = f"{_noted({key: each.value for key, each in changed.items()})}; {len(stale):,} chunks are parsed again"
        decided = Decided(without_guards(recipe))
        begun = services.jobs.transition(job.ref, Status.PARSING, new_run=True, note=note, decided=decided, since=job)
        services.machine.start(begun)
        return None
    return ask(job, recipe, asked, services)


def ask(job: Job, recipe: Recipe, questions: list[Question], services: Services) -> Job | None:
    """Store the recipe of a job and the questions that its file leaves open.

    Returns
    -------
    Job or None
        ``None`` if the job does not wait for answers, and has failed. One that has delivered rows waits: a caller
        retries it.
    """
    asked = tuple(preselect(each, recipe, job.recall) for each in questions)
    if (recipe, asked) != (job.recipe, job.questions):
        job = services.jobs.decide(job, Decided(recipe, asked))
    if asked and job.asks == "fail" and not delivered(job, services.chunks):
        services.jobs.transition(job.ref, Status.FAILED, problem=question_problem(asked[0], importer_of(job)))
        return None
    return job


def question_problem(question: Question, importer: Importer) -> Problem:
    """Build the problem of a job that does not wait for answers, with a recipe that might have helped if there is one.

    Cells that contradict each other contradict whatever is given, so only an answer decides those.
    """
    kind, _, field = question.key.partition(".")
    params: dict[str, Any] = {name: question.params[name] for name in ("column", "missing") if name in question.params}
    params |= {"kind": question.kind, "key": question.key}
    if question.kind in ("encoding", "delimiter"):
        params["readings"] = [
            {"value": each.value, "row": each.params["row"], "text": each.params["text"]}
            for each in question.choices[:_READINGS]
        ]
    for choice in question.choices:
        given = Recipe(decisions={question.key: Decision(choice.value, "given")})
        if not settle(given, {question.key: question.evidence}, importer)[1]:
            recipe = {kind: {field: choice.value}} if field else {kind: choice.value}
            return Problem(QUESTION, {**params, "answer": json.dumps(recipe, default=dict)})
    return Problem(QUESTION, params)


def meet_obstacles(job: Job, services: Services) -> tuple[Problem | None, Job]:
    """Ask about the guards that a load would trip; return the problem of a job that must not load, and the job.

    While cells leave a question open, what a load would do is not known yet.
    """
    found = find_obstacles(job, chunks=services.chunks, files=services.files)
    accepted = job.recipe.of_kind(GUARDS)
    tripped = [each for each in found if each.type == REJECTIONS or each.params["guard"] not in accepted]
    for problem in tripped:
        if problem.type == REJECTIONS or job.asks == "fail":
            return problem, job
    if not tripped or job.questions:
        return None, job
    return None, ask(job, job.recipe, [_guard_question(each) for each in tripped], services) or job


def _guard_question(problem: Problem) -> Question:
    """Ask whether a job may load although it trips a guard."""
    choices = (Choice(EXCEED, "exceed-guard"), Choice(CANCEL, "cancel"))
    return Question(f"{GUARDS}.{problem.params['guard']}", GUARDS, choices, params=problem.params)


def may_change(job: Job, services: Services) -> bool:
    """Whether a chunk could not be parsed that might change how other rows are read: then nothing may be loaded.

    Given and answered decisions change by nothing that a file shows, and others bear on ambiguous cells alone; but six
    digits bear on five in any column of dates.
    """
    parsed = list(services.chunks.of_phase(job.ref, PhaseName.PARSE))
    if all(chunk.state is ChunkState.DONE for chunk in parsed):
        return False
    if any(each.startswith(f"{FIVE_DIGITS}.") for chunk in parsed for each in chunk.depends):
        return True
    weak = [each for each in job.recipe.decisions.values() if not each.is_strict]
    return any(each.evidence.shows(shown) for each in weak for shown in AMBIGUOUS)


# ---------------------------------------------------------------------- answers


def check_answers(job: Job, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Check answers, and return them by key: those to a job's own questions beside those about its cells.

    Raises
    ------
    InvalidDecision
        If the job neither asks nor has decided this, or the value is none of the decision's.
    """
    importer, asked = importer_of(job), {question.key: question for question in job.questions}
    guards = _guards_of(answers)
    others = {key: value for key, value in answers.items() if key.split(".")[0] != GUARDS}
    if unknown := sorted(guards.keys() - asked.keys() - job.recipe.decisions.keys()):
        raise InvalidDecision("unknown", key=unknown[0], known=list(asked))
    if wrong := [key for key, value in guards.items() if value not in {EXCEED, CANCEL}]:
        raise InvalidDecision("value", key=wrong[0], known=[EXCEED, CANCEL])
    mode = _mode_of(job, others, asked)
    for key in {"mode", *({"columns"} if others.get("columns") == UPDATE_ONLY else ())}:
        others.pop(key, None)
    made = given_decisions(importer, others)
    if job.is_sync and (splitting := [key for key in made if key in SPLITTING]):
        raise InvalidDecision("unknown", key=splitting[0], known=list(asked))
    _check_sheets(job, made, asked)
    if "columns" in made and "columns" in asked:  # what was known stays, except of a column that is answered
        known = {title: name for title, name in job.recipe.columns.items() if name not in made["columns"].values()}
        made["columns"] = known | made["columns"]
    return {**made, **guards, **mode}


def _check_sheets(job: Job, made: Mapping[str, Any], asked: Mapping[str, Question]) -> None:
    """Check that answered sheets are there, as far as the job knows its sheets."""
    names = made.get(SHEETS, ALL_SHEETS)
    choices = asked[SHEETS].choices if SHEETS in asked else ()
    offered = {name for choice in choices if choice.value != ALL_SHEETS for name in choice.value}
    known = list(dict.fromkeys([*(each.name for each in job.file.sheets), *sorted(offered)]))
    if names != ALL_SHEETS and (absent := sorted({*names} - {*known})):
        raise InvalidDecision("no-sheet", key=SHEETS, names=absent, known=known)


def _mode_of(job: Job, answers: Mapping[str, Any], asked: Mapping[str, Question]) -> dict[str, Any]:
    """Return the mode of a job that is answered to update only, which a question about a missing column offers."""
    wanted = {"mode": answers["mode"]} if "mode" in answers else answers.get("columns")
    if wanted != UPDATE_ONLY and "mode" not in answers:
        return {}
    offered = [choice.value for choice in asked["columns"].choices] if "columns" in asked else []
    if wanted != UPDATE_ONLY or not (UPDATE_ONLY in offered or job.options.mode == "update"):
        raise InvalidDecision("unknown", key="mode", known=list(asked))
    return dict(UPDATE_ONLY)


def _guards_of(answers: Mapping[str, Any]) -> dict[str, Any]:
    nested = answers.get(GUARDS, {})
    if not isinstance(nested, Mapping):
        return {GUARDS: nested}  # a guard has no answer without its name
    found = {f"{GUARDS}.{name}": value for name, value in nested.items()}
    return found | {key: value for key, value in answers.items() if key.startswith(f"{GUARDS}.")}


def decide_answers(job: Job, made: Mapping[str, Any], services: Services) -> tuple[Decided, bool]:
    """Return what holds with answers, and whether rows are read otherwise now.

    Raises
    ------
    Conflict
        ``already-delivered``, if rows would be read otherwise that were handed out to be delivered.
    """
    answered: dict[str, tuple[Any, How]] = {key: (made[key], "answered") for key in made if key != "mode"}
    evidence = {key: job.recipe.decisions[key].evidence for key in answered if key in job.recipe.decisions}
    recipe = job.recipe.with_decisions(answered, evidence)
    stale = list(stale_chunks(job, recipe, services.chunks))
    splits = not job.planned or recipe.splits_anew(job.split_by)
    there = delivered(job, services.chunks)
    if there and (splits or not there.isdisjoint(chunk.ref.index for chunk in stale)):
        raise Conflict("already-delivered", id=job.ref.id)
    is_round = splits or bool(stale)
    if is_round:
        recipe = without_guards(recipe)
    closed = {*made, *({"columns"} if "mode" in made else ())}
    questions = tuple(
        question
        for question in job.questions
        if question.key not in closed and not (is_round and question.kind == GUARDS)
    )
    if not made.keys().isdisjoint({SHEETS, "header"}):  # the columns are others
        questions = ()
    options = replace(job.options, mode=made["mode"]) if "mode" in made else None
    return Decided(recipe, questions, options), is_round


# ---------------------------------------------------------------------- chunks that are parsed once more


def stale_chunks(job: Job, recipe: Recipe, chunks: Chunks) -> Iterator[Chunk]:
    """Yield the parsed chunks whose rows would be read otherwise by a recipe, except those that are delivered.

    A job that has delivered some chunks parses the others when it is retried. No row of those that are delivered had an
    ambiguous cell, see `may_change`, so it stays what it is.
    """
    done = _done(job, chunks)
    for chunk in chunks.of_phase(job.ref, PhaseName.PARSE):
        is_stale = chunk.state is ChunkState.DONE and recipe.is_stale(chunk.version, chunk.depends)
        if is_stale and chunk.ref.index not in done:
            yield chunk


def reject_stale(job: Job, index: int, chunks: Chunks) -> None:
    """Raise an internal error if a chunk that is about to be compared or delivered is stale.

    Raises
    ------
    SluiceError
        ``stale-chunk``.
    """
    parsed = chunks.get(ChunkRef(job.ref, PhaseName.PARSE, index))
    is_stale = parsed is not None and job.recipe.is_stale(parsed.version, parsed.depends)
    if is_stale and index not in _done(job, chunks):
        raise SluiceError("stale-chunk", id=job.ref.id, index=index)


def open_round(job: Job, services: Services) -> None:
    """Give the stale chunks of a planned job back to the queue, without what was derived from the rows of all chunks.

    A second call goes on where one that died has stopped: the derived goes first, and a chunk that was reopened is
    stale no more.
    """
    stale = list(stale_chunks(job, job.recipe, services.chunks))
    if not stale:
        return
    there = delivered(job, services.chunks)
    services.chunks.drop(job.ref, PhaseName.COMPARE)
    JobFiles(job, services.files).remove_derived(there, job.delivery)
    services.chunks.reopen(stale)


def forget_split(job: Job, services: Services) -> Job:
    """Remove every chunk of a job whose file must be split anew, and return it as it is before it is planned.

    The barrier of each phase goes first, because no chunk can be closed without it. What the split has written into the
    bucket is read no more, and goes with the job: a late worker may still add to it.
    """
    for name in PhaseName:
        services.chunks.drop(job.ref, name)
    return services.jobs.split_anew(job)


def delivered(job: Job, chunks: Chunks) -> set[int]:
    """Return the indexes of the chunks that were handed out to be delivered."""
    return {chunk.ref.index for chunk in chunks.of_phase(job.ref, job.delivery)}


def _done(job: Job, chunks: Chunks) -> set[int]:
    found = chunks.of_phase(job.ref, job.delivery)
    return {chunk.ref.index for chunk in found if chunk.state is ChunkState.DONE}


def without_guards(recipe: Recipe) -> Recipe:
    """Return a recipe without the answers to guards, which speak of what was compared before."""
    kept = {key: each for key, each in recipe.decisions.items() if key.split(".")[0] != GUARDS}
    return replace(recipe, decisions=kept)


def _noted(values: dict[str, Any]) -> str:
    return ", ".join(f"{key}: {value}" for key, value in values.items())
