"""Where the command line finds the API."""

from pathlib import Path

import httpx
import pytest

from local import connect as module
from local.connect import connect
from local.errors import LocalProblem


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No address in the environment, no stack on this machine."""
    monkeypatch.delenv("SLUICE_API_URL", raising=False)
    monkeypatch.delenv("SLUICE_TOKEN", raising=False)
    monkeypatch.setattr(module, "DEFAULT", tmp_path)


def test_nothing_running_says_how_to_start() -> None:
    """The most frequent mistake gets the most helpful message."""
    with pytest.raises(LocalProblem, match="make up"):
        connect()


def test_an_address_without_a_token_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A local token is worth nothing on AWS."""
    monkeypatch.setenv("SLUICE_API_URL", "https://api.example.com/v1")
    with pytest.raises(LocalProblem, match="SLUICE_TOKEN"):
        connect()


def test_the_environment_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """With both set no local stack is looked for."""
    monkeypatch.setenv("SLUICE_API_URL", "https://api.example.com/v1")
    monkeypatch.setenv("SLUICE_TOKEN", "t0ken")
    sent: list[httpx.Request] = []
    with connect() as client:
        client._api = httpx.Client(transport=httpx.MockTransport(lambda request: _kept(request, sent)))
        client.get("/jobs")
    assert str(sent[0].url) == "https://api.example.com/v1/jobs"


def _kept(request: httpx.Request, sent: list[httpx.Request]) -> httpx.Response:
    sent.append(request)
    return httpx.Response(200, json={"items": [], "next": None})
