"""Waiting for a job: its id at once, its progress, what Ctrl-C leaves behind, and the exit code of its end."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand

from sluice_cli import output, words
from sluice_cli.client import Client, Response
from sluice_cli.words import command

FAILED: Final = 1
WAITS: Final = 3
REJECTED: Final = 4
INTERRUPTED: Final = 130
"""Exit code of a program that Ctrl-C has ended: 128 + SIGINT."""

_ANY: Final = Decimal(0)


#: What is written now in place of options that there were.
RENAMED: Final = {
    "--mapping": "--recipe columns.HEADER=COLUMN",
    "--parameter": "--recipe constants.NAME=VALUE",
    "--parameters": "--recipe constants.NAME=VALUE",
    "--date": "sluice answer ID date_order.COLUMN=dmy",
    "--dates": "sluice answer ID date_order.COLUMN=dmy",
}


class Command(TyperCommand):
    """A command that may have `FailOnRejected`: only ``=`` gives it a value, so that no file name is taken for one.

    Options that were renamed are wrong usage, with what is written now.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Give the option without a value the share 0, and parse the rest as usual."""
        end = args.index("--") if "--" in args else len(args)
        for arg in args[:end]:
            if now := RENAMED.get(arg.partition("=")[0]):
                raise typer.BadParameter(f"{arg.partition('=')[0]} is written otherwise now: {now}")
        given = [f"{arg}=0" if arg == "--fail-on-rejected" else arg for arg in args[:end]]
        return super().parse_args(ctx, given + args[end:])


def _share(text: str) -> Decimal:
    try:
        share = Decimal(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except InvalidOperation:
        share = Decimal(1)
    if not 0 <= share < 1:
        raise typer.BadParameter("has to be a share of the rows below 1, such as 0.05 or 5%")
    return share


FailOnRejected = Annotated[
    Any,
    typer.Option(
        "--fail-on-rejected",
        parser=_share,
        metavar="[=SHARE]",
        help="Exit with 4 if more than this share of the rows was rejected (0.05, 5%); without a share, if any was. "
        "Needs --wait.",
    ),
]


def announce(job_id: str, *, wait: bool, as_json: bool) -> None:
    """Print the id of a job that has just started; with JSON to standard error, for a script nothing but the id."""
    if as_json:
        output.note(f"Job {job_id}")
    else:
        output.line(f"Job {job_id}" if wait else job_id)


@contextmanager
def interruptible(message: str) -> Iterator[None]:
    """Turn Ctrl-C within a ``with`` block into `message` on standard error, and the exit code 130."""
    try:
        yield
    except KeyboardInterrupt:
        output.note(message)
        raise typer.Exit(INTERRUPTED) from None


def goes_on(job_id: str) -> str:
    """Return what to say of a job that is waited on no more."""
    follow, cancel = command("job", job_id, "--follow"), command("cancel", job_id)
    return f"Job {job_id} goes on.\nFollow it: {follow}\nCancel it: {cancel}"


def wait_for(client: Client, job_id: str, *, patience: float = 900.0) -> Response:
    """Show a job's progress on standard error until it waits or has ended; return its last state.

    Raises
    ------
    Stalled
        When the job has not changed for `patience` seconds.
    """
    with interruptible(goes_on(job_id)), output.progress() as shown:
        return output.watch(shown, client.follow(job_id, patience=patience))


def check_usage(*, wait: bool, fail_on_rejected: Decimal | None) -> None:
    """Reject a command that would have to know how its job ends, and does not wait for it."""
    if fail_on_rejected is not None and not wait:
        raise typer.BadParameter("--fail-on-rejected needs --wait: only the end of the job shows what was rejected.")


def finish(
    state: Response,
    *,
    waited: bool,
    as_json: bool,
    wanted: frozenset[str] = frozenset({"completed"}),
    fail_on_rejected: Decimal | None = None,
) -> None:
    """Print a job if it was waited on, or its JSON, and exit with the code of its end.

    Parameters
    ----------
    wanted
        States in which the command has done what it was for.
    """
    if as_json or waited:
        output.show(state, as_json, output.job)
    if waited and as_json and state.body.get("questions"):  # JSON names the call; people type the command
        output.note(f"Answer it: {words.answer_to(state.body)}")
    if waited and (code := exit_code(state.body, wanted, fail_on_rejected)):
        raise typer.Exit(code)


def exit_code(job: Mapping[str, Any], wanted: frozenset[str], fail_on_rejected: Decimal | None = None) -> int:
    """Return the exit code for a job that waits or has ended."""
    if job["status"] in wanted:
        counts = job.get("counts") or {}
        rejected, total = counts.get("rejected") or 0, counts.get("total") or 0
        return REJECTED if fail_on_rejected is not None and rejected > fail_on_rejected * total else 0
    return WAITS if job["status"] in {"in_review", "paused"} else FAILED
