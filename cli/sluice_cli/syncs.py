"""Commands that pull a source from its upstream, now or on a schedule."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

import typer

from sluice_cli import connection, output, waiting
from sluice_cli.commands import Json
from sluice_cli.imports import MaxDeleted
from sluice_cli.output import Column
from sluice_cli.waiting import FailOnRejected
from sluice_cli.words import command, local_time, verdict

SourceName = Annotated[str, typer.Argument(metavar="SOURCE", help="The source to pull; see `sluice sources`.")]

MINUTES: Final = {"m": 1, "h": 60, "d": 24 * 60}
"""Units of a period, in minutes."""


def _period(text: str) -> int:
    number, unit = text[:-1], text[-1:]
    if not (number.isascii() and number.isdigit() and unit in MINUTES):
        raise typer.BadParameter("has to be a number of minutes, hours or days, such as 30m, 6h or 1d")
    return int(number) * MINUTES[unit]


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone()  # a time without a zone is in this machine's
    except (ValueError, OverflowError):
        raise typer.BadParameter("has to be a date and a time, such as 2026-03-01T06:00 or 2026-03-01T06:00Z") from None


def sources(as_json: Json = False) -> None:
    """List the sources, with the last and the next sync of each."""
    with connection.connect() as client:
        response = client.get("/sources")
    output.show(response, as_json, lambda body: output.page(body, _SOURCES, "There are no sources."))


def sync(
    source: SourceName,
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Start a new job; the source's running job is cancelled.")
    ] = False,
    max_deleted: MaxDeleted = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the rows are loaded.")] = False,
    as_json: Json = False,
    fail_on_rejected: FailOnRejected = None,
) -> None:
    """Pull a source, unless it has a current job: the command shows that one, running or ended."""
    waiting.check_usage(wait=wait, fail_on_rejected=fail_on_rejected)
    with connection.connect() as client:
        body = {} if max_deleted is None else {"guards": {"max_deleted": max_deleted}}
        response = client.post(f"/syncs/{source}", body, force=str(force).lower())
        job = response.body["job"]
        waiting.announce(job["id"], wait=wait, as_json=as_json)
        if last := response.body["last_sync"]:
            again = command("sync", source, "--force")
            output.note(f"Job {job['id']} has pulled it: {verdict(job)}, {_ago(last)}. Pull it again: {again}")
        if wait:
            response = waiting.wait_for(client, job["id"])
    waiting.finish(response, waited=wait, as_json=as_json, fail_on_rejected=fail_on_rejected)


def schedule(
    source: SourceName,
    every: Annotated[
        Any, typer.Option(parser=_period, metavar="PERIOD", help="30m, 6h, 1d: 15 minutes to 31 days.")
    ] = None,
    begin: Annotated[
        Any,
        typer.Option("--from", parser=_instant, metavar="TIME", help="The first run, such as 2026-03-01T06:00Z."),
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="Remove the schedule; pull it only with `sluice sync`.")] = False,
    as_json: Json = False,
) -> None:
    """Pull a source on a schedule; without --from, the first run is one period from now."""
    if off == (every is not None) or (off and begin is not None):
        raise typer.BadParameter("Give either --every PERIOD, with or without --from TIME, or --off.")
    with connection.connect() as client:
        if off:
            client.delete(f"/syncs/{source}/schedule")
            output.note(f"{source}: no schedule")
            return
        start = None if begin is None else begin.isoformat()
        response = client.put(f"/syncs/{source}/schedule", {"every_minutes": every, "starting_at": start})
    output.show(response, as_json, lambda body: output.say(f"{source}: {_schedule(body)}"))


def _last(source: Mapping[str, Any]) -> str:
    job, last = source["job"], source["last_sync"]
    if job is None:
        return "never"
    return f"{verdict(job)}, {_ago(last)}" if last else f"{verdict(job)}, {job['progress']['percent']} %"


def _period_of(known: Mapping[str, Any] | None) -> str:
    return f"every {_period_text(known['every_minutes'])}" if known else "off"


def _schedule(known: Mapping[str, Any]) -> str:
    return f"{_period_of(known)}, next {local_time(known['next_at'])}"


def _ago(last: Mapping[str, Any]) -> str:
    minutes = last["minutes_ago"]
    unit = next((unit for unit in ("d", "h") if minutes >= MINUTES[unit]), "m")
    return f"{minutes // MINUTES[unit]}{unit} ago"


def _period_text(minutes: int) -> str:
    """Return a period as --every takes it, in the largest unit that divides it."""
    unit = next(unit for unit in ("d", "h", "m") if minutes % MINUTES[unit] == 0)
    return f"{minutes // MINUTES[unit]}{unit}"


_SOURCES: Final = (
    Column("name", "Source"),
    Column("title", "Title"),
    Column("", "Last sync", _last),
    Column("", "Schedule", lambda source: _period_of(source["schedule"])),
    Column("schedule.next_at", "Next", local_time),
)
