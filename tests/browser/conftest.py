"""Chromium on the pages of a deployed stack, with a new browser context for each test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # it brings no types
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from local.paths import LOCAL
from local.stack import Stack
from sluice.auth import ADMIN, READ, WRITE
from tests.browser import chromium
from tests.support.people import Person

SCREENSHOTS = LOCAL / "screenshots"
#: Timeout of every expectation and click, in milliseconds; a job takes long on a busy machine.
PATIENCE = 60_000

PageAt = Callable[..., Page]
Setting = Callable[..., None]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium of the system."""
    program = chromium.find()
    assert program is not None, chromium.MISSING
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"] if as_root else [])
        yield opened
        opened.close()


@pytest.fixture
def page_at(browser: Browser, stack: Stack, request: pytest.FixtureRequest) -> Iterator[PageAt]:
    """Opens pages: ``page_at("examples/import.html", ann)``, with any option of a browser context.

    The address contains the person's token; ``page_at("…", None)`` opens a page without one. ``beside`` reuses the
    context of an open page. The end of the test saves a screenshot of each page, and fails on errors that pages logged.
    """
    pages: list[Page] = []
    complaints: list[str] = []

    def open_page(path: str, person: Person | None, beside: Page | None = None, **options: Any) -> Page:
        if beside is not None:
            context = beside.context
        else:
            context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
            context.set_default_timeout(PATIENCE)
            context.on("console", lambda message: _note(message, complaints))
            context.on("weberror", lambda error: complaints.append(str(error.error)))
        page = context.new_page()
        pages.append(page)
        fragment = "" if person is None else f"#token={token_of(stack, person)}"
        page.goto(f"{stack.web_url}/{path.lstrip('/')}{fragment}")
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
    """Fails if axe-core finds a violation on a page: ``accessible(page, "the preview")``."""
    axe = Axe()

    def check(page: Page, what: str) -> None:
        found = axe.run(page)
        assert found.violations_count == 0, f"{what}: {found.generate_report()}"

    return check


@pytest.fixture
def commission(stack: Stack, loopback: None) -> Iterator[Setting]:
    """Changes the behaviour of the fake commission, such as ``commission(away=True)``, until the end of the test."""

    def change(**settings: Any) -> None:
        httpx.post(f"{stack.commission_url}/_set", json=settings).raise_for_status()

    httpx.post(f"{stack.commission_url}/_reset").raise_for_status()
    yield change
    httpx.post(f"{stack.commission_url}/_reset").raise_for_status()


def token_of(stack: Stack, person: Person) -> str:
    """A token of a person, for the browser."""
    return stack.issuer.mint(person.tenant, [READ, WRITE, ADMIN], subject=f"ann@{person.tenant}")


def _note(message: ConsoleMessage, complaints: list[str]) -> None:
    """Note errors and violations of the policy; pages handle failed requests themselves."""
    if message.type == "error" and not message.text.startswith("Failed to load resource"):
        complaints.append(message.text)
