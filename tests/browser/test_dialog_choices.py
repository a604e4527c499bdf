"""Questions of the import dialog, and the ways on that it offers with a problem."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.support.people import Person

PAGE = "examples/import.html"


def opened(page_at: Callable[..., Page], person: Person, content: bytes, name: str = "parts.csv") -> Page:
    """Open the dialog, and choose a file."""
    page = page_at(PAGE, person)
    page.get_by_role("button", name="Import a price list").click()
    chosen: Any = {"name": name, "mimeType": "text/csv", "buffer": content}
    page.locator("sluice-import-dialog input[type=file]").set_input_files(chosen)
    return page


def review(page: Page) -> None:
    """Expect the dialog at the preview."""
    expect(page.get_by_role("heading", name="Review before loading")).to_be_visible()


def test_the_mapping_of_columns_can_be_changed_in_the_preview(page_at: Callable[..., Page], ann: Person) -> None:
    """The same job reads its file again with the new mapping, and comes back to the preview."""
    page = opened(page_at, ann, b"SKU,Name,Price,Maker,Shelf\nM-1,Belt,1.5,Bosch,A1\n")
    review(page)
    expect(page.get_by_text("In new records: Currency is EUR, Stock is 0,")).to_be_visible()
    page.get_by_text("Columns: 3 of 11 columns are in the file; 2 of its headers are not used").click()
    expect(page.get_by_text("Not used: Maker, Shelf.")).to_be_visible()
    apply = page.get_by_role("button", name="Check again with these columns")
    expect(apply).to_be_disabled()
    page.get_by_label("Header in your file for Brand").select_option("Maker")
    page.get_by_label("Header in your file for Supplier").select_option("Maker")
    expect(page.get_by_text("“Maker” is chosen for Brand and for Supplier.")).to_be_visible()
    expect(apply).to_be_disabled()
    page.get_by_label("Header in your file for Supplier").select_option("(not in the file)")
    page.get_by_label("Header in your file for Description").select_option("Shelf")
    apply.click()
    expect(page.get_by_role("columnheader", name="Brand", exact=True)).to_be_visible()
    expect(page.get_by_role("cell", name="Bosch")).to_be_visible()
    page.get_by_role("button", name="Load 1 row").click()
    expect(page.get_by_role("heading", name="The import has finished")).to_be_visible()
    record = ann.records("products")["M-1"]
    assert (record["brand"], record["description"]) == ("Bosch", "A1")
    (job,) = ann.everything("/jobs", 10)
    assert (job["status"], job["recipe"]["columns"]) == ("completed", {"Maker": "brand", "Shelf": "description"})


def test_every_question_of_a_file_is_answered_in_one_form(page_at: Callable[..., Page], ann: Person) -> None:
    """A missing column comes first, since rows cannot be read without it; then what their cells leave open, at once."""
    rows = [
        "D-1,Belt,1.250,03/05/2026",
        "D-2,Pump,2.500,04/05/2026",
        "D-3,Cap,9.5,05/04/2026",
        'D-4,Pin,"9,5",06/05/2026',
    ]
    page = opened(page_at, ann, "\n".join(["SKU,Name,Prise,Updated,Shelf", *rows, ""]).encode())
    expect(page.get_by_role("heading", name="Your file leaves something open")).to_be_visible()
    send = page.get_by_role("button", name="Send the answers")
    send.click()
    expect(page.get_by_role("alert")).to_contain_text("Answer this question: Which header of the file stands for")
    expect(page.get_by_role("combobox", name="Price")).to_be_focused()
    options = page.get_by_role("combobox", name="Price").get_by_role("option")
    expect(options).to_have_text(["Choose a header", "Prise", "Shelf", "None of them"])
    page.get_by_role("combobox", name="Price").select_option("Prise")
    send.click()

    price = page.get_by_role("group", name="Which decimal mark does the column Price use?")
    expect(price.get_by_text("2 cells can be read in both ways")).to_be_visible()
    expect(price.get_by_role("row", name="2 1.250 can be read in both ways")).to_be_visible()
    expect(price.get_by_text("Row 2: 1.250 is 1250. Row 3: 2.500 is 2500. 1 cell is rejected.")).to_be_visible()
    updated = page.get_by_role("group", name="In which order does the column Updated write day, month and year?")
    expect(updated.get_by_text("Row 3: 04/05/2026 is 5 April 2026.")).to_be_visible()
    expect(page.get_by_role("radio", checked=True)).to_have_count(0)
    price.get_by_label("A comma").check()
    send.click()
    expect(page.get_by_role("alert")).to_contain_text("In which order does the column Updated")
    updated.get_by_label("Month first").check()
    send.click()
    review(page)
    page.get_by_role("button", name="Load 3 rows").click()
    expect(page.get_by_role("heading", name="The import has finished")).to_be_visible()
    record = ann.records("products")["D-2"]
    assert (float(record["price"]), record["updated"]) == (2500, "2026-04-05")


def test_a_guard_shows_what_it_counts_and_lets_the_file_through(page_at: Callable[..., Page], ann: Person) -> None:
    """The page's own limit stops the job before it loads; the reader lets it through."""
    page = page_at(PAGE, ann)
    page.locator("sluice-import-dialog").evaluate("dialog => (dialog.guards = { max_rejected: 0.1 })")
    page.get_by_role("button", name="Import a price list").click()
    chosen: Any = {"name": "new.csv", "mimeType": "text/csv", "buffer": b"SKU,Name,Price\nG-1,Belt,1.5\nG-2,Pump,x\n"}
    page.locator("sluice-import-dialog input[type=file]").set_input_files(chosen)
    guard = page.get_by_role("group", name="1 of 2 rows are rejected, more than the import allows.")
    expect(guard.get_by_role("row", name="3 Price is not a number")).to_be_visible()
    guard.get_by_label("Let it through").check()
    page.get_by_role("button", name="Send the answers").click()
    review(page)
    page.get_by_role("button", name="Load 1 row").click()
    expect(page.get_by_role("heading", name="The import has finished")).to_be_visible()


def test_a_file_that_was_imported_before_can_be_imported_anyway(page_at: Callable[..., Page], ann: Person) -> None:
    """The API recognises the file before it is uploaded; the reader can import it anyway."""
    content = b"SKU,Name,Price\nS-1,Belt,1.5\n"
    assert ann.imported(content, filename="first.csv")["status"] == "completed"
    page = opened(page_at, ann, content, "second.csv")
    expect(page.get_by_role("alert")).to_contain_text("This file was imported before")
    page.get_by_role("button", name="Import it anyway").click()
    review(page)
    expect(page.get_by_text("1 unchanged")).to_be_visible()


def test_rejected_rows_are_loaded_page_by_page(page_at: Callable[..., Page], ann: Person) -> None:
    """Twenty wrong cells at first, the others on demand; a file without a valid row cannot be loaded."""
    rows = "".join(f"R-{number},Belt,-{number}\n" for number in range(1, 46))
    page = opened(page_at, ann, f"SKU,Name,Price\n{rows}".encode())
    review(page)
    rejected = page.get_by_role("region", name="Rejected rows").get_by_role("row")
    expect(rejected).to_have_count(21)
    more = page.get_by_role("button", name="Show more")
    more.click()
    expect(rejected).to_have_count(41)
    more.click()
    expect(rejected).to_have_count(46)
    expect(more).to_be_hidden()
    expect(page.get_by_text("No row of this file can be loaded.")).to_be_visible()
    expect(page.get_by_role("button", name="Load")).to_have_count(0)


def test_without_a_network_the_dialog_offers_to_try_again(page_at: Callable[..., Page], ann: Person) -> None:
    """An alert shows that there is no connection, and the button works once there is one."""
    page = page_at(PAGE, ann)
    expect(page.get_by_role("button", name="Import a price list")).to_be_enabled()
    page.context.set_offline(True)
    page.get_by_role("button", name="Import a price list").click()
    expect(page.get_by_role("alert")).to_contain_text("No connection")
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("button", name="Drop a file here, or choose one")).to_be_visible()


def test_the_reader_says_what_the_file_changes_unless_the_page_does(page_at: Callable[..., Page], ann: Person) -> None:
    """An attribute of the page is sent, and not offered."""
    page = page_at(PAGE, ann)
    page.locator("sluice-import-dialog").evaluate("dialog => (dialog.mode = 'insert')")
    page.get_by_role("button", name="Import a price list").click()
    page.get_by_text("What the file changes").click()
    expect(page.get_by_label("The rows of the file")).to_have_count(0)
    page.get_by_label("A blank cell").select_option("Blank cells clear the value.")
    chosen: Any = {"name": "new.csv", "mimeType": "text/csv", "buffer": b"SKU,Name,Price\nO-1,Belt,1.5\n"}
    page.locator("sluice-import-dialog input[type=file]").set_input_files(chosen)
    review(page)
    (job,) = ann.everything("/jobs", 10)
    assert (job["options"]["mode"], job["options"]["blanks"]) == ("insert", "clear")
