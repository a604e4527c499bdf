"""Words for people: states, verdicts, times, and what to do next."""

import shlex
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Final

PROFILE: Final[ContextVar[str | None]] = ContextVar("profile", default=None)
"""Profile that ``--profile`` names; commands that are suggested repeat it."""

STATUSES: Final = {
    "waiting_for_file": "Waiting for file",
    "queued": "Queued",
    "parsing": "Checking",
    "in_review": "In review",
    "loading": "Loading",
    "pausing": "Pausing",
    "paused": "Paused",
    "cancelling": "Cancelling",
    "cancelled": "Cancelled",
    "rolling_back": "Rolling back",
    "rolled_back": "Rolled back",
    "completed": "Completed",
    "failed": "Failed",
}
"""States of a job, in the words of the console."""

_LOADED: Final = ("inserted", "updated", "unchanged", "deleted")
_LISTS: Final = {"importer": "importers", "source": "sources", "job": "jobs"}
_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def command(*arguments: str) -> str:
    """Return a command line to type, with ``--profile`` if this one has it."""
    profile = PROFILE.get()
    return shlex.join(["sluice", *(["--profile", profile] if profile else []), *arguments])


def status(name: str) -> str:
    """Return a state in words; one that this version does not know, as the API spells it."""
    return STATUSES.get(name, name.replace("_", " ").capitalize())


def verdict(job: Mapping[str, Any]) -> str:
    """Return what became of a job: its state, and for one that has completed, whether its rows were loaded."""
    if job.get("suspended") and job["status"] in {"pausing", "paused"}:
        return "Suspended"
    if job["status"] == "loading" and job.get("lookup"):
        return "Looking up"
    counts = job.get("counts") or {}
    rejected = counts.get("rejected") or 0
    if job["status"] == "in_review" and rejected:
        return f"{status('in_review')}, {rejected:,} rejected"
    if job["status"] != "completed":
        return status(job["status"])
    done = "looked up" if job.get("lookup") else "loaded"
    if any(counts.get(name) for name in _LOADED):
        return f"{done.capitalize()}, {rejected:,} rejected" if rejected else done.capitalize()
    return f"Nothing {done}, {rejected:,} rejected" if rejected else "Completed, no rows"


def options(given: Mapping[str, Any]) -> str:
    """Return what a job does to its dataset, in the names of the options of `sluice import`; limits that are set."""
    guards = dict(given.get("guards") or {})
    changes = guards.pop("max_change", None) or {}
    named = {
        **{name: given.get(name) for name in ("mode", "blanks", "deletes")},
        "on-rejections": given.get("on_rejections") if given.get("on_rejections") != "continue" else None,
        **{name.replace("_", "-"): limit for name, limit in guards.items()},
    }
    parts = [f"{name} {value}" for name, value in named.items() if value is not None]
    return ", ".join(parts + [f"max-change {column}={share}" for column, share in changes.items()])


def local_time(text: str | None) -> str:
    """Return an RFC 3339 time in this machine's zone, to the second, with its offset; empty for None."""
    return "" if text is None else datetime.fromisoformat(text).astimezone().isoformat(" ", "seconds")


def local_minute(text: str | None) -> str:
    """Return a time as `local_time` does, to the minute."""
    return "" if text is None else datetime.fromisoformat(text).astimezone().isoformat(" ", "minutes")


def seconds_between(begin: str, end: str) -> float:
    """Return the seconds between two RFC 3339 times."""
    return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()


def duration(seconds: float) -> str:
    """Return a duration in its two largest units."""
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    left, parts = round(seconds), []
    for size, unit in _UNITS:
        if left >= size:
            parts.append(f"{left // size} {unit}")
            left %= size
    return " ".join(parts[:2])


def describe(problem: Mapping[str, Any], job: Mapping[str, Any] | None = None) -> str:
    """Return a problem document as text: title and detail, then the command that helps, if there is one.

    Parameters
    ----------
    job
        The job whose problem it is; None for the problem of a request.
    """
    title, detail = str(problem.get("title") or "Rejected"), problem.get("detail")
    text = f"{title}: {detail}" if detail and detail != title else title
    advise = _ADVICE.get(str(problem.get("type")).rpartition("/")[2])
    advice = advise(problem, job or {}) if advise else ""
    return f"{text}\n{advice}" if advice else text


def next_steps(job: Mapping[str, Any]) -> list[str]:
    """Return the commands that a person may want next, each after what it does."""
    job_id, steps = job["id"], []
    links = job.get("links") or {}
    if job["status"] == "in_review":
        steps.append(f"Look at it: {command('preview', job_id)}")
        if job.get("questions"):
            steps.append(f"Answer it: {answer_to(job)}")
        elif "commit" in links:
            steps.append(f"Load it: {command('commit', job_id)}")
        steps.append(f"Discard it: {command('cancel', job_id)}")
    if job["status"] == "paused" and not job.get("suspended"):
        steps.append(f"Resume it: {command('resume', job_id)}")
    if "rejections" in links:
        steps.append(f"Rejected rows: {command('rejections', job_id)}")
    if "rejections" in links and "files" in links:
        # the file of a job that has loaded nothing is corrected itself, not its rejected rows alone
        whole = str((job.get("problem") or {}).get("type")).rpartition("/")[2] in _OF_WHOLE_FILES
        steps.append(
            f"As a workbook{'' if whole else ' to correct'}: {command('files', job_id, '--save', 'errors.xlsx')}"
        )
    return steps


def waits(job: Mapping[str, Any]) -> Any:
    """Return what a job waits for, another job or since when for a worker; None if it waits for neither."""
    return job.get("waits_for") or (job.get("progress") or {}).get("waits_since")


def answer_to(job: Mapping[str, Any]) -> str:
    """Return the command that answers a job's questions; it suggests no value, because a wrong one is hard to see."""
    return command("answer", job["id"], *(f"{question['key']}=VALUE" for question in job["questions"]))


def place(job: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the members that name a row: its number, and the sheet if the job reads several."""
    several = len((job.get("file") or {}).get("sheets") or []) > 1
    return ("sheet", "row") if several else ("row",)


def sheets(job: Mapping[str, Any]) -> list[str]:
    """Return what is read of a workbook, what is not, and what a person may not see of it."""
    file = job.get("file") or {}
    read = [each["sheet"] for each in file.get("sheets") or []]
    named = [f"Sheet{'s' if len(read) > 1 else ''}: {', '.join(read)}"] if read else []
    return named + [each["text"] for each in file.get("notes") or []]


def changes(change: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    """Return what changes in a record, column by column: the value before, an arrow, the value after."""
    before, after = change["before"], change["after"]
    return "; ".join(f"{titles.get(name, name)}: {_said(before.get(name))} → {_said(after[name])}" for name in after)


def remembered(recall: Mapping[str, Any]) -> list[str]:
    """Return which earlier recipe a job uses or offers, and how the headers of its file differ from those of then."""
    of = f"recipe {recall['name']}" if recall["name"] else f"job {recall['job']}"
    if recall["name"] or recall["alike"] == 1:
        sentences = [f"Read by the {of}" if recall["name"] else f"Read as {of} was"]
    else:
        sentences = [
            f"Headers are {recall['alike']:.0%} those of {of}; what it decided is offered, and decides nothing"
        ]
    drift = recall["drift"]
    likely = [
        f"{old} (likely {drift['renamed'][old]} now)" if old in drift["renamed"] else old for old in drift["missing"]
    ]
    sentences += [f"Headers that are missing since: {', '.join(likely)}"] if likely else []
    return sentences + ([f"New headers: {', '.join(drift['new'])}"] if drift["new"] else [])


def untouched(preview: Mapping[str, Any]) -> list[str]:
    """Return what a file leaves as it is, in sentences: columns that it lacks, and its blank cells."""
    columns, counts = preview["untouched"], preview["counts"]
    sentences = []
    if columns:
        titles = ", ".join(column["title"] for column in columns)
        sentences.append(f"Not in the file, so existing records keep their values: {titles}")
        defaults = ", ".join(f"{column['title']} {_said(column['default'])}" for column in columns)
        sentences += [f"In new records: {defaults}"] if counts["insert"] != 0 else []
    if blank := counts["kept_blank"]:
        cells = "blank cell keeps" if blank == 1 else "blank cells keep"
        sentences.append(f"{blank:,} {cells} the value that the record has")
    return sentences


# Types of the problems of jobs that have loaded nothing of their files.
_OF_WHOLE_FILES: Final = frozenset({"guard", "rejections"})


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "(empty)" if value is None else str(value)


def _on_job(action: str, what: str) -> Callable[[Mapping[str, Any], Mapping[str, Any]], str]:
    return lambda _, job: f"{what}: {command(action, str(job.get('id', 'ID')))}"


def _forced(job: Mapping[str, Any], *more: str) -> str:
    return command("sync", str(job.get("importer", "SOURCE")), "--force", *more)


def _let_through(problem: Mapping[str, Any], job: Mapping[str, Any]) -> str:
    """Name the command that lets a sync delete what its source lacks; the options of `import` let a file through."""
    if job.get("kind") != "sync" or problem.get("guard") != "max_deleted":
        return ""
    return f"To delete them all the same: {_forced(job, '--max-deleted', str(problem.get('found')))}"


def _parameter(problem: Mapping[str, Any], _: Mapping[str, Any]) -> str:
    return f"Give it with: --recipe constants.{problem.get('parameter', 'NAME')}=VALUE"


def _not_found(problem: Mapping[str, Any], _: Mapping[str, Any]) -> str:
    """Name the list that has the right names, as far as the detail says of what."""
    listed = next((name for name in _LISTS if f" {name} " in str(problem.get("detail"))), None)
    return f"See which there are: {command(_LISTS[listed])}" if listed else "Check the name."


def _login(_: Mapping[str, Any], __: Mapping[str, Any]) -> str:
    return f"Sign in: {command('login')}\nOn a machine, set SLUICE_TOKEN to a valid token."


def _scope(problem: Mapping[str, Any], _: Mapping[str, Any]) -> str:
    scope = str(problem.get("scope", "SCOPE"))
    return f"Ask who runs your issuer for the scope {scope}. Scopes of your token: {command('info')}"


_ADVICE: Final[dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], str]]] = {
    "unauthorized": _login,
    "forbidden": _scope,
    "not-found": _not_found,
    "same-file": lambda *_: "Import it again with: --force",
    "missing-parameter": _parameter,
    "missing-header": lambda *_: "Name the header that stands for a column with: --recipe columns.HEADER=COLUMN",
    "bad-mapping": lambda *_: f"See the columns of each importer: {command('importers')}",
    "wrong-file-type": lambda *_: f"See the files that each importer takes: {command('importers')}",
    "invalid-parameter": lambda *_: f"See the parameters of each importer: {command('importers')}",
    "invalid-option": lambda *_: f"See the options of each importer: {command('importers')}",
    "question": lambda *_: "A recipe is given with --recipe. Or let the job ask: --questions ask",
    "questions-open": _on_job("answer", "See the questions"),
    "answered-otherwise": _on_job("job", "See what holds"),
    "unprocessed-rows": _on_job("retry", "Retry them"),
    "system-error": _on_job("retry", "Retry it"),
    "upstream-rejected": _on_job("retry", "Then retry it"),
    "rollback-incomplete": _on_job("rollback", "Roll it back again"),
    "sync-overdue": lambda _, job: f"Start it again: {_forced(job)}",
    "source-drift": lambda _, job: f"Then start it again: {_forced(job)}",
    "guard": _let_through,
    "try-later": lambda *_: "Run the command again in a moment.",
}
"""What helps against a problem, by the last part of its type: made of the problem, and of the job whose it is."""
