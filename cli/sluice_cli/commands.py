"""Commands about jobs: look at a job, act on it, save what it offers."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.live import Live
from rich.text import Text

from sluice_cli import connection, decisions, output, waiting
from sluice_cli.client import Client, Response
from sluice_cli.errors import Unreachable
from sluice_cli.waiting import FailOnRejected
from sluice_cli.words import STATUSES

JobId = Annotated[str, typer.Argument(metavar="ID")]
Json = Annotated[bool, typer.Option("--json", help="Print the API's JSON and nothing else.")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="List at most this many.")]
Cursor = Annotated[str | None, typer.Option(help="Continue a list: the `next` of the page before.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until the job waits in review, is paused or has ended.")]


_WATCH_SECONDS: Final = 2.0
_WELL: Final = frozenset({"completed", "rolled_back"})
"""Ends of a job that only is looked at."""
_WANTED: Final = {
    "rollback": frozenset({"rolled_back"}),
    "cancel": frozenset({"cancelled"}),
    "pause": frozenset({"paused", "completed"}),
}
"""States that an action is for; of the others, that the rows are loaded."""


def _status(text: str) -> str:
    if text not in STATUSES:
        raise typer.BadParameter(f"{text!r} is no state of a job. There are: {', '.join(STATUSES)}")
    return text


def jobs(
    status: Annotated[
        Any,
        typer.Option(
            parser=_status,
            metavar="STATUS",
            autocompletion=lambda: list(STATUSES),
            help=f"Only jobs in this state: {', '.join(STATUSES)}.",
        ),
    ] = None,
    importer: Annotated[str | None, typer.Option(help="Only jobs of this importer.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
    watch: Annotated[bool, typer.Option("--watch", help="Show the list until Ctrl-C, as it changes.")] = False,
    as_json: Json = False,
) -> None:
    """List jobs, the newest first."""
    query = {"status": status, "importer": importer, "limit": limit, "cursor": cursor}
    if not watch:
        show_list("/jobs", output.JOBS, as_json, "No jobs.", **query)
    elif as_json or not output.out.is_terminal:
        raise typer.BadParameter(
            "--watch needs a terminal, and no --json. In a script, run `sluice jobs --json` again."
        )
    else:
        with connection.connect() as client:
            _watch(client, query)


def job(
    job_id: JobId,
    as_json: Json = False,
    follow: Annotated[
        bool, typer.Option("--follow", help="Stay until it waits or has ended; with --json, a line for each change.")
    ] = False,
) -> None:
    """Show a job."""
    with connection.connect() as client:
        if not follow:
            output.show(client.get(f"/jobs/{job_id}"), as_json, output.job)
            return
        states = _followed(client, job_id)
        with waiting.interruptible(waiting.goes_on(job_id)):
            if as_json:
                for state in states:
                    output.line(state.text)
            else:
                with output.progress() as shown:
                    state = output.watch(shown, states)
    if not as_json:
        output.job(state.body)
    raise typer.Exit(waiting.exit_code(state.body, _WELL))


def rejections(job_id: JobId, limit: Limit = 100, cursor: Cursor = None, as_json: Json = False) -> None:
    """List the rejected rows of a job, and why."""
    empty = f"Job {job_id} has no rejected rows."
    show_list(f"/jobs/{job_id}/rejections", output.REJECTIONS, as_json, empty, limit=limit, cursor=cursor)


def recipe(
    job_id: JobId,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the API's JSON, with how each decision was made and its evidence.")
    ] = False,
) -> None:
    """Print how a job reads its file and applies it, as JSON that `sluice import --recipe` takes."""
    with connection.connect() as client:
        output.show(client.get(f"/jobs/{job_id}"), as_json, output.recipe)


def answer(
    job_id: JobId,
    answers: Annotated[
        list[Any] | None,
        typer.Argument(
            parser=decisions.decision,
            metavar="KEY=VALUE",
            help="A question's key and the answer, such as decimal.price=, or columns.Preis=price; any other decision "
            "of the job's recipe can be changed too. Without any, the questions are shown.",
        ),
    ] = None,
    version: Annotated[
        int | None, typer.Option(min=1, help="Version of the recipe that you have seen; default: the present one.")
    ] = None,
    wait: Wait = False,
    as_json: Json = False,
    fail_on_rejected: FailOnRejected = None,
) -> None:
    """Answer the questions of a job, or show them with what its file shows."""
    waiting.check_usage(wait=wait, fail_on_rejected=fail_on_rejected)
    made = decisions.merged(answers or [])
    if not made and (wait or version):
        raise typer.BadParameter("Give an answer, such as decimal.price=, or leave out --wait and --version.")
    if not made or version is None:
        with connection.connect() as client:
            state = client.get(f"/jobs/{job_id}")
        if not made:
            output.show(state, as_json, output.questions)
            return
        version = state.body["recipe"]["version"]
    body = {"version": version, "answers": made}
    _act(job_id, "answers", wait, as_json, body, fail_on_rejected=fail_on_rejected)


def commit(
    job_id: JobId,
    wait: Wait = False,
    as_json: Json = False,
    fail_on_rejected: FailOnRejected = None,
) -> None:
    """Load the rows of a job that waits in review."""
    _act(job_id, "commit", wait, as_json, fail_on_rejected=fail_on_rejected)


def cancel(job_id: JobId, wait: Wait = False, as_json: Json = False) -> None:
    """Cancel a job; rows that it has loaded stay."""
    _act(job_id, "cancel", wait, as_json)


def pause(job_id: JobId, wait: Wait = False, as_json: Json = False) -> None:
    """Pause a job once the chunks that workers have leased are done."""
    _act(job_id, "pause", wait, as_json)


def resume(job_id: JobId, wait: Wait = False, as_json: Json = False) -> None:
    """Resume a paused job."""
    _act(job_id, "resume", wait, as_json)


def retry(job_id: JobId, wait: Wait = False, as_json: Json = False) -> None:
    """Retry the rows of a failed job that could not be processed."""
    _act(job_id, "retry", wait, as_json)


def rollback(job_id: JobId, wait: Wait = False, as_json: Json = False) -> None:
    """Reverse what a job changed."""
    _act(job_id, "rollback", wait, as_json)


def delete(
    job_id: JobId,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Delete without a question.")] = False,
    as_json: Json = False,
) -> None:
    """Delete the file, the rejected rows and the results of a job that has ended; what it loaded stays."""
    if not yes:
        question = f"Delete the file and the results of job {job_id}? This cannot be undone."
        typer.confirm(question, abort=True, err=True)
    with connection.connect() as client:
        output.show(client.delete(f"/jobs/{job_id}"), as_json, output.job)


def log(job_id: JobId, as_json: Json = False) -> None:
    """Show each action on a job: when, by which caller or part of Sluice, and the state after it."""
    with connection.connect() as client:
        output.show(client.get(f"/jobs/{job_id}/log"), as_json, output.log)


def preview(
    job_id: JobId, limit: Annotated[int, typer.Option(min=1, max=200, help="Rows to show.")] = 10, as_json: Json = False
) -> None:
    """Show how Sluice reads a job's file, and what loading it would change."""
    with connection.connect() as client:
        output.show(client.get(f"/jobs/{job_id}/preview", limit=limit), as_json, output.preview)


def files(
    job_id: JobId,
    save: Annotated[str | None, typer.Option(metavar="NAME", help="Save this one, such as errors.xlsx.")] = None,
    to: Annotated[Path | None, typer.Option(help="Save to this path; default: NAME in the current folder.")] = None,
    as_json: Json = False,
) -> None:
    """List the files of a job, or save one."""
    if save is None:
        show_list(f"/jobs/{job_id}/files", output.FILES, as_json, f"Job {job_id} has no files now.")
    else:
        save_file(f"/jobs/{job_id}/files/{save}", to or Path(Path(save).name))


def show_list(path: str, columns: Sequence[output.Column] | None, as_json: bool, empty: str, **query: object) -> None:
    """Print a page of a list of the API; `empty` is the sentence for one without items."""
    with connection.connect() as client:
        response = client.get(path, **query)
    output.show(response, as_json, lambda body: output.page(body, columns, empty))


def save_file(path: str, target: Path) -> None:
    """Save a file of the API, and print its size to standard error."""
    with connection.connect() as client:
        output.note(f"{target}: {client.save(path, target):,} bytes")


def _act(
    job_id: str,
    action: str,
    wait: bool,
    as_json: bool,
    body: dict[str, Any] | None = None,
    *,
    fail_on_rejected: Decimal | None = None,
) -> None:
    waiting.check_usage(wait=wait, fail_on_rejected=fail_on_rejected)
    with connection.connect() as client:
        state = client.post(f"/jobs/{job_id}/{action}", body)
        if wait:
            state = waiting.wait_for(client, job_id)
    if wait:
        wanted = _WANTED.get(action, frozenset({"completed"}))
        waiting.finish(state, waited=True, as_json=as_json, wanted=wanted, fail_on_rejected=fail_on_rejected)
    else:
        output.show(state, as_json, output.job)


def _followed(client: Client, job_id: str) -> Iterator[Response]:
    """Yield the states of a job by its events, and by polling once it is suspended, which ends the stream."""
    state = None
    for state in client.events(job_id):
        yield state
    if state is None or state.body.get("suspended"):
        yield from client.follow(job_id)


def _watch(client: Client, query: Mapping[str, object], sleep: Callable[[float], None] = time.sleep) -> None:
    """Show a page of jobs, and again every other second, until Ctrl-C; a broken connection is waited out."""
    shown = output.table(client.get("/jobs", **query).body["items"], output.JOBS)
    with Live(shown, console=output.out, auto_refresh=False) as live, suppress(KeyboardInterrupt):
        while True:
            sleep(_WATCH_SECONDS)
            try:
                shown = output.table(client.get("/jobs", **query).body["items"], output.JOBS)
            except Unreachable as error:
                shown.caption = Text(str(error))
            live.update(shown, refresh=True)
