"""The import dialog in a product's page: by mouse, by keyboard, closed and reopened, on a phone, in Indonesian."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.support.people import Person

PAGE = "examples/import.html"
HOSTILE = '<img src=x onerror="document.title=1">'
FORMULA = '=HYPERLINK("http://127.0.0.1/?x=1","Belt")'

#: Name or text of the focused element, inside all shadow roots.
FOCUSED = """() => {
  let at = document.activeElement;
  while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return (at.getAttribute("aria-label") ?? at.textContent).trim().replaceAll(/\\s+/g, " ");
}"""
#: Horizontal overflow of the page and of the dialog's body, in pixels.
OVERFLOW = """() => {
  const body = document.querySelector("sluice-import-dialog").shadowRoot.querySelector(".body");
  const page = document.scrollingElement;
  return [page.scrollWidth - page.clientWidth, body.scrollWidth - body.clientWidth];
}"""


def csv(*rows: str) -> bytes:
    """A price list."""
    return "\n".join(["Part Number,Description,Price,Currency", *rows, ""]).encode()


def file(name: str, content: bytes) -> Any:
    """A file for a file chooser."""
    return {"name": name, "mimeType": "text/csv", "buffer": content}


def choose(page: Page, name: str, content: bytes) -> None:
    """Choose a file in the open dialog."""
    page.locator("sluice-import-dialog input[type=file]").set_input_files(file(name, content))


def heading(page: Page, name: str | re.Pattern[str]) -> None:
    """Expect the dialog at the stage with this heading."""
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def tab_to(page: Page, name: str) -> None:
    """Press the tab key until an element has the focus; the page behind never gets it."""
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        assert focused != "Import a price list"
        if focused.startswith(name):
            return
    raise AssertionError(f"the tab key does not lead to {name!r}")


def test_a_file_is_uploaded_reviewed_and_loaded_by_mouse(page_at: Callable[..., Page], ann: Person) -> None:
    """Nothing is written before the commit; then the valid rows are loaded, and the rejected one has its reason."""
    page = page_at(PAGE, ann)
    page.get_by_role("button", name="Import a price list").click()
    expect(page.get_by_role("dialog", name="Import Products")).to_be_visible()
    with page.expect_download() as template:
        page.get_by_role("button", name="Download a template").click()
    assert template.value.suggested_filename == "products.xlsx"
    step = page.get_by_role("list", name="Steps").locator("[aria-current=step]")
    expect(step).to_have_text("1. File")

    formula = FORMULA.replace('"', '""')
    choose(page, "parts.csv", csv("P-1,Belt,1.5,EUR", f'P-2,"\'{formula}",2,EUR', "P-3,x,-1,EUR"))
    heading(page, "Review before loading")
    expect(step).to_have_text("3. Preview")
    expect(page.get_by_text("Load 2 new rows, change 0, leave out 1.")).to_be_visible()
    expect(page.get_by_role("row", name="4 Price -1 must be 0 or more")).to_be_in_viewport()
    expect(page.get_by_text("2 to add")).to_be_visible()
    expect(page.get_by_text("1 rejected")).to_be_visible()
    expect(page.get_by_role("row", name="4 Price -1 must be 0 or more")).to_be_visible()
    expect(page.get_by_role("cell", name=FORMULA, exact=True)).to_be_visible()
    expect(page.get_by_label("Header in your file for Description")).to_have_value("Description")
    assert ann.records("products") == {}

    page.get_by_role("button", name="Load 2 rows").click()
    heading(page, "The import has finished")
    expect(page.get_by_text("2 rows were added.")).to_be_visible()
    expect(page.get_by_text("1 row was rejected.")).to_be_visible()
    expect(page.get_by_text("Loaded, 1 rejected")).to_be_visible()
    with page.expect_download() as errors:
        page.get_by_role("button", name=re.compile("^errors.csv")).click()
    assert "must be 0 or more" in errors.value.path().read_text()
    page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    expect(page.locator("#outcome")).to_have_text("2 rows have been loaded.")
    assert sorted(ann.records("products")) == ["P-1", "P-2"]


def test_the_keyboard_alone_imports_a_file(page_at: Callable[..., Page], ann: Person) -> None:
    """Every stage focuses its heading, the tab key reaches every control, and Escape closes the dialog."""
    page = page_at(PAGE, ann)
    page.on("filechooser", lambda chooser: chooser.set_files([file("parts.csv", csv("K-1,Belt,1.5,EUR"))]))
    button = page.get_by_role("button", name="Import a price list")
    expect(button).to_be_enabled()
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Choose a file")).to_be_focused()
    expect(page.get_by_role("button", name="Drop a file here, or choose one")).to_be_visible()
    tab_to(page, "Drop a file here, or choose one")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Review before loading")).to_be_focused()
    tab_to(page, "The first rows, as they will be written")
    tab_to(page, "Columns: 4 of 11 columns are in the file")
    page.keyboard.press("Enter")
    tab_to(page, "Header in your file for Part Number")
    tab_to(page, "Load 1 row")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="The import has finished")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(button).to_be_focused()
    assert sorted(ann.records("products")) == ["K-1"]


def test_a_closed_dialog_leaves_the_job_running_and_shows_it_when_reopened(
    page_at: Callable[..., Page], ann: Person
) -> None:
    """The job continues while the dialog is closed; the page gets an event for each opening and closing."""
    page = page_at(PAGE, ann)
    page.evaluate("""() => {
      window.events = [];
      const dialog = document.querySelector("sluice-import-dialog");
      for (const name of ["shown", "hidden", "complete", "error"]) {
        dialog.addEventListener(name, () => window.events.push(name));
      }
    }""")
    page.get_by_role("button", name="Import a price list").click()
    choose(page, "parts.csv", csv("C-1,Belt,1.5,EUR"))
    heading(page, "Your file is being checked")
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Import a price list").click()
    heading(page, "Review before loading")
    page.get_by_role("button", name="Load 1 row").click()
    heading(page, "The import has finished")
    page.get_by_role("button", name="Import another file").click()
    heading(page, "Choose a file")
    assert page.evaluate("window.events") == ["shown", "hidden", "shown", "complete"]


def test_a_job_in_review_can_be_cancelled(page_at: Callable[..., Page], ann: Person) -> None:
    """No row is written, and another file can be chosen."""
    page = page_at(PAGE, ann)
    page.get_by_role("button", name="Import a price list").click()
    choose(page, "parts.csv", csv("C-1,Belt,1.5,EUR"))
    heading(page, "Review before loading")
    page.get_by_role("button", name="Cancel this import").click()
    heading(page, "The import was cancelled")
    page.get_by_role("button", name="Choose another file").click()
    heading(page, "Choose a file")
    assert [job["status"] for job in ann.everything("/jobs", 10)] == ["cancelled"]
    assert ann.records("products") == {}


def test_every_stage_fits_a_phone_in_indonesian(page_at: Callable[..., Page], ann: Person) -> None:
    """Nothing overflows 390 px, wide tables scroll in their own box, and cells stay text."""
    page = page_at(f"{PAGE}?lang=id", ann, viewport={"width": 390, "height": 800}, color_scheme="dark")
    page.get_by_role("button", name="Impor daftar harga").click()
    expect(page.get_by_role("button", name="Letakkan berkas di sini")).to_be_visible()
    assert page.evaluate(OVERFLOW) == [0, 0]
    hostile = HOSTILE.replace('"', '""')
    choose(page, "suku-cadang.csv", csv(f'I-1,"{hostile}",1.5,EUR', "I-2,Sabuk,-1,EUR", f'I-3,Pompa,"{hostile}",EUR'))
    heading(page, "Lihat dahulu sebelum dimuat")
    expect(page.get_by_text("1 akan ditambahkan")).to_be_visible()
    expect(page.get_by_text(HOSTILE, exact=True)).to_have_count(3)
    assert page.locator("img").count() == 0
    assert page.evaluate(OVERFLOW) == [0, 0]
    table = page.get_by_role("region", name="Baris-baris pertama, sebagaimana akan ditulis")
    assert table.evaluate("box => box.scrollWidth > box.clientWidth && box.tabIndex === 0")
    page.get_by_role("button", name="Muat 1 baris").click()
    heading(page, "Impor selesai")
    expect(page.get_by_text("1 baris ditambahkan.")).to_be_visible()
    expect(page.get_by_text("2 baris ditolak.")).to_be_visible()
    assert page.evaluate(OVERFLOW) == [0, 0]
    assert page.title() != "1"
