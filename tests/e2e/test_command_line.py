"""The ``sluice`` command line as a process, against the deployed stack; `test_command_line_page.py` has more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.stack import Stack
from tests.support.factories import csv_file, products
from tests.support.people import Person

SLUICE = Path(sys.executable).parent / "sluice"


@pytest.fixture
def environment(stack: Stack, ann: Person) -> dict[str, str]:
    """Return the variables that a user of a remote stack sets."""
    token = stack.issuer.mint(ann.tenant, ["imports:read", "imports:write", "imports:admin"])
    return {**os.environ, "SLUICE_API_URL": stack.api_url, "SLUICE_TOKEN": token, "COLUMNS": "120"}


def sluice(environment: dict[str, str], *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SLUICE, *arguments], env=environment, capture_output=True, text=True, check=False)


def test_an_import_is_waited_for_and_shown(environment: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    rows = [list(row) for row in products(20)]
    rows[3][2] = "-1"
    file.write_bytes(csv_file(rows))
    done = sluice(environment, "import", file, "--importer", "products", "--wait", "--json")
    assert done.returncode == 0, done.stderr
    job = json.loads(done.stdout)
    assert (job["status"], job["counts"]["inserted"], job["counts"]["rejected"]) == ("completed", 19, 1)
    rejections = json.loads(sluice(environment, "rejections", job["id"], "--json").stdout)
    assert rejections["items"][0]["row"] == 5


def test_a_rejected_file_exits_with_1_and_says_why(environment: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "empty.csv"
    file.write_bytes(b"")
    done = sluice(environment, "import", file, "--importer", "products", "--wait")
    assert done.returncode == 1
    assert "empty" in (done.stdout + done.stderr).lower()


def test_an_unknown_importer_exits_with_1(environment: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(csv_file(products(1)))
    done = sluice(environment, "import", file, "--importer", "produce")
    assert done.returncode == 1
    assert "produce" in done.stderr
