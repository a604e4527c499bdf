"""``make demo``: Sluice from nothing to 20,000 products loaded, on this machine."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks import workbook
from local.commands import show_addresses
from local.demos.steps import exit_code, run, started
from local.paths import LOCAL
from sluice_cli import output
from sluice_cli.client import Client
from sluice_cli.imports import send

ROWS: Final = 20_000

WRONG: Final = {13: "Price", 1_042: "Stock", 7_777: "Updated", 12_345: "Currency", 19_999: "Part Number"}
"""Wrong rows of the sample, by their number in the sheet, and the column that is wrong."""

SAMPLE: Final = LOCAL / "demo" / f"products-{ROWS}.xlsx"


def main() -> int:
    """Start the local stack, import a sample workbook through the public API, show the outcome."""
    stack = started(_write_sample)
    with Client(stack.api_url, stack.issuer.mint()) as client:
        output.out.print(f"Importing {SAMPLE}, as any client of the API would:", markup=False, soft_wrap=True)
        began = time.perf_counter()
        job = send(client, SAMPLE, "products", patience=120, force=True).body
        took = time.perf_counter() - began
        rejected = client.get(f"/jobs/{job['id']}/rejections", limit=50).body["items"]
        first = len(client.get("/jobs", limit=2).body["items"]) == 1
    output.job(job)
    output.out.print("\nRejected rows, by their number in the sheet:")
    output.out.print(output.table(rejected, output.REJECTIONS))
    output.out.print(f"\n{ROWS:,} rows in {took:.1f} s, upload included: {ROWS / took:,.0f} rows/s")
    if first:
        output.out.print("Most of that was the first start of each function; run make demo again to see them warm.")
    output.out.print()
    show_addresses(stack)
    wrong = []
    if job["status"] != "completed" or job["counts"]["total"] != ROWS:
        wrong.append(f"the job is {job['status']} with {job['counts']['total']} of {ROWS:,} rows")
    if {row["row"] for row in rejected} != set(WRONG):
        wrong.append(f"the rejected rows are not {sorted(WRONG)}")
    return exit_code(wrong)


def _write_sample(say: Callable[[str], None]) -> None:
    """Write the sample workbook, unless it is newer than the code that writes it."""
    say(f"Writing a workbook of {ROWS:,} products")
    writers = (Path(__file__), Path(workbook.__file__))
    if not SAMPLE.exists() or SAMPLE.stat().st_mtime < max(writer.stat().st_mtime for writer in writers):
        SAMPLE.parent.mkdir(parents=True, exist_ok=True)
        workbook.write_workbook(SAMPLE, ROWS, wrong=WRONG)


if __name__ == "__main__":
    run(main)
