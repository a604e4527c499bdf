"""``sluice``: imports from a terminal, as a client of the public API.

Exit codes: 0 done; 1 the job failed, or the API responded with a problem; 2 wrong usage; 3 the job waits for a person;
4 rows were rejected, and ``--fail-on-rejected`` was given; 130 Ctrl-C.
"""

from collections.abc import Sequence
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import Annotated, Final

import typer

from sluice_cli import account, commands, connection, imports, output, syncs, words
from sluice_cli.commands import Cursor, Json, Limit, save_file, show_list
from sluice_cli.errors import SluiceError
from sluice_cli.waiting import Command

COMMANDS: Final = "sluice_cli.commands"
"""Entry-point group of further commands, each a function with Typer's annotations: in a checkout, those of `local`."""

app: Final = typer.Typer(
    help="Spreadsheet and CSV imports.\n\nExit codes: 0 done, 1 failed, 2 wrong usage, 3 the job waits for a person "
    "(review, an answer, or resume), 4 rows were rejected (with --fail-on-rejected), 130 interrupted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # they may show values of variables, tokens among them
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        output.line(f"sluice {version('sluice-cli')}")
        raise typer.Exit


@app.callback()
def options(
    profile: Annotated[
        str | None, typer.Option(envvar="SLUICE_PROFILE", help="The deployment to call, as `sluice login` named it.")
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(envvar="SLUICE_TOKEN", help="A bearer token for a machine; safer in the environment than here."),
    ] = None,
    _: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Take the options of every command."""
    words.PROFILE.set(profile or None)
    connection.TOKEN.set(token or None)


def importers(as_json: Json = False) -> None:
    """List the importers, the files that each takes, and its parameters."""
    show_list("/importers", output.IMPORTERS, as_json, "There are no importers.")


def template(
    importer: str,
    to: Annotated[Path | None, typer.Option(help="Save to this path; default: IMPORTER-template.xlsx.")] = None,
) -> None:
    """Save an empty workbook to fill in for an importer."""
    save_file(f"/importers/{importer}/template.xlsx", to or Path(f"{importer}-template.xlsx"))


def records(dataset: str, limit: Limit = 20, cursor: Cursor = None, as_json: Json = False) -> None:
    """List the records of a dataset."""
    empty = f"The dataset {dataset} has no records."
    show_list(f"/datasets/{dataset}/records", None, as_json, empty, limit=limit, cursor=cursor)


app.command("import", cls=Command)(imports.import_file)
for command in (
    *(
        commands.jobs,
        commands.job,
        commands.rejections,
        commands.recipe,
        commands.answer,
        commands.commit,
        commands.cancel,
        commands.pause,
    ),
    *(commands.resume, commands.retry, commands.rollback, commands.delete, commands.log, commands.preview),
    *(commands.files, template, syncs.sources, syncs.sync, syncs.schedule, importers, records),
    *(account.login, account.logout, account.info),
):
    app.command(cls=Command)(command)
for found in sorted(entry_points(group=COMMANDS), key=lambda each: each.name):
    app.command(found.name)(found.load())


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; an error that a person can act on becomes a line on standard error and exit code 1."""
    try:
        app(arguments)
    except (SluiceError, OSError) as problem:
        output.note(str(problem))
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
