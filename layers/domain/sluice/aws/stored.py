"""Stored names of the jobs table: jobs, barriers, chunks, log entries and locks as items.

=====================  =====================  ================================
pk                     sk                     item
=====================  =====================  ================================
``{tenant}#jobs``      ``{job}``              the job
``{tenant}#{job}``     ``phase#{phase}``      the barrier of a phase
``{tenant}#{job}``     ``chunk#{phase}#{n}``  a chunk
``{tenant}#{job}``     ``log#{time}#{what}``  an entry of the job's log
``{tenant}#files``     ``{importer}#{sha}``   the lock of a file
``{tenant}#syncs``     ``{source}``           the lock of a source
``{tenant}#importers`` ``{importer}``         the lock of an importer that runs one job at a time
``{tenant}#dataset#…`` ``lock``               the lock of a dataset; it stays when the lock is free
``{tenant}#dataset#…`` ``wait#{place}``       a job in the line of that lock
``{tenant}#dataset#…`` ``dropped#{job}``      a job of the drop folder that will load into the dataset
=====================  =====================  ================================

The sparse index ``active`` holds the jobs that have not ended, for the sweeper.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import Any

from sluice.model.chunk import Barrier, Chunk, ChunkRef, ChunkState, JobRef, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import ATTEMPT_FAILED, Problem, format_of
from sluice.model.job import Decided, Job, JobFile, LogEntry, SheetOfFile, WaitsFor
from sluice.model.lock import Held, Lock, LockKind, Waiting
from sluice.model.options import GivenOptions, Guards, LoadOptions
from sluice.model.recipe import Choice, Decision, Question, Recall, Recipe, to_evidence
from sluice.model.retention import stage_after
from sluice.model.status import ENDED, Status

#: Partition of the index for jobs that have not ended; those that have are in that of their `Stage`.
ACTIVE = "active"
#: Format of jobs, barriers and chunks, see `format_of`.
FORMAT = 1

_TIMES = ("created_at", "started_at", "finished_at", "updated_at", "run_at")
_LOCKS = {
    LockKind.FILE: "files",
    LockKind.SOURCE: "syncs",
    LockKind.IMPORTER: "importers",
    LockKind.DATASET: "dataset",
}
# Attributes that are stored as they are.
_AS_IS = ("asks", "split", "split_by", "urgent", "review", "force", "corrects", "run", "reads", "lookup")
_COUNTS = tuple(field.name for field in fields(Counts))
# Names of counts in format 0.
_EARLIER_COUNTS = {"ignored": "left_out", "rejected": "refused", "conflicts": "kept", "rollback_failed": "stuck"}
# Types of stored problems in format 0.
_EARLIER_TYPES = {"upstream-refused": "upstream-rejected"}
# Characters of a text in a stored problem, whatever the file contains: an item holds at most 400 KB.
_LONGEST_TEXT = 1_000
# DynamoDB's numbers have up to 38 digits; a damaged file can name larger ones.
_LARGEST_NUMBER = 10**38 - 1


def jobs_of(tenant: str) -> str:
    """Return the partition of a tenant's jobs."""
    return f"{tenant}#jobs"


def job_key(ref: JobRef) -> dict[str, str]:
    """Return the key of a job."""
    return {"pk": jobs_of(ref.tenant), "sk": ref.id}


def phase_key(ref: JobRef, name: PhaseName) -> dict[str, str]:
    """Return the key of a phase's barrier."""
    return {"pk": f"{ref.tenant}#{ref.id}", "sk": f"phase#{name}"}


def chunk_key(ref: ChunkRef) -> dict[str, str]:
    """Return the key of a chunk; numbers have six digits so that they sort."""
    return {"pk": f"{ref.job.tenant}#{ref.job.id}", "sk": f"chunk#{ref.phase}#{ref.index:06d}"}


def of_job(job: Job) -> dict[str, Any]:
    """Write a job as an item; each count is an attribute of its own, so that chunks can add to it."""
    item: dict[str, Any] = {
        **job_key(job.ref),
        "format": FORMAT,
        "tenant": job.ref.tenant,
        "kind": job.kind,
        "importer": job.importer,
        "status": str(job.status),
        "file": asdict(job.file),
        "requested_by": job.requested_by,
        "batch_id": job.batch_id,
        **of_decided(Decided(job.recipe, job.questions, job.options, job.recall)),
        **{name: getattr(job, name) for name in _AS_IS},
        "given": json.dumps(job.given.as_dict(), default=dict),
        "version": job.version,
        **{f"n_{name}": value for name, value in job.counts.as_dict().items()},
        **{name: value.isoformat() for name in _TIMES if (value := getattr(job, name))},
    }
    item["active"] = str(stage_after(job.status)) if job.status in ENDED else ACTIVE
    if job.problem:
        item |= {"problem": of_problem(job.problem)}
    if job.hold:
        item |= {"hold": job.hold}
    if job.waits_for:
        item |= {"waits_for": asdict(job.waits_for)}
    return item


def to_job(item: dict[str, Any]) -> Job:
    """Read a job item."""
    _check(item)
    return Job(
        ref=JobRef(item["tenant"], item["sk"]),
        kind=item["kind"],
        importer=item["importer"],
        status=Status(item["status"]),
        phase=PhaseName(item["phase"]) if item.get("phase") else None,
        counts=to_counts(item),
        problem=_to_problem(item["problem"]) if "problem" in item else None,
        file=_to_file(item["file"]),
        requested_by=item["requested_by"],
        batch_id=item["batch_id"],
        recipe=to_recipe(item),
        questions=_to_questions(item),
        recall=Recall.read(json.loads(item["recall"])) if "recall" in item else None,
        asks=item.get("asks", "ask"),
        split=int(item.get("split", 0)),
        split_by=int(item.get("split_by", 0)),
        urgent=item["urgent"],
        # items of older jobs lack these attributes
        review=item.get("review", False),
        force=item.get("force", False),
        corrects=item.get("corrects"),
        run=int(item.get("run", 1)),
        reads=int(item.get("reads", 1)),
        lookup=item.get("lookup"),
        suspended=_to_error(item.get("suspended")),
        deleted=item.get("deleted", False),
        options=_to_options(item.get("options", {})),
        given=GivenOptions(**json.loads(item.get("given", "{}"))),
        hold=int(item.get("hold", 0)),
        waits_for=WaitsFor(**item["waits_for"]) if "waits_for" in item else None,
        planned=item.get("planned", False),
        committed=item.get("committed", False),
        version=int(item["version"]),
        **{name: datetime.fromisoformat(item[name]) for name in _TIMES if name in item},
    )


def _to_file(kept: Mapping[str, Any]) -> JobFile:
    sheets = tuple(SheetOfFile(**_plain(each)) for each in kept.get("sheets", ()))
    return JobFile(**{**kept, "bytes": _whole(kept["bytes"]), "sheets": sheets})


def of_decided(decided: Decided) -> dict[str, Any]:
    """Write what is decided about a job as attributes; conditions name the version of its recipe."""
    known = decided.recipe.decisions
    # the evidence of a question is that of its decision, so it is stored once
    questions = [
        asdict(each) | {"evidence": None if each.key in known else asdict(each.evidence)} for each in decided.questions
    ]
    changes: dict[str, Any] = {
        "recipe": json.dumps({key: asdict(each) for key, each in known.items()}, default=str),
        "recipe_version": decided.recipe.version,
        "questions": json.dumps(questions, default=str),
    }
    if decided.recall is not None:
        changes["recall"] = json.dumps(decided.recall.as_dict())
    return changes if decided.options is None else changes | {"options": _of_options(decided.options)}


def to_recipe(item: Mapping[str, Any]) -> Recipe:
    """Read the recipe of a job; one of an earlier version has none."""
    decisions = {
        key: Decision(**{**kept, "evidence": to_evidence(kept["evidence"])})
        for key, kept in json.loads(item.get("recipe", "{}")).items()
    }
    return Recipe(int(item.get("recipe_version", 1)), decisions)


def _to_questions(item: Mapping[str, Any]) -> tuple[Question, ...]:
    decisions = to_recipe(item).decisions
    found = []
    for kept in json.loads(item.get("questions", "[]")):
        evidence = decisions[kept["key"]].evidence if kept["evidence"] is None else to_evidence(kept["evidence"])
        choices = tuple(Choice(**each) for each in kept["choices"])
        found.append(Question(**{**kept, "choices": choices, "evidence": evidence}))
    return tuple(found)


def _of_options(options: LoadOptions) -> dict[str, Any]:
    """Write options; shares become text, since DynamoDB's numbers are no floats."""
    guards = {
        "max_rejected": json.dumps(options.guards.max_rejected),
        "max_deleted": json.dumps(options.guards.max_deleted),
        "max_change": json.dumps(dict(options.guards.max_change)),
    }
    return {**asdict(options), "guards": guards}


def _to_options(kept: dict[str, Any]) -> LoadOptions:
    guards = {name: json.loads(value) for name, value in kept.get("guards", {}).items()}
    return LoadOptions(**{**kept, "guards": Guards(**guards)})


def log_prefix(ref: JobRef) -> dict[str, str]:
    """Return the key prefix of a job's log entries; the keys sort by time."""
    return {"pk": f"{ref.tenant}#{ref.id}", "sk": "log#"}


def of_entry(ref: JobRef, entry: LogEntry) -> dict[str, Any]:
    """Write an entry of a job's log as an item."""
    place = log_prefix(ref)
    at = entry.at.isoformat(timespec="microseconds")
    kept = {"at": at, "by": entry.by, "status": str(entry.status), "note": entry.note}
    return {**place, "sk": f"{place['sk']}{at}#{entry.status}", **kept}


def to_entry(item: dict[str, Any]) -> LogEntry:
    """Read an entry of a log."""
    return LogEntry(datetime.fromisoformat(item["at"]), item["by"], Status(item["status"]), item["note"])


def lock_key(lock: Lock) -> dict[str, str]:
    """Return the key of a lock."""
    kind = f"{lock.tenant}#{_LOCKS[lock.kind]}"
    return (
        {"pk": f"{kind}#{lock.name}", "sk": "lock"} if lock.kind is LockKind.DATASET else {"pk": kind, "sk": lock.name}
    )


def of_lock(lock: Lock, owner: JobRef) -> dict[str, str]:
    """Write a lock as an item."""
    return {**lock_key(lock), "job": owner.id}


def waiting_key(lock: Lock, waiting: Waiting) -> dict[str, str]:
    """Return the key of a job in the line of a dataset's lock; it sorts behind the lock, the keys by place."""
    return {"pk": lock_key(lock)["pk"], "sk": f"wait#{waiting.place}"}


def of_waiting(lock: Lock, waiting: Waiting) -> dict[str, Any]:
    """Write a job in the line of a dataset's lock as an item."""
    return {**waiting_key(lock, waiting), "run": waiting.run}


def to_waiting(lock: Lock, item: dict[str, Any]) -> Waiting:
    """Read a job in the line of a dataset's lock."""
    _, urgent, job_id = item["sk"].split("#")
    return Waiting(JobRef(lock.tenant, job_id), urgent == "0", int(item["run"]))


def to_held(lock: Lock, items: list[dict[str, Any]]) -> Held:
    """Read the lock of a dataset with the first in its line; there is no line without the item of the lock."""
    if not items:
        return Held()
    found, *waiting = items
    owner = JobRef(lock.tenant, found["job"]) if "job" in found else None
    first = to_waiting(lock, waiting[0]) if waiting and waiting[0]["sk"].startswith("wait#") else None
    return Held(owner, int(found["hold"]), first, found.get("newest", ""))


def dropped_key(lock: Lock, ref: JobRef) -> dict[str, str]:
    """Return the key of a job of the drop folder that will load into a dataset; they sort by age, before the lock."""
    return {"pk": lock_key(lock)["pk"], "sk": f"dropped#{ref.id}"}


def of_chunk(chunk: Chunk) -> dict[str, Any]:
    """Write a chunk as an item."""
    return {
        **chunk_key(chunk.ref),
        "format": FORMAT,
        "state": str(chunk.state),
        "first_row": chunk.first_row,
        "rows": chunk.rows,
        "start": chunk.start,
        "end": chunk.end,
        "attempts": chunk.attempts,
        "lease_until": chunk.lease_until,
        "round": chunk.ref.round,
        **({"touched": True} if chunk.touched else {}),
        **of_parsed(chunk.version, chunk.depends),
    }


def of_parsed(version: int, depends: Iterable[str]) -> dict[str, Any]:
    """Write what a chunk was parsed with."""
    return {"version": version, "depends": sorted(depends)}


def to_chunk(ref: JobRef, item: dict[str, Any]) -> Chunk:
    """Read a chunk item."""
    _check(item)
    _, phase, index = item["sk"].split("#")
    return Chunk(
        ref=ChunkRef(ref, PhaseName(phase), int(index), int(item.get("round", 0))),
        first_row=int(item["first_row"]),
        rows=int(item["rows"]),
        start=int(item["start"]),
        end=int(item["end"]),
        state=ChunkState(item["state"]),
        attempts=int(item["attempts"]),
        lease_until=int(item["lease_until"]),
        counts=to_counts(item),
        error=_to_error(item.get("error")),
        closed_at=datetime.fromisoformat(item["closed_at"]) if "closed_at" in item else None,
        version=int(item.get("version", 0)),
        depends=frozenset(item.get("depends", ())),
        touched=item.get("touched", False),
        due_at=int(item.get("due_at", 0)),
    )


def of_phase(ref: JobRef, phase: Barrier) -> dict[str, Any]:
    """Write a barrier as an item."""
    numbers = {"run": phase.run, "total": phase.total, "remaining": phase.remaining, "failed": phase.failed}
    return {**phase_key(ref, phase.name), "format": FORMAT, "token": phase.token, **numbers}


def to_phase(item: dict[str, Any]) -> Barrier:
    """Read a barrier."""
    _check(item)
    return Barrier(
        name=PhaseName(item["sk"].split("#")[1]),
        run=int(item["run"]),
        total=int(item["total"]),
        remaining=int(item["remaining"]),
        failed=int(item["failed"]),
        token=item["token"],
    )


def _check(item: dict[str, Any]) -> None:
    """Check that this version knows the format of an item, a `Decimal`; raises `NewerFormat`."""
    format_of({"format": int(item.get("format", 0))}, f"The item {item['pk']} {item['sk']}", newest=FORMAT)


def to_counts(item: dict[str, Any]) -> Counts:
    """Read the counts of a job or a chunk."""
    earlier = {name: item.get(f"n_{before}", 0) for name, before in _EARLIER_COUNTS.items()}
    return Counts(**{name: int(item.get(f"n_{name}", earlier.get(name, 0))) for name in _COUNTS})


def of_problem(problem: Problem) -> dict[str, Any]:
    """Write a problem; cuts what a hostile file has made too large for an item."""
    return {"type": problem.type, "params": _bounded(problem.params)}


def _to_problem(kept: dict[str, Any]) -> Problem:
    if "params" in kept:
        return Problem(kept["type"], _plain(kept["params"]))
    # an older version stored the sentences
    words = {"title": kept["title"], "detail": kept["detail"]}
    type = _EARLIER_TYPES.get(kept["type"], kept["type"])
    return Problem(type, {**_plain(kept["extra"]), "stored": words})


def _to_error(kept: Any) -> Problem | None:
    if isinstance(kept, str):  # an older version stored the sentence
        return Problem(ATTEMPT_FAILED, {"error": kept})
    return _to_problem(kept) if kept else None


def _bounded(value: Any) -> Any:
    match value:
        case str():
            return value[:_LONGEST_TEXT]
        case int() if not isinstance(value, bool):
            return max(-_LARGEST_NUMBER, min(value, _LARGEST_NUMBER))
        case float():
            return Decimal(repr(value)) if isfinite(value) else repr(value)
        case Mapping():
            return {name: _bounded(each) for name, each in value.items()}
        case list() | tuple():
            return [_bounded(each) for each in value]
        case _:
            return value


def _plain(value: Any) -> Any:
    """Turn the numbers that boto3 reads as Decimal into those that JSON can hold."""
    match value:
        case Decimal():
            return int(value) if value == int(value) else float(value)
        case dict():
            return {name: _plain(each) for name, each in value.items()}
        case list():
            return [_plain(each) for each in value]
        case _:
            return value


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)
