"""axe-core finds no violation on the pages of the console, in light and dark."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PageAt
from tests.browser.console import CONSOLE, PAGES, file_with_mistakes, file_with_questions, go, ready, with_comparison
from tests.support.people import Person

TABS = ("Rejected rows", "Preview", "Recipe", "Run", "Files")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_on_any_page(
    page_at: PageAt, ann: Person, accessible: Callable[[Page, str], None], scheme: str
) -> None:
    page = page_at(CONSOLE, ann, color_scheme=scheme, reduced_motion="reduce")
    go(page, "#/jobs")
    accessible(page, "no jobs")
    job = ann.imported(file_with_mistakes(), filename="mistakes.csv")
    review = ann.imported(file_with_questions(), filename="open.csv", review=True)
    for address in PAGES:
        go(page, address)
        accessible(page, address)
    go(page, "#/importers")
    page.locator("summary").first.click()
    accessible(page, "columns of an importer")

    with_comparison(page)
    go(page, f"#/jobs/{job['id']}")
    for tab in TABS:
        page.get_by_role("tab", name=tab).click()
        ready(page)
        accessible(page, f"job, {tab}")
    page.get_by_role("tab", name="Preview").click()
    changes = page.get_by_role("region", name="The first 3 of 1,202 records that change").get_by_role("row")
    expect(changes.nth(1)).to_have_text("2P-000001Bolt → Bolt, long3.300 → 4.000")
    expect(page.get_by_role("region", name="Records that will be deleted").get_by_role("row").nth(1)).to_contain_text(
        "P-9"
    )
    expect(page.get_by_text("Records that change, by column: Price 1,200, Description 1,")).to_be_visible()
    expect(page.get_by_text("1,500 blank cells change nothing")).to_be_visible()
    page.get_by_text("columns are in the file").click()
    accessible(page, "how headers were matched")
    page.locator(".job-actions").get_by_role("button", name="Roll back").click()
    accessible(page, "asking before a rollback")
    page.get_by_role("button", name="Go back").click()
    go(page, f"#/jobs/{review['id']}")
    expect(page.get_by_role("group", name="In which order does the column Updated")).to_be_visible()
    page.get_by_role("button", name="Send the answers").click()
    accessible(page, "open questions")
    answers = {"decimal.price": ",", "date_order.updated": "dmy"}
    ann.move(review["id"], "answers", {"version": review["recipe"]["version"], "answers": answers})
    expect(page.locator(".head .status")).to_have_text("In review")
    page.get_by_role("tab", name="Recipe").click()
    page.get_by_text("columns are in the file").click()
    accessible(page, "changing the recipe")

    page.goto(page.url.partition("#")[0] + "#/nowhere")
    expect(page.get_by_text("There is no such page")).to_be_visible()
    accessible(page, "no such page")
    page.goto(page.url.partition("#")[0] + "#/jobs/01NOTHING")
    expect(page.get_by_role("alert")).to_be_visible()
    accessible(page, "no such job")
    page.get_by_role("button", name="Sign out").click()
    accessible(page, "sign in")
