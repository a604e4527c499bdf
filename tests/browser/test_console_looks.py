"""The console on a phone, by keyboard, in both languages, with hostile data, and with an API that fails."""

from __future__ import annotations

from playwright.sync_api import Dialog, ViewportSize, expect

from tests.browser.conftest import PageAt
from tests.browser.console import CONSOLE, HOSTILE, PAGES, file_with_mistakes, go, job_row, ready
from tests.support.factories import csv_file, products
from tests.support.people import Person

PHONE: ViewportSize = {"width": 390, "height": 844}


def test_no_page_is_wider_than_a_phone(page_at: PageAt, ann: Person) -> None:
    job = ann.imported(file_with_mistakes(), filename=f"{'a-very-long-name-without-a-gap-' * 4}.csv")
    page = page_at(CONSOLE, ann, viewport=PHONE)
    go(page, f"#/jobs/{job['id']}")
    expect(page.get_by_role("tabpanel").locator("tbody tr").first).to_be_in_viewport(ratio=0.85)
    for address in (*PAGES, f"#/jobs/{job['id']}", *(f"#/jobs/{job['id']}?tab={tab}" for tab in ("preview", "run"))):
        go(page, address)
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert too_wide == 0, address
    go(page, "#/jobs")
    card = job_row(page, job["id"])
    expect(card.get_by_role("cell", name="Loaded, 2 rejected", exact=True)).to_be_visible()
    below = card.evaluate("row => new Set([...row.cells].map(cell => cell.getBoundingClientRect().top)).size")
    assert below > 3, "a row is a card"


def test_hostile_names_and_values_stay_text(page_at: PageAt, ann: Person) -> None:
    job = ann.imported(file_with_mistakes(), filename=f"{HOSTILE}.csv")
    rows = [[f"{HOSTILE}1", HOSTILE, 1, 1]]
    ann.imported(csv_file(rows), filename="hostile.csv")
    page = page_at(CONSOLE, ann)
    alerts: list[str] = []

    def note(dialog: Dialog) -> None:
        alerts.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    expect(job_row(page, job["id"]).get_by_role("link")).to_have_text(f"{HOSTILE}.csv")
    go(page, f"#/jobs/{job['id']}")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{HOSTILE}.csv")
    expect(page.get_by_role("tabpanel")).to_contain_text(HOSTILE)
    go(page, "#/data/products")
    page.get_by_role("link", name=f"{HOSTILE}1").click()
    expect(page.get_by_role("heading", name=f"Record {HOSTILE}1")).to_be_visible()
    expect(page.locator(".facts")).to_contain_text(HOSTILE)
    assert page.locator("img[src=x]").count() == 0
    assert alerts == []


def test_the_chosen_language_applies_to_every_page_and_after_a_reload(page_at: PageAt, ann: Person) -> None:
    ann.imported(csv_file(products(3)), filename="tiga.csv")
    page = page_at(CONSOLE, ann)
    expect(page.locator("tr .status")).to_have_text("Loaded")
    page.get_by_label("Language").focus()
    page.get_by_label("Language").select_option("id")
    expect(page.get_by_role("heading", level=1)).to_have_text("Pekerjaan")
    expect(page.locator("tr .status")).to_have_text("Dimuat")
    expect(page.locator("html")).to_have_attribute("lang", "id")
    expect(page.get_by_label("Bahasa")).to_be_focused()
    page.reload()
    for address in PAGES:
        go(page, address)
        expect(page.locator("html")).to_have_attribute("lang", "id")
    expect(page.get_by_role("heading", name="Versi sebelumnya")).to_be_visible()
    page.get_by_label("Bahasa").select_option("en")
    expect(page.get_by_role("heading", name="Earlier versions")).to_be_visible()


def test_the_keyboard_alone_reaches_pages_and_dialogs(page_at: PageAt, ann: Person) -> None:
    job = ann.imported(csv_file(products(3)), filename="keys.csv")
    page = page_at(CONSOLE, ann)
    ready(page)
    expect(page.locator("main")).to_be_focused()
    page.reload()
    ready(page)
    page.get_by_role("link", name="Skip to the page").focus()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    assert page.url.endswith("index.html"), "the link does not change the page"
    page.get_by_role("link", name="keys.csv").press("Enter")
    expect(page.get_by_role("heading", level=1, name="keys.csv")).to_be_visible()
    expect(page.locator("main")).to_be_focused()
    expect(page).to_have_title("keys.csv · Sluice")

    page.locator(".job-actions").get_by_role("button", name="Roll back").press("Enter")
    expect(page.get_by_role("dialog").get_by_role("button", name="Go back")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert ann.client.get(f"/jobs/{job['id']}").body["status"] == "completed"
    page.get_by_role("link", name="Queues").press("Enter")
    expect(page).to_have_title("Queues · Sluice")
    expect(page.locator("main")).to_be_focused()


def test_a_failed_request_is_shown_and_repeated_by_the_button(page_at: PageAt, ann: Person) -> None:
    job = ann.imported(csv_file(products(3)), filename="there.csv")
    page = page_at(CONSOLE, ann)
    ready(page)
    answer = {"status": 500, "content_type": "application/problem+json", "body": '{"title": "Something broke"}'}
    clicks: list[bool] = []
    # the request succeeds only after a click, because the page also refreshes by itself
    page.expose_function("clicked", lambda: clicks.append(True))
    page.evaluate("document.addEventListener('click', () => clicked(), { capture: true })")
    page.route("**/v1/jobs?*", lambda route: route.continue_() if clicks else route.fulfill(**answer))
    page.goto(page.url.partition("#")[0] + "#/jobs?importer=products")
    expect(page.get_by_role("alert")).to_contain_text("Something broke")
    page.get_by_role("button", name="Try again").click()
    expect(job_row(page, job["id"])).to_be_visible()
