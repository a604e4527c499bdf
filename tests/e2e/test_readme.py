"""The calls of the README, each as it stands: shell, JavaScript and command line, one after the other."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from local.paths import ROOT
from local.stack import Stack
from sluice.auth import READ, WRITE
from tests.support.javascript import NODE
from tests.support.people import Person

SECTION = (ROOT / "README.md").read_text().split("\n## Import a file\n")[1].split("\n## ")[0]
CALLS, SCRIPT, COMMANDS = re.findall(r"^```\w+\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
#: Lines that ask the stack of `make demo` for its address and a token: here both are those of the tests' stack.
ADDRESSES = [line for line in CALLS.splitlines() if line.startswith("export ")]


class Reader:
    """Someone who copies the commands into a terminal, in a folder with the environment of the checkout."""

    def __init__(self, stack: Stack, tenant: str, folder: Path) -> None:
        token = stack.issuer.mint(tenant, [READ, WRITE])
        own = {"API": stack.api_url, "SLUICE_API_URL": stack.api_url, "TOKEN": token, "SLUICE_TOKEN": token}
        self.environment, self.folder = {**os.environ, **own}, folder
        (folder / ".venv").symlink_to(Path(sys.executable).parents[1])

    def run(self, *command: str) -> str:
        """Run a command and return what it prints; fails if the command does."""
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    def shell(self, lines: Sequence[str]) -> str:
        """Run lines as a shell does that stops at the first failure."""
        return self.run("bash", "-euo", "pipefail", "-c", "\n".join(lines))


@pytest.fixture
def reader(stack: Stack, ann: Person, tmp_path: Path) -> Reader:
    """A reader with the tenant of the test."""
    return Reader(stack, ann.tenant, tmp_path)


def finished(answer: dict[str, Any], ann: Person) -> dict[str, Any]:
    """Return the job of an answer, which our own emulator finishes before it answers, as the README says.

    Others may poll queues more slowly than a call waits (docs/deploying.md, "LocalStack").
    """
    assert answer["status"] == "completed" or "AWS_ENDPOINT_URL" in os.environ
    return ann.end_of(answer["id"])


def test_the_calls_of_the_readme_import_reject_and_roll_back(reader: Reader, ann: Person) -> None:
    """What is written about each call is what it does."""
    assert [line.partition("=")[0] for line in ADDRESSES] == ["export API", "export TOKEN"]
    job = finished(json.loads(reader.shell([line for line in CALLS.splitlines() if line not in ADDRESSES])), ann)
    assert (job["status"], job["counts"]["inserted"], job["counts"]["rejected"]) == ("completed", 1, 1)
    (rejection,) = ann.rejections(job["id"])
    assert rejection["value"] == "platinum"

    script = reader.folder / "import.mjs"
    script.write_text(SCRIPT)
    printed = reader.run(NODE, str(script))
    job = finished({"id": ann.everything("/jobs", 10)[0]["id"], "status": printed.partition(" {")[0]}, ann)
    assert job["status"] == "completed"
    assert sorted(ann.records("dealers")) == ["D-1001", "D-2001"]

    printed = ""
    for line in COMMANDS.splitlines():
        newest = ann.everything("/jobs", 10)[0]["id"]
        printed += reader.shell([line.replace("JOB-ID", newest)])
    assert "platinum" in printed
    assert (reader.folder / "errors.xlsx").stat().st_size > 0
    assert ann.everything("/jobs", 10)[0]["status"] == "rolled_back"
