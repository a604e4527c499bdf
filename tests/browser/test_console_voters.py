"""Voters in the console: uploaded with a ward, looked up, and deleted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from openpyxl import load_workbook
from playwright.sync_api import Page, Route, expect

from local.fake_upstreams.voters import WARD
from tests.browser.conftest import PageAt, Setting
from tests.browser.console import CONSOLE, counts, go, ready
from tests.browser.voters import book, choose
from tests.support.people import Person

FIRST = 400_000
OTHER_WARD = "79800002"

# Drops files on the drop zone, with the events of a browser.
DROP = """(zone, names) => {
  const dataTransfer = new DataTransfer();
  for (const name of names) dataTransfer.items.add(new File(["a workbook"], name));
  zone.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true, composed: true }));
}"""


def test_a_file_with_its_ward_in_its_name_is_looked_up_and_gives_a_workbook(
    page_at: PageAt, ann: Person, commission: Setting, tmp_path: Path
) -> None:
    commission(rate=50)
    page = page_at(CONSOLE, ann)
    go(page, "#/upload?importer=voters")
    ward = page.get_by_role("textbox", name="Ward")
    expect(ward).to_have_value("")
    choose(page, f"Ward {WARD}.xlsx", book(tmp_path, 150, FIRST))
    expect(ward).to_have_value(WARD)
    expect(page.locator("sluice-progress")).to_contain_text("Looking up")

    other = page_at(CONSOLE, ann, beside=page)
    other.get_by_role("link", name=f"Ward {WARD}.xlsx").click()
    ready(other)
    expect(other.locator(".head .status")).to_have_text("Looking up")
    expect(other.locator(".phases")).to_contain_text("Look up")
    expect(other.locator(".facts")).to_contain_text(f"ward: {WARD}")
    other.close()

    page.locator(".done").get_by_role("link", name="Open the job").click()
    expect(page.locator(".head .status")).to_have_text("Looked up")
    assert (counts(page)["inserted"], counts(page)["rejected"]) == (150, 0)
    expect(page.locator("[data-count=inserted]")).to_contain_text("Looked up")
    assert not {"updated", "unchanged"} & set(counts(page))
    expect(page.locator(".chart tbody tr")).to_have_count(2)
    expect(page.locator(".job-actions button")).to_have_text(["Delete"])
    page.get_by_role("tab", name="Files").click()
    expect(page.get_by_role("row", name="summary.json")).to_be_visible()
    with page.expect_download() as coming:
        page.get_by_role("button", name="Download result.xlsx").click()
    saved = tmp_path / "result.xlsx"
    coming.value.save_as(saved)
    assert "Registered in this ward" in load_workbook(saved, read_only=True).sheetnames


def test_a_file_without_a_ward_in_its_name_is_sent_once_the_ward_is_typed(
    page_at: PageAt, ann: Person, commission: Setting, accessible: Callable[[Page, str], None], tmp_path: Path
) -> None:
    page = page_at(CONSOLE, ann)
    go(page, "#/upload?importer=voters")
    choose(page, "members.csv", b"ID Number\n")
    expect(page.get_by_role("alert")).to_contain_text("This kind of file cannot be imported")
    page.reload()
    ready(page)
    choose(page, "members.xlsx", book(tmp_path, 20, FIRST + 1_000))
    expect(page.get_by_role("alert")).to_contain_text("Not sent: members.xlsx")
    expect(page.get_by_role("textbox", name="Ward")).to_be_focused()
    accessible(page, "asking for the ward")
    assert ann.everything("/jobs", 10) == []
    page.get_by_role("textbox", name="Ward").fill(OTHER_WARD)
    page.get_by_role("button", name="Send members.xlsx").click()
    expect(page.locator(".done .status")).to_have_text("Looked up")
    (job,) = ann.everything("/jobs", 10)
    assert job["recipe"]["constants"] == {"ward": OTHER_WARD}


def test_a_typed_ward_applies_to_its_file_only(
    page_at: PageAt, ann: Person, accessible: Callable[[Page, str], None]
) -> None:
    """A file that is sent again keeps it. Of several files, it applies to those without a ward in their names."""
    page = page_at(CONSOLE, ann)
    announced: list[tuple[str, str]] = []

    def fail(route: Route) -> None:
        body = json.loads(route.request.post_data or "")
        announced.append((body["filename"], body["recipe"]["constants"]["ward"]))
        headers = {"Access-Control-Allow-Origin": "*", "Content-Type": "application/problem+json"}
        route.fulfill(status=500, headers=headers, body='{"title": "Something broke"}')

    page.route("**/v1/imports", fail)
    go(page, "#/upload?importer=voters")
    ward, alert = page.get_by_role("textbox", name="Ward"), page.get_by_role("alert")
    another = page.get_by_role("button", name="Choose another file")
    ward.fill(OTHER_WARD)
    choose(page, "members.xlsx", b"a workbook")
    expect(alert).to_contain_text("Something broke")
    page.get_by_role("button", name="Send again").click()
    expect(alert).to_contain_text("Something broke")
    another.click()
    choose(page, f"Ward {WARD}.xlsx", b"a workbook")
    expect(ward).to_have_value(WARD)
    another.click()
    choose(page, "others.xlsx", b"another workbook")
    expect(alert).to_contain_text("The file name does not contain: Ward.")
    assert announced == [("members.xlsx", OTHER_WARD)] * 2 + [(f"Ward {WARD}.xlsx", WARD)]

    expect(ward).to_have_attribute("required", "")
    ward.fill("123")
    page.get_by_role("button", name="Send others.xlsx").click()
    expect(alert).to_contain_text(f"Ward must look like {WARD}.")
    expect(alert).not_to_contain_text("does not contain")
    expect(ward).to_have_attribute("aria-invalid", "true")
    accessible(page, "a ward that cannot be one")
    ward.fill(OTHER_WARD)
    expect(ward).to_have_attribute("aria-invalid", "false")

    page.reload()
    ready(page)
    ward.fill(OTHER_WARD)
    announced.clear()
    zone = page.locator("sluice-upload .zone")
    zone.evaluate(DROP, ["a.xlsx", f"Ward {WARD}.xlsx", "b.xlsx"])
    expect(page.locator(".done li")).to_have_count(3)
    assert announced == [("a.xlsx", OTHER_WARD), (f"Ward {WARD}.xlsx", WARD), ("b.xlsx", OTHER_WARD)]
    another.click()
    choose(page, "c.xlsx", b"a workbook")
    expect(alert).to_contain_text("Not sent: c.xlsx")


def test_a_lookup_has_no_dataset_and_shows_its_parameters_and_file_types(page_at: PageAt, ann: Person) -> None:
    page = page_at(CONSOLE, ann)
    go(page, "#/importers")
    card = page.locator("[data-importer=voters]")
    expect(card).to_contain_text(f"Each file needs Ward, such as {WARD}; the file name may contain it.")
    expect(card).to_contain_text("File types: .xlsx, .xls. Files are processed one after the other.")
    expect(card.locator("a[href*='data']")).to_have_count(0)
    expect(page.locator("[data-importer=products]")).not_to_contain_text("one after the other")
    go(page, "#/data")
    expect(page.get_by_role("link", name="products")).to_be_visible()
    expect(page.get_by_role("link", name="voters")).to_have_count(0)
    go(page, "#/upload?importer=voters")
    expect(page.get_by_label("Urgent")).to_be_visible()
    expect(page.get_by_label("Stop before loading")).to_be_hidden()
    expect(page.locator(".head")).to_contain_text("the rest is looked up")
    page.get_by_label("What is in the file?").select_option("products")
    expect(page.get_by_label("Stop before loading")).to_be_visible()
    expect(page.locator(".head")).to_contain_text("the rest is loaded")


def test_a_job_whose_upstream_does_not_respond_is_suspended_and_resumes_by_itself(
    page_at: PageAt, ann: Person, commission: Setting, accessible: Callable[[Page, str], None], tmp_path: Path
) -> None:
    commission(away=True)
    job_id = ann.start(book(tmp_path, 40, FIRST + 2_000), filename=f"Ward {WARD}.xlsx", importer="voters")
    page = page_at(CONSOLE, ann)
    go(page, f"#/jobs/{job_id}")
    state = page.locator(".head .status")
    expect(state).to_have_text("Suspended")
    reason = ann.client.get(f"/jobs/{job_id}").body["suspended"]
    expect(page.locator(".verdict")).to_contain_text(reason)
    expect(page.locator(".job-actions button")).to_have_text(["Resume", "Cancel the job"])
    accessible(page, "a suspended job")
    page.get_by_role("button", name="Cancel the job").click()
    expect(page.get_by_role("dialog")).to_contain_text("Rows that have been looked up stay in the result.")
    page.get_by_role("button", name="Go back").click()
    commission(away=False)
    expect(state).to_have_text("Looked up")
    expect(page.locator(".verdict")).to_have_text("40 looked up.")


def test_deleting_a_job_asks_first_and_leaves_its_log_only(
    page_at: PageAt, ann: Person, commission: Setting, accessible: Callable[[Page, str], None], tmp_path: Path
) -> None:
    name = f"Ward {WARD}.xlsx"
    job = ann.imported(book(tmp_path, 20, FIRST + 3_000), filename=name, importer="voters")
    page = page_at(CONSOLE, ann)
    go(page, f"#/jobs/{job['id']}?tab=files")
    expect(page.get_by_role("row", name="result.xlsx")).to_be_visible()
    delete = page.locator(".job-actions").get_by_role("button", name="Delete")
    delete.click()
    expect(page.get_by_role("dialog")).not_to_contain_text("loaded")
    page.get_by_role("dialog").get_by_role("button", name="Go back").click()
    assert not ann.client.get(f"/jobs/{job['id']}").body["deleted"]
    delete.click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator(".verdict")).to_contain_text("Its files and rows were deleted.")
    expect(page.locator(".job-actions button")).to_have_count(0)
    expect(page.get_by_role("tab")).to_have_text(["Run"])
    expect(page.get_by_role("tabpanel")).to_contain_text("rows are deleted")
    accessible(page, "a job that was deleted")
    go(page, "#/jobs")
    expect(page.locator(f"tr[data-job='{job['id']}']")).to_contain_text("deleted")


def test_voters_in_indonesian(page_at: PageAt, ann: Person, commission: Setting, tmp_path: Path) -> None:
    job = ann.imported(book(tmp_path, 20, FIRST + 4_000), filename=f"Ward {WARD}.xlsx", importer="voters")
    page = page_at(CONSOLE, ann)
    page.get_by_label("Language").select_option("id")
    go(page, f"#/jobs/{job['id']}")
    expect(page.locator(".phases")).to_contain_text("Cari data")
    expect(page.locator("[data-count=inserted]")).to_contain_text("Sudah dicari")
    page.get_by_role("tab", name="Jalannya").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("Mencari data")
    page.locator(".job-actions").get_by_role("button", name="Hapus").click()
    expect(page.get_by_role("dialog")).to_contain_text("hasilnya dihapus untuk selamanya")
    expect(page.get_by_role("dialog")).not_to_contain_text("dimuat")
    page.get_by_role("dialog").get_by_role("button", name="Kembali").click()
    go(page, "#/importers")
    expect(page.locator("[data-importer=voters]")).to_contain_text("Berkas dikerjakan satu demi satu.")
    go(page, "#/upload?importer=voters")
    choose(page, "anggota.xlsx", b"buku kerja")
    expect(page.get_by_role("alert")).to_contain_text("Tidak dikirim: anggota.xlsx")
    page.get_by_role("textbox", name="Ward").fill("123")
    page.get_by_role("button", name="Kirim anggota.xlsx").click()
    expect(page.get_by_role("alert")).to_contain_text(f"Ward harus berbentuk seperti {WARD}.")
