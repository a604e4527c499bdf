"""What the import dialog asks, and what it offers when something is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.people import Person

PAGE = "examples/import.html"


def opened(page_at: Callable[..., Page], person: Person, content: bytes, name: str = "parts.csv") -> Page:
    """The dialog with a file chosen."""
    page = page_at(PAGE, person)
    page.get_by_role("button", name="Import a price list").click()
    chosen: Any = {"name": name, "mimeType": "text/csv", "buffer": content}
    page.locator("sluice-import-dialog input[type=file]").set_input_files(chosen)
    return page


def review(page: Page) -> None:
    """The dialog has come to the preview."""
    expect(page.get_by_role("heading", name="Look before it is loaded")).to_be_visible()


def test_columns_can_be_matched_otherwise_in_the_preview(page_at: Callable[..., Page], ann: Person) -> None:
    """The file is read anew with the choice, the job that read it first is cancelled, and the rows have the column."""
    page = opened(page_at, ann, b"SKU,Name,Price,Maker,Shelf\nM-1,Belt,1.5,Bosch,A1\n")
    review(page)
    expect(page.get_by_text("Not used: Maker, Shelf.")).to_be_visible()
    apply = page.get_by_role("button", name="Check again with these columns")
    expect(apply).to_be_disabled()
    page.get_by_label("Title in your file for Brand").select_option("Maker")
    page.get_by_label("Title in your file for Supplier").select_option("Maker")
    expect(page.get_by_text("“Maker” is chosen for Brand and for Supplier.")).to_be_visible()
    expect(apply).to_be_disabled()
    page.get_by_label("Title in your file for Supplier").select_option("(not in the file)")
    page.get_by_label("Title in your file for Description").select_option("Shelf")
    apply.click()
    expect(page.get_by_role("columnheader", name="Brand")).to_be_visible()
    expect(page.get_by_role("cell", name="Bosch")).to_be_visible()
    page.get_by_role("button", name="Load 1 row").click()
    expect(page.get_by_role("heading", name="The import has finished")).to_be_visible()
    record = ann.records("products")["M-1"]
    assert (record["brand"], record["description"]) == ("Bosch", "A1")
    assert sorted(job["status"] for job in ann.everything("/jobs", 10)) == ["cancelled", "completed"]


def test_dates_that_can_be_read_in_two_ways_are_asked_about(page_at: Callable[..., Page], ann: Person) -> None:
    """The question shows what either answer would mean; without an answer nothing is loaded."""
    page = opened(page_at, ann, b"SKU,Name,Price,Updated\nD-1,Belt,1.5,03/03/2026\nD-2,Pump,2,04/05/2026\n")
    review(page)
    expect(page.get_by_label("Day first: row 3 is 4 May 2026")).to_be_visible()
    page.get_by_role("button", name="Load 2 rows").click()
    expect(page.get_by_text("Say for each of these columns how its dates are written.")).to_be_visible()
    page.get_by_label("Month first: row 3 is 5 April 2026").check()
    page.get_by_role("button", name="Load 2 rows").click()
    expect(page.get_by_role("heading", name="The import has finished")).to_be_visible()
    assert ann.records("products")["D-2"]["updated"] == "2026-04-05"


def test_a_file_that_was_imported_before_can_be_imported_anyway(page_at: Callable[..., Page], ann: Person) -> None:
    """It is told before a byte is sent; the reader may insist."""
    content = b"SKU,Name,Price\nS-1,Belt,1.5\n"
    assert ann.imported(content, filename="first.csv")["status"] == "completed"
    page = opened(page_at, ann, content, "second.csv")
    expect(page.get_by_role("alert")).to_contain_text("This file was imported before")
    page.get_by_role("button", name="Import it anyway").click()
    review(page)
    expect(page.get_by_text("1 already there, just so")).to_be_visible()


def test_a_file_that_cannot_be_read_says_what_to_do(page_at: Callable[..., Page], ann: Person) -> None:
    """A header that is nearly right can be taken for the missing one; else another file can be chosen."""
    page = opened(page_at, ann, b"SKU,Name,Prise\nF-1,Belt,1.5\n")
    expect(page.get_by_role("heading", name="The import has failed")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("'Price' (nearest: 'Prise')")
    expect(page.get_by_role("button", name="Choose another file")).to_be_visible()
    page.get_by_role("button", name="Read “Prise” as “Price”").click()
    review(page)
    expect(page.get_by_label("Title in your file for Price")).to_have_value("Prise")


def test_refused_rows_come_page_by_page(page_at: Callable[..., Page], ann: Person) -> None:
    """Twenty wrong cells at first, the others on demand; a file without a good row has nothing to load."""
    rows = "".join(f"R-{number},Belt,-{number}\n" for number in range(1, 46))
    page = opened(page_at, ann, f"SKU,Name,Price\n{rows}".encode())
    review(page)
    refused = page.get_by_role("region", name="Refused rows").get_by_role("row")
    expect(refused).to_have_count(21)
    more = page.get_by_role("button", name="Show more")
    more.click()
    expect(refused).to_have_count(41)
    more.click()
    expect(refused).to_have_count(46)
    expect(more).to_be_hidden()
    expect(page.get_by_text("No row of this file can be loaded.")).to_be_visible()
    expect(page.get_by_role("button", name="Load")).to_have_count(0)


def test_without_an_api_the_dialog_says_so(page_at: Callable[..., Page], ann: Person) -> None:
    """The reader is told that there is no connection, and can try again once there is."""
    page = page_at(PAGE, ann)
    expect(page.get_by_role("button", name="Import a price list")).to_be_enabled()
    page.context.set_offline(True)
    page.get_by_role("button", name="Import a price list").click()
    expect(page.get_by_role("alert")).to_contain_text("No connection")
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("button", name="Drop a file here, or choose one")).to_be_visible()
