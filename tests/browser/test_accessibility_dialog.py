"""axe-core finds no violation in the import dialog, at any stage, in light and dark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.console import with_comparison
from tests.support.people import Person

ROWS = b"SKU,Name,Price,Updated,Shelf\nA-1,Belt,1.5,04/05/2026,B7\nA-2,Pump,-1,04/05/2026,B8\n"


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_every_stage_of_the_dialog_is_accessible(
    page_at: Callable[..., Page], ann: Person, accessible: Callable[[Page, str], None], color_scheme: str
) -> None:
    """The choice of a file, the upload, the check, the preview with its questions, loading, and the end."""
    page = page_at("examples/import.html", ann, color_scheme=color_scheme, reduced_motion="reduce")
    expect(page.get_by_role("button", name="Import a price list")).to_be_enabled()
    accessible(page, "the page")
    page.get_by_role("button", name="Import a price list").click()
    expect(page.get_by_role("button", name="Drop a file here")).to_be_visible()
    accessible(page, "the choice of a file")

    with_comparison(page)

    def hold(route: Route) -> None:
        """Hold the request: neither respond nor fail."""

    page.route("**/sluice-files-*", hold)
    chosen: Any = {"name": "parts.csv", "mimeType": "text/csv", "buffer": ROWS}
    page.locator("sluice-import-dialog input[type=file]").set_input_files(chosen)
    expect(page.get_by_role("button", name="Stop sending")).to_be_visible()
    accessible(page, "the upload")
    expect(page.get_by_role("progressbar", name="Sending parts.csv")).to_be_visible()
    page.get_by_role("button", name="Stop sending").click()
    accessible(page, "a stopped upload")
    page.unroute("**/sluice-files-*", hold)
    page.get_by_role("button", name="Resume sending").click()

    expect(page.get_by_role("heading", name="Your file is being checked")).to_be_visible()
    accessible(page, "the check, or the preview already")
    question = page.get_by_role("group", name="In which order does the column Updated write day, month and year?")
    expect(question).to_be_visible()
    page.get_by_role("button", name="Send the answers").click()
    accessible(page, "the questions, one of them without an answer")
    question.get_by_label("Day first").check()
    page.get_by_role("button", name="Send the answers").click()
    expect(page.get_by_role("heading", name="Review before loading")).to_be_visible()
    changes = page.get_by_role("region", name="The first 3 of 1,202 records that change").get_by_role("row")
    expect(changes.nth(2)).to_have_text("3P-00000212,500.125 → 9.500")
    expect(page.get_by_role("region", name="Rows that will be rejected").get_by_role("row").nth(1)).to_contain_text(
        "P-7"
    )
    page.get_by_text("columns are in the file").click()
    accessible(page, "the preview")
    page.get_by_role("button", name="Load 1,203 rows").click()
    expect(page.get_by_role("heading", name="The import has finished")).to_be_visible()
    accessible(page, "the end")


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_a_missing_column_and_a_failed_import_are_accessible(
    page_at: Callable[..., Page], ann: Person, accessible: Callable[[Page, str], None], color_scheme: str
) -> None:
    """The question about a header; then the alert with the problem and the ways on."""
    page = page_at("examples/import.html?lang=id", ann, color_scheme=color_scheme)
    page.get_by_role("button", name="Impor daftar harga").click()
    chosen: Any = {"name": "parts.csv", "mimeType": "text/csv", "buffer": b"SKU,Name,Prise\nF-1,Belt,1\n"}
    page.locator("sluice-import-dialog input[type=file]").set_input_files(chosen)
    expect(page.get_by_role("combobox", name="Price")).to_be_visible()
    accessible(page, "the question about a missing column")
    page.get_by_role("button", name="Batalkan impor ini").click()
    page.get_by_role("button", name="Pilih berkas lain").click()
    page.locator("sluice-import-dialog input[type=file]").set_input_files(chosen | {"buffer": b"hello\nworld\n"})
    expect(page.get_by_role("alert")).to_be_visible()
    accessible(page, "a failed import")
