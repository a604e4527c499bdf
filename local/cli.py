"""``sluice``: imports from a terminal, as a client of the public API.

It finds the API by ``SLUICE_API_URL`` and ``SLUICE_TOKEN``, else it uses the local stack of ``make up``.
Exit codes: 0 done, 1 the job failed or the API said no, 2 wrong usage.
"""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from local import render
from local.connect import connect
from local.control import cancel, commit, delete, files, log, pause, preview, resume, retry, rollback, template
from local.errors import LocalProblem, SluiceError
from local.issuer import SCOPES
from local.places import DEFAULT
from local.send import send
from local.stack import Stack
from local.syncs import schedule, sources, sync

app = typer.Typer(
    help="Spreadsheet and CSV imports.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

JobId = Annotated[str, typer.Argument(metavar="ID")]
Json = Annotated[bool, typer.Option("--json", help="Print the API's JSON and nothing else.")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")]
Cursor = Annotated[str | None, typer.Option(help="Where the page before ended: its `next`.")]


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


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The spreadsheet or CSV.")],
    importer: Annotated[str, typer.Option(help="What its rows are; see `sluice importers`.")],
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
            help="What the importer must know beside the file, where its name does not tell it; may be repeated.",
        ),
    ] = None,
    review: Annotated[
        bool | None, typer.Option("--review/--no-review", help="Stop before loading; else as the importer says.")
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
        job = send(client, file, importer, wait=wait, priority="urgent" if urgent else None, **options)
    if as_json:
        print(job.text)
    elif wait:
        render.job(job.body)
    else:
        print(job.body["id"])
    if wait and job.body["status"] in {"failed", "cancelled"}:
        raise typer.Exit(1)


@app.command()
def jobs(
    status: Annotated[str | None, typer.Option(help="Only jobs in this state.")] = None,
    importer: Annotated[str | None, typer.Option(help="Only jobs of this importer.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
    as_json: Json = False,
) -> None:
    """List jobs, the newest first."""
    columns = ("id", "importer", "status", "counts.total", "counts.refused", "created_at", "file.name")
    _list("/jobs", columns, as_json, status=status, importer=importer, limit=limit, cursor=cursor)


@app.command("job")
def show_job(
    job_id: JobId,
    as_json: Json = False,
    follow: Annotated[
        bool, typer.Option("--follow", help="Stay until it stands still; with --json, a line a change.")
    ] = False,
) -> None:
    """Show a job."""
    with connect() as client:
        if not follow:
            answer = client.get(f"/jobs/{job_id}")
        elif as_json:
            for answer in client.events(job_id):
                print(answer.text, flush=True)
            return
        else:
            with render.progress() as shown:
                answer = render.watch(shown, client.events(job_id))
    if as_json:
        print(answer.text)
    else:
        render.job(answer.body)


@app.command()
def refusals(job_id: JobId, limit: Limit = 100, cursor: Cursor = None, as_json: Json = False) -> None:
    """List the refused rows of a job, and why."""
    columns = ("sheet", "row", "column", "value", "reason")
    _list(f"/jobs/{job_id}/refusals", columns, as_json, limit=limit, cursor=cursor)


for command in (
    *(commit, cancel, pause, resume, retry, rollback, delete, log, preview, files, template),
    *(sources, sync, schedule),
):
    app.command()(command)


@app.command()
def importers(as_json: Json = False) -> None:
    """List what can be imported, of which files, and with which parameters."""
    with connect() as client:
        answer = client.get("/importers")
    if as_json:
        print(answer.text)
    else:
        render.importers(answer.body)


@app.command()
def records(dataset: str, limit: Limit = 20, cursor: Cursor = None, as_json: Json = False) -> None:
    """List what has been loaded into a dataset."""
    _list(f"/datasets/{dataset}/records", None, as_json, limit=limit, cursor=cursor)


@app.command()
def token(
    tenant: Annotated[str, typer.Option()] = "demo",
    scopes: Annotated[str, typer.Option(help="Separated by spaces.")] = " ".join(SCOPES),
    subject: Annotated[str, typer.Option(help="Who asks.")] = "you@example.com",
    hours: Annotated[float, typer.Option(help="How long it is good for.")] = 12,
) -> None:
    """Print a token of the local stack's issuer."""
    issuer = Stack.load(DEFAULT).issuer
    print(issuer.mint(tenant, scopes.split(), subject=subject, lifetime=timedelta(hours=hours)))


@app.command()
def info(as_json: Json = False) -> None:
    """Show the addresses of the local stack; its token file gets a new token."""
    stack = Stack.load(DEFAULT)
    stack.new_token()
    if as_json:
        print(json.dumps(stack.info()))
    else:
        render.addresses(stack)


def _list(path: str, columns: Sequence[str] | None, as_json: bool, **query: object) -> None:
    with connect() as client:
        answer = client.get(path, **query)
    if as_json:
        print(answer.text)
    else:
        render.page(answer.body, columns)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; foreseen problems become a line on standard error and exit code 1."""
    try:
        app(arguments)
    except (LocalProblem, SluiceError) as problem:
        render.err.print(str(problem), markup=False, soft_wrap=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
