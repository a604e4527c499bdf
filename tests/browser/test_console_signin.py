"""Signing in to the console: with a token, and at an OpenID Connect provider."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from local.stack import Stack
from local.web import WEB, headers
from sluice.auth import READ, WRITE
from tests.browser.conftest import PageAt, token_of
from tests.browser.console import CONSOLE, go, job_row
from tests.support.factories import csv_file, products
from tests.support.oidc import CLIENT, SCOPES, Provider, in_background, serving
from tests.support.people import Person

#: A page of the console's host that takes no token.
BESIDE = "console/icon.svg"


@pytest.fixture
def provider(stack: Stack, ann: Person) -> Iterator[Provider]:
    """A provider where Ann signs in, and a console that uses it."""
    with serving(Provider(partial(token_of, stack, ann))) as server, console_at(stack, server) as console_url:
        server.redirect_uri = console_url
        yield server


@contextmanager
def console_at(stack: Stack, provider: Provider) -> Iterator[str]:
    """Serve the console with the settings of a provider; yield its address."""
    at = urlsplit(stack.api_url).netloc
    ours = headers([f"http://{at}", f"ws://{at}", provider.url])
    settings = {"api_url": stack.api_url, "issuer": provider.url, "client_id": CLIENT, "scopes": SCOPES}

    class Pages(SimpleHTTPRequestHandler):
        def end_headers(self) -> None:
            for name, value in ours.items():
                self.send_header(name, value)
            super().end_headers()

        def do_GET(self) -> None:
            if self.path == "/config.json":
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(settings).encode())
            else:
                super().do_GET()

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with in_background(partial(Pages, directory=str(WEB))) as url:
        yield f"{url}/{CONSOLE}"


@pytest.fixture
def page(page_at: PageAt) -> Page:
    """A browser without a session."""
    return page_at(BESIDE, None)


def signed_in(page: Page, tenant: str) -> None:
    """Expect the person of a tenant to be signed in."""
    expect(page.locator(".who")).to_contain_text(f"ann@{tenant}")


def test_signing_in_at_the_provider_leads_back_to_the_same_page(page: Page, provider: Provider, ann: Person) -> None:
    job = ann.imported(csv_file(products(3)), filename="mine.csv")
    page.goto(f"{provider.redirect_uri}#/jobs/{job['id']}")
    page.get_by_role("button", name="Sign in with your organisation").click()
    expect(page).to_have_title("Provider")
    page.get_by_role("link", name="Yes").click()
    signed_in(page, ann.tenant)
    expect(page.get_by_role("heading", level=1, name="mine.csv")).to_be_visible()
    assert page.url == f"{provider.redirect_uri}#/jobs/{job['id']}", "neither code nor state stay in the address"
    (asked,) = provider.asked_for_tokens
    assert len(asked["code_verifier"]) >= 43
    assert "client_secret" not in asked

    page.reload()
    signed_in(page, ann.tenant)
    assert len(provider.asked_for_tokens) == 1


def test_an_answer_without_a_matching_state_is_rejected(page: Page, provider: Provider) -> None:
    page.goto(provider.redirect_uri)
    page.get_by_role("button", name="Sign in with your organisation").click()
    expect(page.get_by_role("link", name="Yes")).to_be_visible()
    page.goto(provider.back(code="another", state="forged"))
    expect(page.get_by_text("the answer does not belong to this page")).to_be_visible()
    assert page.url == provider.redirect_uri
    assert provider.asked_for_tokens == []


def test_a_code_with_another_verifier_is_rejected(page: Page, provider: Provider) -> None:
    page.goto(provider.redirect_uri)
    page.get_by_role("button", name="Sign in with your organisation").click()
    yes = page.get_by_role("link", name="Yes").get_attribute("href")
    assert yes
    for code in provider.challenges:
        provider.challenges[code] = "of another verifier"
    page.goto(yes)
    expect(page.get_by_text("Signing in did not work: invalid_grant")).to_be_visible()


def test_a_denied_sign_in_shows_the_error_and_can_be_repeated(page: Page, provider: Provider, ann: Person) -> None:
    page.goto(provider.redirect_uri)
    for answer in ("No", "Yes"):
        page.get_by_role("button", name="Sign in with your organisation").click()
        page.get_by_role("link", name=answer).click()
        if answer == "No":
            expect(page.get_by_text("Signing in did not work: access_denied")).to_be_visible()
    signed_in(page, ann.tenant)


def test_a_pasted_token_signs_in_and_a_text_of_another_form_does_not(
    page: Page, provider: Provider, stack: Stack, ann: Person
) -> None:
    page.goto(provider.redirect_uri)
    field = page.get_by_label("Access token")
    field.fill("not a token")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("This is not a token.")
    expect(field).to_be_focused()
    field.fill(f"  {token_of(stack, ann)}\n")
    page.get_by_role("button", name="Sign in with the token").click()
    signed_in(page, ann.tenant)


def test_a_token_in_the_address_is_removed_from_it_and_kept_for_the_tab_only(page_at: PageAt, ann: Person) -> None:
    page = page_at(CONSOLE, ann)
    signed_in(page, ann.tenant)
    assert "token" not in page.url
    assert "eyJ" not in page.evaluate("JSON.stringify(localStorage)")
    assert "eyJ" in page.evaluate("JSON.stringify(sessionStorage)")
    page.reload()
    signed_in(page, ann.tenant)


def test_a_link_with_a_token_leaves_a_session_as_it_is(
    page: Page, provider: Provider, stack: Stack, ann: Person
) -> None:
    theirs = stack.issuer.mint("another", [READ, WRITE])
    page.goto(f"{provider.redirect_uri}#token={theirs}")
    expect(page.get_by_role("heading", level=1, name="Sign in")).to_be_visible()
    assert page.url == provider.redirect_uri
    page.get_by_label("Access token").fill(token_of(stack, ann))
    page.get_by_role("button", name="Sign in with the token").click()
    signed_in(page, ann.tenant)

    go(page, "#/upload")
    page.get_by_label("Urgent").check()
    page.evaluate("token => { location.hash = `token=${token}`; }", theirs)
    page.wait_for_url(f"{provider.redirect_uri}#/upload*")
    expect(page.get_by_label("Urgent")).to_be_checked()
    signed_in(page, ann.tenant)

    page.goto(provider.redirect_uri.replace(CONSOLE, BESIDE))
    page.goto(f"{provider.redirect_uri}#token={theirs}")
    signed_in(page, ann.tenant)


def test_a_text_that_is_no_token_is_not_accepted_from_the_address(page_at: PageAt, ann: Person, stack: Stack) -> None:
    page = page_at(CONSOLE, ann)
    signed_in(page, ann.tenant)
    page.goto(f"{stack.console_url}#token=%")
    page.wait_for_url(stack.console_url)
    signed_in(page, ann.tenant)
    page.reload()
    signed_in(page, ann.tenant)


def test_signing_out_holds_although_the_settings_contain_a_token(page_at: PageAt, ann: Person) -> None:
    page = page_at(CONSOLE, ann)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", level=1, name="Sign in")).to_be_visible()
    assert "eyJ" not in page.evaluate("JSON.stringify(sessionStorage)")


def test_signing_in_after_an_expired_session_leads_back_to_the_same_page(
    page_at: PageAt, stack: Stack, ann: Person
) -> None:
    job = ann.imported(csv_file(products(3)), filename="still-there.csv")
    page = page_at(CONSOLE, ann)
    expect(job_row(page, job["id"])).to_be_visible()
    over = stack.issuer.mint(ann.tenant, [READ, WRITE], lifetime=timedelta(hours=-1))
    page.evaluate("token => sessionStorage.setItem('sluice.token', token)", over)
    page.goto(f"{stack.console_url}#/jobs/{job['id']}")
    expect(page.get_by_text("Your session has ended.")).to_be_visible()
    page.get_by_label("Access token").fill(token_of(stack, ann))
    page.get_by_role("button", name="Sign in with the token").click()
    expect(page.get_by_role("heading", level=1, name="still-there.csv")).to_be_visible()


def test_after_an_expired_session_a_reload_uses_the_token_of_the_settings(
    page_at: PageAt, stack: Stack, ann: Person
) -> None:
    page = page_at(CONSOLE, ann)
    signed_in(page, ann.tenant)
    over = stack.issuer.mint(ann.tenant, [READ, WRITE], lifetime=timedelta(hours=-1))
    page.goto(f"{stack.web_url}/{BESIDE}")  # the console would use the token before the reload, and end the session
    page.evaluate("token => sessionStorage.setItem('sluice.token', token)", over)
    page.goto(stack.console_url)
    expect(page.get_by_text("Your session has ended.")).to_be_visible()
    page.reload()
    expect(page.locator(".who")).to_contain_text("demo")


def test_the_job_of_another_tenant_is_not_found(page_at: PageAt, stack: Stack, ann: Person) -> None:
    job = ann.imported(csv_file(products(3)), filename="secret.csv")
    page = page_at(CONSOLE, None)
    expect(page.locator(".who")).to_contain_text("demo")
    page.goto(f"{stack.console_url}#/jobs/{job['id']}")
    expect(page.get_by_role("alert")).to_contain_text("There is no job")
    expect(page.get_by_text("secret.csv")).to_have_count(0)
    go(page, "#/jobs")
