"""The console's page of sources: live syncs, forced syncs, schedules; and how syncs look on other pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from local.stack import Stack
from sluice.auth import READ
from tests.browser.conftest import PageAt
from tests.browser.console import CONSOLE, counts, go, job_row, ready
from tests.support.people import Person, eventually

TITLE = "Status and position (skk)"
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}

Setting = Callable[..., None]


@pytest.fixture
def register(stack: Stack, loopback: None) -> Iterator[Setting]:
    """Changes the behaviour of the fake upstream, such as ``register(rows=300)``, until the end of the test."""

    def change(**settings: Any) -> None:
        httpx.post(f"{stack.upstream_url}/_set", json=settings).raise_for_status()

    httpx.post(f"{stack.upstream_url}/_reset").raise_for_status()
    change(rows=300)
    yield change
    httpx.post(f"{stack.upstream_url}/_reset").raise_for_status()


def pulled(person: Person, source: str = "skk") -> dict[str, Any]:
    """Start a sync, and return its job at the end."""
    answer = person.call("POST", f"/syncs/{source}")
    assert answer.status_code in {200, 202}, answer.text
    return person.end_of(answer.json()["job"]["id"])


def card_of(page: Page, source: str = "skk") -> Locator:
    """The card of a source."""
    return page.locator(f"[data-source={source}]")


def last_of(card: Locator) -> dict[str, str]:
    """The counts of a source's last sync."""
    tiles: list[list[str]] = card.locator("[data-last] [data-count]").evaluate_all(
        "tiles => tiles.map(tile => [tile.dataset.count, tile.querySelector('dd').textContent])"
    )
    return {name: text for name, text in tiles}  # noqa: C416 - lists are no pairs to mypy


def test_a_started_sync_progresses_live_and_shows_its_counts(page_at: PageAt, ann: Person, register: Setting) -> None:
    register(rows=2_000, rate=10, wrong_every=500)
    page = page_at(CONSOLE, ann)
    page.get_by_role("link", name="Sources").click()
    ready(page)
    card = card_of(page)
    expect(card).to_contain_text("Not pulled yet.")
    expect(card.get_by_role("button", name="Force")).to_be_hidden()
    page.evaluate("window.sameDocument = true")
    card.get_by_role("button", name=f"Start: {TITLE}").click()
    expect(card.locator(".status")).to_have_text("Reading")
    expect(card.locator("[data-read]")).to_have_text("2,000 of 2,000 rows read")
    expect(card.locator(".status")).to_have_text("Loaded, 4 rejected")
    assert last_of(card) == {
        "inserted": "1,996",
        "updated": "0",
        "unchanged": "0",
        "rejected": "4",
        "deleted_upstream": "0",
    }
    assert page.evaluate("window.sameDocument"), "the page was not reloaded"

    card.get_by_role("button", name="Start").click()
    expect(card).to_contain_text("No sync was started")
    card.get_by_role("link", name="skk", exact=True).click()
    expect(page.get_by_role("region", name="Records of skk").locator("tbody tr")).to_have_count(100)
    expect(page.get_by_role("columnheader", name="nama", exact=True)).to_be_visible()


def test_force_asks_first_and_then_starts_a_new_sync(page_at: PageAt, ann: Person, register: Setting) -> None:
    first = pulled(ann)
    page = page_at(CONSOLE, ann)
    go(page, "#/sources")
    card = card_of(page)
    job = card.get_by_role("link", name="Open the job")
    expect(job).to_have_attribute("href", f"#/jobs/{first['id']}")
    card.get_by_role("button", name=f"Force: {TITLE}").click()
    dialog = page.get_by_role("dialog", name=f"Pull all of “{TITLE}” again?")
    expect(dialog).to_contain_text("is cancelled")
    dialog.get_by_role("button", name="Go back").click()
    assert [each["id"] for each in ann.everything("/syncs/skk", 10)] == [first["id"]]

    register(rows=290)
    card.get_by_role("button", name="Force").click()
    dialog.get_by_role("button", name="Force").click()
    expect(job).not_to_have_attribute("href", f"#/jobs/{first['id']}")
    expect(card.locator("[data-last] [data-count=unchanged] dd")).to_have_text("290")
    assert last_of(card)["deleted_upstream"] == "10"
    card.get_by_role("link", name="History").click()
    expect(page.get_by_label("Importer")).to_have_value("skk")
    expect(page.locator("tr[data-job]")).to_have_count(2)


def test_a_schedule_is_set_shown_and_switched_off(page_at: PageAt, ann: Person, register: Setting) -> None:
    page = page_at(CONSOLE, ann, timezone_id="Asia/Jakarta")
    go(page, "#/sources")
    card = card_of(page)
    following = card.locator("[data-next]")
    expect(following).to_have_text("Next sync: not scheduled")
    card.get_by_text("Schedule", exact=False).filter(has=page.locator("span")).click()
    form = card.get_by_role("form", name=f"Schedule: {TITLE}")
    expect(form.get_by_role("button", name="Switch off")).to_have_count(0)
    form.get_by_label("Unit").select_option("hours")
    form.get_by_label("Every").fill("6")
    day = (datetime.now(UTC) + timedelta(days=3)).date()
    form.get_by_label("Starting at").fill(f"{day}T02:30")
    form.get_by_role("button", name="Set the schedule").click()
    expect(following).to_contain_text("every 6 hours")
    at = datetime.fromisoformat(following.locator("time").get_attribute("datetime") or "")
    assert at == datetime(day.year, day.month, day.day, 2, 30, tzinfo=UTC) - timedelta(hours=7), (
        "the time zone of the browser"
    )

    page.reload()
    ready(page)
    expect(following).to_contain_text("02:30")
    card.get_by_text("Schedule", exact=False).filter(has=page.locator("span")).click()
    expect(form.get_by_label("Every")).to_have_value("6")
    expect(form.get_by_label("Starting at")).to_have_value(f"{day}T02:30")
    form.get_by_role("button", name="Switch off").click()
    expect(following).to_have_text("Next sync: not scheduled")
    expect(form.get_by_role("button", name="Set the schedule")).to_be_focused()
    assert schedule_of(ann) is None


def test_a_rejected_schedule_shows_the_problem(page_at: PageAt, ann: Person, register: Setting) -> None:
    page = page_at(CONSOLE, ann)
    go(page, "#/sources")
    card = card_of(page)
    body = '{"title": "The schedule cannot be kept", "detail": "Not so often."}'
    rejection = {"status": 422, "content_type": "application/problem+json", "body": body}
    page.route("**/syncs/skk/schedule", lambda route: route.fulfill(**rejection))
    card.get_by_text("Schedule", exact=False).filter(has=page.locator("span")).click()
    card.get_by_role("button", name="Set the schedule").click()
    expect(card.get_by_role("alert")).to_contain_text("The schedule cannot be kept")
    expect(card.get_by_role("alert")).to_contain_text("Not so often.")


def test_stuck_syncs_are_cleaned_up_and_counted(page_at: PageAt, ann: Person, register: Setting) -> None:
    page = page_at(CONSOLE, ann)
    go(page, "#/sources")
    result, clean = page.locator("#cleaned"), page.get_by_role("button", name="Clean up stuck syncs")
    clean.click()
    expect(result).to_have_text("No sync is stuck.")
    found = '{"cleaned": 3, "by_state": {"loading": 2, "queued": 1}}'
    page.route("**/syncs/cleanup", lambda route: route.fulfill(content_type="application/json", body=found))
    clean.click()
    expect(result).to_have_text("3 stuck syncs were cancelled. Loading: 2, Queued: 1")


def test_without_the_write_scope_sources_have_no_buttons(
    page_at: PageAt, ann: Person, stack: Stack, register: Setting
) -> None:
    job = pulled(ann)
    page = page_at(CONSOLE, None)
    token = stack.issuer.mint(ann.tenant, [READ], subject=f"rin@{ann.tenant}")
    page.goto(f"{stack.web_url}/{CONSOLE}#token={token}")
    go(page, "#/sources")
    expect(card_of(page).get_by_role("link", name="Open the job")).to_have_attribute("href", f"#/jobs/{job['id']}")
    expect(page.locator("main button")).to_have_count(0)
    expect(page.locator("main summary")).to_have_count(0)


def test_an_empty_list_of_sources_and_a_failed_request_are_shown(page_at: PageAt, ann: Person) -> None:
    page = page_at(CONSOLE, ann)
    ready(page)
    none = '{"items": [], "next": null}'
    page.route("**/v1/sources", lambda route: route.fulfill(content_type="application/json", body=none))
    go(page, "#/sources")
    expect(page.get_by_role("heading", name="There is no source")).to_be_visible()
    page.unroute("**/v1/sources")
    broken = {"status": 500, "content_type": "application/problem+json", "body": '{"title": "Something broke"}'}
    page.route("**/v1/sources", lambda route: route.fulfill(**broken))
    go(page, "#/jobs")
    go(page, "#/sources")
    expect(page.get_by_role("alert")).to_contain_text("Something broke")
    page.unroute("**/v1/sources")
    page.get_by_role("button", name="Try again").click()
    expect(card_of(page)).to_be_visible()


@pytest.mark.parametrize(
    ("scheme", "viewport"), [("light", DESKTOP), ("dark", PHONE)], ids=["light-desktop", "dark-phone"]
)
def test_axe_finds_no_violation_in_either_language(
    page_at: PageAt,
    ann: Person,
    register: Setting,
    accessible: Callable[[Page, str], None],
    scheme: str,
    viewport: ViewportSize,
) -> None:
    job = pulled(ann)
    page = page_at(CONSOLE, ann, color_scheme=scheme, viewport=viewport, reduced_motion="reduce")
    for language in ("en", "id"):
        page.locator("#language").select_option(language)
        go(page, "#/sources")
        page.locator("[data-source=skk] summary").click()
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert too_wide == 0, language
        accessible(page, f"sources, {language}")
        card_of(page).locator("button.grave").first.click()
        accessible(page, f"asking before a force, {language}")
        page.keyboard.press("Escape")
        for address in ("#/jobs", f"#/jobs/{job['id']}", f"#/jobs/{job['id']}?tab=preview"):
            go(page, address)
            accessible(page, f"{address}, {language}")
    go(page, "#/sources")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sumber")
    page.locator("[data-source=skk] summary").click()


def test_the_job_of_a_sync_has_the_title_of_its_source_on_every_page(
    page_at: PageAt, ann: Person, register: Setting
) -> None:
    register(wrong_every=100)
    job = pulled(ann)
    page = page_at(CONSOLE, ann)
    go(page, "#/jobs?importer=skk")
    expect(page.get_by_label("Importer").locator("optgroup[label=Sources] option")).to_have_count(4)
    row = job_row(page, job["id"])
    expect(row).to_contain_text(f"{TITLE} · sync")
    row.get_by_role("link", name=TITLE).click()
    ready(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
    expect(page).to_have_title(f"{TITLE} · Sluice")
    page.get_by_role("tab", name="Run").click()
    facts = page.locator(".facts")
    expect(facts).to_contain_text(f"Source{TITLE}")
    expect(facts).to_contain_text("Pulled300 of 300 rows read")
    expect(facts).to_contain_text("Times read1")
    assert counts(page)["deleted_upstream"] == 0
    assert (counts(page)["total"], counts(page)["inserted"], counts(page)["rejected"]) == (300, 297, 3)
    facts.get_by_role("link", name="skk").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sources")


def test_a_failed_sync_shows_its_problem_and_can_be_retried(page_at: PageAt, ann: Person, register: Setting) -> None:
    register(client_secret="another")
    job = pulled(ann, "pg_profesi")
    page = page_at(CONSOLE, ann)
    go(page, "#/sources")
    expect(card_of(page, "pg_profesi")).to_contain_text(job["problem"]["title"])
    expect(card_of(page, "pg_profesi").locator(".status")).to_have_text("Failed")
    go(page, "#/queues")
    row = job_row(page, job["id"])
    expect(row.get_by_role("link")).to_contain_text("pg_profesi")
    register(client_secret="not-a-secret")
    row.get_by_role("button", name="Retry").click()
    expect(page.locator(".head .status")).to_have_text("Loaded")


def schedule_of(person: Person) -> Any:
    """The schedule of `skk` in the API."""
    found = eventually(lambda: person.everything("/sources"), "the sources")
    return next(source["schedule"] for source in found if source["name"] == "skk")
