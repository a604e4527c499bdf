"""How the command line finds the API."""

from collections.abc import Callable
from pathlib import Path

import pytest

from local import commands as local_commands
from local.errors import LocalProblem
from sluice_cli import client as module
from sluice_cli.client import CONNECTIONS, connect
from sluice_cli.errors import NotConnected

CALLER_URL, CALLER_TOKEN = "https://api.example.com/v1", "t0ken"
PLUGIN_URL, PLUGIN_TOKEN = "http://127.0.0.1:4566/v1", "minted"


class Plugin:
    """An entry point."""

    def __init__(self, connection: Callable[[], tuple[str, str]]) -> None:
        self.connection = connection

    def load(self) -> Callable[[], tuple[str, str]]:
        return self.connection


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without settings of Sluice."""
    monkeypatch.delenv("SLUICE_API_URL", raising=False)
    monkeypatch.delenv("SLUICE_TOKEN", raising=False)


def plugins(monkeypatch: pytest.MonkeyPatch, *found: Plugin) -> None:
    """Replace the installed entry points."""
    monkeypatch.setattr(module, "entry_points", lambda group: found if group == CONNECTIONS else ())


def connected() -> tuple[str, str]:
    """Return address and token of a new client."""
    with connect() as client:
        return client._api_url, client._api.headers["Authorization"].removeprefix("Bearer ")


def test_the_environment_comes_before_an_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    plugins(monkeypatch, Plugin(lambda: pytest.fail("not called")))
    monkeypatch.setenv("SLUICE_API_URL", CALLER_URL)
    monkeypatch.setenv("SLUICE_TOKEN", CALLER_TOKEN)
    assert connected() == (CALLER_URL, CALLER_TOKEN)


def test_an_entry_point_names_address_and_token(monkeypatch: pytest.MonkeyPatch) -> None:
    plugins(monkeypatch, Plugin(lambda: (PLUGIN_URL, PLUGIN_TOKEN)))
    assert connected() == (PLUGIN_URL, PLUGIN_TOKEN)


def test_a_token_of_the_environment_replaces_that_of_an_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    plugins(monkeypatch, Plugin(lambda: (PLUGIN_URL, PLUGIN_TOKEN)))
    monkeypatch.setenv("SLUICE_TOKEN", CALLER_TOKEN)
    assert connected() == (PLUGIN_URL, CALLER_TOKEN)


def test_an_address_without_a_token_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The local stack's token is of no use on AWS."""
    monkeypatch.setenv("SLUICE_API_URL", CALLER_URL)
    with pytest.raises(NotConnected, match="SLUICE_TOKEN"):
        connect()


def test_without_any_configuration_the_error_names_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    plugins(monkeypatch)
    with pytest.raises(NotConnected, match=r"SLUICE_API_URL .* SLUICE_TOKEN"):
        connect()


def test_in_a_checkout_without_a_running_stack_the_error_says_make_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The entry point that pyproject.toml declares raises it."""
    monkeypatch.setattr(local_commands, "DEFAULT", tmp_path)
    with pytest.raises(LocalProblem, match="make up"):
        connect()
