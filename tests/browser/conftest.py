"""A real browser at the pages of a deployed stack, each test in a context of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # it brings no types
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from local.paths import LOCAL
from local.stack import Stack
from sluice.identity import READ, WRITE
from tests.people import Person

SCREENSHOTS = LOCAL / "screenshots"
#: Patience of every expectation and click, in milliseconds: a job's course on a busy machine takes its time.
PATIENCE = 60_000

PageAt = Callable[..., Page]
Setting = Callable[..., None]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, as the system has it."""
    program = shutil.which("chromium")
    if program is None:
        pytest.fail("The browser tests need Chromium. Install it, on Debian with: apt-get install chromium")
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"] if as_root else [])
        yield opened
        opened.close()


@pytest.fixture
def page_at(browser: Browser, stack: Stack, request: pytest.FixtureRequest) -> Iterator[PageAt]:
    """Opens pages: ``page_at("examples/import.html", ann)``, with any option of a browser context.

    The token is handed over in the address. ``page_at("…", None)`` hands none over. ``beside`` takes the context of a
    page that is open. At the end of the test each page leaves a screenshot, and what it has complained about fails the
    test.
    """
    pages: list[Page] = []
    complaints: list[str] = []

    def open_page(path: str, person: Person | None, beside: Page | None = None, **options: Any) -> Page:
        if beside is not None:
            context = beside.context
        else:
            context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
            context.set_default_timeout(PATIENCE)
            context.on("console", lambda message: _hear(message, complaints))
            context.on("weberror", lambda error: complaints.append(str(error.error)))
        page = context.new_page()
        pages.append(page)
        handed = "" if person is None else f"#token={token_of(stack, person)}"
        page.goto(f"{stack.web_url}/{path.lstrip('/')}{handed}")
        return page

    yield open_page
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for at, page in enumerate(each for each in pages if not each.is_closed()):
        name = f"{request.node.name}-{at}" if at else request.node.name
        page.screenshot(path=SCREENSHOTS / f"{name.replace('/', '-')}.png")
    for context in {page.context for page in pages}:
        context.close()
    assert complaints == []


@pytest.fixture
def accessible() -> Callable[[Page, str], None]:
    """Fails where axe-core finds anything wrong with a page: ``accessible(page, "the preview")``."""
    axe = Axe()

    def check(page: Page, what: str) -> None:
        found = axe.run(page)
        assert found.violations_count == 0, f"{what}: {found.generate_report()}"

    return check


@pytest.fixture
def commission(stack: Stack) -> Iterator[Setting]:
    """Changes how the stand-in commission behaves: ``commission(away=True)``; after the test it behaves as before."""

    def change(**settings: Any) -> None:
        httpx.post(f"{stack.commission_url}/_set", json=settings).raise_for_status()

    httpx.post(f"{stack.commission_url}/_reset").raise_for_status()
    yield change
    httpx.post(f"{stack.commission_url}/_reset").raise_for_status()


def token_of(stack: Stack, person: Person) -> str:
    """A token of that person, for the browser."""
    return stack.issuer.mint(person.tenant, [READ, WRITE], subject=f"ann@{person.tenant}")


def _hear(message: ConsoleMessage, complaints: list[str]) -> None:
    """Errors count, also violations of the policy; that an answer was not a good one is the page's own business."""
    if message.type == "error" and not message.text.startswith("Failed to load resource"):
        complaints.append(message.text)
