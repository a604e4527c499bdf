"""The import dialog when requests fail during its job, when it is moved, and in a page of another origin."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

from playwright.sync_api import Page, Route, expect

from local.stack import Stack
from tests.browser.conftest import token_of
from tests.browser.streams import without_socket
from tests.support.oidc import in_background
from tests.support.people import Person

PAGE = "examples/import.html"
ROWS = b"SKU,Name,Price\nT-1,Belt,1.5\nT-2,Pump,-1\n"
LISTEN = """() => {
  window.events = [];
  const dialog = document.querySelector("sluice-import-dialog");
  for (const name of ["complete", "error"]) dialog.addEventListener(name, () => window.events.push(name));
}"""


def reject(route: Route) -> None:
    """Respond as the API does to a token without the scope."""
    body = json.dumps({"type": "/problems/forbidden", "title": "Not allowed", "status": 403})
    headers = {"Access-Control-Allow-Origin": "*", "Content-Type": "application/problem+json"}
    route.fulfill(status=403, body=body, headers=headers)


def choose(page: Page) -> None:
    """Open the dialog and choose a file."""
    page.get_by_role("button", name="Import a price list").click()
    chosen: Any = {"name": "parts.csv", "mimeType": "text/csv", "buffer": ROWS}
    page.locator("sluice-import-dialog input[type=file]").set_input_files(chosen)


def heading(page: Page, name: str) -> None:
    """Expect the dialog at the stage with this heading."""
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def test_a_job_that_could_not_be_followed_is_shown_by_a_retry_or_a_reopened_dialog(
    page_at: Callable[..., Page], ann: Person
) -> None:
    """Without tickets the job cannot be followed; with them again, the reopened dialog shows its review."""
    page = page_at(PAGE, ann)
    page.route("**/ticket", reject)
    choose(page)
    heading(page, "The import cannot be shown right now")
    page.get_by_role("button", name="Try again").click()
    heading(page, "The import cannot be shown right now")
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.unroute("**/ticket")
    page.get_by_role("button", name="Import a price list").click()
    heading(page, "Review before loading")
    assert [job["status"] for job in ann.everything("/jobs", 10)] == ["in_review"]


def test_the_complete_event_comes_although_the_files_cannot_be_listed(
    page_at: Callable[..., Page], ann: Person
) -> None:
    """The rows are loaded; a section that failed is an error event of its own, and can be loaded again."""
    page = page_at(PAGE, ann)
    page.evaluate(LISTEN)
    choose(page)
    heading(page, "Review before loading")
    page.route("**/jobs/*/files", reject)
    page.get_by_role("button", name="Load 1 row").click()
    heading(page, "The import has finished")
    expect(page.get_by_text("1 row was added.")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("Not allowed")
    page.unroute("**/jobs/*/files")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("button", name="errors.csv")).to_be_visible()
    assert page.evaluate("window.events") == ["complete", "error"]


def test_an_open_dialog_stays_open_when_it_is_moved(page_at: Callable[..., Page], ann: Person) -> None:
    """It stays modal, and follows its job."""
    page = page_at(PAGE, ann)
    without_socket(page)
    held: list[Route] = []
    moved: list[bool] = []

    def hold(route: Route) -> None:
        """Hold requests until the dialog is moved."""
        if moved:
            route.continue_()
        else:
            held.append(route)

    page.route("**/events?**", hold)
    with page.expect_request(lambda request: "/events?" in request.url):
        choose(page)
    page.evaluate("document.body.append(document.querySelector('sluice-import-dialog'))")
    heading(page, "Your file is being checked")
    assert page.get_by_role("dialog").evaluate("dialog => dialog.matches(':modal')")
    moved.append(True)
    for route in held:
        route.continue_()
    heading(page, "Review before loading")


def test_the_dialog_works_in_a_page_of_another_origin(page_at: Callable[..., Page], ann: Person, stack: Stack) -> None:
    """The page has a Content-Security-Policy of its own that names the hosts."""
    elements = f"{stack.web_url}/elements/index.js"
    page = page_at(PAGE, None)
    settings = page.evaluate("async () => (await fetch('/config.json')).json()")
    given = json.dumps({"apiUrl": settings["api_url"], "token": token_of(stack, ann)})
    script = f"""import {{ configure }} from "{elements}";
      configure({given});
      const dialog = document.querySelector("sluice-import-dialog");
      document.querySelector("button").addEventListener("click", () => dialog.show());"""
    html = f"""<!doctype html><html lang="en"><title>Elsewhere</title><link rel="icon" href="data:,">
      <script type="module" src="{elements}"></script><script type="module" src="/import.js"></script>
      <button>Import a price list</button><sluice-import-dialog schema-name="products"></sluice-import-dialog>"""
    hosts = " ".join(("http://127.0.0.1:*", "ws://127.0.0.1:*", "http://localhost:*", "http://*.localhost:*"))
    policy = f"default-src 'none'; script-src 'self' {stack.web_url}; connect-src {hosts}; img-src data:"

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, body = ("text/javascript", script) if self.path == "/import.js" else ("text/html", html)
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Security-Policy", f"{policy}; require-trusted-types-for 'script'")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with in_background(Pages) as url:
        page.goto(url)
        choose(page)
        heading(page, "Review before loading")
        page.get_by_role("button", name="Load 1 row").click()
        heading(page, "The import has finished")
    assert sorted(ann.records("products")) == ["T-1"]
