"""What the command line prints: JSON or tables on standard output, progress on standard error."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

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

from sluice_cli.client import Response
from sluice_cli.errors import describe

out: Final = Console(highlight=False, width=None if sys.stdout.isatty() else 1000)  # lines into a pipe stay whole
err: Final = Console(stderr=True, highlight=False)

COUNTS: Final = ("total", "inserted", "updated", "unchanged", "rejected", "unprocessed")
PHASES: Final = {
    "parse": "Checking",
    "parsing": "Checking",
    "compare": "Comparing",
    "load": "Loading",
    "loading": "Loading",
    "lookup": "Looking up",
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
    err.print(text, markup=False, soft_wrap=True)


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
    """Show each phase of a job in a bar of its own, and why it is suspended; return the job's last state.

    A phase that passed between two states gets no bar.
    """
    tasks: dict[str, TaskID] = {}
    last = suspended = None
    for last in states:
        current = last.body
        if current.get("suspended") and current["suspended"] != suspended:
            shown.console.print(current["suspended"], markup=False)
        suspended = current.get("suspended")
        name = PHASES.get(current.get("phase") or current["status"])
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
    """Show a job: state, parameters, counts of its rows; why it is suspended or failed, or that it was deleted."""
    table = Table("rows", "", box=None, show_header=False, padding=(0, 2))
    for name in COUNTS:
        value = (body.get("counts") or {}).get(name)
        table.add_row(name, Text(f"{value:,}" if isinstance(value, int) else "–", justify="right"))
        if name == "updated" and (deleted := (body.get("sync") or {}).get("deleted_upstream")):
            table.add_row("  deleted upstream", Text(f"{deleted:,}", justify="right"))  # part of the updated
    parameters = [f"{name}={value}" for name, value in (body.get("parameters") or {}).items()]
    out.print(" · ".join([body["importer"], body["status"], body["id"], *parameters]), markup=False)
    out.print(table)
    if body.get("suspended"):
        out.print(body["suspended"], markup=False)
    if body.get("deleted"):
        out.print("Its files and rows were deleted.")
    if problem := body.get("problem"):
        out.print(describe(problem), markup=False)


def preview(body: Mapping[str, Any]) -> None:
    """Show how Sluice reads a file, what loading it would change, and its first rows."""
    job(body["job"])
    counts = {name.replace("_", " "): value for name, value in body["counts"].items() if value is not None}
    out.print("\nLoading would give:", ", ".join(f"{name} {value:,}" for name, value in counts.items()))
    if body["ambiguous_dates"]:
        columns = ", ".join(body["ambiguous_dates"])
        out.print(f"Their dates are ambiguous; say dmy or mdy with `sluice commit --date`: {columns}", markup=False)
    out.print()
    rows(body["columns"], ("title", "header", "place", "date_order"))
    if body["unmatched_headers"]:
        out.print(f"\nNot imported: {', '.join(body['unmatched_headers'])}", markup=False)
    out.print()
    rows([{"row": each["row"], **each["values"]} for each in body["rows"]])


def rows(items: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> None:
    """Show a list, one item a line. Column ``a.b`` is field b of field a; without `columns`, all fields but lists."""
    flat = [_flat(item) for item in items]
    shown = columns or list(dict.fromkeys(name for item in flat for name in item))
    table = Table(box=None, padding=(0, 2, 0, 0))
    for at, name in enumerate(shown):  # the first is an id or a name; people copy it
        table.add_column(name, min_width=max((len(str(item.get(name))) for item in flat), default=0) if at == 0 else 1)
    for item in flat:
        table.add_row(*(Text("" if item.get(name) is None else str(item[name])) for name in shown))
    out.print(table)


def page(body: Mapping[str, Any], columns: Sequence[str] | None) -> None:
    """Show a page of a list, and how to get the next."""
    rows(body["items"], columns)
    if body.get("next"):
        note(f"There are more: --cursor {body['next']}")


def importers(body: Mapping[str, Any]) -> None:
    """Show the importers, the files that each takes, and an example of each parameter as ``--parameter`` takes it."""
    types, parameters = "file_types", "parameters, such as"
    items = [
        each
        | {
            types: " ".join(each.get("file_types") or ["any"]),
            parameters: ", ".join(f"{needed['name']}={needed['example']}" for needed in each.get("parameters") or []),
        }
        for each in body["items"]
    ]
    page({**body, "items": items}, ("name", "title", "dataset", "synchronous", "max_rows", types, parameters))


def _flat(item: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the fields of an item that fit a line: single values, two levels deep; no lists."""
    flat: dict[str, Any] = {}
    for name, value in item.items():
        if isinstance(value, Mapping) and not prefix:
            flat.update(_flat(value, f"{name}."))
        elif not isinstance(value, Mapping | list):
            flat[prefix + name] = value
    return flat
