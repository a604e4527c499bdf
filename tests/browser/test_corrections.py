"""The mended errors workbook comes in through every door, and is linked to its job each time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from sluice.auth import READ, WRITE
from tests.browser.conftest import PageAt
from tests.browser.console import CONSOLE, go, ready
from tests.support.factories import csv_file
from tests.support.people import Person
from tests.support.spreadsheets import edited

TEXTS = ["-10% oil", "+49 filter kit", "@home", "=A1", "''=A1"]
#: How a text file has them: what would be a formula there has an apostrophe before it.
WRITTEN = ["'=A1" if text == "=A1" else text for text in TEXTS]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def choose(page: Page, inside: str, body: bytes) -> None:
    """Choose the mended workbook."""
    file: Any = {"name": "errors.xlsx", "mimeType": XLSX, "buffer": body}
    page.locator(f"{inside} input[type=file]").set_input_files(file)


def assert_corrected(ann: Person, job_id: str, first: str, price: str) -> None:
    """The job is linked, and the texts are stored as they came."""
    job = ann.end_of(job_id)
    assert (job["status"], job["corrects"], job["counts"]["rejected"]) == ("completed", first, 0)
    stored = ann.records("products")
    assert [stored[f"P-{place}"]["description"] for place in range(len(TEXTS))] == TEXTS
    assert {values["price"] for values in stored.values()} == {price}


def test_the_mended_workbook_links_to_its_job_through_console_dialog_api_and_command_line(
    page_at: PageAt, ann: Person, tmp_path: Path
) -> None:
    rows = [(f"P-{place}", text, "wrong", 1) for place, text in enumerate(WRITTEN)]
    first = ann.imported(csv_file(rows), filename="parts.csv")["id"]
    errors = ann.saved(first, "errors.xlsx", tmp_path).read_bytes()

    page = page_at(CONSOLE, ann)
    go(page, f"#/jobs/{first}")
    choose(page, "main .correction", edited(errors, "1"))
    expect(page.locator("p.corrects")).to_have_text(f"Corrects job {first}")
    assert_corrected(ann, page.url.rpartition("/")[2].partition("?")[0], first, "1")
    page.locator("p.corrects").get_by_role("link", name=first).click()
    expect(page).to_have_title("parts.csv · Sluice")

    go(page, "#/upload?importer=products")
    choose(page, "sluice-upload", edited(errors, "2"))
    page.get_by_role("link", name="Open").click()
    ready(page)
    expect(page.locator("p.corrects")).to_have_text(f"Corrects job {first}")
    assert_corrected(ann, page.url.rpartition("/")[2].partition("?")[0], first, "2")

    product = page_at("examples/import.html", ann)
    product.get_by_role("button", name="Import a price list").click()
    choose(product, "sluice-import-dialog", edited(errors, "3"))
    expect(product.get_by_text(f"Corrects job {first}")).to_be_visible()
    product.get_by_role("button", name="Load 5 rows").click()
    expect(product.get_by_role("heading", name="The import has finished")).to_be_visible()
    expect(product.get_by_text(f"Corrects job {first}")).to_be_visible()
    assert {values["price"] for values in ann.records("products").values()} == {"3"}

    query = {"importer": "products", "filename": "errors.xlsx"}
    sent = ann.call(
        "POST", "/imports/upload", params=query, content=edited(errors, "4"), headers={"Content-Type": XLSX}
    )
    assert sent.status_code in {200, 202}, sent.text
    assert_corrected(ann, sent.json()["id"], first, "4")

    file = tmp_path / "mended.xlsx"
    file.write_bytes(edited(errors, "5"))
    token = ann.stack.issuer.mint(ann.tenant, [READ, WRITE])
    environment = {**os.environ, "SLUICE_API_URL": ann.stack.api_url, "SLUICE_TOKEN": token}
    command = [
        str(Path(sys.executable).parent / "sluice"),
        "import",
        str(file),
        "--importer",
        "products",
        "--wait",
        "--json",
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert_corrected(ann, json.loads(done.stdout)["id"], first, "5")
    assert len(ann.client.get(f"/jobs/{first}/log").body["items"]) >= 5


def test_the_dialog_uploads_the_corrected_file_at_its_end(page_at: PageAt, ann: Person, tmp_path: Path) -> None:
    """The correction is reviewed like the file before."""
    page = page_at("examples/import.html", ann)
    page.get_by_role("button", name="Import a price list").click()
    file: Any = {
        "name": "parts.csv",
        "mimeType": "text/csv",
        "buffer": csv_file([("P-1", "'=A1", "wrong", 1), ("P-2", "b", "1", 1)]),
    }
    page.locator("sluice-import-dialog input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Load 1 row").click()
    expect(page.get_by_role("button", name="Upload the corrected file")).to_be_visible()
    jobs = ann.client.get("/jobs").body["items"]
    (first,) = [job["id"] for job in jobs if job["file"]["name"] == "parts.csv"]
    choose(page, ".correction", edited(ann.saved(first, "errors.xlsx", tmp_path).read_bytes()))
    page.get_by_role("button", name="Load 1 row").click()
    expect(page.get_by_text("1 row was added.")).to_be_visible()
    expect(page.get_by_text(f"Corrects job {first}")).to_be_visible()
    assert ann.records("products")["P-1"]["description"] == "=A1"
