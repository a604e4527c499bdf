"""The uploader and the progress bar with a silent job, a broken connection, and a page that changes around them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from tests.browser.streams import without_socket
from tests.browser.test_elements import choose, loaded, opened, rows
from tests.support.people import Person


def follow(page: Page, job_id: str) -> None:
    """Let the progress bar of the page follow a job."""
    page.locator("sluice-progress").evaluate(
        """(progress, id) => {
          progress.hidden = false;
          progress.setAttribute("process-id", id);
          progress.start();
        }""",
        job_id,
    )


def holding(held: list[Route]) -> Callable[[Route], None]:
    """Return a handler that holds requests, and adds them to a list."""

    def hold(route: Route) -> None:
        held.append(route)

    return hold


def test_a_job_without_news_is_not_a_lost_connection(page_at: Callable[..., Page], ann: Person) -> None:
    """Without news a response takes up to 20 s; only a longer silence shows a lost connection."""
    announced = ann.call("POST", "/imports", json={"importer": "products", "filename": "quiet.csv", "bytes": 100})
    page = opened(page_at, ann)
    without_socket(page)
    page.clock.install()
    held: list[Route] = []

    def hold(route: Route) -> None:
        """Hold all requests but the first, which returns the current job."""
        if not held:
            route.continue_()
        held.append(route)

    page.route("**/events?**", hold)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with page.expect_request(lambda _: sum("/events?" in url for url in asked) > 1):
        follow(page, announced.json()["job"]["id"])
    expect(page.get_by_text("Waiting for the file").first).to_be_attached()
    page.clock.fast_forward(20_000)
    expect(page.get_by_text("The connection is lost.")).to_have_count(0)
    page.clock.fast_forward(6_000)
    expect(page.get_by_text("The connection is lost.")).to_be_visible()


def test_a_paused_job_is_polled_without_tickets_until_it_resumes(page_at: Callable[..., Page], ann: Person) -> None:
    """After that it is followed again, with a new ticket."""
    job = ann.imported(rows("P", 2), filename="paused.csv")
    page = opened(page_at, ann)
    without_socket(page)
    page.clock.install()
    tickets: list[str] = []
    asked: list[str] = []
    page.on("request", lambda request: tickets.append(request.url) if request.url.endswith("/ticket") else None)
    paused = json.dumps({"job": {**job, "status": "paused", "version": job["version"] - 1}})
    headers = {"Access-Control-Allow-Origin": "*", "Content-Type": "text/event-stream"}
    stream = f"event: paused\ndata: {paused}\n\n"
    page.route("**/events?**", lambda route: route.fulfill(body=stream, headers=headers), times=1)
    still = json.dumps({**job, "status": "paused", "version": job["version"] - 1})
    answer = {**headers, "Content-Type": "application/json"}

    def respond(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body=still, headers=answer)

    page.route(f"**/jobs/{job['id']}", respond, times=2)
    follow(page, job["id"])
    expect(page.get_by_text("Paused").first).to_be_attached()
    for _ in range(2):
        with page.expect_request(lambda request: request.url.endswith(job["id"])):
            page.clock.fast_forward(5_500)
    assert len(tickets) == 1
    with page.expect_request(lambda request: request.url.endswith(job["id"])):
        page.clock.fast_forward(5_500)
    expect(page.get_by_text("Loaded", exact=True).first).to_be_attached()
    expect(page.locator("#outcome")).to_have_text("2 rows have been loaded.")
    assert page.evaluate("window.events") == ["sluice-progress complete"]
    assert (len(asked), len(tickets)) == (2, 2)


def test_an_upload_continues_when_its_element_is_moved_or_changed(page_at: Callable[..., Page], ann: Person) -> None:
    """The focus stays where the reader is."""
    page = opened(page_at, ann)
    elsewhere = page.get_by_role("link", name="Stock")
    elsewhere.focus()
    held: list[Route] = []
    page.route("**/sluice-files-*", holding(held))
    with page.expect_request(lambda request: "/sluice-files-" in request.url):
        choose(page, "moved.csv", rows("M", 2))
    expect(page.get_by_role("button", name="Stop sending")).to_be_visible()
    expect(elsewhere).to_be_focused()
    page.locator("sluice-upload").evaluate("""upload => {
      upload.setAttribute("max-bytes", "60000000");
      upload.parentElement.append(upload);
    }""")
    expect(page.get_by_role("progressbar", name="Sending moved.csv")).to_be_visible()
    for route in held:
        route.continue_()
    loaded(page, "2")


def test_resuming_a_stopped_form_cancels_the_job_of_the_first_try(page_at: Callable[..., Page], ann: Person) -> None:
    """The file is announced again, so the first job would wait for it until it expires."""
    page = opened(page_at, ann)
    held: list[Route] = []
    page.route("**/sluice-files-*", holding(held))
    with page.expect_request("**/sluice-files-*"):
        choose(page, "form.csv", rows("F", 2))
    page.get_by_role("button", name="Stop sending").click()
    page.unroute("**/sluice-files-*")
    page.get_by_role("button", name="Resume sending").click()
    loaded(page, "2")
    assert sorted(ann.end_of(job["id"])["status"] for job in ann.everything("/jobs", 10)) == ["cancelled", "completed"]


def test_an_upload_in_parts_waits_for_the_network(page_at: Callable[..., Page], ann: Person, tmp_path: Path) -> None:
    """A stalled part fails after a minute; without a network no attempt is made, none counts, and one event says so."""
    large = tmp_path / "large.csv"
    large.write_bytes(rows("W", 2_000, padding=9_000))
    page = opened(page_at, ann)
    page.clock.install()
    held: list[Route] = []
    page.route("**/*partNumber=3&*", holding(held))
    page.locator("sluice-upload input[type=file]").set_input_files(large)
    expect(page.get_by_text(re.compile("^16 MiB of 17.2 MiB sent"))).to_be_visible()
    page.context.set_offline(True)
    for _ in range(10):
        page.clock.fast_forward(61_000)
    expect(page.get_by_role("button", name="Stop sending")).to_be_visible()
    expect(page.get_by_text("The upload continues when the connection is back.").first).to_be_visible()
    assert page.evaluate("window.events.splice(0)") == ["sluice-upload error"]
    assert len(held) == 1
    page.unroute("**/*partNumber=3&*")
    page.context.set_offline(False)
    for _ in range(3):
        page.clock.fast_forward(9_000)
    loaded(page, "2,000")
