"""Every command of docs/cli.md, in its order, against the deployed stack and a provider where Ann signs in."""

from __future__ import annotations

import io
import json
import re
import shlex
import subprocess
import sys
import webbrowser
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import SimpleNamespace

import pytest

from local.stack import Stack
from sluice_cli import connection, main, words
from sluice_cli.oidc import REDIRECT
from tests.support.oidc import CLIENT, SCOPES, Provider, click, in_background, serving

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
BIN = Path(sys.executable).parent
FILE = "Dealer Code,Name,Level\nD-1001,Autohaus Nord,gold\nD-1002,Autohaus Ost,platinum\n"
#: What a command of the page ends with, if not with 0.
CODES = {"--review": 3}
#: `test_distribution.py` installs it.
ELSEWHERE = "pipx install ./cli"


def commands() -> list[str]:
    """The commands of the page, without their comments."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return [line.partition(" #")[0].strip() for block in blocks for line in block.splitlines()]


@pytest.fixture
def provider(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """A provider of tokens that the stack accepts, and a browser in which Ann says yes."""
    mint = lambda: stack.issuer.mint("command-line-page", SCOPES.split(), subject="ann")  # noqa: E731 - its name says it
    monkeypatch.setattr(webbrowser, "open", lambda page: click(page, "Yes"))
    with serving(Provider(mint)) as server:
        server.redirect_uri = REDIRECT
        yield server


@pytest.fixture
def console(stack: Stack, provider: Provider) -> Iterator[str]:
    """The address of a console that has no page but its settings."""
    settings = {"api_url": stack.api_url, "issuer": provider.url, "client_id": CLIENT, "scopes": SCOPES}

    class Settings(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(settings).encode())

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with in_background(Settings) as url:
        yield url


def test_every_command_of_the_page_runs(
    stack: Stack,
    provider: Provider,
    console: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(connection, "entry_points", lambda group: ())  # an installation of its own
    monkeypatch.setattr(connection.typer, "get_app_dir", lambda name: str(tmp_path / "config" / name))
    for name in ("SLUICE_API_URL", "SLUICE_TOKEN", "SLUICE_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "dealers.csv").write_text(FILE)
    known = {
        "https://CONSOLE-ADDRESS": console,
        "https://API-ADDRESS/v1": stack.api_url,
        "https://ISSUER": provider.url,
        "CLIENT-ID": CLIENT,
        "TOKEN": provider.mint(),
    }
    ran = 0
    for line in commands():
        if line == ELSEWHERE:
            continue
        for placeholder, value in known.items():
            line = re.sub(rf"(?<![A-Z_-]){placeholder}(?![A-Z-])", value, line)  # noqa: PLW2901 - as a person edits it
        code = run(line, monkeypatch)
        printed = capsys.readouterr()
        assert code == next((code for option, code in CODES.items() if option in line), 0), (line, printed)
        if "import " in line and (found := re.search(r"\b01[0-9A-Z]{24}\b", printed.out + printed.err)):
            known["JOB-ID"] = found[0]
        ran += 1
    assert ran > 25
    assert (tmp_path / "errors.xlsx").stat().st_size > 0


def run(line: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a line of a shell, as far as the page uses one; return its exit code."""
    if line.startswith("export "):
        name, _, value = line.removeprefix("export ").partition("=")
        monkeypatch.setenv(name, value)
        return 0
    if "--show-completion" in line:  # which asks its parent process what shell it is
        return subprocess.run(
            ["bash", "-c", f"PATH={BIN}:$PATH; {line}; exit $?"], capture_output=True, check=False
        ).returncode
    source, _, command = line.rpartition(" | ")
    if source:
        content = subprocess.run(shlex.split(source), capture_output=True, check=True).stdout
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    name, *arguments = shlex.split(command)
    assert name == "sluice", line
    with pytest.raises(SystemExit) as ended:
        main.main(arguments)
    words.PROFILE.set(None)
    connection.TOKEN.set(None)
    return int(ended.value.code or 0)
