"""``make demo``: Sluice from nothing to 20,000 products loaded, on this machine."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from benchmarks import workbook
from local.commands import show_addresses, status
from local.demos.steps import exit_code, run, started
from local.paths import LOCAL
from local.stack import Stack
from sluice_cli import output
from sluice_cli.client import Client
from sluice_cli.imports import send

ROWS: Final = 20_000

WRONG: Final = {13: "Price", 1_042: "Stock", 7_777: "Updated", 12_345: "Currency", 19_999: "Part Number"}
"""Wrong rows of the sample, by their number in the sheet, and the column that is wrong."""


def main() -> int:
    """Start the local stack and show the demo."""
    return demo(started())


def demo(stack: Stack, rows: int = ROWS) -> int:
    """Import a sample workbook through the public API, show the outcome; return 1 if it is not as expected."""
    sample = LOCAL / "demo" / f"products-{rows}.xlsx"
    wrong = {row: column for row, column in WRONG.items() if row <= rows + 1}
    with status(f"Writing a workbook of {rows:,} products"):
        _write_sample(sample, rows, wrong)
    with Client(stack.api_url, stack.issuer.mint()) as client:
        output.out.print(f"Importing {sample}, as any client of the API would:", markup=False, soft_wrap=True)
        began = time.perf_counter()
        job = send(client, sample, "products", patience=120, force=True).body
        took = time.perf_counter() - began
        rejected = client.get(f"/jobs/{job['id']}/rejections", limit=50).body["items"]
        first = len(client.get("/jobs", limit=2).body["items"]) == 1
    output.job(job)
    output.out.print("\nRejected rows, by their number in the sheet:")
    output.out.print(output.table(rejected, output.REJECTIONS))
    output.out.print(f"\n{rows:,} rows in {took:.1f} s, upload included: {rows / took:,.0f} rows/s")
    if first:
        output.out.print("Most of that was the first start of each function; run make demo again to see them warm.")
    output.out.print()
    show_addresses(stack)
    deviations = []
    if job["status"] != "completed" or job["counts"]["total"] != rows:
        deviations.append(f"the job is {job['status']} with {job['counts']['total']} of {rows:,} rows")
    if {row["row"] for row in rejected} != set(wrong):
        deviations.append(f"the rejected rows are not {sorted(wrong)}")
    return exit_code(deviations)


def _write_sample(sample: Path, rows: int, wrong: Mapping[int, str]) -> None:
    """Write the sample workbook, unless it is newer than the code that writes it."""
    writers = (Path(__file__), Path(workbook.__file__))
    if not sample.exists() or sample.stat().st_mtime < max(writer.stat().st_mtime for writer in writers):
        sample.parent.mkdir(parents=True, exist_ok=True)
        workbook.write_products(sample, rows, wrong=wrong)


if __name__ == "__main__":
    run(main)
