"""The page of one job in the console."""

from __future__ import annotations

import csv
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PageAt
from tests.browser.console import CONSOLE, counts, file_with_mistakes, file_with_questions, go, job_row, ready
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
    expect(page.locator(".head .status")).to_have_text("Loaded, 2 rejected")
    expect(page.locator(".verdict")).to_have_text("38 added, 2 rejected.")
    expect(page.get_by_role("img", name="38 loaded, 2 rejected")).to_be_visible()
    rejected = page.get_by_role("tabpanel").locator("tbody tr")
    expect(rejected).to_have_count(2)
    expect(rejected.nth(0)).to_contain_text("<img src=x onerror=alert(1)>")
    expect(rejected.nth(1)).to_have_text("8Price-1must be 0 or more")

    page.get_by_role("tab", name="Rejected rows 2").press("ArrowRight")
    expect(page.get_by_role("tab", name="Preview")).to_be_focused()
    first = page.get_by_role("region", name="First rows as they will be written")
    expect(first.get_by_role("row").nth(1)).to_contain_text("P-000001Part 19.501")
    expect(first.locator("[data-rejected]").nth(1)).to_contain_text("8Price: must be 0 or more")
    defaults = "In new records: Currency is EUR, Free Stock is 0, Active is yes,"
    expect(page.get_by_role("tabpanel")).to_contain_text(defaults)
    expect(first.get_by_role("columnheader", name="Currency")).to_have_count(0)

    page.get_by_role("tab", name="Run").click()
    assert counts(page) == {"inserted": 38, "updated": 0, "unchanged": 0, "rejected": 2, "unprocessed": 0, "total": 40}
    expect(page.locator(".job-actions button")).to_have_text(["Roll back", "Delete"])

    chart = page.get_by_role("img", name="Line chart of rows over time")
    expect(chart.locator("polyline[data-phase=parse]")).to_have_count(1)
    expect(chart.locator("polyline[data-phase=load]")).to_have_count(1)
    figures = page.get_by_role("region", name="Rows over time").get_by_role("table")
    expect(figures.get_by_role("row").nth(1)).to_contain_text("Check40")
    expect(figures.get_by_role("row").nth(2)).to_contain_text("Load38")

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


def test_a_job_asks_on_its_page_and_shows_what_another_caller_has_answered(page_at: PageAt, ann: Person) -> None:
    """Answers that come after others are rejected, and the page shows what holds; then a decision is changed."""
    job = ann.imported(file_with_questions(), filename="open.csv", review=True)
    page = page_at(CONSOLE, ann)
    expect(job_row(page, job["id"]).locator(".status")).to_have_text("Waits for an answer")
    go(page, f"#/jobs/{job['id']}")
    expect(page.locator(".head .status")).to_have_text("Waits for an answer")
    price = page.get_by_role("group", name="Which decimal mark does the column Price use?")
    updated = page.get_by_role("group", name="In which order does the column Updated write day, month and year?")
    expect(price.get_by_text("1 cell has a decimal comma")).to_be_visible()
    expect(price.get_by_role("row", name="3 9.5 has a decimal point")).to_be_visible()
    price.get_by_label("A point").check()
    send = page.get_by_role("button", name="Send the answers")
    send.click()
    expect(updated.get_by_label("Day first")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("Answer this question: In which order does the column Updated")
    updated.get_by_label("Month first").check()

    version = ann.client.get(f"/jobs/{job['id']}").body["recipe"]["version"]

    def overtake(route: Route) -> None:
        """Answer before the page does, as another caller."""
        ann.move(job["id"], "answers", {"version": version, "answers": {"decimal.price": ","}})
        route.continue_()

    page.route("**/answers", overtake, times=1)
    send.click()
    expect(page.get_by_role("alert").first).to_contain_text("By now “Decimal mark of Price” is “A comma”. Your answers")
    expect(price).to_have_count(0)
    expect(updated.get_by_label("Month first")).not_to_be_checked()
    updated.get_by_label("Month first").check()
    send.click()
    expect(page.locator(".head .status")).to_have_text("In review")
    expect(page.locator(".verdict")).to_have_text("Load 2 new rows, change 0, leave out 1.")

    page.get_by_role("tab", name="Recipe").click()
    mark = page.get_by_role("row", name="Decimal mark of Price")
    expect(mark).to_contain_text("answered")
    expect(mark).to_contain_text("1 cell can be read in both ways, such as 1.250 in row 2")
    mark.get_by_role("combobox").select_option("A point")
    mark.get_by_role("button", name="Change").click()
    expect(mark.get_by_role("cell").first).to_have_text("A point")
    page.get_by_role("button", name="Load the rows").click()
    expect(page.locator(".head .status")).to_have_text("Loaded, 1 rejected")
    loaded = {key: (float(values["price"]), values["updated"]) for key, values in ann.records("products").items()}
    assert loaded == {"P-1": (1.25, "2026-03-04"), "P-2": (9.5, "2026-05-04")}


def test_a_header_that_has_drifted_is_asked_beside_what_was_remembered(page_at: PageAt, ann: Person) -> None:
    one, two = (csv_file(products(2), ("Part Number", "Description", title, "Stock")) for title in ("Quux", "Quux net"))
    taught = ann.imported(one, filename="one.csv", recipe={"columns": {"Quux": "price"}})
    job = ann.imported(two, filename="two.csv")
    page = page_at(CONSOLE, ann)
    go(page, f"#/jobs/{job['id']}?tab=recipe")
    asked = page.get_by_role("group", name="The file differs from the last one. Which header stands for Price?")
    expect(asked.get_by_role("combobox")).to_have_value("1")
    recipe = page.get_by_role("tabpanel")
    expect(recipe).to_contain_text(f"the headers are those of an earlier file: job {taught['id']} of ann@")
    expect(recipe).to_contain_text("Likely renamed: Quux → Quux net.")
    page.get_by_role("button", name="Send the answers").click()
    expect(page.locator(".head .status")).to_have_text("Loaded")
    expect(recipe.get_by_role("row", name="Headers matched to columns")).to_contain_text("Quux net → Price")


def test_a_review_begins_with_its_verdict_and_its_rejected_rows(page_at: PageAt, ann: Person) -> None:
    """Both are on the first screen, and the table stays while the rows are loaded."""
    job = ann.imported(file_with_mistakes(), filename="mistakes.csv", review=True)
    page = page_at(CONSOLE, ann)
    go(page, f"#/jobs/{job['id']}")
    expect(page.locator(".verdict")).to_have_text("Load 38 new rows, change 0, leave out 2.")
    first = page.get_by_role("tabpanel").locator("tbody tr").first
    expect(first).to_be_in_viewport(ratio=1)
    row = first.element_handle()
    ann.move(job["id"], "commit")
    expect(page.locator(".head .status")).to_have_text("Loaded, 2 rejected")
    assert row.evaluate("row => row.isConnected"), "the table was not redrawn"
    page.get_by_role("tab", name="Run").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("In review")
    eventually(lambda: took(page) == measured(ann, job["id"]), "the chart with the seconds of the API")


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
    expect(page.locator(".head .status")).to_have_text("Rolled back, 1 kept")
    assert list(ann.records("products")) == ["P-000001"]
    page.get_by_role("tab", name="Kept rows 1").click()
    expect(page.get_by_role("tabpanel").get_by_role("link", name=since["id"])).to_be_visible()
    page.get_by_role("tab", name="Run").click()
    assert (counts(page)["reversed"], counts(page)["conflicts"]) == (9, 1)
    eventually(lambda: took(page) == measured(ann, job["id"]) and "undo" in took(page), "the seconds of the rollback")


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


def took(page: Page) -> dict[str, str]:
    """The duration of each phase in the table of the chart, once the phases have ended."""
    cells: list[list[str]] = page.locator(".chart tbody tr").evaluate_all(
        "rows => rows.map(row => [row.querySelector('svg polyline').dataset.phase, row.cells[2].textContent])"
    )
    return {phase: text for phase, text in cells}  # noqa: C416 - lists are no pairs to mypy


def measured(person: Person, job_id: str) -> dict[str, str]:
    """The seconds of each phase in the API, as people read them."""
    phases = person.client.get(f"/jobs/{job_id}/timeline").body["phases"]
    return {phase["phase"]: f"{int(phase['seconds'] * 10 + 0.5) / 10:g} s" for phase in phases}
