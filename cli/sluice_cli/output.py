"""What the command line prints: JSON or tables on standard output, progress on standard error."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.filesize import decimal
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from sluice_cli import decisions, words
from sluice_cli.client import Response
from sluice_cli.words import describe, duration, local_minute, local_time, verdict

out: Final = Console(highlight=False, width=None if sys.stdout.isatty() else 1000)  # lines into a pipe stay whole
err: Final = Console(stderr=True, highlight=False)


_CONTROL: Final = dict.fromkeys({*range(0x20), *range(0x7F, 0xA0)} - {0x09, 0x0A}, "\N{REPLACEMENT CHARACTER}")


class Column(NamedTuple):
    """A column of a table: where its values are in an item (``a.b`` is field b of field a), its heading, its words."""

    path: str
    heading: str
    text: Callable[[Any], str] = str


def _plain(text: str) -> str:
    """Return a text whose control characters a terminal does not carry out: cells of a file may have any."""
    return text.translate(_CONTROL)


def _number(value: Any) -> str:
    return f"{value:,}"


def _size(value: Any) -> str:
    return decimal(int(value))


JOBS: Final = (
    Column("id", "Job"),
    Column("importer", "Importer"),
    Column("file.name", "File"),
    Column("", "Status", verdict),
    Column("counts.total", "Rows", _number),
    Column("created_at", "Created", local_minute),
)
REJECTIONS: Final = (
    Column("sheet", "Sheet"),
    Column("row", "Row"),
    Column("column", "Column"),
    Column("value", "Value"),
    Column("reason", "Reason"),
)
FILES: Final = (
    Column("name", "File"),
    Column("title", "Content"),
    Column("rows", "Rows", _number),
    Column("bytes", "Size", _size),
)
LOG: Final = (
    Column("at", "Time", local_time),
    Column("lasted", "Lasted", duration),
    Column("by", "By"),
    Column("status", "Status", words.status),
    Column("note", "Note"),
)
IMPORTERS: Final = (
    Column("name", "Importer"),
    Column("title", "Title"),
    Column("dataset", "Dataset"),
    Column("options", "Options", words.options),
    Column("synchronous", "Synchronous", lambda value: "yes" if value else "no"),
    Column("max_rows", "Most rows", _number),
    Column("file_types", "File types", lambda value: " ".join(value or ["any"])),
    Column(
        "parameters",
        "Parameters, such as",
        lambda value: ", ".join(f"{each['name']}={each['example']}" for each in value or []),
    ),
)
PREVIEW: Final = (
    Column("title", "Column"),
    Column("header", "Header in the file"),
    Column("place", "Place"),
    Column("date_order", "Date order"),
)
CHANGES: Final = (Column("row", "Row", _number), Column("key", "Key"), Column("changes", "Changes"))
DELETED_ROWS: Final = (Column("row", "Row", _number), Column("key", "Key"))
_FIRST: Final = 20
"""Rows of each kind of change that a preview shows."""
_WHOLE: Final = (local_time, duration)
"""Texts that stay in one line; those of other columns wrap where the terminal is narrow."""
COUNTS: Final = {
    "total": "In the file",
    "inserted": "Inserted",
    "updated": "Updated",
    "unchanged": "Unchanged",
    "rejected": "Rejected",
    "unprocessed": "Unprocessed",
}
#: Shown only if there are any.
RARE_COUNTS: Final = {
    "deleted": "Deleted",
    "skipped": "Hidden, skipped",
    "absent": "Not in the file, deleted",
    "absent_left": "Not in the file, left",
    "kept_blank": "Blank cells that changed nothing",
}
ROLLBACK: Final = {"reversed": "Rolled back", "conflicts": "Kept", "failed": "Not rolled back"}
PHASES: Final = {
    "parse": "Checking",
    "parsing": "Checking",
    "compare": "Comparing",
    "load": "Loading",
    "loading": "Loading",
    "lookup": "Looking up",
    "absent": "Deleting what is not in the file",
    "undo": "Rolling back",
}
"""Phases and states of a job, and what their progress bars say."""


def show(response: Response, as_json: bool, table: Callable[[Any], None]) -> None:
    """Print a response: its JSON as received, or what `table` makes of it."""
    if as_json:
        print(response.text)
    else:
        table(response.body)


def note(text: str) -> None:
    """Print a line for people to standard error."""
    err.print(_plain(text), markup=False, soft_wrap=True)


def say(text: str) -> None:
    """Print a line for people to standard output."""
    out.print(_plain(text), markup=False, soft_wrap=True)


def line(text: str) -> None:
    """Print a line for a program to standard output, at once."""
    print(text, flush=True)


class _Amount(ProgressColumn):
    """Amount done: bytes of an upload, rows of every other phase."""

    def render(self, task: Task) -> Text:
        done, total = int(task.completed), task.total
        if task.fields.get("unit") == "bytes":
            return Text(f"{decimal(done)} of {decimal(int(total or 0))}")
        return Text(f"{done:,} of {int(total):,} rows" if total and total > 1 else "")


def progress() -> Progress:
    """Return an empty progress display on standard error."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description:<12}"),
        BarColumn(),
        _Amount(),
        TimeElapsedColumn(),
        console=err,
    )


def watch(shown: Progress, states: Iterable[Response]) -> Response:
    """Show each phase of a job in a bar of its own, and why it waits; return the job's last state.

    A phase that passed between two states gets no bar.
    """
    tasks: dict[str, TaskID] = {}
    last = suspended = waited = None
    for last in states:
        current = last.body
        if current.get("suspended") and current["suspended"] != suspended:
            shown.console.print(_plain(current["suspended"]), markup=False)
        waits = words.waits(current)
        if waits and waits != waited:
            shown.console.print(_plain(f"{current['progress']['message']}."), markup=False)
        waited, suspended = waits, current.get("suspended")
        name = None if current.get("waits_for") else PHASES.get(current.get("phase") or current["status"])
        if current.get("sync") and name == "Checking":
            name = "Reading"  # an upstream's pages, which takes longer than to check them
        completed = current["status"] == "completed"
        for other, task in tasks.items():
            if completed or other != name:
                total = shown.tasks[shown.task_ids.index(task)].total or 1
                shown.update(task, completed=total, total=total)
        if name is not None:
            if name not in tasks:
                tasks[name] = shown.add_task(name, total=None)
            amount = current.get("progress") or {}
            shown.update(tasks[name], completed=amount.get("current") or 0, total=amount.get("total") or None)
    if last is None:
        raise ValueError("a job has at least one state")
    return last


def job(body: Mapping[str, Any]) -> None:
    """Show a job: what became of it, counts of its rows, why it is suspended or failed, and what to do next."""
    parameters = [f"{name}={value}" for name, value in ((body.get("recipe") or {}).get("constants") or {}).items()]
    say(" · ".join([body["importer"], verdict(body), body["id"], *parameters]))
    for text in _facts(body):
        say(text)
    out.print(_counts(body))
    if body.get("suspended"):
        say(body["suspended"])
    if words.waits(body):
        say(f"{body['progress']['message']}.")
    if body.get("deleted"):
        say("Its files and rows were deleted.")
    if problem := body.get("problem"):
        say(describe(problem, body))
    for text in decisions.questions(body):
        say(text)
    for step in words.next_steps(body):
        say(step)


def questions(body: Mapping[str, Any]) -> None:
    """Show what a job asks, and how to answer it."""
    for text in decisions.questions(body) or [f"Job {body['id']} asks nothing."]:
        say(text)
    for step in words.next_steps(body):
        say(step)


def recipe(body: Mapping[str, Any]) -> None:
    """Print a job's recipe so that it can be given for another file."""
    line(json.dumps(decisions.for_another_file(body["recipe"]), ensure_ascii=False, indent=2))


def _facts(body: Mapping[str, Any]) -> list[str]:
    """Return what is known of a job beside its rows: the job it corrects, its file, its times."""
    facts = [f"Corrects job {body['corrects']}"] if body.get("corrects") else []
    if name := (body.get("file") or {}).get("name"):
        facts += [f"File: {name}", *words.sheets(body)]
    if body.get("options"):
        facts.append(f"Options: {words.options(body['options'])}")
    if body.get("remembered"):
        facts += words.remembered(body["remembered"])
    for field, what in (("created_at", "Created"), ("started_at", "Started"), ("finished_at", "Ended")):
        if body.get(field):
            by = f" by {body['requested_by']}" if what == "Created" and body.get("requested_by") else ""
            facts.append(f"{what}: {local_time(body[field])}{by}")
    return facts


def _counts(body: Mapping[str, Any]) -> Table:
    table = Table("", "", box=None, show_header=False, padding=(0, 2))
    counts, names, rare = body.get("counts") or {}, dict(COUNTS), dict(RARE_COUNTS)
    if body.get("lookup"):
        names["inserted"] = "Looked up"
    if body.get("sync"):
        names["total"] = "In total"
        rare["absent"] = "Deleted upstream"
    for name, words_of_it in names.items():
        value = counts.get(name)
        table.add_row(words_of_it, Text(f"{value:,}" if isinstance(value, int) else "–", justify="right"))
    for name, words_of_it in rare.items():
        if value := counts.get(name):
            table.add_row(words_of_it, Text(f"{value:,}", justify="right"))
    for name, words_of_it in ROLLBACK.items():
        if (value := (body.get("rollback") or {}).get(name)) is not None:
            table.add_row(words_of_it, Text(f"{value:,}", justify="right"))
    return table


def preview(body: Mapping[str, Any]) -> None:
    """Show how Sluice reads a file, what loading it would change, and its first rows."""
    job(body["job"])
    effects = {name: value for name, value in body["counts"].items() if name != "kept_blank"}  # these are cells
    counts = {name.replace("_", " "): value for name, value in effects.items() if value is not None}
    say("\nLoading would give: " + ", ".join(f"{name} {value:,}" for name, value in counts.items()))
    for text in words.untouched(body):
        say(text)
    if body["comparison"]:
        comparison(body)
    out.print()
    out.print(table(body["columns"], PREVIEW))
    if body["unmatched_headers"]:
        say(f"\nNot imported: {', '.join(body['unmatched_headers'])}")
    out.print()
    rows([{name: each[name] for name in words.place(body["job"])} | each["values"] for each in body["rows"]])


def comparison(body: Mapping[str, Any]) -> None:
    """Show what loading would do with existing records: by column, then the first rows of each kind."""
    found, counts = body["comparison"], body["counts"]
    by_column = [f"{each['title']} {each['records']:,}" for each in found["columns"]]
    say(f"Records that change, by column: {', '.join(by_column)}" if by_column else "No existing record would change.")
    titles = {column["field"]: column["title"] for column in body["columns"]}
    changes = [{**each, "changes": words.changes(each, titles)} for each in found["changes"][:_FIRST]]
    # once rows are loaded, those that were rejected are listed by `sluice rejections`
    rejections = found["rejections"][:_FIRST] if counts["to_reject"] is not None else []
    for what, items, columns, total in (
        ("Records that change", changes, CHANGES, counts["update"]),
        ("Records that will be deleted", found["deletions"][:_FIRST], DELETED_ROWS, counts["delete"]),
        ("Rows that will be rejected", rejections, REJECTIONS[1:], counts["to_reject"]),
    ):
        if items:
            first = f", the first {len(items):,} of {total:,}" if total > len(items) else ""
            say(f"\n{what}{first}:")
            out.print(table(items, (*REJECTIONS[: len(words.place(body["job"])) - 1], *columns)))


def log(body: Mapping[str, Any]) -> None:
    """Show a job's log; an entry lasted until the next one."""
    entries = [dict(each) for each in body["items"]]
    for entry, after in pairwise(entries):
        entry["lasted"] = words.seconds_between(entry["at"], after["at"])
    page({**body, "items": entries}, LOG, "This job has no log.")


def table(items: Sequence[Mapping[str, Any]], columns: Sequence[Column]) -> Table:
    """Return a table of a list, one item a line; columns of numbers are right-aligned."""
    made = Table(box=None, padding=(0, 2, 0, 0))
    values = [[_value(item, column.path) for column in columns] for item in items]
    texts = [
        ["" if value is None else column.text(value) for column, value in zip(columns, line_of_it, strict=True)]
        for line_of_it in values
    ]
    for at, column in enumerate(columns):
        numbers = [type(line_of_it[at]) in (int, float) for line_of_it in values if line_of_it[at] is not None]
        right = bool(numbers) and all(numbers)
        # the first is an id or a name, which people copy; a time has a date of ten characters, and the rest
        width = max((len(line_of_it[0]) for line_of_it in texts), default=0) if at == 0 else 1
        width = 11 if column.text is local_minute else width
        made.add_column(
            Text(_plain(column.heading)),
            min_width=width,
            justify="right" if right else "left",
            no_wrap=at == 0 or right or column.text in _WHOLE,
        )
    for line_of_it in texts:
        made.add_row(*(Text(_plain(text)) for text in line_of_it))
    return made


def rows(items: Sequence[Mapping[str, Any]]) -> None:
    """Show a list whose fields are not known beforehand, one item a line: all fields but lists."""
    flat = [_flat(item) for item in items]
    paths = dict.fromkeys(name for item in flat for name in item)
    columns = [
        Column(name, name.removeprefix("values.").replace("_", " ").replace(".", " ").capitalize()) for name in paths
    ]
    out.print(table(flat, columns))


def page(body: Mapping[str, Any], columns: Sequence[Column] | None, empty: str) -> None:
    """Show a page of a list, and how to get the next; `empty` is the sentence for a list without items."""
    if not body["items"]:
        say(empty)
    elif columns is None:
        rows(body["items"])
    else:
        out.print(table(body["items"], columns))
    if body.get("next"):
        note(f"There are more: --cursor {body['next']}")


def _value(item: Mapping[str, Any], path: str) -> Any:
    """Return what is at a path of an item: itself for an empty path, a field, or a field of a field; None if absent."""
    if not path:
        return item
    if path in item:
        return item[path]
    outer, _, inner = path.partition(".")
    within = item.get(outer)
    return within.get(inner) if isinstance(within, Mapping) else None


def _flat(item: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the fields of an item that fit a line: single values, two levels deep; no lists."""
    flat: dict[str, Any] = {}
    for name, value in item.items():
        if isinstance(value, Mapping) and not prefix:
            flat.update(_flat(value, f"{name}."))
        elif not isinstance(value, Mapping | list):
            flat[prefix + name] = value
    return flat
