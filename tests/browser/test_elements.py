"""`<sluice-upload>` and `<sluice-progress>`, each by itself in a product's page."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route, expect

from local.web import WEB
from tests.support.people import Person

PAGE = "examples/upload.html"
#: Records each event of both elements in `window.events`.
LISTEN = """() => {
  window.events = [];
  for (const element of document.querySelectorAll("sluice-upload, sluice-progress")) {
    for (const name of ["complete", "error"]) {
      element.addEventListener(name, () => window.events.push(`${element.localName} ${name}`));
    }
  }
}"""
DROP = """(zone, names) => {
  const data = new DataTransfer();
  for (const name of names) data.items.add(new File(["SKU,Name,Price\\nD-1,Belt,1.5\\n"], name));
  zone.dispatchEvent(new DragEvent("dragover", { dataTransfer: data, bubbles: true, cancelable: true }));
  zone.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


def rows(prefix: str, count: int, padding: int = 0) -> bytes:
    """A price list of valid rows, with a column that no importer has."""
    lines = (f"{prefix}-{number},Belt,1.5,{'x' * padding}" for number in range(count))
    return "\n".join(["SKU,Name,Price,Remarks", *lines, ""]).encode()


def choose(page: Page, name: str, content: bytes) -> None:
    """Choose a file with the given content."""
    chosen: Any = {"name": name, "mimeType": "text/csv", "buffer": content}
    page.locator("sluice-upload input[type=file]").set_input_files(chosen)


def opened(page_at: Callable[..., Page], person: Person) -> Page:
    """Open the page, and record the events of its elements."""
    page = page_at(PAGE, person)
    expect(page.get_by_role("button", name="Drop a file here")).to_be_visible()
    page.evaluate(LISTEN)
    return page


def part_of(request: Request) -> list[int]:
    """The number of the part that a request sends, in a list; an empty list for other requests."""
    found = re.search(r"partNumber=(\d+)", request.url)
    return [int(found[1])] if found and request.method == "PUT" else []


def loaded(page: Page, count: str) -> None:
    """Expect the end of the job, and one `complete` event of each element."""
    expect(page.locator("#outcome")).to_have_text(f"{count} rows have been loaded.")
    assert page.evaluate("window.events") == ["sluice-upload complete", "sluice-progress complete"]


def test_a_dropped_file_is_sent_and_followed_to_its_end(page_at: Callable[..., Page], ann: Person) -> None:
    """The uploader sends the file, the progress bar follows the job, and each has one `complete` event."""
    page = opened(page_at, ann)
    page.get_by_role("button", name="Drop a file here").evaluate(DROP, ["dropped.csv"])
    expect(page.get_by_role("progressbar", name="dropped.csv", exact=True)).to_have_attribute("aria-valuenow", "100")
    loaded(page, "1")
    (job,) = ann.everything("/jobs", 10)
    assert (job["file"]["name"], job["status"]) == ("dropped.csv", "completed")


def test_files_that_cannot_be_imported_are_rejected_before_the_upload(
    page_at: Callable[..., Page], ann: Person
) -> None:
    """A wrong type, a file that is too large, an empty file, two files: each shows why, without a request."""
    page = opened(page_at, ann)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    alert = page.get_by_role("alert")
    choose(page, "letter.docx", b"x")
    expect(alert).to_contain_text("“letter.docx” is not one of .xlsx, .csv.")
    page.locator("sluice-upload").evaluate("upload => upload.setAttribute('max-bytes', '1000')")
    choose(page, "long.csv", b"x" * 1001)
    expect(alert).to_contain_text("“long.csv” has 1,001 bytes; at most 1,000 bytes can be imported.")
    choose(page, "empty.csv", b"")
    expect(alert).to_contain_text("“empty.csv” has no content.")
    page.get_by_role("button", name="Drop a file here").evaluate(DROP, ["one.csv", "two.csv"])
    expect(alert).to_contain_text("2 files were dropped.")
    assert page.evaluate("window.events") == ["sluice-upload error"] * 4
    assert asked == []
    assert ann.everything("/jobs", 10) == []


def test_after_a_lost_connection_the_progress_bar_catches_up(page_at: Callable[..., Page], ann: Person) -> None:
    """The page shows the loss; a job that ended meanwhile has one `complete` event. It is followed over a WebSocket."""
    page = opened(page_at, ann)
    streams: list[str] = []
    page.on("request", lambda request: streams.append(request.url) if "/events?" in request.url else None)
    with page.expect_websocket():
        choose(page, "parts.csv", rows("N", 12_000))
    page.context.set_offline(True)
    expect(page.get_by_text("The connection is lost.")).to_be_visible()
    (job,) = ann.everything("/jobs", 10)
    assert ann.end_of(job["id"])["status"] == "completed"
    page.context.set_offline(False)
    expect(page.get_by_text("Connected again.")).to_be_attached()
    loaded(page, "12,000")
    assert streams == []


def test_a_file_chosen_before_configure_waits_for_it(page_at: Callable[..., Page], ann: Person) -> None:
    """The upload starts once the page has loaded its settings."""
    first = page_at(PAGE, ann)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    first.context.route("**/config.json", hold)
    page = page_at(PAGE, ann, beside=first)
    choose(page, "quick.csv", rows("Q", 2))
    expect(page.get_by_text("Reading quick.csv")).to_be_visible()
    held[0].continue_()
    expect(page.locator("#outcome")).to_have_text("2 rows have been loaded.")


def test_without_tickets_the_progress_bar_polls(page_at: Callable[..., Page], ann: Person) -> None:
    """An API without tickets has no event stream."""
    page = opened(page_at, ann)
    missing = '{"type": "/problems/not-found", "title": "Not found", "status": 404}'
    headers = {"Access-Control-Allow-Origin": "*", "Content-Type": "application/problem+json"}
    page.route("**/ticket", lambda route: route.fulfill(status=404, body=missing, headers=headers))
    choose(page, "parts.csv", rows("Q", 3))
    loaded(page, "3")


def test_an_upload_in_parts_resumes_with_the_missing_part(
    page_at: Callable[..., Page], ann: Person, tmp_path: Path
) -> None:
    """A failed part is sent again; in a new page, choosing the same file sends the missing part only."""
    large = tmp_path / "large.csv"
    large.write_bytes(rows("L", 2_000, padding=9_000))  # 18 MB: three parts
    page = opened(page_at, ann)
    puts: list[int] = []
    page.context.on("request", lambda request: puts.extend(part_of(request)))
    page.route("**/*partNumber=3&*", lambda route: route.abort())
    broken = page.expect_event("requestfailed", lambda request: 3 in part_of(request))
    first = page.expect_request_finished(lambda request: 1 in part_of(request))
    second = page.expect_request_finished(lambda request: 2 in part_of(request))
    with broken, first, second:  # a page that closes stops the requests that are not finished
        page.locator("sluice-upload input[type=file]").set_input_files(large)
    expect(page.get_by_text(re.compile("^16 MiB of 17.2 MiB sent"))).to_be_visible()
    page.close()

    page = page_at(PAGE, ann, beside=page)
    expect(page.get_by_role("button", name="Drop a file here")).to_be_visible()
    page.evaluate(LISTEN)
    before = len(puts)
    assert page.evaluate("localStorage.length") == 1
    page.route("**/*partNumber=3&*", lambda route: route.abort(), times=2)
    page.locator("sluice-upload input[type=file]").set_input_files(large)
    loaded(page, "2,000")
    assert sorted(set(puts[:before])) == [1, 2, 3]
    assert puts[before:] == [3, 3, 3], ann.everything("/jobs", 10)
    (job,) = ann.everything("/jobs", 10)
    assert job["file"]["bytes"] == large.stat().st_size
    assert page.evaluate("localStorage.length") == 0


def test_a_stopped_upload_can_be_resumed(page_at: Callable[..., Page], ann: Person, tmp_path: Path) -> None:
    """Parts that have arrived are not sent again."""
    large = tmp_path / "large.csv"
    large.write_bytes(rows("S", 2_000, padding=9_000))
    page = opened(page_at, ann)

    def hold(route: Route) -> None:
        """Hold the request: neither respond nor fail."""

    page.route("**/*partNumber=3&*", hold)
    page.locator("sluice-upload input[type=file]").set_input_files(large)
    expect(page.get_by_text(re.compile("^16 MiB of 17.2 MiB sent"))).to_be_visible()
    page.get_by_role("button", name="Stop sending").click()
    expect(page.get_by_role("button", name="Resume sending")).to_be_focused()
    page.unroute("**/*partNumber=3&*", hold)
    puts: list[str] = []
    page.on("request", lambda request: puts.append(request.url) if request.method == "PUT" else None)
    page.get_by_role("button", name="Resume sending").click()
    loaded(page, "2,000")
    assert len(puts) == 1


def test_the_defaults_of_the_elements_are_the_values_of_the_theme() -> None:
    """A page without custom properties gets the look of the theme."""
    theme = dict(re.findall(r"--sluice-([\w-]+): (.+);", (WEB / "elements/theme.css").read_text()))
    styles = (WEB / "elements/styles.js").read_text()
    defaults = dict(re.findall(r"--[\w-]+: var\(--sluice-([\w-]+), (.+)\);", styles))
    assert theme
    assert defaults == theme


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_each_element_by_itself_is_accessible(
    page_at: Callable[..., Page], ann: Person, accessible: Callable[[Page, str], None], color_scheme: str
) -> None:
    """The drop zone, a rejected file, and the end of a job."""
    page = page_at(PAGE, ann, color_scheme=color_scheme)
    expect(page.get_by_role("button", name="Drop a file here")).to_be_visible()
    accessible(page, "the drop zone")
    choose(page, "letter.docx", b"x")
    expect(page.get_by_role("alert")).to_be_visible()
    accessible(page, "a rejected file")
    choose(page, "parts.csv", rows("A", 2))
    expect(page.locator("#outcome")).to_have_text("2 rows have been loaded.")
    accessible(page, "the end")
