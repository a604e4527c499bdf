"""Commands that pull a source from its upstream, now or by a schedule."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

import typer

from local import render
from local.client import Answer, Client
from local.connect import connect

SourceName = Annotated[str, typer.Argument(metavar="SOURCE", help="What to pull; see `sluice sources`.")]
Json = Annotated[bool, typer.Option("--json", help="Print the API's JSON and nothing else.")]

MINUTES: Final = {"m": 1, "h": 60, "d": 24 * 60}
"""Letters that a period ends with, and what they stand for."""


def _period(text: str) -> int:
    number, unit = text[:-1], text[-1:]
    if not (number.isascii() and number.isdigit() and unit in MINUTES):
        raise typer.BadParameter("has to be a number of minutes, hours or days, such as 30m, 6h or 1d")
    return int(number) * MINUTES[unit]


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone()  # one without a zone is this machine's
    except (ValueError, OverflowError):
        raise typer.BadParameter("has to be a date and a time, such as 2026-03-01T06:00 or 2026-03-01T06:00Z") from None


def sources(as_json: Json = False) -> None:
    """List what can be pulled, when that was done last, and when it will be."""
    with connect() as client:
        answer = client.get("/sources")
    if as_json:
        print(answer.text)
    else:
        render.rows([_line(source) for source in answer.body["items"]])


def sync(
    source: SourceName,
    *,
    force: Annotated[bool, typer.Option("--force", help="Begin anew; a job that is under way is cancelled.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the rows are loaded.")] = False,
    as_json: Json = False,
) -> None:
    """Pull a source, unless a job stands for it already: that one is shown then, under way or ended."""
    with connect() as client:
        answer = client.post(f"/syncs/{source}", force=str(force).lower())
        job = answer.body["job"]
        if last := answer.body["last_sync"]:
            hint = f"Job {job['id']} has pulled it: {job['status']} {_ago(last)}. Pull it again with --force."
            render.err.print(hint, markup=False, soft_wrap=True)
        if wait:
            answer = follow(client, job["id"])
            job = answer.body
    if as_json:
        print(answer.text)
    elif wait:
        render.job(job)
    else:
        print(job["id"])
    if wait and job["status"] in {"failed", "cancelled"}:
        raise typer.Exit(1)


def schedule(
    source: SourceName,
    every: Annotated[
        Any, typer.Option(parser=_period, metavar="PERIOD", help="30m, 6h, 1d: 15 minutes to 31 days.")
    ] = None,
    begin: Annotated[
        Any,
        typer.Option("--from", parser=_instant, metavar="TIME", help="The first time, such as 2026-03-01T06:00Z."),
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="Pull it only when somebody asks for it.")] = False,
    as_json: Json = False,
) -> None:
    """Let a source be pulled by itself, every so often; without --from for the first time in one period."""
    if off == (every is not None) or (off and begin is not None):
        raise typer.BadParameter("Say either --every PERIOD, and --from TIME if you like, or --off.")
    with connect() as client:
        if off:
            client.delete(f"/syncs/{source}/schedule")
            render.err.print(f"{source}: no schedule", markup=False)
            return
        start = None if begin is None else begin.isoformat()
        answer = client.put(f"/syncs/{source}/schedule", {"every_minutes": every, "starting_at": start})
    if as_json:
        print(answer.text)
    else:
        told = answer.body
        render.out.print(f"{source}: every {_spelled(told['every_minutes'])}, next {told['next_at']}", markup=False)


def follow(client: Client, job_id: str) -> Answer:
    """Show a job's progress on standard error until it has settled; return its last state."""
    with render.progress() as shown:
        return render.watch(shown, client.follow(job_id))


def _line(source: Mapping[str, Any]) -> dict[str, Any]:
    told = source["schedule"]
    return {
        "name": source["name"],
        "title": source["title"],
        "last sync": _last(source),
        "schedule": f"every {_spelled(told['every_minutes'])}" if told else "off",
        "next": told["next_at"] if told else None,
    }


def _last(source: Mapping[str, Any]) -> str:
    job, last = source["job"], source["last_sync"]
    if job is None:
        return "never"
    status = job["status"].replace("_", " ")
    return f"{status} {_ago(last)}" if last else f"{status}, {job['progress']['percent']} %"


def _ago(last: Mapping[str, Any]) -> str:
    minutes = last["minutes_ago"]
    unit = next((unit for unit in ("d", "h") if minutes >= MINUTES[unit]), "m")
    return f"{minutes // MINUTES[unit]}{unit} ago"


def _spelled(minutes: int) -> str:
    """As --every takes it."""
    unit = next(unit for unit in ("d", "h", "m") if minutes % MINUTES[unit] == 0)
    return f"{minutes // MINUTES[unit]}{unit}"
