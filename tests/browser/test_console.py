"""The console's list of jobs."""

from __future__ import annotations

from itertools import pairwise

from playwright.sync_api import Route, WebSocketRoute, expect

from tests.browser.conftest import PageAt, token_of
from tests.browser.console import CONSOLE, go, job_row, ready
from tests.support.factories import csv_file, products
from tests.support.people import Person

# Notes each status and each value of the first job's bar, until the page is reloaded.
TAKE_NOTES = """() => {
  window.noted = [];
  const look = () => {
    const row = document.querySelector("tr[data-job]");
    const now = row && [row.dataset.status, row.querySelector("progress").value];
    if (now && String(window.noted.at(-1)) !== String(now)) window.noted.push(now);
    requestAnimationFrame(look);
  };
  look();
}"""

# The response with a ticket of an API without a WebSocket.
WITHOUT = {"status": 201, "json": {"ticket": "none", "expires_in": 60, "links": {}}}


def test_an_import_started_elsewhere_appears_and_progresses_without_a_reload(page_at: PageAt, ann: Person) -> None:
    page = page_at(CONSOLE, ann)
    expect(page.get_by_role("heading", name="No imports yet")).to_be_visible()
    expect(page.locator("#connection")).to_have_text("Live")
    page.evaluate(TAKE_NOTES)

    job_id = ann.start(csv_file(products(30_000)), filename="moving.csv")
    row = job_row(page, job_id)
    expect(row.get_by_role("link", name="moving.csv")).to_be_visible()
    expect(row.locator(".status")).to_have_text("Loaded")
    expect(row).to_contain_text("30,000")

    noted: list[tuple[str, float]] = [(status, value) for status, value in page.evaluate("window.noted")]
    assert {"parsing", "loading", "completed"} <= {status for status, _ in noted}
    loading = [value for status, value in noted if status == "loading"]
    assert len(set(loading)) > 2, "its bar moved"
    assert all(earlier <= later for earlier, later in pairwise(loading))


def test_the_address_filters_the_list(page_at: PageAt, ann: Person) -> None:
    done = ann.imported(csv_file(products(3)), filename="done.csv")
    waiting = ann.imported(csv_file(products(4)), filename="waiting.csv", review=True)
    dealers = csv_file([("D-1", "Autohaus Nord")], titles=("Dealer Code", "Name"))
    other = ann.imported(dealers, filename="dealers.csv", importer="dealers")
    page = page_at(CONSOLE, ann)
    ids = [job_row(page, job["id"]) for job in (done, waiting, other)]
    for row in ids:
        expect(row).to_be_visible()

    page.locator("#status").select_option("in_review")
    expect(ids[0]).to_have_count(0)
    expect(ids[1]).to_be_visible()
    assert page.url.endswith("#/jobs?status=in_review")
    page.reload()
    ready(page)
    expect(page.locator("#status")).to_have_value("in_review")
    expect(page.locator("tr[data-job]")).to_have_count(1)

    go(page, "#/jobs?importer=dealers")
    expect(page.locator("tr[data-job]")).to_have_count(1)
    expect(ids[2]).to_be_visible()
    go(page, "#/jobs?importer=dealers&status=failed")
    page.get_by_role("link", name="Clear the filters").click()
    expect(page.locator("tr[data-job]")).to_have_count(3)

    go(page, "#/jobs?status=in_review")
    ann.move(waiting["id"], "cancel")
    expect(page.get_by_role("heading", name="No job matches these filters")).to_be_visible()


def test_changes_missed_during_a_lost_connection_appear_after_it(page_at: PageAt, ann: Person) -> None:
    page = page_at("console/icon.svg", None)  # a page without a connection, so that the test controls the first one
    open_sockets: list[WebSocketRoute] = []
    broken = False

    def connect(socket: WebSocketRoute) -> None:
        if broken:
            socket.close()
        else:
            socket.connect_to_server()
            open_sockets.append(socket)

    page.route_web_socket("**", connect)
    page.goto(f"{ann.stack.console_url}#token={token_of(ann.stack, ann)}")
    expect(page.locator("#connection")).to_have_text("Live")
    broken = True
    open_sockets.pop().close()
    expect(page.locator("#connection")).to_have_text("Reconnecting")
    missed = ann.imported(csv_file(products(3)), filename="missed.csv")
    broken = False
    expect(page.locator("#connection")).to_have_text("Live")
    expect(job_row(page, missed["id"]).locator(".status")).to_have_text("Loaded")


def test_without_a_websocket_a_job_that_no_longer_matches_leaves_the_list(page_at: PageAt, ann: Person) -> None:
    waiting = [ann.imported(csv_file(products(count)), filename="w.csv", review=True)["id"] for count in (3, 4)]
    page = page_at("console/icon.svg", None)
    page.route("**/v1/tickets", lambda route: route.fulfill(**WITHOUT) if is_post(route) else route.continue_())
    page.goto(f"{ann.stack.console_url}#token={token_of(ann.stack, ann)}")
    go(page, "#/jobs?status=in_review")
    for job_id in waiting:
        expect(job_row(page, job_id)).to_be_visible()
    ann.move(waiting[1], "cancel")
    expect(job_row(page, waiting[1])).to_have_count(0)
    expect(job_row(page, waiting[0])).to_be_visible()
    ann.move(waiting[0], "cancel")
    expect(page.get_by_role("heading", name="No job matches these filters")).to_be_visible()
    again = ann.imported(csv_file(products(5)), filename="again.csv", review=True)
    expect(job_row(page, again["id"])).to_be_visible()


def test_without_a_websocket_the_list_polls(page_at: PageAt, ann: Person) -> None:
    page = page_at("console/icon.svg", None)
    page.route("**/v1/tickets", lambda route: route.fulfill(**WITHOUT) if is_post(route) else route.continue_())
    page.goto(f"{ann.stack.console_url}#token={token_of(ann.stack, ann)}")
    expect(page.locator("#connection")).to_have_text("Updated every 3 s")
    job_id = ann.start(csv_file(products(3)), filename="asked-for.csv")
    expect(job_row(page, job_id).locator(".status")).to_have_text("Loaded")


def is_post(route: Route) -> bool:
    """Whether it is the call itself, and not its CORS preflight."""
    return route.request.method == "POST"
