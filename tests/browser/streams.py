"""A deployment without a WebSocket, whose pages follow jobs by event streams."""

from __future__ import annotations

from playwright.sync_api import Page, Route


def without_socket(page: Page) -> None:
    """Take the socket out of each ticket of a job."""

    def answer(route: Route) -> None:
        if route.request.method != "POST":  # the browser asks first whether it may
            return route.continue_()
        response = route.fetch()
        ticket = response.json()
        ticket["links"].pop("socket", None)
        return route.fulfill(response=response, json=ticket)

    page.route("**/jobs/*/ticket", answer)
