"""``sluice``: imports from a terminal, as a client of the public API.

It calls the API at ``SLUICE_API_URL`` with ``SLUICE_TOKEN``, in a checkout by default the local stack of ``make up``.
Exit codes: 0 done, 1 the job failed or the API responded with a problem, 2 wrong usage.
"""

from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Final

import typer

from sluice_cli import commands, output, syncs
from sluice_cli.client import connect
from sluice_cli.commands import Cursor, Json, Limit, save_file, show_list
from sluice_cli.errors import SluiceError

COMMANDS: Final = "sluice_cli.commands"
"""Entry-point group of further commands, each a function with Typer's annotations: in a checkout, those of `local`."""

app: Final = typer.Typer(
    help="Spreadsheet and CSV imports.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def importers(as_json: Json = False) -> None:
    """List the importers, the files that each takes, and its parameters."""
    with connect() as client:
        output.show(client.get("/importers"), as_json, output.importers)


def template(
    importer: str,
    to: Annotated[Path | None, typer.Option(help="Save to this path; default: IMPORTER-template.xlsx.")] = None,
) -> None:
    """Save an empty workbook to fill in for an importer."""
    save_file(f"/importers/{importer}/template.xlsx", to or Path(f"{importer}-template.xlsx"))


def records(dataset: str, limit: Limit = 20, cursor: Cursor = None, as_json: Json = False) -> None:
    """List the records of a dataset."""
    show_list(f"/datasets/{dataset}/records", None, as_json, limit=limit, cursor=cursor)


app.command("import")(commands.import_file)
for command in (
    *(commands.jobs, commands.job, commands.rejections, commands.commit, commands.cancel, commands.pause),
    *(commands.resume, commands.retry, commands.rollback, commands.delete, commands.log, commands.preview),
    *(commands.files, template, syncs.sources, syncs.sync, syncs.schedule, importers, records),
):
    app.command()(command)
for found in sorted(entry_points(group=COMMANDS), key=lambda each: each.name):
    app.command(found.name)(found.load())


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; a `SluiceError` becomes a line on standard error and exit code 1."""
    try:
        app(arguments)
    except SluiceError as problem:
        output.note(str(problem))
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
