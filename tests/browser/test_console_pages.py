"""The console's other pages: upload, importers, queues with failed jobs, and data."""

from __future__ import annotations

import io
import re
from pathlib import Path

import openpyxl
from playwright.sync_api import Page, expect

from local.stack import Stack
from sluice.model.chunk import JobRef
from sluice.usecases.artifacts import job_folder
from tests.browser.conftest import PageAt
from tests.browser.console import CONSOLE, go, job_row, ready
from tests.e2e.processes import frozen_when
from tests.support.factories import DEALER_TITLES, DEALERS_IN_A_CHUNK, csv_file, dealers, products
from tests.support.people import Person

# Drops files on the page, with the events of a browser.
DROP = """files => {
  const dataTransfer = new DataTransfer();
  for (const [name, text] of files) dataTransfer.items.add(new File([text], name, { type: "text/csv" }));
  for (const type of ["dragenter", "dragover", "drop"]) {
    const event = new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true });
    document.querySelector("main").dispatchEvent(event);
  }
}"""


def choose(page: Page, name: str, content: bytes) -> None:
    """Choose a file on the upload page."""
    with page.expect_file_chooser() as asked:
        page.locator("sluice-upload").get_by_role("button").first.click()
    asked.value.set_files({"name": name, "mimeType": "text/csv", "buffer": content})


def test_a_file_is_uploaded_with_its_options_and_links_to_its_job(page_at: PageAt, ann: Person) -> None:
    page = page_at(CONSOLE, ann)
    go(page, "#/upload?importer=products")
    expect(page.get_by_label("What is in the file?")).to_have_value("products")
    page.get_by_label("Stop before loading").check()
    page.get_by_label("Urgent").check()
    expect(page.locator("select[name=deletes]")).to_be_hidden()
    page.get_by_label("The rows of the file").select_option("delete")
    page.locator("select[name=deletes]").select_option("mark")
    page.get_by_label("The rows of the file").select_option("update")  # deletes nothing, so the choice is not sent
    page.get_by_label("A blank cell").select_option("Blank cells clear the value.")
    choose(page, "looked-at.csv", csv_file(products(3)))
    page.locator(".done").get_by_role("link", name="Open the job").click()
    expect(page.get_by_role("heading", level=1, name="looked-at.csv")).to_be_visible()
    expect(page.locator(".head .status")).to_have_text("In review")
    (job,) = ann.client.get("/jobs").body["items"]
    assert (job["priority"], job["review"]) == ("urgent", True)
    assert [job["options"][name] for name in ("mode", "blanks", "deletes")] == ["update", "clear", None]
    page.get_by_role("tab", name="Run").click()
    changes = "Records are updated; rows whose key is new are rejected. Blank cells clear the value."
    expect(page.get_by_text(changes)).to_be_visible()


def test_a_file_dropped_on_the_list_of_jobs_is_uploaded(page_at: PageAt, ann: Person) -> None:
    page = page_at(CONSOLE, ann)
    go(page, "#/jobs")
    page.evaluate(DROP, [["dropped.csv", csv_file(products(3)).decode()]])
    expect(page.get_by_role("heading", level=1, name="Upload")).to_be_visible()
    expect(page.locator(".done .status")).to_have_text("Loaded")
    expect(page.locator(".done")).to_contain_text("dropped.csv")


def test_of_several_files_a_rejected_one_does_not_stop_the_others(page_at: PageAt, ann: Person) -> None:
    page = page_at(CONSOLE, ann)
    go(page, "#/jobs")
    good = [csv_file(products(count)).decode() for count in (3, 4)]
    page.evaluate(DROP, [["first.csv", good[0]], ["second.csv", ""], ["third.csv", good[1]]])
    lines = page.locator(".done li")
    expect(lines).to_have_count(3)
    expect(lines.nth(0)).to_contain_text("third.csv")
    expect(lines.nth(0).locator(".status")).to_have_text("Loaded")
    expect(lines.nth(1)).to_contain_text("second.csv")
    expect(lines.nth(1)).to_contain_text("empty")
    expect(lines.nth(2)).to_contain_text("first.csv")
    assert len(ann.records("products")) == 4


def test_importers_show_their_columns_and_limits_and_offer_a_template(
    page_at: PageAt, ann: Person, tmp_path: Path
) -> None:
    page = page_at(CONSOLE, ann)
    go(page, "#/importers")
    dealers = page.locator("[data-importer=dealers]")
    expect(dealers).to_contain_text("At most 10,000 rows")
    dealers.get_by_text("8 columns").click()
    expect(dealers.get_by_role("row", name="Dealer Code")).to_contain_text("Key")
    with page.expect_download() as coming:
        dealers.get_by_role("button", name="Template").click()
    assert coming.value.suggested_filename == "dealers-template.xlsx"
    coming.value.save_as(tmp_path / "template.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO((tmp_path / "template.xlsx").read_bytes())).worksheets[0]
    assert "Dealer Code" in str(sheet.cell(1, 1).value)
    dealers.get_by_role("link", name="Import a file").click()
    expect(page.get_by_label("What is in the file?")).to_have_value("dealers")


def test_the_depths_of_the_queues_change_without_a_reload(page_at: PageAt, ann: Person) -> None:
    page = page_at(CONSOLE, ann)
    go(page, "#/queues")
    waiting = page.locator("[data-depth='standard waiting']")
    expect(waiting).to_have_text("0")
    job_id = ann.start(csv_file(products(80_000)), filename="many-chunks.csv")
    expect(waiting).not_to_have_text("0")
    ann.move(job_id, "cancel")
    expect(waiting).to_have_text("0")


def test_a_job_waits_in_line_while_another_one_loads_into_its_dataset(
    page_at: PageAt, ann: Person, stack: Stack
) -> None:
    """It is listed with the job that it waits for, and loads by itself when that one has ended."""
    rows = dealers(4 * DEALERS_IN_A_CHUNK)
    first, second = (
        ann.imported(
            csv_file([(code, name, tier) for code, name, _ in rows], DEALER_TITLES),
            filename=f"{tier}.csv",
            importer="dealers",
            review=True,
        )["id"]
        for tier in ("gold", "silver")
    )
    page = page_at(CONSOLE, ann)
    go(page, "#/queues")
    expect(page.get_by_text("No job waits for another one.")).to_be_visible()
    ann.move(first, "commit")

    def loads() -> bool:
        return bool(0 < ann.client.get(f"/jobs/{first}").body["counts"]["inserted"] < len(rows))

    with frozen_when(stack, loads, "the middle of loading"):
        waiting = ann.move(second, "commit")
        assert (waiting["status"], waiting["waits_for"]) == ("queued", {"lock": "dataset", "job": first})
        row = page.get_by_role("table", name="Jobs that wait for another job").get_by_role("row").nth(1)
        expect(row).to_contain_text(f"Waits for job {first}, which loads into the same dataset")
        expect(row.get_by_role("link", name=first)).to_have_attribute("href", re.compile(first))
        assert ann.client.get(f"/jobs/{second}").body["waits_for"] == waiting["waits_for"]
    assert ann.end_of(first)["status"] == "completed"
    done = ann.end_of(second)
    assert (done["status"], done["counts"]["updated"], done["waits_for"]) == ("completed", len(rows), None)
    expect(page.get_by_text("No job waits for another one.")).to_be_visible()


def test_a_job_with_unprocessed_rows_is_listed_and_retried(page_at: PageAt, ann: Person, stack: Stack) -> None:
    """A chunk without its staged rows fails three times; once they are restored, a retry loads them."""
    job = ann.imported(csv_file(products(5)), filename="given-up.csv", review=True)
    bucket, files = stack.files_bucket, stack.client("s3")
    key = f"{job_folder(JobRef(ann.tenant, job['id']))}staged/000000.rows"
    staged = files.get_object(Bucket=bucket, Key=key)["Body"].read()
    files.delete_object(Bucket=bucket, Key=key)

    page = page_at(CONSOLE, ann)
    go(page, "#/queues")
    expect(page.locator("[data-depth='standard waiting']")).to_have_text("0")
    expect(page.get_by_text("No job waits for a retry.")).to_be_visible()
    ann.move(job["id"], "commit")
    row = job_row(page, job["id"])
    expect(row).to_contain_text("given-up.csv")
    expect(row.get_by_role("cell").first).to_have_text("Products")

    files.put_object(Bucket=bucket, Key=key, Body=staged)
    row.get_by_role("button", name="Retry given-up.csv").click()
    expect(page.get_by_role("heading", level=1, name="given-up.csv")).to_be_visible()
    expect(page.locator(".head .status")).to_have_text("Loaded")
    assert len(ann.records("products")) == 5


def test_a_record_shows_the_job_that_wrote_it_and_its_earlier_versions(page_at: PageAt, ann: Person) -> None:
    first = ann.imported(csv_file(products(120)), filename="first.csv")
    second = ann.imported(csv_file(products(1, price="20.75")), filename="second.csv")
    page = page_at(CONSOLE, ann)
    go(page, "#/data")
    page.get_by_role("link", name="products").click()
    ready(page)
    records = page.get_by_role("region", name="Records of products").locator("tbody tr")
    expect(records).to_have_count(100)
    page.get_by_role("button", name="Load more").click()
    expect(records).to_have_count(120)
    expect(page.get_by_role("button", name="Load more")).to_have_count(0)

    page.get_by_label("Find a record by its key").fill("P-000001")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("heading", name="Record P-000001")).to_be_visible()
    expect(page.locator(".facts")).to_contain_text("20.75")
    expect(page.locator(".facts").get_by_role("link", name=second["id"])).to_be_visible()
    before = page.get_by_role("region", name="Earlier versions").locator("tbody tr")
    expect(before).to_have_count(1)
    expect(before).to_contain_text("9.5")
    before.get_by_role("link", name=first["id"]).click()
    expect(page.get_by_role("heading", level=1, name="first.csv")).to_be_visible()

    go(page, "#/data/products?key=nothing")
    expect(page.get_by_text("There is no record with the key “nothing”.")).to_be_visible()
