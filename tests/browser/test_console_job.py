"""The page of one job in the console."""

from __future__ import annotations

import csv
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import PageAt
from tests.browser.console import CONSOLE, counts, file_with_dates, file_with_mistakes, go, ready
from tests.support.factories import csv_file, products
from tests.support.people import Person, eventually


def test_a_job_shows_the_counts_chart_rejections_log_and_files_of_its_rows(
    page_at: PageAt, ann: Person, tmp_path: Path
) -> None:
    job = ann.imported(file_with_mistakes(), filename="mistakes.csv")
    page = page_at(CONSOLE, ann)
    page.get_by_role("link", name="mistakes.csv").click()
    ready(page)
    expect(page).to_have_title("mistakes.csv · Sluice")
    assert counts(page) == {"inserted": 38, "updated": 0, "unchanged": 0, "rejected": 2, "unprocessed": 0, "total": 40}
    expect(page.locator(".job-actions button")).to_have_text(["Roll back", "Delete"])

    chart = page.get_by_role("img", name="Line chart of rows over time")
    expect(chart.locator("polyline[data-phase=parse]")).to_have_count(1)
    expect(chart.locator("polyline[data-phase=load]")).to_have_count(1)
    figures = page.get_by_role("region", name="Rows over time").get_by_role("table")
    expect(figures.get_by_role("row").nth(1)).to_contain_text("Check40")
    expect(figures.get_by_role("row").nth(2)).to_contain_text("Load38")

    rejected = page.get_by_role("tabpanel").locator("tbody tr")
    expect(rejected).to_have_count(2)
    expect(rejected.nth(0)).to_contain_text("<img src=x onerror=alert(1)>")
    expect(rejected.nth(1)).to_have_text("8Price-1must be 0 or more")

    page.get_by_role("tab", name="Rejected rows").press("ArrowRight")
    expect(page.get_by_role("tab", name="Preview")).to_be_focused()
    expect(page.get_by_role("region", name="First rows as they will be written")).to_contain_text("P-000001")
    page.get_by_role("tab", name="Log").click()
    expect(page.get_by_role("tabpanel")).to_contain_text(f"ann@{ann.tenant}")

    page.get_by_role("tab", name="Files").click()
    offer = page.get_by_role("row", name="errors.csv")
    expect(offer).to_contain_text("made when you download it")
    with page.expect_download() as coming:
        offer.get_by_role("button", name="Download errors.csv").click()
    saved = tmp_path / "errors.csv"
    coming.value.save_as(saved)
    with saved.open(encoding="utf-8-sig", newline="") as file:
        assert [row["Original row"] for row in csv.DictReader(file)] == ["4", "8"]
    assert page.url.endswith(f"#/jobs/{job['id']}?tab=files")


def test_a_job_in_review_asks_for_its_dates_and_is_committed(page_at: PageAt, ann: Person) -> None:
    job = ann.imported(file_with_dates(), filename="dates.csv")
    page = page_at(CONSOLE, ann)
    go(page, f"#/jobs/{job['id']}")
    page.get_by_role("button", name="Load the rows").click()
    dialog = page.get_by_role("dialog", name="How are the dates written?")
    expect(dialog.get_by_label("Updated")).to_have_value("")
    dialog.get_by_role("button", name="Load the rows").click()
    expect(dialog.get_by_label("Updated")).to_be_focused()
    assert ann.client.get(f"/jobs/{job['id']}").body["status"] == "in_review", "no order was chosen"
    dialog.get_by_label("Updated").select_option("mdy")
    dialog.get_by_role("button", name="Load the rows").click()
    expect(page.locator(".head .status")).to_have_text("Completed")
    assert {values["updated"] for values in ann.records("products").values()} == {"2026-03-04"}


def test_a_table_below_a_job_stays_while_its_status_changes(page_at: PageAt, ann: Person) -> None:
    job = ann.imported(file_with_mistakes(), filename="mistakes.csv", review=True)
    page = page_at(CONSOLE, ann)
    go(page, f"#/jobs/{job['id']}")
    row = page.get_by_role("tabpanel").locator("tbody tr").first.element_handle()
    ann.move(job["id"], "commit")
    expect(page.locator(".head .status")).to_have_text("Completed")
    assert row.evaluate("row => row.isConnected"), "the table was not redrawn"
    page.get_by_role("tab", name="Log").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("Completed")


def test_a_rollback_asks_first_and_lists_the_rows_it_kept(page_at: PageAt, ann: Person) -> None:
    job = ann.imported(csv_file(products(10)), filename="first.csv")
    since = ann.imported(csv_file(products(1, price="2")), filename="since.csv")
    page = page_at(CONSOLE, ann)
    go(page, f"#/jobs/{job['id']}")
    roll_back = page.locator(".job-actions").get_by_role("button", name="Roll back")
    roll_back.click()
    page.get_by_role("dialog").get_by_role("button", name="Go back").click()
    assert len(ann.records("products")) == 10

    roll_back.click()
    page.get_by_role("dialog").get_by_role("button", name="Roll back").click()
    expect(page.locator(".head .status")).to_have_text("Rolled back")
    assert list(ann.records("products")) == ["P-000001"]
    assert (counts(page)["reversed"], counts(page)["conflicts"]) == (9, 1)
    page.get_by_role("tab", name="Kept rows").click()
    expect(page.get_by_role("tabpanel").get_by_role("link", name=since["id"])).to_be_visible()


def test_a_job_is_paused_resumed_and_cancelled_from_its_page(page_at: PageAt, ann: Person) -> None:
    page = page_at(CONSOLE, ann)
    job_id = ann.start(csv_file(products(60_000)), filename="large.csv")
    go(page, f"#/jobs/{job_id}")
    actions, status = page.locator(".job-actions"), page.locator(".head .status")
    expect(status).to_have_text("Loading")
    actions.get_by_role("button", name="Pause").click()
    expect(status).to_have_text("Paused")
    actions.get_by_role("button", name="Resume").click()
    expect(status).to_have_text("Loading")
    expect(actions.get_by_role("button")).to_have_text(["Pause", "Cancel the job"])
    actions.get_by_role("button", name="Cancel the job").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the job").click()
    expect(status).to_have_text("Cancelled")
    eventually(lambda: ann.client.get(f"/jobs/{job_id}").body["status"] == "cancelled", "the end")


def test_a_rejected_file_shows_its_problem_and_so_does_an_unknown_job(page_at: PageAt, ann: Person) -> None:
    job = ann.imported(b"hello\nworld\n", filename="notes.csv")
    page = page_at(CONSOLE, ann)
    go(page, f"#/jobs/{job['id']}")
    expect(page.locator(".problem")).to_contain_text(job["problem"]["title"])
    expect(page.locator(".problem")).to_contain_text(job["problem"]["detail"])
    expect(page.locator(".job-actions button")).to_have_text(["Delete"])
    page.goto(page.url.partition("#")[0] + "#/jobs/01NOTHING")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
