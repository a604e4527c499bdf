"""Jobs in DynamoDB; `stored` defines their items."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase, Key

from sluice.aws import stored
from sluice.aws.dynamodb import ConditionFailed, attempts, put, query_items, read_items, transact, update
from sluice.aws.expiry import let_stay, read_job
from sluice.aws.locks import freeing, held_by, owned_by, step_parts
from sluice.aws.quotas import Quotas
from sluice.model.chunk import JobRef, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import NotFound, NotYet, Problem
from sluice.model.job import JOB_ID, SYSTEM, Decided, Job, JobFile, LogEntry, WaitsFor
from sluice.model.lock import Lock, LockChanged, LockStep
from sluice.model.page import Page, encode_cursor, job_position
from sluice.model.quota import NO_LIMITS, Limits
from sluice.model.retention import stage_after
from sluice.model.status import ENDED, TRANSITIONS, Status, illegal_transition, sources_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_EXISTS = "attribute_exists(pk)"
_KEPT = "attribute_not_exists(deleted)"
_HOLD = {"#hold": "hold"}
# Attempts to begin a job while others of its tenant begin.
_TURNS = 12
# Condition that the recipe of a job is the one that was read; jobs of an earlier version have none.
_SAME_RECIPE = "(attribute_not_exists(#recipe_version) OR #recipe_version = :recipe_seen)"
_SEEN = {"#status": "status", "#run": "run", "#recipe_version": "recipe_version"}
_TAKEN = ("corrects", "recipe", "recipe_version", "questions", "options")


class DynamoJobs:
    """The `Jobs` port on DynamoDB.

    Parameters
    ----------
    table
        The jobs table.
    keep_days
        Days that what a job leaves is kept after its end.
    limits
        What a tenant may have under way.
    """

    def __init__(self, table: Table, keep_days: int, limits: Limits = NO_LIMITS) -> None:
        self._table, self._client = table, table.meta.client
        self._quotas = Quotas(table, limits)
        self._keep = timedelta(days=keep_days)

    def add(self, job: Job, *, note: str = "", owning: Lock | None = None, instead_of: JobRef | None = None) -> bool:
        """Add a job, and make it the owner of a lock in the same transaction.

        ``False``, and nothing is written, if there is a job of that id already, or if the lock's owner is not
        ``instead_of`` (``None``: if it has an owner). Raises `QuotaReached` if its tenant has too much under way.
        """
        new = put(self._table.name, stored.of_job(job))
        new["Put"]["ConditionExpression"] = "attribute_not_exists(pk)"
        parts = [new, self._entry(job.ref, job.status, job.requested_by, note)]
        if owning is not None:
            parts.append(owned_by(self._table.name, owning, job.ref, instead_of))
        for _ in attempts(_TURNS):
            share = [] if job.status in ENDED else self._quotas.entry(job)
            try:
                transact(self._client, [*parts, *share])
                return True
            except ConditionFailed as failed:
                if failed.places != [len(parts)]:  # else another job of the tenant has begun
                    return False
        raise NotYet("jobs-table-busy", _TURNS)

    def get(self, ref: JobRef) -> Job:
        """Read a job, strongly consistent; raises `NotFound`."""
        if not JOB_ID.fullmatch(ref.id):
            raise NotFound("job", ref.id[:64])
        found = self._table.get_item(Key=stored.job_key(ref), ConsistentRead=True).get("Item")
        if found is None:
            raise NotFound("job", ref.id)
        return self._read(found)

    def page(
        self, tenant: str, *, status: str | None, importer: str | None, limit: int, cursor: str | None
    ) -> Page[Job]:
        """List the jobs of a tenant, newest first."""
        condition: ConditionBase = Key("pk").eq(stored.jobs_of(tenant))
        if cursor:
            condition &= Key("sk").lt(job_position(cursor))
        # consistent: of two processes that look for the next job in line, one must see the write of the other
        query: dict[str, Any] = {"KeyConditionExpression": condition, "ScanIndexForward": False, "ConsistentRead": True}
        query["Limit"] = max(100, limit + 1)
        for name, value in (("status", status), ("importer", importer)):
            if value:
                wanted = Attr(name).eq(value)
                query["FilterExpression"] = (
                    query["FilterExpression"] & wanted if "FilterExpression" in query else wanted
                )
        found: list[Job] = []
        for item in query_items(self._table.query, **query):
            if len(found) == limit:
                return Page(found, encode_cursor(found[-1].ref.id))
            found.append(self._read(item))
        return Page(found, None)

    def active(self) -> Iterator[Job]:
        """Yield the jobs of all tenants that have not ended."""
        query = {"IndexName": "active", "KeyConditionExpression": Key("active").eq(stored.ACTIVE)}
        keys = ({"pk": item["pk"], "sk": item["sk"]} for item in query_items(self._table.query, **query))
        # the index follows the table later: one that has just ended, or was removed, is in it as before
        for item in read_items(self._table, keys):
            let_stay(self._table, item)
            yield stored.to_job(item)

    def transition(
        self,
        ref: JobRef,
        to: Status,
        *,
        by: str = SYSTEM,
        note: str = "",
        new_run: bool = False,
        file: JobFile | None = None,
        problem: Problem | None = None,
        decided: Decided | None = None,
        committed: bool = False,
        suspended: Problem | None = None,
        phase: PhaseName | None = None,
        since: Job | None = None,
        lock: LockStep | None = None,
    ) -> Job:
        """Move a job to another state, in one transaction with its other changes and an entry in its log.

        A job that is already in that state stays as it is.

        Parameters
        ----------
        by, note
            Subject of the caller, and details for the log.
        new_run, committed
            Whether a new run begins, and whether a caller commits the job.
        since
            The job as it was read; nothing is written if its state, its run or the version of its recipe has changed.
        decided, lock
            Only with ``since``: what is decided, and a step at the lock of its dataset.

        Raises
        ------
        Conflict, LockChanged
            If the job's state does not allow the transition; if the lock has changed since it was read.
        NotFound
            If there is no such job.
        """
        problems = {"problem": problem, "suspended": suspended}
        changes = changes_of(to, phase) | {"status": str(to)}
        changes |= {"file": asdict(file)} if file else {}
        changes |= {name: stored.of_problem(each) for name, each in problems.items() if each}
        if new_run:
            changes["run_at"] = datetime.now(UTC).isoformat()
        changes |= stored.of_decided(decided) if decided else {}
        changes |= {"committed": True} if committed else {}
        parts: list[dict[str, Any]] = []
        if since is not None and to not in TRANSITIONS[since.status] and not (lock and to is since.status):
            raise illegal_transition(ref.id, since.status, to)
        if since is not None and lock is not None:
            changes |= held_by(since, lock)
            parts = step_parts(self._table.name, since, lock)
        where, allowed = status_in(sources_of(to) - {to}) if since is None else unchanged(since)
        if since is not None and decided is not None:
            where, allowed = f"{where} AND {_SAME_RECIPE}", allowed | {":recipe_seen": since.recipe.version}
        counters = ("version", "run") if new_run else ("version",)
        dropped = [name for name in dropped_by(to) if name not in changes]
        change = self._update(ref, changes, f"{where} AND {_KEPT}", allowed, counters=counters, remove=dropped)
        change["Update"]["ExpressionAttributeNames"] |= {"#run": "run"} if since else {}
        change["Update"]["ExpressionAttributeNames"] |= _SEEN if since and decided else {}
        if to in ENDED:
            parts.append(self._quotas.exit(ref))
        elif since is not None and since.status in ENDED:
            parts += self._quotas.entry(since)
        try:
            transact(self._client, [change, self._entry(ref, to, by, note), *parts])
        except ConditionFailed as failed:
            if 0 not in failed.places:  # without a lock, another job of the tenant has begun
                raise (LockChanged if lock else NotYet("jobs-table-busy", 1)) from None
            job = self.get(ref)
            if job.status is not to:
                raise illegal_transition(ref.id, job.status, to) from None
            return job
        return self.get(ref)

    def give_back(self, job: Job, lock: Lock) -> bool:
        """Free the lock of a dataset that the job holds, and note that in the job, whose version stays.

        ``False``, and nothing changes, if the job has given it back, or has begun another run since it was read.
        """
        where, seen = unchanged(job)
        names = {"#status": "status", "#run": "run", **_HOLD}
        where, values = f"{where} AND #hold = :hold", {**seen, ":hold": job.hold}
        freed = update(self._table.name, stored.job_key(job.ref), "REMOVE #hold", names, values, where)
        try:
            transact(self._client, [freed, freeing(self._table.name, job, lock)])
        except ConditionFailed:
            return False
        return True

    def wait_for(self, job: Job, waits_for: WaitsFor) -> None:
        """Store what a job waits for, unless its state or its run has changed, or it holds its dataset's lock."""
        where, seen = unchanged(job)
        where += " AND attribute_not_exists(#hold)"
        change = self._update(job.ref, {"waits_for": asdict(waits_for)}, where, seen)
        change["Update"]["ExpressionAttributeNames"] |= {"#status": "status", "#run": "run", **_HOLD}
        with suppress(ConditionFailed):
            transact(self._client, [change])

    def describe(self, job: Job, *, file: JobFile, total: int, note: str = "") -> None:
        """Store the results of `plan`: the file, and the number of rows that it was split into by the job's recipe.

        Once in each split: chunks subtract their blank rows from the total, and a late plan must not add them.
        """
        changes = {"file": asdict(file), "n_total": total, "planned": True, "split_by": job.recipe.version}
        where, split = _in_split(job)
        change = self._update(job.ref, changes, f"{_EXISTS} AND attribute_not_exists(planned) AND {where}", split)
        change["Update"]["ExpressionAttributeNames"] |= {"#split": "split"}
        entry = [self._entry(job.ref, job.status, SYSTEM, note)] if note else []
        with suppress(ConditionFailed):
            transact(self._client, [change, *entry])

    def split_anew(self, job: Job) -> Job:
        """Let the file of a job be planned once more, into the folder of its next split; once for each split."""
        where, split = _in_split(job)
        change = self._update(
            job.ref, {"n_total": 0}, f"{_EXISTS} AND {where}", split, counters=("version", "split"), remove=["planned"]
        )
        with suppress(ConditionFailed):
            transact(self._client, [change])
        return self.get(job.ref)

    def enter_phase(self, ref: JobRef, phase: PhaseName) -> Job:
        """Store the phase of a job."""
        transact(self._client, [self._update(ref, {"phase": phase}, _EXISTS)])
        return self.get(ref)

    def decide(self, job: Job, decided: Decided, *, by: str = SYSTEM, note: str = "") -> Job:
        """Store what is decided about a job; `Conflict` if state, run or recipe have changed since it was read."""
        where, seen = unchanged(job)
        where, seen = f"{where} AND {_SAME_RECIPE}", seen | {":recipe_seen": job.recipe.version}
        change = self._update(job.ref, stored.of_decided(decided), where, seen)
        change["Update"]["ExpressionAttributeNames"] |= _SEEN
        entry = [self._entry(job.ref, job.status, by, note)] if note else []
        try:
            transact(self._client, [change, *entry])
        except ConditionFailed:
            raise illegal_transition(job.ref.id, self.get(job.ref).status, job.status) from None
        return self.get(job.ref)

    def link(self, job: Job, corrected: Job, *, note: str) -> Job:
        """Store that a job corrects another, with what it takes from it, and an entry in the logs of both; only once.

        Returns the job as it is stored; it corrects none if ``corrected`` does not exist any more.
        """
        item = stored.of_job(job)
        changes = {name: item[name] for name in _TAKEN}
        where = "(attribute_not_exists(corrects) OR attribute_type(corrects, :null)) AND attribute_not_exists(planned)"
        parts = [
            self._update(job.ref, changes, f"{_EXISTS} AND {where}", {":null": "NULL"}),
            self._entry(job.ref, job.status, SYSTEM, note),
            self._update(corrected.ref, {}, f"{_EXISTS} AND {_KEPT}"),
            self._entry(corrected.ref, corrected.status, job.requested_by, f"corrected by job {job.ref.id}"),
        ]
        with suppress(ConditionFailed):  # an earlier attempt has written this, or the corrected job was removed
            transact(self._client, parts)
        return self.get(job.ref)

    def log(self, job: Job, *, by: str = SYSTEM, note: str) -> None:
        """Add an entry to a job's log without changing its state."""
        transact(self._client, [self._update(job.ref, {}, _EXISTS), self._entry(job.ref, job.status, by, note)])

    def entries(self, ref: JobRef) -> list[LogEntry]:
        """List the log entries of a job, oldest first."""
        place = stored.log_prefix(ref)
        condition = Key("pk").eq(place["pk"]) & Key("sk").begins_with(place["sk"])
        query = {"KeyConditionExpression": condition, "ConsistentRead": True}
        return [stored.to_entry(item) for item in query_items(self._table.query, **query)]

    def mark_deleted(self, ref: JobRef, *, by: str) -> Job:
        """Mark a job that has ended as deleted, only once; it shows no cells then. Raises `Conflict` if it goes on."""
        job, (where, ended) = self.get(ref), status_in(ENDED)
        changes = {"deleted": True, **stored.of_decided(Decided(job.recipe.without_evidence()))}
        change = self._update(ref, changes, f"{where} AND {_KEPT}", ended, remove=["recall"])
        change["Update"]["ExpressionAttributeNames"] |= {"#status": "status"}
        with suppress(ConditionFailed):
            transact(self._client, [change, self._entry(ref, job.status, by, "its files and rows are deleted")])
        job = self.get(ref)
        if not job.deleted:
            raise illegal_transition(ref.id, job.status, "deleted")
        return job

    def stay_paused(self, ref: JobRef, *, by: str) -> Job:
        """Turn the suspension of a job into an ordinary pause, which only a caller ends."""
        change = self._update(ref, {}, "attribute_exists(suspended)", remove=["suspended"])
        job = self.get(ref)
        with suppress(ConditionFailed):  # the job has resumed, or an earlier call has written this
            transact(self._client, [change, self._entry(ref, job.status, by, "to be resumed by hand")])
        return self.get(ref)

    def read_again(self, job: Job, *, note: str) -> None:
        """Reset a sync to be planned again, with all counts at 0; once per reading, and only while it is parsed."""
        zero = {f"n_{name}": 0 for name in Counts().as_dict()}
        where = "attribute_exists(planned) AND #status = :parsing AND #reads = :reads"
        seen = {":parsing": str(Status.PARSING), ":reads": job.reads}
        change = self._update(job.ref, zero, where, seen, counters=("version", "reads"), remove=["planned"])
        change["Update"]["ExpressionAttributeNames"] |= {"#status": "status"}
        with suppress(ConditionFailed):
            transact(self._client, [change, self._entry(job.ref, Status.PARSING, SYSTEM, note)])

    def _read(self, item: dict[str, Any]) -> Job:
        return read_job(item, self._keep)

    def _entry(self, ref: JobRef, status: Status, by: str, note: str) -> dict[str, Any]:
        now = datetime.now(UTC)
        return put(self._table.name, stored.of_entry(ref, LogEntry(now, by, status, note)))

    def _update(
        self,
        ref: JobRef,
        changes: Mapping[str, Any],
        where: str,
        values: Mapping[str, Any] | None = None,
        *,
        counters: tuple[str, ...] = ("version",),
        remove: list[str] | None = None,
    ) -> dict[str, Any]:
        changes = {**changes, "updated_at": datetime.now(UTC).isoformat()}
        expression = "SET " + ", ".join(setting(name) for name in changes)
        expression += " ADD " + ", ".join(f"#{name} :one" for name in counters)
        if remove:
            expression += " REMOVE " + ", ".join(f"#{name}" for name in remove)
        names = {f"#{name}": name for name in (*changes, *counters, *(remove or []))}
        values = {":one": 1, **(values or {}), **{f":{name}": value for name, value in changes.items()}}
        return update(self._table.name, stored.job_key(ref), expression, names, values, where)


def changes_of(to: Status, phase: PhaseName | None) -> dict[str, Any]:
    """Return the attributes that a transition sets; a stopped job keeps its phase, in which it will continue."""
    now = datetime.now(UTC).isoformat()
    match to:
        case Status.PARSING:
            return {"phase": PhaseName.PARSE, "started_at": now, "active": stored.ACTIVE}
        case Status.LOADING:
            return {"phase": phase or PhaseName.LOAD, "active": stored.ACTIVE}
        case Status.ROLLING_BACK:
            return {"phase": PhaseName.UNDO, "active": stored.ACTIVE}
        case Status.PAUSING | Status.PAUSED | Status.CANCELLING:
            return {}
        case _ if to in ENDED:
            return {"phase": None, "finished_at": now, "active": str(stage_after(to))}
        case _:
            return {"phase": phase, "active": stored.ACTIVE}


def dropped_by(to: Status) -> list[str]:
    """List the attributes that a transition removes."""
    dropped = ["waits_for", "problem", "finished_at"]
    return dropped if to in {Status.PAUSING, Status.PAUSED} else [*dropped, "suspended"]


def unchanged(job: Job) -> tuple[str, dict[str, Any]]:
    """Build the condition that a job is in the state and the run in which it was read, with its values."""
    run = "#run = :run_seen" if job.run > 1 else "(attribute_not_exists(#run) OR #run = :run_seen)"
    return f"#status = :status_seen AND {run}", {":status_seen": str(job.status), ":run_seen": job.run}


def _in_split(job: Job) -> tuple[str, dict[str, Any]]:
    """Build the condition that a job is in the split in which it was read, with its values."""
    first = "attribute_not_exists(#split) OR " if not job.split else ""
    return f"({first}#split = :split_seen)", {":split_seen": job.split}


def status_in(states: Iterable[Status]) -> tuple[str, dict[str, str]]:
    """Build the condition that a job is in one of these states, with its values."""
    values = {f":status{place}": str(status) for place, status in enumerate(sorted(states))}
    return f"#status IN ({', '.join(values)})", values


def setting(name: str) -> str:
    """Write the SET clause of an attribute; ``started_at`` keeps its first value when a job is resumed."""
    return f"#{name} = if_not_exists(#{name}, :{name})" if name == "started_at" else f"#{name} = :{name}"
