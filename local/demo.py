"""``make demo``: Sluice from nothing to 20,000 products loaded, on this machine."""

import os
import time
from pathlib import Path
from typing import Final

from benchmarks import workbook
from local import emulator, render
from local.client import Client
from local.demonstrate import run
from local.lifecycle import up
from local.places import LOCAL
from local.send import send

ROWS: Final = 20_000

WRONG: Final = {13: "Price", 1_042: "Stock", 7_777: "Updated", 12_345: "Currency", 19_999: "Part Number"}
"""Rows of the sample that are wrong, by the number a person sees in the sheet, and the column that is wrong."""


def main() -> int:
    """Bring the local stack up, import a sample workbook through the public API, show what came of it."""
    with render.status("Starting") as say:
        stack = up(port=int(os.environ.get("SLUICE_PORT", emulator.PORT)), say=say)
        say(f"Writing a workbook of {ROWS:,} products")
        sample = _sample()
    with Client(stack.api_url, stack.issuer.mint()) as client:
        render.out.print(f"Importing {sample}, as any client of the API would:", markup=False, soft_wrap=True)
        began = time.perf_counter()
        job = send(client, sample, "products", patience=120, force=True).body
        took = time.perf_counter() - began
        refused = client.get(f"/jobs/{job['id']}/refusals", limit=50).body["items"]
        first = len(client.get("/jobs", limit=2).body["items"]) == 1
    render.job(job)
    render.out.print("\nRefused rows, by the number that a person sees in the sheet:")
    render.rows(refused, ("row", "column", "value", "reason"))
    render.out.print(f"\n{ROWS:,} rows in {took:.1f} s, upload included: {ROWS / took:,.0f} rows/s")
    if first:
        render.out.print("Most of that was functions starting for the first time; make demo again shows them warm.")
    render.out.print()
    render.addresses(stack)
    if job["status"] != "completed" or job["counts"]["total"] != ROWS or {row["row"] for row in refused} != set(WRONG):
        render.err.print(f"\nThis is not what was to be expected: {ROWS:,} rows, refused {sorted(WRONG)}.")
        return 1
    return 0


def _sample() -> Path:
    """Return the sample workbook, written when there is none or when it would look different by now."""
    path = LOCAL / "demo" / f"products-{ROWS}.xlsx"
    writers = (Path(__file__), Path(workbook.__file__))
    if not path.exists() or path.stat().st_mtime < max(writer.stat().st_mtime for writer in writers):
        path.parent.mkdir(parents=True, exist_ok=True)
        workbook.write_workbook(path, ROWS, wrong=WRONG)
    return path


if __name__ == "__main__":
    run(main)
