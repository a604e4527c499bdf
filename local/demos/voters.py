"""``make demo-voters``: a workbook of voters, looked up at a flaky commission, on this machine."""

import json
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import httpx

from local.commands import show_addresses
from local.demos.steps import configure, exit_code, run, started
from local.fake_upstreams.voter_files import Line, voter_rows, write_workbook
from local.fake_upstreams.voters import WARD, category, is_id_number
from local.paths import LOCAL
from local.stack import Stack
from sluice_cli import output
from sluice_cli.client import Client
from sluice_cli.imports import send

ROWS: Final = 2_000
RATE: Final = 50
"""Requests a second that the commission accepts."""

FLAKY: Final = {"rate": RATE, "errors": 0.1, "token_seconds": 2.0}
RESULT: Final = Path(".local") / "result.xlsx"


def main() -> int:
    """Start the local stack and show the demo."""
    return demo(started())


def demo(stack: Stack, rows: int = ROWS) -> int:
    """Look voters up, show the outcome beside what is true of them; return 1 if it is not as expected."""
    lines = list(voter_rows(rows, first=_first()))
    commission = httpx.Client(base_url=stack.commission_url, timeout=10, trust_env=False)
    with commission, Client(stack.api_url, stack.issuer.mint()) as client:
        configure(commission, FLAKY, reset=True)
        book = LOCAL / "demo" / f"Ward {WARD}.xlsx"
        book.parent.mkdir(parents=True, exist_ok=True)
        write_workbook(book, lines)
        output.out.print(
            f"Looking up the {rows:,} voters of “{book.name}”, whose name holds their ward. 10 % of the commission's "
            f"responses are errors, its tokens expire after 2 s, and it accepts {RATE} requests a second:"
        )
        began = time.perf_counter()
        job = send(client, book, "voters", patience=300).body
        took = time.perf_counter() - began
        seen = commission.get("/_seen").raise_for_status().json()
        output.job(job)
        summary = _saved(client, job["id"]) if job["status"] == "completed" else None
    output.out.print(f"{rows:,} rows in {took:.1f} s: {rows / took:,.0f} rows/s")
    truth = Counter(category(line[0]) for line in lines)
    if summary:
        _show(summary, truth)
    _show_commission(seen)
    output.out.print()
    show_addresses(stack)
    return exit_code(_deviations(job, summary, truth, seen, lines))


def _first() -> int:
    """Return the number of the first row; each run has other voters, because lookup results are cached."""
    return int(time.time()) % 100_000 * ROWS


def _saved(client: Client, job_id: str) -> dict[str, Any]:
    """Save the result workbook; return the summary."""
    RESULT.parent.mkdir(exist_ok=True)
    client.save(f"/jobs/{job_id}/files/{RESULT.name}", RESULT)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "summary.json")
        client.save(f"/jobs/{job_id}/files/{file.name}", file)
        summary: dict[str, Any] = json.loads(file.read_text())
    return summary


def _show(summary: Mapping[str, Any], truth: Mapping[str, int]) -> None:
    output.out.print()
    output.rows(
        [
            {
                "category": each["title"],
                "rows": f"{each['count']:,}",
                "share": f"{each['share']:.1%}",
                "true": f"{truth.get(each['slug'], 0):,}",
            }
            for each in summary["categories"]
        ]
    )
    output.out.print(f"\nThe workbook with a sheet for each category: {RESULT.resolve()}", markup=False, soft_wrap=True)


def _show_commission(seen: Mapping[str, Any]) -> None:
    failed = sum(count for status, count in seen["answers"].items() if status != "200")
    output.out.print(
        f"\nThe commission received {seen['requests']:,} lookups, responded to {failed:,} of them with an error, and "
        f"issued {seen['tokens']:,} tokens.\n"
        f"Its busiest second had {seen['busiest_second']} requests; it accepts {RATE}.\n"
        f"It gave a result for {seen['answered_ids']:,} ID numbers, for {seen['answered_again']:,} of them again."
    )


def _deviations(
    job: Mapping[str, Any],
    summary: Mapping[str, Any] | None,
    truth: Mapping[str, int],
    seen: Mapping[str, Any],
    lines: Sequence[Line],
) -> list[str]:
    """Return what is not as expected."""
    wrong = []
    if summary is None:
        wrong.append(f"the job is {job['status']}")
    elif {each["slug"]: each["count"] for each in summary["categories"] if each["count"]} != dict(truth):
        wrong.append("rows have other categories than what is true of them")
    if seen["busiest_second"] > RATE:
        wrong.append(f"a second had more than {RATE} requests")
    if seen["answered_again"]:
        wrong.append(f"{seen['answered_again']:,} ID numbers were looked up again after a result")
    valid = sum(is_id_number(line[0]) for line in lines)
    if summary is not None and seen["answered_ids"] != valid:
        wrong.append(f"not all {valid:,} ID numbers have a result")
    return wrong


if __name__ == "__main__":
    run(main)
