"""What the command line shows people: tables on standard output, progress on standard error."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
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

from local.client import Answer
from local.errors import describe
from local.stack import Stack

out: Final = Console(highlight=False, width=None if sys.stdout.isatty() else 1000)  # a pipe cuts nothing off
err: Final = Console(stderr=True, highlight=False)

COUNTS: Final = ("total", "inserted", "updated", "unchanged", "refused", "unprocessed")
PHASES: Final = {
    "parse": "Checking",
    "parsing": "Checking",
    "compare": "Comparing",
    "load": "Loading",
    "loading": "Loading",
    "lookup": "Looking up",
    "undo": "Taking back",
}


@contextmanager
def status(first: str) -> Iterator[Callable[[str], None]]:
    """Show a spinner beside what is being done; the block calls what it gets with the next thing."""
    with err.status(first) as spinner:

        def say(what: str) -> None:
            spinner.update(what)
            if not err.is_terminal:  # a CI log shows no spinner
                err.print(what)

        yield say


class _Amount(ProgressColumn):
    """How much is done: bytes of an upload, rows of everything else."""

    def render(self, task: Task) -> Text:
        done, total = int(task.completed), task.total
        if task.fields.get("unit") == "bytes":
            return Text(f"{decimal(done)} of {decimal(int(total or 0))}")
        return Text(f"{done:,} of {int(total):,} rows" if total and total > 1 else "")


def progress() -> Progress:
    """Return a progress display with a bar for each phase."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description:<10}"),
        BarColumn(),
        _Amount(),
        TimeElapsedColumn(),
        console=err,
    )


def watch(shown: Progress, answers: Iterable[Answer]) -> Answer:
    """Show each phase of a job in a bar of its own, and why it is parked; return the job's last state.

    A phase that went by between two answers gets no bar.
    """
    tasks: dict[str, TaskID] = {}
    answer = parked = None
    for answer in answers:
        told = answer.body
        if told.get("parked") and told["parked"] != parked:
            shown.console.print(told["parked"], markup=False)
        parked = told.get("parked")
        name = PHASES.get(told.get("phase") or told["status"])
        if told.get("sync") and name == "Checking":
            name = "Reading"  # an upstream's pages, which takes longer than to check them
        ended = told["status"] == "completed"
        for other, task in tasks.items():
            if ended or other != name:
                total = shown.tasks[shown.task_ids.index(task)].total or 1
                shown.update(task, completed=total, total=total)
        if name is not None:
            if name not in tasks:
                tasks[name] = shown.add_task(name, total=None)
            progress = told.get("progress") or {}
            shown.update(tasks[name], completed=progress.get("current") or 0, total=progress.get("total") or None)
    if answer is None:
        raise ValueError("a job has at least one state")
    return answer


def job(told: Mapping[str, Any]) -> None:
    """Show a job: state, parameters, what became of its rows; why it is parked or failed, or that it was deleted."""
    table = Table("rows", "", box=None, show_header=False, padding=(0, 2))
    for name in COUNTS:
        value = (told.get("counts") or {}).get(name)
        table.add_row(name, Text(f"{value:,}" if isinstance(value, int) else "–", justify="right"))
        if name == "updated" and (gone := (told.get("sync") or {}).get("gone")):
            table.add_row("  gone", Text(f"{gone:,}", justify="right"))  # of the updated
    taken = [f"{name}={value}" for name, value in (told.get("parameters") or {}).items()]
    out.print(" · ".join([told["importer"], told["status"], told["id"], *taken]), markup=False)
    out.print(table)
    if told.get("parked"):
        out.print(told["parked"], markup=False)
    if told.get("deleted"):
        out.print("Its files and rows were deleted.")
    if problem := told.get("problem"):
        out.print(describe(problem), markup=False)


def preview(told: Mapping[str, Any]) -> None:
    """Show how a file was understood, what loading it would do, and its first rows."""
    job(told["job"])
    counts = {name: value for name, value in told["counts"].items() if value is not None}
    out.print("\nLoading it would:", ", ".join(f"{name} {value:,}" for name, value in counts.items()))
    if told["undecided_dates"]:
        out.print(
            f"Say with the commit whether dates are day first or month first: {', '.join(told['undecided_dates'])}"
        )
    out.print()
    rows(told["columns"], ("title", "header", "place", "dates"))
    if told["ignored"]:
        out.print(f"\nNot imported: {', '.join(told['ignored'])}", markup=False)
    out.print()
    rows([{"row": each["row"], **each["values"]} for each in told["rows"]])


def rows(items: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> None:
    """Show a list, one item a line. A column ``a.b`` is field b of field a; without `columns`, all that fit a line."""
    flat = [_flat(item) for item in items]
    shown = columns or list(dict.fromkeys(name for item in flat for name in item))
    table = Table(box=None, padding=(0, 2, 0, 0))
    for at, name in enumerate(shown):  # the first is an id or a name, which has to stay whole to be copied
        table.add_column(name, min_width=max((len(str(item.get(name))) for item in flat), default=0) if at == 0 else 1)
    for item in flat:
        table.add_row(*(Text("" if item.get(name) is None else str(item[name])) for name in shown))
    out.print(table)


def page(answer: Mapping[str, Any], columns: Sequence[str] | None) -> None:
    """Show a page of a list, and how to get the next."""
    rows(answer["items"], columns)
    if answer.get("next"):
        err.print(f"There are more: --cursor {answer['next']}", markup=False, soft_wrap=True)


def importers(answer: Mapping[str, Any]) -> None:
    """Show what can be imported, of which files, and an example of each parameter, as a caller gives it."""
    types, parameters = "file_types", "parameters, such as"
    items = [
        each
        | {
            types: " ".join(each.get("file_types") or ["any"]),
            parameters: ", ".join(f"{needed['name']}={needed['example']}" for needed in each.get("parameters") or []),
        }
        for each in answer["items"]
    ]
    page({**answer, "items": items}, ("name", "title", "dataset", "synchronous", "max_rows", types, parameters))


def _flat(item: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return what a line can hold of an item: single values, two levels deep; no lists."""
    flat: dict[str, Any] = {}
    for name, value in item.items():
        if isinstance(value, Mapping) and not prefix:
            flat.update(_flat(value, f"{name}."))
        elif not isinstance(value, Mapping | list):
            flat[prefix + name] = value
    return flat


def addresses(stack: Stack) -> None:
    """Say where everything of a local stack is."""
    for what, where in {
        "console": stack.console_url,
        "API": stack.api_url,
        "API docs": f"{stack.api_url}/docs",
        "token": str(stack.token_file),
        "token issuer": stack.issuer_url,
        "local AWS": stack.endpoint,
        "log": f"{stack.folder}/emulator.log",
    }.items():
        out.print(f"{what:<14}{where}", markup=False, soft_wrap=True)  # an address has to stay in one piece
    out.print("Try .venv/bin/sluice importers, stop with make down.")
