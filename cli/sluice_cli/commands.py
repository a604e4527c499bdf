"""Commands about jobs: import a file, look at a job, act on it, save what it offers."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from sluice_cli import output
from sluice_cli.client import Client, Response, connect

JobId = Annotated[str, typer.Argument(metavar="ID")]
Json = Annotated[bool, typer.Option("--json", help="Print the API's JSON and nothing else.")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="List at most this many.")]
Cursor = Annotated[str | None, typer.Option(help="Continue a list: the `next` of the page before.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until the job waits in review, is paused or has ended.")]


def _mapping(text: str) -> dict[str, str]:
    try:
        mapping = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"not JSON: {error}") from error
    if not isinstance(mapping, dict):
        raise typer.BadParameter('has to be a JSON object: {"header in the file": "column of the importer"}')
    return mapping


def _parameter(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    if not name or not value:
        raise typer.BadParameter("has to be NAME=VALUE, such as ward=79800001")
    return name, value


def _date_order(text: str) -> tuple[str, str]:
    column, _, order = text.partition("=")
    if not column or order not in {"dmy", "mdy"}:
        raise typer.BadParameter('has to be COLUMN=dmy or COLUMN=mdy, such as "Updated=dmy"')
    return column, order


def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The spreadsheet or CSV.")],
    importer: Annotated[str, typer.Option(help="The importer of its rows; see `sluice importers`.")],
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the rows are loaded.")] = False,
    as_json: Json = False,
    mapping: Annotated[
        Any,
        typer.Option(parser=_mapping, metavar="JSON", help="Headers of the file, each with the column it stands for."),
    ] = None,
    parameter: Annotated[
        list[Any] | None,
        typer.Option(
            parser=_parameter,
            metavar="NAME=VALUE",
            help="A parameter of the importer that is not in the file's name; may be repeated.",
        ),
    ] = None,
    review: Annotated[
        bool | None, typer.Option("--review/--no-review", help="Stop before loading; default: the importer's choice.")
    ] = None,
    urgent: Annotated[bool, typer.Option("--urgent", help="Go before other jobs.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Import it even if the same file was imported before.")
    ] = False,
    corrects: Annotated[
        str | None, typer.Option(metavar="ID", help="The job whose errors.xlsx this is, corrected.")
    ] = None,
) -> None:
    """Import a file."""
    options = {
        "mapping": mapping,
        "parameters": dict(parameter or []) or None,
        "review": review,
        "force": force or None,
        "corrects": corrects,
    }
    with connect() as client:
        state = send(client, file, importer, wait=wait, priority="urgent" if urgent else None, **options)
    finish(state, wait, as_json)


def jobs(
    status: Annotated[str | None, typer.Option(help="Only jobs in this state.")] = None,
    importer: Annotated[str | None, typer.Option(help="Only jobs of this importer.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
    as_json: Json = False,
) -> None:
    """List jobs, the newest first."""
    columns = ("id", "importer", "status", "counts.total", "counts.rejected", "created_at", "file.name")
    show_list("/jobs", columns, as_json, status=status, importer=importer, limit=limit, cursor=cursor)


def job(
    job_id: JobId,
    as_json: Json = False,
    follow: Annotated[
        bool, typer.Option("--follow", help="Stay until it waits or has ended; with --json, a line for each change.")
    ] = False,
) -> None:
    """Show a job."""
    with connect() as client:
        if not follow:
            state = client.get(f"/jobs/{job_id}")
        elif as_json:
            for state in client.events(job_id):
                print(state.text, flush=True)
            return
        else:
            with output.progress() as shown:
                state = output.watch(shown, client.events(job_id))
    output.show(state, as_json, output.job)


def rejections(job_id: JobId, limit: Limit = 100, cursor: Cursor = None, as_json: Json = False) -> None:
    """List the rejected rows of a job, and why."""
    columns = ("sheet", "row", "column", "value", "reason")
    show_list(f"/jobs/{job_id}/rejections", columns, as_json, limit=limit, cursor=cursor)


def commit(
    job_id: JobId,
    date: Annotated[
        list[Any] | None,
        typer.Option(parser=_date_order, metavar="COLUMN=ORDER", help="Order of a column's dates: dmy or mdy."),
    ] = None,
    wait: Wait = False,
    as_json: Json = False,
) -> None:
    """Load the rows of a job that waits in review."""
    _act(job_id, "commit", wait, as_json, {"dates": dict(date or [])})


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
    with connect() as client:
        output.show(client.delete(f"/jobs/{job_id}"), as_json, output.job)


def log(job_id: JobId, as_json: Json = False) -> None:
    """Show each action on a job: when, by which caller or part of Sluice, and the state after it."""
    show_list(f"/jobs/{job_id}/log", ("at", "by", "status", "note"), as_json)


def preview(
    job_id: JobId, limit: Annotated[int, typer.Option(min=1, max=200, help="Rows to show.")] = 10, as_json: Json = False
) -> None:
    """Show how Sluice reads a job's file, and what loading it would change."""
    with connect() as client:
        output.show(client.get(f"/jobs/{job_id}/preview", limit=limit), as_json, output.preview)


def files(
    job_id: JobId,
    save: Annotated[str | None, typer.Option(metavar="NAME", help="Save this one, such as errors.xlsx.")] = None,
    to: Annotated[Path | None, typer.Option(help="Save to this path; default: NAME in the current folder.")] = None,
    as_json: Json = False,
) -> None:
    """List the files of a job, or save one."""
    if save is None:
        show_list(f"/jobs/{job_id}/files", ("name", "title", "rows", "bytes"), as_json)
    else:
        save_file(f"/jobs/{job_id}/files/{save}", to or Path(Path(save).name))


def send(
    client: Client, file: Path, importer: str, *, wait: bool = True, patience: float = 900.0, **options: Any
) -> Response:
    """Upload `file` with progress bars on standard error; return its job.

    Parameters
    ----------
    wait
        Return the job once it waits or has ended; otherwise right after the upload.
    patience
        Seconds without a change after which a job that is waited on raises `Stalled`.
    options
        Those of the API: mapping, parameters, review, force, priority, corrects.
    """
    with output.progress() as shown:
        started = client.start_import(file, importer, **options)
        with file.open("rb") as content:
            task = shown.add_task("Uploading", total=file.stat().st_size, unit="bytes")
            client.upload(started["upload"], file.name, shown.wrap_file(content, task_id=task))
        job_id = started["job"]["id"]
        return output.watch(shown, client.follow(job_id, patience=patience)) if wait else client.get(f"/jobs/{job_id}")


def wait_for(client: Client, job_id: str) -> Response:
    """Show a job's progress on standard error until it waits or has ended; return its last state."""
    with output.progress() as shown:
        return output.watch(shown, client.follow(job_id))


def finish(state: Response, waited: bool, as_json: bool) -> None:
    """Print a job that a command started, or only its id; exit with 1 if it was waited on and did not succeed."""
    if as_json or waited:
        output.show(state, as_json, output.job)
    else:
        print(state.body["id"])
    if waited and state.body["status"] in {"failed", "cancelled"}:
        raise typer.Exit(1)


def show_list(path: str, columns: Sequence[str] | None, as_json: bool, **query: object) -> None:
    """Print a page of a list of the API."""
    with connect() as client:
        response = client.get(path, **query)
    output.show(response, as_json, lambda body: output.page(body, columns))


def save_file(path: str, target: Path) -> None:
    """Save a file of the API, and print its size to standard error."""
    with connect() as client:
        output.note(f"{target}: {client.save(path, target):,} bytes")


def _act(job_id: str, action: str, wait: bool, as_json: bool, body: dict[str, Any] | None = None) -> None:
    with connect() as client:
        state = client.post(f"/jobs/{job_id}/{action}", body)
        if wait:
            state = wait_for(client, job_id)
    output.show(state, as_json, output.job)
