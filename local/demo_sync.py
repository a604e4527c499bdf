"""``make demo-sync``: a source pulled twice from an upstream that has its bad days, on this machine."""

import time
from collections.abc import Mapping
from typing import Any, Final

import httpx

from local import render
from local.client import Client
from local.demonstrate import concluded, run, started, tell
from local.syncs import follow

SOURCE: Final = "pangkat"
ROWS: Final = 10_000
RATE: Final = 20
"""Requests a second that the register lets through; the rate that the source declares."""

BAD_DAYS: Final = {"rows": ROWS, "rate": RATE, "errors": 0.05, "token_seconds": 2.0}
GONE: Final = 40
"""Rows that have left the register before the second sync; as many have come in."""
EDITED_EVERY: Final = 400
"""Every so-many-th row has been edited by then."""
EDITED: Final = len([number for number in range(GONE, ROWS) if number % EDITED_EVERY == 0])
"""Rows that are there both times, and edited the second time."""


def main() -> int:
    """Bring the local stack up, pull a source, change what it holds, pull it again, and show what came of both."""
    stack = started()
    register = httpx.Client(base_url=stack.upstream_url, timeout=10, trust_env=False)
    with register, Client(stack.api_url, stack.issuer.mint()) as client:
        tell(register, "/_reset", {})
        tell(register, "/_set", BAD_DAYS)
        render.out.print(
            f"Pulling {ROWS:,} rows of {SOURCE}, 100 at a time. Of the register's answers 5 % are errors, its tokens "
            f"hold for 2 s, and it lets {RATE} requests a second through:"
        )
        first, took = _pull(client)
        _show(first)
        render.out.print(f"{ROWS:,} rows in {took:.1f} s: {ROWS / took:,.0f} rows/s")
        tell(register, "/_set", {"first": GONE, "edited_every": EDITED_EVERY})
        render.out.print(
            f"\n{GONE} rows have left the register, {GONE} came in, {EDITED} were edited. Pulling it again:"
        )
        second, _ = _pull(client)
        _show(second)
        seen = register.get("/_seen").raise_for_status().json()
    _show_register(seen)
    render.out.print()
    render.addresses(stack)
    render.out.print(f"Try .venv/bin/sluice sources, or .venv/bin/sluice schedule {SOURCE} --every 6h.")
    return concluded(_unexpected(first, second, seen))


def _pull(client: Client) -> tuple[dict[str, Any], float]:
    """The job of a new sync when it has settled, and the seconds it took."""
    began = time.perf_counter()
    begun = client.post(f"/syncs/{SOURCE}", force="true").body["job"]
    job: dict[str, Any] = follow(client, begun["id"]).body
    return job, time.perf_counter() - began


def _outcome(job: Mapping[str, Any]) -> dict[str, int]:
    counts, gone = job["counts"], job["sync"]["gone"]
    return {
        "new": counts["inserted"],
        "changed": counts["updated"] - gone,
        "unchanged": counts["unchanged"],
        "gone": gone,
        "refused": counts["refused"],
    }


def _show(job: Mapping[str, Any]) -> None:
    render.out.print(f"{job['importer']} · {job['status']} · {job['id']}", markup=False)
    render.rows([{name: f"{count:,}" for name, count in _outcome(job).items()}])
    if problem := job["problem"]:
        render.out.print(f"{problem['title']}: {problem['detail']}", markup=False)


def _show_register(seen: Mapping[str, Any]) -> None:
    answers = seen["answers"]
    failed = sum(count for status, count in answers.items() if status != "200")
    render.out.print(
        f"\nThe register saw {seen['requests']:,} requests for pages, answered {failed:,} of them with an error, and "
        f"gave {seen['tokens']:,} tokens.\n"
        f"In its busiest second {seen['busiest_second']} requests came; it allows {RATE}."
    )


def _unexpected(first: Mapping[str, Any], second: Mapping[str, Any], seen: Mapping[str, Any]) -> list[str]:
    """What is not as it has to be, however often the demo was run on this stack before."""
    wrong = [f"a sync is {job['status']}" for job in (first, second) if job["status"] != "completed"]
    if wrong:
        return wrong
    found = _outcome(second)
    # rows that have left once and come back are not new but changed
    if (found["new"] + found["changed"], found["gone"]) != (GONE + EDITED, GONE):
        wrong.append(f"{GONE} rows were to be new, {EDITED} changed, {GONE} gone")
    if seen["busiest_second"] > RATE:
        wrong.append(f"more than {RATE} requests came within a second")
    return wrong


if __name__ == "__main__":
    run(main)
