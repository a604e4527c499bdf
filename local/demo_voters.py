"""``make demo-voters``: a workbook of voters, looked up at a commission that has its bad days, on this machine."""

import json
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import httpx

from local import render
from local.client import Client
from local.demonstrate import concluded, run, started, tell
from local.places import LOCAL
from local.send import send
from local.upstreams.voter_files import Line, voter_rows, write_workbook
from local.upstreams.voters import WARD, category, is_id_number

ROWS: Final = 2_000
RATE: Final = 50
"""Requests a second that the commission lets through."""

BAD_DAYS: Final = {"rate": RATE, "errors": 0.1, "token_seconds": 2.0}
RESULT: Final = Path(".local") / "result.xlsx"


def main() -> int:
    """Bring the local stack up, look voters up, and show what came of it beside what the commission knows."""
    stack = started()
    lines = list(voter_rows(ROWS, first=_first()))
    commission = httpx.Client(base_url=stack.commission_url, timeout=10, trust_env=False)
    with commission, Client(stack.api_url, stack.issuer.mint()) as client:
        tell(commission, "/_reset", {})
        tell(commission, "/_set", BAD_DAYS)
        book = LOCAL / "demo" / f"Ward {WARD}.xlsx"
        book.parent.mkdir(parents=True, exist_ok=True)
        write_workbook(book, lines)
        render.out.print(
            f"Looking up the {ROWS:,} voters of “{book.name}”; its name tells their ward. Of the commission's answers "
            f"10 % are errors, its tokens hold for 2 s, and it lets {RATE} requests a second through:"
        )
        began = time.perf_counter()
        job = send(client, book, "voters", patience=300).body
        took = time.perf_counter() - began
        seen = commission.get("/_seen").raise_for_status().json()
        render.job(job)
        summary = _saved(client, job["id"]) if job["status"] == "completed" else None
    render.out.print(f"{ROWS:,} rows in {took:.1f} s: {ROWS / took:,.0f} rows/s")
    truth = Counter(category(line[0]) for line in lines)
    if summary:
        _show(summary, truth)
    _show_commission(seen)
    render.out.print()
    render.addresses(stack)
    return concluded(_unexpected(job, summary, truth, seen, lines))


def _first() -> int:
    """Number of the first row: other people in each run, for answers are kept, and nobody is asked for them again."""
    return int(time.time()) % 100_000 * ROWS


def _saved(client: Client, job_id: str) -> dict[str, Any]:
    """Save the result workbook; return the summary."""
    RESULT.parent.mkdir(exist_ok=True)
    client.save(f"/jobs/{job_id}/files/{RESULT.name}", RESULT)
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder, "summary.json")
        client.save(f"/jobs/{job_id}/files/{told.name}", told)
        summary: dict[str, Any] = json.loads(told.read_text())
    return summary


def _show(summary: Mapping[str, Any], truth: Mapping[str, int]) -> None:
    render.out.print()
    render.rows(
        [
            {
                "category": each["title"],
                "rows": f"{each['count']:,}",
                "share": f"{each['share']:.1%}",
                "as the commission knows": f"{truth.get(each['slug'], 0):,}",
            }
            for each in summary["categories"]
        ]
    )
    render.out.print(f"\nThe workbook with a sheet for each category: {RESULT.resolve()}", markup=False, soft_wrap=True)


def _show_commission(seen: Mapping[str, Any]) -> None:
    failed = sum(count for status, count in seen["answers"].items() if status != "200")
    render.out.print(
        f"\nThe commission saw {seen['requests']:,} look-ups, answered {failed:,} of them with an error, and gave "
        f"{seen['tokens']:,} tokens.\n"
        f"In its busiest second {seen['busiest_second']} requests came; it allows {RATE}.\n"
        f"It answered for {seen['answered_ids']:,} ID numbers, for {seen['answered_again']:,} of them more than once."
    )


def _unexpected(
    job: Mapping[str, Any],
    summary: Mapping[str, Any] | None,
    truth: Mapping[str, int],
    seen: Mapping[str, Any],
    lines: Sequence[Line],
) -> list[str]:
    """What is not as it has to be."""
    wrong = []
    if summary is None:
        wrong.append(f"the job is {job['status']}")
    elif {each["slug"]: each["count"] for each in summary["categories"] if each["count"]} != dict(truth):
        wrong.append("rows are in other categories than the commission knows")
    if seen["busiest_second"] > RATE:
        wrong.append(f"more than {RATE} requests came within a second")
    if seen["answered_again"]:
        wrong.append("somebody was asked for again who was answered for already")
    valid = sum(is_id_number(line[0]) for line in lines)
    if summary is not None and seen["answered_ids"] != valid:
        wrong.append(f"{valid:,} ID numbers were to be answered")
    return wrong


if __name__ == "__main__":
    run(main)
