"""The pictures of the README: the console and the dialog with the same price list.

They go to `.local/pictures`, or with ``SLUICE_PICTURES=docs/pictures`` (`make pictures`) into the repository.
"""

from __future__ import annotations

import base64
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from local.paths import LOCAL, ROOT
from tests.browser.conftest import PageAt
from tests.browser.console import CONSOLE, go
from tests.support.factories import csv_file
from tests.support.people import Person

WINDOW: ViewportSize = {"width": 1280, "height": 800}
SCALE = 1.5
MAX_BYTES = 100_000
NAME = "autumn-prices.csv"
TITLES = ("Part Number", "Description", "Brand", "Category", "Price", "Currency", "Stock", "Supplier")
PARTS = [
    ("Oil filter", "Bosch", "Filters", "7.40"),
    ("Brake disc, front", "Brembo", "Brakes", "48.90"),
    ("Timing belt kit", "Gates", "Drives", "112.00"),
    ("Wiper blade 550 mm", "Valeo", "Body", "11.25"),
    ("Spark plug, iridium", "NGK", "Ignition", "9.80"),
    ("Cabin filter, charcoal", "Mann", "Filters", "14.60"),
]
#: Wrong cells of the second list, by row of the list.
WRONG = {4: ("Price", "on request"), 9: ("Currency", "EU"), 15: ("Stock", "-3"), 22: ("Price", "12.5o")}
#: Draws a PNG into a WebP of limited size, which is a quarter of its size; the browser has the encoder.
ENCODE = """async ([png, limit]) => {
  const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext("2d").drawImage(image, 0, 0);
  let blob = null;
  for (let quality = 0.9; !blob || (blob.size > limit && quality > 0.3); quality -= 0.1) {
    blob = await canvas.convertToBlob({ type: "image/webp", quality });
  }
  let text = "";
  for (const byte of new Uint8Array(await blob.arrayBuffer())) text += String.fromCharCode(byte);
  return btoa(text);
}"""

Take = Callable[[Page, str], None]


@pytest.fixture
def shop(person: Callable[..., Person]) -> Person:
    """A caller of a tenant of its own, whose name is in the pictures."""
    return person(f"harbour-{time.time_ns() % 1000}")


@pytest.fixture
def take() -> Take:
    """Take a picture of a page's window; the name becomes that of a `.webp` file."""
    folder = ROOT / os.environ["SLUICE_PICTURES"] if "SLUICE_PICTURES" in os.environ else LOCAL / "pictures"
    folder.mkdir(parents=True, exist_ok=True)

    def write(page: Page, name: str) -> None:
        expect(page.get_by_text("Connecting")).to_have_count(0)
        png = page.screenshot(animations="disabled", caret="hide")
        blank = page.context.new_page()
        encoded: str = blank.evaluate(ENCODE, [base64.b64encode(png).decode(), MAX_BYTES])
        blank.close()
        content = base64.b64decode(encoded)
        assert len(content) <= MAX_BYTES, f"{name} has {len(content)} bytes"
        Path(folder / f"{name}.webp").write_bytes(content)

    return write


def price_list(count: int, *, rise: float = 1.0, wrong: bool = False) -> bytes:
    """A price list of `count` parts; `rise` multiplies every third price."""
    rows: list[list[Any]] = []
    for number in range(count):
        description, brand, category, price = PARTS[number % len(PARTS)]
        new = f"{float(price) * (rise if number % 3 == 0 else 1):.2f}"
        rows.append([f"HP-{10400 + number}", description, brand, category, new, "EUR", 4 + number % 37, "Nordparts"])
    for at, (title, value) in WRONG.items() if wrong else ():
        rows[at][TITLES.index(title)] = value
    return csv_file(rows, TITLES)


def window(page_at: PageAt, path: str, person: Person, scheme: str) -> Page:
    """Open a page for a picture."""
    return page_at(path, person, viewport=WINDOW, device_scale_factor=SCALE, color_scheme=scheme, timezone_id="UTC")


def test_pictures_of_a_job_in_review_and_when_it_has_ended(page_at: PageAt, shop: Person, take: Take) -> None:
    """A price list with new, changed, unchanged and wrong rows, in light and dark."""
    shop.imported(price_list(180), filename="summer-prices.csv")
    changed = price_list(240, rise=1.04, wrong=True)
    job = shop.imported(changed, filename=NAME, review=True)
    page = window(page_at, CONSOLE, shop, "light")
    go(page, f"#/jobs/{job['id']}")
    expect(page.get_by_text("on request").first).to_be_visible()
    take(page, "review")
    shop.move(job["id"], "commit")
    assert shop.end_of(job["id"])["counts"]["rejected"] == len(WRONG)
    dark = window(page_at, CONSOLE, shop, "dark")
    go(dark, f"#/jobs/{job['id']}")
    expect(dark.get_by_text("on request").first).to_be_visible()
    take(dark, "job-dark")


def test_a_picture_of_the_dialog_in_a_page(page_at: PageAt, shop: Person, take: Take) -> None:
    """A shop's own page, with the dialog at its preview."""
    shop.imported(price_list(180), filename="summer-prices.csv")
    page = window(page_at, "examples/import.html", shop, "light")
    page.get_by_role("button", name="Import a price list").click()
    chosen: Any = {"name": NAME, "mimeType": "text/csv", "buffer": price_list(240, rise=1.04, wrong=True)}
    page.locator("sluice-import-dialog input[type=file]").set_input_files(chosen)
    expect(page.get_by_role("button", name=re.compile(r"^Load \d+"))).to_be_visible()
    take(page, "dialog")
