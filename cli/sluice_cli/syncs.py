"""Commands that pull a source from its upstream, now or on a schedule."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

import typer

from sluice_cli import output
from sluice_cli.client import Response, connect
from sluice_cli.commands import Json, finish, wait_for

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
    with connect() as client:
        response = client.get("/sources")
    output.show(response, as_json, lambda body: output.rows([_line(source) for source in body["items"]]))


def sync(
    source: SourceName,
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Start a new job; the source's running job is cancelled.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the rows are loaded.")] = False,
    as_json: Json = False,
) -> None:
    """Pull a source, unless it has a current job: the command shows that one, running or ended."""
    with connect() as client:
        response = client.post(f"/syncs/{source}", force=str(force).lower())
        job = response.body["job"]
        if last := response.body["last_sync"]:
            output.note(f"Job {job['id']} has pulled it: {job['status']} {_ago(last)}. Pull it again with --force.")
        if wait:
            response = wait_for(client, job["id"])
    # the JSON of a start holds more than the job; everything else shows the job alone
    finish(response if wait or as_json else Response(response.text, job, response.headers), wait, as_json)


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
    with connect() as client:
        if off:
            client.delete(f"/syncs/{source}/schedule")
            output.note(f"{source}: no schedule")
            return
        start = None if begin is None else begin.isoformat()
        response = client.put(f"/syncs/{source}/schedule", {"every_minutes": every, "starting_at": start})
    output.show(response, as_json, lambda body: output.out.print(f"{source}: {_schedule(body)}", markup=False))


def _line(source: Mapping[str, Any]) -> dict[str, Any]:
    known = source["schedule"]
    return {
        "name": source["name"],
        "title": source["title"],
        "last sync": _last(source),
        "schedule": f"every {_period_text(known['every_minutes'])}" if known else "off",
        "next": known["next_at"] if known else None,
    }


def _last(source: Mapping[str, Any]) -> str:
    job, last = source["job"], source["last_sync"]
    if job is None:
        return "never"
    status = job["status"].replace("_", " ")
    return f"{status} {_ago(last)}" if last else f"{status}, {job['progress']['percent']} %"


def _schedule(known: Mapping[str, Any]) -> str:
    return f"every {_period_text(known['every_minutes'])}, next {known['next_at']}"


def _ago(last: Mapping[str, Any]) -> str:
    minutes = last["minutes_ago"]
    unit = next((unit for unit in ("d", "h") if minutes >= MINUTES[unit]), "m")
    return f"{minutes // MINUTES[unit]}{unit} ago"


def _period_text(minutes: int) -> str:
    """Return a period as --every takes it, in the largest unit that divides it."""
    unit = next(unit for unit in ("d", "h", "m") if minutes % MINUTES[unit] == 0)
    return f"{minutes // MINUTES[unit]}{unit}"
