"""Commands that move or delete a job, and that fetch what it has to offer."""

from pathlib import Path
from typing import Annotated, Any

import typer

from local import render
from local.connect import connect

JobId = Annotated[str, typer.Argument(metavar="ID")]
Json = Annotated[bool, typer.Option("--json", help="Print the API's JSON and nothing else.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until the job has settled.")]


def _order(text: str) -> tuple[str, str]:
    column, _, order = text.partition("=")
    if not column or order not in {"dmy", "mdy"}:
        raise typer.BadParameter('has to be COLUMN=dmy or COLUMN=mdy, such as "Updated=dmy"')
    return column, order


def commit(
    job_id: JobId,
    date: Annotated[
        list[Any] | None,
        typer.Option(parser=_order, metavar="COLUMN=ORDER", help="Order of a column's dates: dmy or mdy."),
    ] = None,
    wait: Wait = False,
    as_json: Json = False,
) -> None:
    """Load the rows of a job that waits in review."""
    _move(job_id, "commit", wait, as_json, {"dates": dict(date or [])})


def cancel(job_id: JobId, wait: Wait = False, as_json: Json = False) -> None:
    """End a job before its time."""
    _move(job_id, "cancel", wait, as_json)


def pause(job_id: JobId, wait: Wait = False, as_json: Json = False) -> None:
    """Stop a job after the chunks that are being done."""
    _move(job_id, "pause", wait, as_json)


def resume(job_id: JobId, wait: Wait = False, as_json: Json = False) -> None:
    """Go on with a paused job."""
    _move(job_id, "resume", wait, as_json)


def retry(job_id: JobId, wait: Wait = False, as_json: Json = False) -> None:
    """Go on with the rows of a failed job that could not be processed."""
    _move(job_id, "retry", wait, as_json)


def rollback(job_id: JobId, wait: Wait = False, as_json: Json = False) -> None:
    """Take back what a job changed."""
    _move(job_id, "rollback", wait, as_json)


def delete(
    job_id: JobId,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")] = False,
    as_json: Json = False,
) -> None:
    """Delete the file, the refused rows and the results of a job that has ended; what it loaded stays."""
    if not yes:
        question = f"Delete the file and the results of job {job_id}? This cannot be undone."
        typer.confirm(question, abort=True, err=True)
    with connect() as client:
        answer = client.delete(f"/jobs/{job_id}")
    if as_json:
        print(answer.text)
    else:
        render.job(answer.body)


def log(job_id: JobId, as_json: Json = False) -> None:
    """Show who did what with a job, and when."""
    with connect() as client:
        answer = client.get(f"/jobs/{job_id}/log")
    if as_json:
        print(answer.text)
    else:
        render.page(answer.body, ("at", "by", "status", "note"))


def preview(
    job_id: JobId, limit: Annotated[int, typer.Option(min=1, max=200, help="Rows to show.")] = 10, as_json: Json = False
) -> None:
    """Show how a job's file was understood, and what loading it would do."""
    with connect() as client:
        answer = client.get(f"/jobs/{job_id}/preview", limit=limit)
    if as_json:
        print(answer.text)
    else:
        render.preview(answer.body)


def files(
    job_id: JobId,
    save: Annotated[str | None, typer.Option(metavar="NAME", help="Save this one, such as errors.xlsx.")] = None,
    to: Annotated[Path | None, typer.Option(help="Where; else under its name, here.")] = None,
    as_json: Json = False,
) -> None:
    """List the files that a job has to offer, or save one."""
    with connect() as client:
        if save is not None:
            target = to or Path(save).name
            size = client.save(f"/jobs/{job_id}/files/{save}", Path(target))
            render.err.print(f"{target}: {size:,} bytes", markup=False)
            return
        answer = client.get(f"/jobs/{job_id}/files")
    if as_json:
        print(answer.text)
    else:
        render.page(answer.body, ("name", "title", "rows", "bytes"))


def template(
    importer: str, to: Annotated[Path | None, typer.Option(help="Where; else IMPORTER-template.xlsx, here.")] = None
) -> None:
    """Save an empty workbook to fill in for an importer."""
    target = to or Path(f"{importer}-template.xlsx")
    with connect() as client:
        size = client.save(f"/importers/{importer}/template.xlsx", target)
    render.err.print(f"{target}: {size:,} bytes", markup=False)


def _move(job_id: str, verb: str, wait: bool, as_json: bool, body: dict[str, Any] | None = None) -> None:
    with connect() as client:
        answer = client.post(f"/jobs/{job_id}/{verb}", body)
        if wait:
            with render.progress() as shown:
                answer = render.watch(shown, client.follow(job_id))
    if as_json:
        print(answer.text)
    else:
        render.job(answer.body)
