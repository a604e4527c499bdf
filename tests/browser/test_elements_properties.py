"""The elements as frameworks use them: properties before and after the definition, and errors with words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

from playwright.sync_api import Page, expect

from local.paths import ROOT
from local.stack import Stack
from tests.browser.conftest import token_of
from tests.browser.test_elements import PAGE, choose
from tests.support.oidc import in_background
from tests.support.people import Person

#: Records the events of an element in `window.events`, an error as its text; `data-last` has the name of the last.
LISTEN = """(element) => {
  window.events = [];
  for (const name of ["shown", "hidden", "complete", "error"]) {
    element.addEventListener(name, ({ detail }) => {
      window.events.push(name === "error" ? String(detail) : name);
      element.dataset.last = name;
    });
  }
}"""


#: Puts an uploader into a page without the elements, as a framework does, and then loads them.
BEFORE_THE_DEFINITION = """async ({ apiUrl, token }) => {
  const upload = document.createElement("sluice-upload");
  upload.setAttribute("acceptedFiles", "*.*");
  Object.assign(upload, { extraData: { schema_name: "products" }, useSse: true, "sse-title": "Prices" });
  document.body.append(upload);
  const { configure } = await import("/elements/index.js");
  configure({ apiUrl, token });
}"""


def test_properties_that_a_framework_sets_before_the_definition_are_kept(
    page_at: Callable[..., Page], ann: Person, stack: Stack
) -> None:
    """An object stays an object, an attribute in lower case counts, and `schema_name` names the importer."""
    page = page_at("elements/theme.css", None)
    page.evaluate(BEFORE_THE_DEFINITION, {"apiUrl": stack.api_url, "token": token_of(stack, ann)})
    upload = page.locator("sluice-upload")
    upload.evaluate(LISTEN)
    choose(page, "prices.txt", b"SKU,Name,Price\nF-1,Belt,1.5\n")
    expect(page.get_by_role("progressbar", name="Prices")).to_have_attribute("aria-valuenow", "100")
    expect(upload).to_have_attribute("data-last", "complete")
    assert page.evaluate("window.events") == ["complete"]
    given = upload.evaluate("upload => [upload.extraData, upload.useSse, upload.maxBytes, upload.sseTitle]")
    assert given == [{"schema_name": "products"}, True, 0, "Prices"]
    assert [job["importer"] for job in ann.everything("/jobs", 10)] == ["products"]


def test_the_dialog_says_what_is_wrong_with_its_attributes_and_follows_their_changes(
    page_at: Callable[..., Page], ann: Person
) -> None:
    """A missing importer, an unknown one, another server's address; then `open` opens and closes."""
    page = page_at("examples/import.html", ann)
    expect(page.get_by_role("button", name="Import a price list")).to_be_enabled()
    dialog = page.locator("sluice-import-dialog")
    dialog.evaluate(LISTEN)
    dialog.evaluate("dialog => { dialog.schemaName = null; dialog.open = true; }")
    alert = page.get_by_role("alert")
    expect(page.get_by_role("heading", name="The import cannot start")).to_be_visible()
    expect(alert).to_contain_text("needs the attribute schema-name")
    dialog.evaluate("dialog => { dialog.schemaName = 'prices'; }")
    expect(alert).to_contain_text("Sluice has no importer “prices”.")
    dialog.evaluate("dialog => dialog.setAttribute('base-url', '/nowhere')")
    expect(alert).to_contain_text(re.compile(r"/nowhere/importers/prices does not answer as Sluice's API does"))
    dialog.evaluate("dialog => Object.assign(dialog, { schemaName: 'products', baseUrl: '' })")
    expect(page.get_by_role("button", name="Drop a file here")).to_be_visible()
    assert dialog.evaluate("dialog => [dialog.open, dialog.getAttribute('open')]") == [True, ""]
    page.keyboard.press("Escape")
    expect(dialog).not_to_have_attribute("open", "")
    dialog.evaluate("dialog => dialog.setAttribute('open', '')")
    expect(page.get_by_role("dialog")).to_be_visible()
    dialog.evaluate("dialog => { dialog.open = false; }")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(dialog).to_have_attribute("data-last", "hidden")
    events = page.evaluate("window.events")
    texts = [event for event in events if len(event.split()) > 1]
    assert [text.split(":")[0] for text in texts] == [
        "This page is not set up correctly",
        "There is nothing to import into",
        "This page is not set up correctly",
    ]
    assert [event for event in events if event not in texts] == ["shown", "hidden", "shown", "hidden"]


def test_following_a_job_always_ends_with_words(page_at: Callable[..., Page], ann: Person) -> None:
    """Without an id, and on a server that answers 501: the promise of `start` is settled, and an event says why."""
    page = page_at(PAGE, ann)
    expect(page.get_by_role("button", name="Drop a file here")).to_be_visible()
    progress = page.locator("sluice-progress")
    progress.evaluate(LISTEN)
    assert progress.evaluate("async progress => (await progress.start()) ?? null") is None
    page.route("**/api/my-process/**", lambda route: route.fulfill(status=501, body="Not implemented"))
    start = """async progress => {
      progress.baseUrl = "/api/my-process/progress";
      progress.processId = "J1";
      return (await progress.start()) ?? null;
    }"""
    assert progress.evaluate(start) is None
    missing, elsewhere = page.evaluate("window.events")
    assert "needs the attribute process-id" in missing
    assert "/api/my-process/progress/jobs/J1/ticket does not answer as Sluice's API does (status 501)." in elsewhere


def test_the_lines_of_the_readme_open_the_dialog_in_a_page_of_another_origin(
    page_at: Callable[..., Page], ann: Person, stack: Stack
) -> None:
    """Addresses and token are those of the stack; everything else is as it stands."""
    (lines,) = re.findall(r"^```html\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    own = {
        "https://your-sluice": stack.web_url,
        "https://your-api/v1": stack.api_url,
        "yourSignIn.accessToken()": json.dumps(token_of(stack, ann)),
    }
    for placeholder, value in own.items():
        assert placeholder in lines
        lines = lines.replace(placeholder, value)
    page = page_at("elements/theme.css", None)

    class Shop(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b'<!doctype html><html lang="en"><title>Shop</title><link rel="icon" href="data:,">')
            self.wfile.write(lines.encode())

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with in_background(Shop) as url:
        page.goto(url)
        expect(page.get_by_role("dialog", name="Import Products")).to_be_visible()
        expect(page.get_by_role("button", name="Drop a file here")).to_be_visible()
