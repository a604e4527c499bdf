"""``make demo-sync``: a source pulled twice from a flaky upstream, on this machine."""

import time
from collections.abc import Mapping
from typing import Any, Final

import httpx

from local.commands import show_addresses
from local.demos.steps import configure, exit_code, run, started
from local.stack import Stack
from sluice_cli import output
from sluice_cli.client import Client
from sluice_cli.waiting import wait_for

SOURCE: Final = "pangkat"
ROWS: Final = 10_000
RATE: Final = 20
"""Requests a second that the register accepts; the rate that the source declares."""

FLAKY: Final = {"rate": RATE, "errors": 0.05, "token_seconds": 2.0}
DELETED: Final = 40
"""Rows that leave the register before the second sync; as many new ones come in."""
EDITED_EVERY: Final = 400
"""One row in this many is edited before the second sync."""


def main() -> int:
    """Start the local stack and show the demo."""
    return demo(started())


def demo(stack: Stack, rows: int = ROWS) -> int:
    """Pull a source, change what it holds, pull it again, show both outcomes; return 1 if one is not as expected."""
    edited = len([number for number in range(DELETED, rows) if number % EDITED_EVERY == 0])  # rows of both syncs
    register = httpx.Client(base_url=stack.upstream_url, timeout=10, trust_env=False)
    with register, Client(stack.api_url, stack.issuer.mint()) as client:
        configure(register, {"rows": rows, **FLAKY}, reset=True)
        output.out.print(
            f"Pulling {rows:,} rows of {SOURCE}, 100 at a time. 5 % of the register's responses are errors, its tokens "
            f"expire after 2 s, and it accepts {RATE} requests a second:"
        )
        first, took = _pull(client)
        _show(first)
        output.out.print(f"{rows:,} rows in {took:.1f} s: {rows / took:,.0f} rows/s")
        configure(register, {"first": DELETED, "edited_every": EDITED_EVERY})
        output.out.print(
            f"\n{DELETED} rows have left the register, {DELETED} came in, {edited} were edited. Pulling it again:"
        )
        second, _ = _pull(client)
        _show(second)
        seen = register.get("/_seen").raise_for_status().json()
    _show_register(seen)
    output.out.print()
    show_addresses(stack)
    output.out.print(f"Try .venv/bin/sluice sources, or .venv/bin/sluice schedule {SOURCE} --every 6h.")
    return exit_code(_deviations(first, second, seen, DELETED + edited))


def _pull(client: Client) -> tuple[dict[str, Any], float]:
    """Start a sync; return its job once it waits or has ended, and the seconds it took."""
    began = time.perf_counter()
    started = client.post(f"/syncs/{SOURCE}", force="true").body["job"]
    job: dict[str, Any] = wait_for(client, started["id"]).body
    return job, time.perf_counter() - began


def _outcome(job: Mapping[str, Any]) -> dict[str, int]:
    counts = job["counts"]
    return {
        "new": counts["inserted"],
        "changed": counts["updated"],
        "unchanged": counts["unchanged"],
        "deleted upstream": job["sync"]["deleted_upstream"],
        "rejected": counts["rejected"],
    }


def _show(job: Mapping[str, Any]) -> None:
    output.out.print(f"{job['importer']} · {job['status']} · {job['id']}", markup=False)
    output.rows([{name: f"{count:,}" for name, count in _outcome(job).items()}])
    if problem := job["problem"]:
        output.out.print(f"{problem['title']}: {problem['detail']}", markup=False)


def _show_register(seen: Mapping[str, Any]) -> None:
    responses = seen["answers"]
    failed = sum(count for status, count in responses.items() if status != "200")
    output.out.print(
        f"\nThe register received {seen['requests']:,} requests for pages, responded to {failed:,} of them with an "
        f"error, and issued {seen['tokens']:,} tokens.\n"
        f"Its busiest second had {seen['busiest_second']} requests; it accepts {RATE}."
    )


def _deviations(
    first: Mapping[str, Any], second: Mapping[str, Any], seen: Mapping[str, Any], differing: int
) -> list[str]:
    """Return what is not as expected; holds for every run of the demo on the same stack."""
    wrong = [f"a sync is {job['status']}" for job in (first, second) if job["status"] != "completed"]
    if wrong:
        return wrong
    found = _outcome(second)
    if (found["new"] + found["changed"], found["deleted upstream"]) != (differing, DELETED):
        wrong.append(f"the second sync has not {differing} new or changed rows, and {DELETED} deleted ones")
    if seen["busiest_second"] > RATE:
        wrong.append(f"a second had more than {RATE} requests")
    return wrong


if __name__ == "__main__":
    run(main)
