"""A workbook of many chunks, through the dialog of a product's page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from benchmarks.workbook import spread, write_products
from tests.support.people import Person, counted
from tests.support.sizes import size

ROWS = size(30_000, 50_000)
WRONG = 60
#: Records each value of the progress bar, with the heading above it.
NOTE = """() => {
  window.values = [];
  const dialog = document.querySelector("sluice-import-dialog").shadowRoot;
  setInterval(() => {
    const progress = dialog.querySelector("sluice-progress")?.shadowRoot;
    if (!progress) return;
    const value = [dialog.querySelector("h3").textContent, progress.querySelector("[role=progressbar]").ariaValueNow];
    if (window.values.at(-1)?.join() !== value.join()) window.values.push(value);
  }, 50);
}"""


@pytest.mark.storm
def test_many_rows_are_reviewed_and_loaded(page_at: Callable[..., Page], ann: Person, tmp_path: Path) -> None:
    """The bar progresses while rows are checked and while they are loaded, and the counts at the end are right."""
    path = tmp_path / "products.xlsx"
    write_products(path, ROWS, wrong=dict.fromkeys(spread(WRONG, ROWS), "Price"))
    page = page_at("examples/import.html", ann)
    patience = 180_000
    page.evaluate(NOTE)
    page.get_by_role("button", name="Import a price list").click()
    page.locator("sluice-import-dialog input[type=file]").set_input_files(path)
    load = page.get_by_role("button", name=f"Load {ROWS - WRONG:,} rows")
    expect(load).to_be_visible(timeout=patience)
    expect(page.get_by_text(f"{ROWS - WRONG:,} to add")).to_be_visible()
    expect(page.get_by_text(f"{WRONG} rejected")).to_be_visible()
    load.click()
    expect(page.get_by_role("heading", name="The import has finished")).to_be_visible(timeout=patience)
    expect(page.get_by_text(f"{ROWS - WRONG:,} rows were added.")).to_be_visible()
    expect(page.get_by_text(f"{WRONG} rows were rejected.")).to_be_visible()
    (job,) = ann.everything("/jobs", 10)
    counts = {"inserted": ROWS - WRONG, "rejected": WRONG, "total": ROWS}
    assert (job["status"], counted(job)) == ("completed", counts)

    values = page.evaluate("window.values")
    for stage in ("Your file is being checked", "The rows are being loaded"):
        seen = {percent for heading, percent in values if heading == stage}
        assert len(seen) >= 3, f"{stage}: {sorted(seen)}"
