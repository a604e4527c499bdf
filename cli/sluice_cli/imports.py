"""``sluice import``: which file, by which importer, how it is read, and what it does to the dataset."""

import math
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

import typer

from sluice_cli import connection, decisions, output, waiting
from sluice_cli.client import Client, Response
from sluice_cli.errors import RequestFailed
from sluice_cli.headers import Fit, corrected_job, fits
from sluice_cli.waiting import FailOnRejected
from sluice_cli.words import command

_NEAREST = 3


def _file(text: str) -> Path:
    file = Path(text)
    if text != "-" and not (file.is_file() and os.access(file, os.R_OK)):
        raise typer.BadParameter(f"{text} is no file that can be read")
    return file


def _ratio(text: str) -> float:
    """Read a ratio such as 0.05, or in percent; -1 for anything else."""
    try:
        ratio = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        return -1.0
    return ratio if math.isfinite(ratio) else -1.0


def _share(text: str) -> float:
    share = _ratio(text)
    if not 0 <= share <= 1:
        raise typer.BadParameter("has to be a share from 0 to 1, such as 0.05 or 5%")
    return share


def _share_or_number(text: str) -> float | int:
    """Read a number of records, or a share of them: 1 is one record, 100% all of them."""
    return int(text) if text.isascii() and text.isdigit() else _share(text)


MaxDeleted = Annotated[
    Any,
    typer.Option(
        parser=_share_or_number,
        metavar="SHARE|NUMBER",
        help="Stop before loading if the mode mirror would delete more of the records (20%) or more records (500).",
    ),
]


def _change(text: str) -> tuple[str, float]:
    column, _, share = text.rpartition("=")
    if not column or _ratio(share) < 0:
        raise typer.BadParameter('has to be COLUMN=SHARE, such as price=0.5 or "Unit Price=50%"')
    return column, _ratio(share)


def import_file(
    file: Annotated[
        Any, typer.Argument(parser=_file, metavar="FILE", help="The spreadsheet or CSV; - reads it from a pipe.")
    ],
    importer: Annotated[
        str | None,
        typer.Option(
            help="The importer of its rows; see `sluice importers`. Default: that of --corrects, or the only one that "
            "the file's headers fit."
        ),
    ] = None,
    *,
    name: Annotated[
        str | None, typer.Option(help="Name of the file for the job, such as prices.csv; - needs one.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the rows are loaded.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the API's JSON and nothing else.")] = False,
    recipe: Annotated[
        list[Any] | None,
        typer.Option(
            parser=decisions.recipe,
            metavar="FILE|JSON|KEY=VALUE",
            help="How the file is read: what `sluice recipe` has printed for another job, or single decisions such as "
            "columns.Preis=price, decimal.price=, or constants.ward=79800001; may be repeated.",
        ),
    ] = None,
    mode: Annotated[
        Literal["upsert", "insert", "update", "mirror", "delete"] | None,
        typer.Option(help="What rows do to the records of their keys; default: the importer's choice."),
    ] = None,
    blanks: Annotated[
        Literal["keep", "clear"] | None,
        typer.Option(help="Whether a blank cell keeps the value or clears it; default: the importer's choice."),
    ] = None,
    deletes: Annotated[
        Literal["mark", "remove"] | None,
        typer.Option(help="Whether the modes mirror and delete mark records as deleted, or remove them."),
    ] = None,
    on_rejections: Annotated[
        Literal["continue", "stop"] | None,
        typer.Option(help="Whether other rows are loaded if one is rejected; default: the importer's choice."),
    ] = None,
    max_rejected: Annotated[
        Any, typer.Option(parser=_share, metavar="SHARE", help="Stop before loading if more of the rows are rejected.")
    ] = None,
    max_deleted: MaxDeleted = None,
    max_change: Annotated[
        list[Any] | None,
        typer.Option(
            parser=_change,
            metavar="COLUMN=SHARE",
            help="Stop before loading if a number would change by more than this share of its value; may be repeated.",
        ),
    ] = None,
    questions: Annotated[
        Literal["ask", "fail"] | None,
        typer.Option(
            help="What the job does where its file leaves a decision open: wait for `sluice answer`, or fail."
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
        str | None,
        typer.Option(
            metavar="ID", help="The job whose errors.xlsx this is, corrected. Default: the one that the file names."
        ),
    ] = None,
    fail_on_rejected: FailOnRejected = None,
) -> None:
    """Import a file."""
    waiting.check_usage(wait=wait, fail_on_rejected=fail_on_rejected)
    options: dict[str, Any] = {
        "recipe": decisions.merged(recipe or []) or None,
        "questions": questions,
        "review": review,
        "force": force or None,
        "corrects": corrects,
        "priority": "urgent" if urgent else None,
        "mode": mode,
        "blanks": blanks,
        "deletes": deletes,
        "on_rejections": on_rejections,
        "guards": _guards(max_rejected, max_deleted, max_change or []),
    }
    with _readable(file, name) as content, connection.connect() as client:
        state = send(
            client,
            content,
            importer or _importer_of(client, content, name or file.name, corrects),
            name=name,
            wait=wait,
            on_start=lambda job_id: waiting.announce(job_id, wait=wait, as_json=as_json),
            **options,
        )
    waiting.finish(state, waited=wait, as_json=as_json, fail_on_rejected=fail_on_rejected)


def send(
    client: Client,
    file: Path,
    importer: str,
    *,
    name: str | None = None,
    wait: bool = True,
    patience: float = 900.0,
    on_start: Callable[[str], object] = lambda _: None,
    **options: Any,
) -> Response:
    """Upload `file` with progress bars on standard error; return its job.

    Parameters
    ----------
    name
        Name of the file for the job; default: its own.
    wait
        Return the job once it waits or has ended; otherwise right after the upload.
    patience
        Seconds without a change after which a job that is waited on raises `Stalled`.
    on_start
        Gets the id of the job before the upload begins.
    options
        Those of the API: recipe, questions, review, force, priority, corrects, mode, blanks and so on.
    """
    started = client.start_import(file, importer, name=name, **options)
    job_id = started["job"]["id"]
    on_start(job_id)
    interrupted = (
        f"The upload was interrupted, so job {job_id} has no file; it ends by itself after a day.\n"
        f"End it now: {command('cancel', job_id)}"
    )
    with waiting.interruptible(interrupted), output.progress() as shown, file.open("rb") as content:
        task = shown.add_task("Uploading", total=file.stat().st_size, unit="bytes")
        client.upload(started["upload"], name or file.name, shown.wrap_file(content, task_id=task))
    return waiting.wait_for(client, job_id, patience=patience) if wait else client.get(f"/jobs/{job_id}")


@contextmanager
def _readable(file: Path, name: str | None) -> Iterator[Path]:
    """Yield the file; standard input is copied to a temporary one first, because an upload needs its size."""
    if str(file) != "-":
        yield file
        return
    if not name:
        raise typer.BadParameter(
            "- needs --name, such as --name prices.csv: the job shows it, and its ending says what it is."
        )
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "input"
        with copy.open("wb") as target:
            shutil.copyfileobj(sys.stdin.buffer, target)
        yield copy


def _guards(
    max_rejected: float | None, max_deleted: float | None, max_change: list[tuple[str, float]]
) -> dict[str, Any] | None:
    """Return the limits that were given; None without any."""
    changes = dict(max_change)
    if len(changes) < len(max_change):
        raise typer.BadParameter("--max-change gives a column two limits. Give it once.")
    given = {"max_rejected": max_rejected, "max_deleted": max_deleted, "max_change": changes or None}
    return {name: limit for name, limit in given.items() if limit is not None} or None


def _importer_of(client: Client, file: Path, name: str, corrects: str | None) -> str:
    """Return the importer of the job that a file corrects, or the only one that its headers fit fully.

    Raises
    ------
    typer.BadParameter
        When there is none, or more than one; it names the nearest.
    """
    if corrects:
        return str(client.get(f"/jobs/{corrects}").body["importer"])
    if (marked := corrected_job(file, name)) and (importer := _importer_of_job(client, marked)):
        output.note(f"Importer: {importer} (the file corrects job {marked})")
        return importer
    found = fits(file, name, client.get("/importers").body["items"])
    full = [fit for fit in found if fit.is_full]
    if len(full) == 1:
        output.note(f"Importer: {full[0].importer} (all headers of the file are its columns)")
        return full[0].importer
    nearest = "\n".join(_described(fit) for fit in (full or found)[:_NEAREST])
    if not nearest:
        raise typer.BadParameter(f"Give --importer; these are the importers: {command('importers')}")
    raise typer.BadParameter(f"Give --importer. By the headers of the file, the nearest are:\n{nearest}")


def _importer_of_job(client: Client, job_id: str) -> str | None:
    try:
        return str(client.get(f"/jobs/{job_id}").body["importer"])
    except RequestFailed as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        return None


def _described(fit: Fit) -> str:
    parts = [f"{fit.matched} matching columns"]
    if fit.missing:
        parts.append(f"missing: {', '.join(fit.missing)}")
    if fit.unmatched:
        parts.append(f"not imported: {', '.join(fit.unmatched[:5])}" + (", …" if len(fit.unmatched) > 5 else ""))
    return f"  --importer {fit.importer}  ({'; '.join(parts)})"
