"""``make cost``: what AWS would bill for imports, rollbacks, lookups and watching, counted on a local stack.

The requests are those of real runs, counted by a proxy before the local AWS; prices are in ``prices.toml``. The seconds
of functions are this machine's, which runs the emulator beside them: on AWS they are fewer.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import httpx
from websockets.sync.client import connect

from benchmarks.cost_page import DAYS, Cost, Costs, Prices, Used, render
from benchmarks.figures import Run
from benchmarks.meter import Meter, configure, inside, metered
from benchmarks.runs import Bench, Say
from local import emulator
from local.fake_upstreams.voter_files import voter_rows, write_workbook
from local.fake_upstreams.voters import WARD
from local.lifecycle import running
from local.paths import LOCAL, ROOT
from local.processes import exit_on_sigterm
from local.stack import Stack
from sluice_cli.client import WAITING_OR_ENDED, Client

PAGE: Final = ROOT / "docs" / "costs.md"
ROWS: Final = 100_000
LOOKUPS: Final = 2_000
WATCHED: Final = 60
"""Seconds that a job is watched by each means, at least; an hour is calculated from them."""
MONTH: Final = 730
"""Hours of a month."""
POLLERS: Final = 5
"""Requests by which Lambda waits for messages of a queue at any time, if the queue has a maximum concurrency.

Source: "Scaling behavior for Amazon SQS event source mappings" of the AWS Lambda Developer Guide.
"""
POLL_SECONDS: Final = 20
EVENT_SECONDS: Final = 20
"""Seconds that an event stream waits on AWS; on a local stack it is one, as template.yaml says."""
SWEEPS_AN_HOUR: Final = 12
_SWEEPS: Final = 3


class Counting:
    """A stack behind a meter."""

    def __init__(self, stack: Stack, direct: Stack, meter: Meter, say: Say) -> None:
        self.stack, self.say = stack, say
        self._direct, self._meter = direct, meter
        self.tenant = f"cost-{time.time_ns():x}"

    def configure(self, function: str, **variables: str) -> None:
        """Set environment variables of a function, by its name in the template."""
        configure(self._direct, function, **variables)

    def sweep(self) -> None:
        """Run the sweeper, as its schedule does."""
        done = self._direct.client("lambda").invoke(FunctionName=self.stack.outputs["SweeperFunction"])
        if "FunctionError" in done:
            raise SystemExit("The sweeper failed")

    def queues(self) -> int:
        """Return how many queues Lambda polls."""
        pages = self._direct.client("lambda").get_paginator("list_event_source_mappings").paginate()
        return sum(":sqs:" in each["EventSourceArn"] for page in pages for each in page["EventSourceMappings"])

    def client(self, tenant: str = "") -> Client:
        """Return a client of a tenant of its own."""
        return Client(self.stack.api_url, self.token(tenant))

    def token(self, tenant: str = "") -> str:
        """Return a token of a tenant, by default that of this run."""
        return self.stack.issuer.mint(tenant or self.tenant)

    def used(self) -> Counter[str]:
        """Return what was used so far, once no request has come for a second."""
        self._until_quiet()
        return self._meter.used() + inside(self._direct)

    def _until_quiet(self, patience: float = 60.0) -> None:
        deadline, counts = time.monotonic() + patience, [-1.0, -2.0]
        while counts[-1] != counts[-2] and time.monotonic() < deadline:
            time.sleep(1.0)
            counts.append(float(sum(self._meter.used().values())))

    def job(self, job_id: str, tenant: str = "") -> dict[str, Any]:
        """Return a job at its next rest; its item is read past the meter, because looking costs too."""
        table = self._direct.client("dynamodb")
        key = {"pk": {"S": f"{tenant or self.tenant}#jobs"}, "sk": {"S": job_id}}
        deadline = time.monotonic() + 1_800
        while time.monotonic() < deadline:
            item = table.get_item(TableName=self._direct.jobs_table, Key=key, ConsistentRead=True)["Item"]
            if item["status"]["S"] in WAITING_OR_ENDED and "suspended" not in item:
                with Client(self._direct.api_url, self.token(tenant)) as client:
                    found: dict[str, Any] = client.get(f"/jobs/{job_id}").body
                    return found
            time.sleep(0.5)
        raise SystemExit(f"Job {job_id} did not end")

    def imported(self, path: Path, importer: str, tenant: str = "", **options: Any) -> str:
        """Import a file, and return the id of its job."""
        with self.client(tenant) as client:
            started = client.start_import(path, importer, force=True, **options)
            with path.open("rb") as content:
                client.upload(started["upload"], path.name, content)
        job = self.job(started["job"]["id"], tenant)
        self.say(f"{path.name}: {job['status']} { ({name: n for name, n in job['counts'].items() if n}) }")
        if job["status"] != "completed":
            raise SystemExit(f"{path.name} was not imported: {job['problem']}")
        return str(job["id"])


@contextmanager
def counting(*, database: bool, say: Say) -> Iterator[Counting]:
    """Yield a new stack on a local AWS, every request to which is counted."""
    LOCAL.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="run-cost-", dir=LOCAL) as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL runs as another user, if this is root
        try:
            aws = emulator.start(folder, 0)
            with (
                metered(aws.endpoint) as (address, meter),
                running(folder, endpoint=address, database=database, say=say) as stack,
            ):
                direct = replace(stack, endpoint=aws.endpoint, api_url=stack.api_url.replace(address, aws.endpoint))
                configure(direct, AWS_ENDPOINT_URL=address)  # the emulator gives functions its own address
                yield Counting(stack, direct, meter, say)
        finally:
            emulator.stop(folder)


def _million(title: str, before: Used, after: Used, rows: int) -> Cost:
    """Calculate what a million rows use."""
    spent = {name: after.get(name, 0.0) - before.get(name, 0.0) for name in {*before, *after}}
    spent["s3_mb_months"] = max(0.0, spent.pop("s3_mb", 0.0)) * DAYS / 30
    return Cost(title, {name: amount * 1e6 / rows for name, amount in spent.items()})


def of_rows(on: Counting, bench: Bench, destination: str) -> Iterator[Cost]:
    """Import a workbook, import it again, and roll the first job back."""
    path = bench.file(".xlsx", bench.rows)
    on.imported(bench.file(".xlsx", 1_000), "products", tenant=f"warm-{time.time_ns():x}")
    counts = [on.used()]
    first = on.imported(path, "products")
    counts.append(on.used())
    on.imported(path, "products")
    counts.append(on.used())
    with on.client() as client:
        client.post(f"/jobs/{first}/rollback")
    if on.job(first)["status"] != "rolled_back":
        raise SystemExit("The first job was not rolled back")
    counts.append(on.used())
    titles = ("import, all new", "the same again, all unchanged", "rollback of the import")
    for title, (before, after) in zip(titles, pairwise(counts), strict=True):
        yield _million(f"{destination}: {title}", before, after, bench.rows)


def of_lookups(on: Counting, lookups: int) -> Cost:
    """Look voters up at the fake commission, which responds at its rate."""
    path = LOCAL / "bench" / f"voters-{lookups}.xlsx"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_workbook(path, voter_rows(lookups))
    before = on.used()
    on.imported(path, "voters", recipe={"constants": {"ward": WARD}})
    return _million("lookups: voters, each a request upstream", before, on.used(), lookups)


def of_watching(on: Counting, seconds: int) -> Iterator[Cost]:
    """Watch a job that waits for its file, by each means."""
    with on.client() as client:
        job = client.post("/imports", {"importer": "products", "filename": "a.csv", "bytes": 100}).body["job"]["id"]
    on.configure("EventsFunction", EVENTS_WAIT_SECONDS=str(min(EVENT_SECONDS, max(1, seconds // 2))))
    for title, watch in _MEANS.items():
        with on.client() as client:  # a ticket is valid for a minute, and the means before may take longer
            links = client.post(f"/jobs/{job}/ticket").body["links"]
        if watch is _socket and "socket" not in links:
            on.say("This stack has no WebSocket")
            continue
        before = on.used()
        part, more = watch(on, job, links, seconds)
        after = on.used()
        spent = {name: (after[name] - before[name]) / part for name in after if name != "s3_mb"}
        yield Cost(title, {name: spent.get(name, 0.0) + more.get(name, 0.0) for name in {*spent, *more}})


Watch = Callable[[Counting, str, Mapping[str, str], int], tuple[float, Used]]
"""Watches a job for some seconds; returns how much of an hour's requests it sent, and what an hour uses beside them."""


def _stream(on: Counting, job: str, _: Mapping[str, str], seconds: int) -> tuple[float, Used]:
    """Request one event after another, as a browser's ``EventSource`` does."""
    return _repeat(on, f"/jobs/{job}/events", "Last-Event-ID", 0.5, seconds)


def _poll(on: Counting, job: str, _: Mapping[str, str], seconds: int) -> tuple[float, Used]:
    """Request the job again and again, if it has changed."""
    return _repeat(on, f"/jobs/{job}", "If-None-Match", 1.0, seconds)


def _repeat(on: Counting, path: str, header: str, pause: float, seconds: int) -> tuple[float, Used]:
    seen, began = "", time.monotonic()
    with httpx.Client(headers={"Authorization": f"Bearer {on.token()}"}, timeout=60) as http:
        while time.monotonic() < began + seconds:
            response = http.get(on.stack.api_url + path, headers={header: seen} if seen else {})
            if response.is_error:
                raise SystemExit(f"Watching failed: {response.status_code} {response.text}")
            event = re.search(r"^id: (.*)$", response.text, re.MULTILINE)
            seen = event[1] if event else response.headers.get("ETag", seen)
            time.sleep(pause)
    return (time.monotonic() - began) / 3_600, {}


def _socket(_: Counting, __: str, links: Mapping[str, str], ___: int) -> tuple[float, Used]:
    """Connect once; the console then sends a message every nine minutes, lest the connection ends."""
    with connect(links["socket"]):
        pass
    return 1.0, {"socket_minutes": 60.0, "socket_messages": 60 / 9}


_MEANS: Final[dict[str, Watch]] = {
    "server-sent events": _stream,
    "WebSocket": _socket,
    "polling every second, with `ETag`": _poll,
}


def of_idle(on: Counting) -> Iterator[Cost]:
    """Run the sweeper on a stack without work, and calculate what Lambda's pollers request."""
    requests = on.queues() * POLLERS * MONTH * 3_600 / POLL_SECONDS
    yield Cost(f"Requests by which Lambda polls {on.queues()} queues", {"times": requests, "sqs_requests": requests})
    on.sweep()  # starts its process
    before = on.used()
    for _ in range(_SWEEPS):
        on.sweep()
    spent, times = on.used() - before, SWEEPS_AN_HOUR * MONTH
    used = {name: amount * times / _SWEEPS for name, amount in spent.items() if name != "s3_mb"}
    yield Cost("Runs of the sweeper", {**used, "times": times})


def there() -> dict[str, int]:
    """Count what the template of alarms has that is billed by the month; an error that is not counted costs nothing."""
    template = (ROOT / "alarms.yaml").read_text()
    watched = set(re.findall(r"Namespace: Sluice,?\s+MetricName: (\w+)", template))
    metrics = {name for name in watched if not name.endswith("Errors")}
    kinds = {name: template.count(f"Type: AWS::CloudWatch::{name.capitalize()}\n") for name in ("alarm", "dashboard")}
    return {"alarm": kinds["alarm"], "metric": len(metrics), "dashboard": kinds["dashboard"]}


def main(arguments: Sequence[str] | None = None) -> int:
    """Count and print; a run of full size writes the page."""
    parser = argparse.ArgumentParser(
        prog="make cost", description="Count what AWS would bill. A run of full size writes docs/costs.md."
    )
    parser.add_argument("--dynamodb", action="store_true", help="leave PostgreSQL out")
    parser.add_argument("--rows", type=int, default=ROWS, help=f"rows of the files, by default {ROWS:,}")
    parser.add_argument("--lookups", type=int, default=LOOKUPS, help=f"voters to look up, by default {LOOKUPS:,}")
    parser.add_argument("--watched", type=int, default=WATCHED, help=f"seconds to watch, by default {WATCHED}")
    parser.add_argument("--write", type=Path, metavar="PATH", help="write this page, of any size, and no other")
    options = parser.parse_args(arguments)
    bench, run = Bench(options.rows, running, _say), Run.here(options.rows)
    with counting(database=False, say=_say) as on:
        rows = [*of_rows(on, bench, "DynamoDB")]
        lookups = of_lookups(on, options.lookups)
        watching = [*of_watching(on, options.watched)]
        idle = [*of_idle(on)]
    if not options.dynamodb:
        with counting(database=True, say=_say) as on:
            rows += of_rows(on, bench, "PostgreSQL")
    rows.append(lookups)
    page = render(Costs(run, options.lookups, options.watched, rows, watching, idle, there()), Prices.load())
    sizes = ((options.rows, ROWS), (options.lookups, LOOKUPS), (options.watched, WATCHED))
    whole = all(size >= full for size, full in sizes) and not options.dynamodb
    if target := options.write or (PAGE if whole else None):
        target.write_text(page)
        _say(f"Wrote {target}")
    print(page)
    return 0


def _say(text: str) -> None:
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    exit_on_sigterm()
    sys.exit(main())
