"""The import dialog in a product's page: by mouse, by keyboard, closed and opened, narrow, in Indonesian."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.people import Person

PAGE = "examples/import.html"
HOSTILE = '<img src=x onerror="document.title=1">'
FORMULA = '=HYPERLINK("http://127.0.0.1/?x=1","Belt")'

#: What has the focus, inside all shadow roots: its name and text.
FOCUSED = """() => {
  let at = document.activeElement;
  while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return (at.getAttribute("aria-label") ?? at.textContent).trim().replaceAll(/\\s+/g, " ");
}"""
#: How far the page, and what scrolls in the dialog, reach beyond their width.
OVERFLOW = """() => {
  const body = document.querySelector("sluice-import-dialog").shadowRoot.querySelector(".body");
  const page = document.scrollingElement;
  return [page.scrollWidth - page.clientWidth, body.scrollWidth - body.clientWidth];
}"""


def csv(*rows: str) -> bytes:
    """A price list."""
    return "\n".join(["Part Number,Description,Price,Currency", *rows, ""]).encode()


def file(name: str, content: bytes) -> Any:
    """A file as a reader chooses it."""
    return {"name": name, "mimeType": "text/csv", "buffer": content}


def choose(page: Page, name: str, content: bytes) -> None:
    """Choose a file in the open dialog."""
    page.locator("sluice-import-dialog input[type=file]").set_input_files(file(name, content))


def heading(page: Page, name: str | re.Pattern[str]) -> None:
    """The dialog has come to the stage of that name."""
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def tab_to(page: Page, name: str) -> None:
    """Press the tab key until that is focused; the page behind is never reached on the way."""
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        assert focused != "Import a price list"
        if focused.startswith(name):
            return
    raise AssertionError(f"the tab key does not lead to {name!r}")


def test_a_file_is_uploaded_looked_at_and_loaded_by_mouse(page_at: Callable[..., Page], ann: Person) -> None:
    """Nothing is written before the commit; afterwards the good rows are there, and the wrong one has its reason."""
    page = page_at(PAGE, ann)
    page.get_by_role("button", name="Import a price list").click()
    expect(page.get_by_role("dialog", name="Import Products")).to_be_visible()
    with page.expect_download() as template:
        page.get_by_role("button", name="Download a template").click()
    assert template.value.suggested_filename == "products.xlsx"
    step = page.get_by_role("list", name="Steps").locator("[aria-current=step]")
    expect(step).to_have_text("1. File")

    formula = FORMULA.replace('"', '""')
    choose(page, "parts.csv", csv("P-1,Belt,1.5,EUR", f'P-2,"{formula}",2,EUR', "P-3,x,-1,EUR"))
    heading(page, "Look before it is loaded")
    expect(step).to_have_text("3. Preview")
    expect(page.get_by_text("2 to add")).to_be_visible()
    expect(page.get_by_text("1 refused")).to_be_visible()
    expect(page.get_by_role("row", name="4 Price -1 must be 0 or more")).to_be_visible()
    expect(page.get_by_role("cell", name=FORMULA, exact=True)).to_be_visible()
    expect(page.get_by_label("Title in your file for Description")).to_have_value("Description")
    assert ann.records("products") == {}

    page.get_by_role("button", name="Load 2 rows").click()
    heading(page, "The import has finished")
    expect(page.get_by_text("2 rows were added.")).to_be_visible()
    expect(page.get_by_text("1 row was refused.")).to_be_visible()
    with page.expect_download() as errors:
        page.get_by_role("button", name=re.compile("^errors.csv")).click()
    assert "must be 0 or more" in errors.value.path().read_text()
    page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    expect(page.locator("#outcome")).to_have_text("2 rows have been loaded.")
    assert sorted(ann.records("products")) == ["P-1", "P-2"]


def test_a_keyboard_is_enough(page_at: Callable[..., Page], ann: Person) -> None:
    """Every stage puts the focus at its heading, all that can be done is a few tabs away, and Escape closes."""
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
    expect(page.get_by_role("heading", name="Look before it is loaded")).to_be_focused()
    tab_to(page, "The first rows, as they will be written")
    tab_to(page, "Title in your file for Part Number")
    tab_to(page, "Load 1 row")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="The import has finished")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(button).to_be_focused()
    assert sorted(ann.records("products")) == ["K-1"]


def test_a_closed_dialog_leaves_the_job_running_and_finds_it_again(page_at: Callable[..., Page], ann: Person) -> None:
    """Closed while rows are checked and opened later, it has gone on; the page was told of each opening and closing."""
    page = page_at(PAGE, ann)
    page.evaluate("""() => {
      window.told = [];
      const dialog = document.querySelector("sluice-import-dialog");
      for (const name of ["shown", "hidden", "complete", "error"]) {
        dialog.addEventListener(name, () => window.told.push(name));
      }
    }""")
    page.get_by_role("button", name="Import a price list").click()
    choose(page, "parts.csv", csv("C-1,Belt,1.5,EUR"))
    heading(page, "Your file is being checked")
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Import a price list").click()
    heading(page, "Look before it is loaded")
    page.get_by_role("button", name="Load 1 row").click()
    heading(page, "The import has finished")
    page.get_by_role("button", name="Import another file").click()
    heading(page, "Choose a file")
    assert page.evaluate("window.told") == ["shown", "hidden", "shown", "complete"]


def test_a_job_in_review_can_be_cancelled(page_at: Callable[..., Page], ann: Person) -> None:
    """It ends without a row written, and another file can be chosen."""
    page = page_at(PAGE, ann)
    page.get_by_role("button", name="Import a price list").click()
    choose(page, "parts.csv", csv("C-1,Belt,1.5,EUR"))
    heading(page, "Look before it is loaded")
    page.get_by_role("button", name="Cancel this import").click()
    heading(page, "The import was cancelled")
    page.get_by_role("button", name="Choose another file").click()
    heading(page, "Choose a file")
    assert [job["status"] for job in ann.everything("/jobs", 10)] == ["cancelled"]
    assert ann.records("products") == {}


def test_a_phone_in_indonesian(page_at: Callable[..., Page], ann: Person) -> None:
    """All stages fit 390 px, wide tables scroll in their own box, cells stay text, and every word is translated."""
    page = page_at(f"{PAGE}?lang=id", ann, viewport={"width": 390, "height": 800}, color_scheme="dark")
    page.get_by_role("button", name="Impor daftar harga").click()
    expect(page.get_by_role("button", name="Letakkan berkas di sini")).to_be_visible()
    assert page.evaluate(OVERFLOW) == [0, 0]
    hostile = HOSTILE.replace('"', '""')
    choose(page, "suku-cadang.csv", csv(f'I-1,"{hostile}",1.5,EUR', "I-2,Sabuk,-1,EUR", f'I-3,Pompa,"{hostile}",EUR'))
    heading(page, "Lihat dahulu sebelum dimuat")
    expect(page.get_by_text("1 akan ditambahkan")).to_be_visible()
    expect(page.get_by_text(HOSTILE, exact=True)).to_have_count(2)
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


def test_both_languages_have_every_text(page_at: Callable[..., Page]) -> None:
    """Only forms of the singular are English alone: Bahasa Indonesia has none."""
    page = page_at(PAGE, None)
    english, indonesian = page.evaluate("""async () => {
      const { en } = await import("/elements/words-en.js");
      const { id } = await import("/elements/words-id.js");
      return [en, id];
    }""")
    assert {key for key in english if not key.endswith(".one")} == set(indonesian)
    placeholder = re.compile(r"\{\w+\}")
    for key, text in indonesian.items():
        assert sorted(placeholder.findall(text)) == sorted(placeholder.findall(english[key])), key
