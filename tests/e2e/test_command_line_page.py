"""Every command of the pages about the command line, in its order, against the deployed stack; Ann signs in."""

from __future__ import annotations

import io
import json
import re
import shlex
import subprocess
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import SimpleNamespace

import pytest

from local.stack import Stack
from sluice_cli import connection, main, words
from sluice_cli.oidc import REDIRECT
from tests.conftest import own_tenant
from tests.support.oidc import CLIENT, SCOPES, Provider, click, in_background, serving

ROOT = Path(__file__).parents[2]
PAGES = {"docs/cli.md": 30, "cli/README.md": 3}
"""The pages, and at least how many commands each has."""
BIN = Path(sys.executable).parent
FILES = {
    "dealers.csv": "Dealer Code,Name,Level\nD-1001,Autohaus Nord,gold\nD-1002,Autohaus Ost,platinum\n",
    "prices.csv": "Part Number,Description,Price,Updated\nP-1,Bolt,12.50,03/04/2026\nP-2,Nut,2.75,05/04/2026\n",
}
#: What a command of the page ends with, if not with 0.
CODES = {"--review": 3, "prices.csv --importer products --wait": 3}
#: `test_distribution.py` installs it.
ELSEWHERE = "pipx install ./cli"


def commands(page: str) -> list[str]:
    """The commands of a page, without their comments."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)
    lines = [line.partition(" #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line != ELSEWHERE]


@pytest.fixture
def provider(stack: Stack, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """A provider of tokens that the stack accepts, and a browser in which Ann says yes."""
    monkeypatch.setattr(webbrowser, "open", lambda page: click(page, "Yes"))
    with serving(
        Provider(lambda: stack.issuer.mint(own_tenant(request), [*SCOPES.split(), "imports:admin"], subject="ann"))
    ) as server:
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


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_runs(
    page: str,
    stack: Stack,
    provider: Provider,
    console: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(connection, "entry_points", lambda group: ())  # an installation of its own
    monkeypatch.setattr("typer.get_app_dir", lambda name: str(tmp_path / "config" / name))
    for name in ("SLUICE_API_URL", "SLUICE_TOKEN", "SLUICE_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)
    known = {
        "https://CONSOLE-ADDRESS": console,
        "https://API-ADDRESS/v1": stack.api_url,
        "https://ISSUER": provider.url,
        "CLIENT-ID": CLIENT,
        "TOKEN": provider.mint(),
    }
    assert len(commands(page)) >= PAGES[page]
    for line in commands(page):
        for placeholder, value in known.items():
            line = re.sub(rf"(?<![A-Z_-]){placeholder}(?![A-Z-])", value, line)  # noqa: PLW2901 - as a person edits it
        code = run(line, monkeypatch)
        printed = capsys.readouterr()
        assert code == next((code for option, code in CODES.items() if option in line), 0), (line, printed)
        if "import " in line and (found := re.search(r"\b01[0-9A-Z]{24}\b", printed.out + printed.err)):
            known["JOB-ID"] = found[0]
    assert (tmp_path / "errors.xlsx").exists() == ("--save errors.xlsx" in (ROOT / page).read_text())


@contextmanager
def redirected(target: str) -> Iterator[None]:
    """Write standard output to a file of this name, if there is one."""
    if not target:
        yield
        return
    with Path(target).open("w") as file, redirect_stdout(file):
        yield


def run(line: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a line of a shell, as far as the page uses one; return its exit code."""
    if line.startswith("export "):
        name, _, value = line.removeprefix("export ").partition("=")
        monkeypatch.setenv(name, value)
        return 0
    if "-completion" in line:  # which asks its parent process what shell it is
        monkeypatch.setenv("HOME", str(Path.cwd()))
        return subprocess.run(
            ["bash", "-c", f"PATH={BIN}:$PATH; {line}; exit $?"], capture_output=True, check=False
        ).returncode
    source, _, command = line.rpartition(" | ")
    if source:
        content = subprocess.run(shlex.split(source), capture_output=True, check=True).stdout
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    command, _, target = command.partition(" > ")
    name, *arguments = shlex.split(command)
    assert name == "sluice", line
    with pytest.raises(SystemExit) as ended, redirected(target):
        main.main(arguments)
    words.PROFILE.set(None)
    connection.TOKEN.set(None)
    return int(ended.value.code or 0)
