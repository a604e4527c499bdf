"""Commands and connection that the local stack adds to the command line."""

import json
from pathlib import Path

import jwt
import pytest

from local import commands
from local.stack import OUTPUTS, Stack
from sluice_cli.connection import current_token
from tests.unit.cli.fake_api import run

API_URL = "http://127.0.0.1:4566/live/v1"


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """The stack of ``make up``, without its processes."""
    outputs = dict.fromkeys(OUTPUTS.values(), "x") | {"api_url": API_URL}
    web = {"web_url": "http://127.0.0.1:4568", "issuer_url": "http://127.0.0.1:4567"}
    made = Stack(folder=str(tmp_path), name="sluice", endpoint="http://127.0.0.1:4566", outputs={}, **outputs, **web)
    made.save()
    monkeypatch.setattr(commands, "DEFAULT", tmp_path)
    return made


def claims(token: str) -> dict[str, object]:
    """Return the claims of a token without a check of its signature."""
    decoded: dict[str, object] = jwt.decode(token, options={"verify_signature": False})
    return decoded


def test_connection_returns_the_stacks_address_and_a_token_with_every_scope(stack: Stack) -> None:
    found = commands.connection()
    assert found.api_url == stack.api_url
    assert claims(current_token(found))["scope"] == "imports:read imports:write imports:admin"


def test_info_prints_the_addresses_and_renews_the_token_file(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("info", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) >= {"api_url", "token_file", "console", "issuer", "endpoint"}
    assert found["caller"] == "you@example.com"
    assert claims(Path(found["token_file"]).read_text())["tenant"] == "demo"
    assert run("info") == 0
    assert stack.console_url in capsys.readouterr().out


def test_token_prints_a_token_of_tenant_and_scopes(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("token", "--tenant", "acme", "--scopes", "imports:read", "--subject", "ana") == 0
    found = claims(capsys.readouterr().out.strip())
    assert (found["tenant"], found["scope"], found["sub"]) == ("acme", "imports:read", "ana")


@pytest.mark.parametrize("command", ["info", "token"])
def test_without_a_stack_the_commands_say_make_up(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(commands, "DEFAULT", tmp_path)
    assert run(command) == 1
    assert "make up" in capsys.readouterr().err
