"""``make test`` finds a Chromium, installs one by apt, or says in one line what to install."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser import chromium

ROOT = Path(__file__).parents[3]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder of programs of a machine, which has no browser."""
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "playwright"))
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def program(path: Path, script: str = "") -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def run() -> subprocess.CompletedProcess[str]:
    """Run the command of ``make test``."""
    command = [sys.executable, "-m", "tests.browser.chromium"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=dict(os.environ))


@pytest.mark.parametrize("name", chromium.NAMES)
def test_any_usual_name_is_found(machine: Path, name: str) -> None:
    made = program(machine / name)
    assert chromium.find() == made
    assert run().returncode == 0


def test_playwrights_own_and_a_given_one_are_found(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = program(machine.parent / "playwright" / "chromium-1200" / "chrome-linux64" / "chrome")
    assert chromium.find() == own
    given = program(machine.parent / "elsewhere" / "my-chromium")
    monkeypatch.setenv("CHROMIUM", given)
    assert chromium.find() == given


def test_a_machine_with_neither_browser_nor_apt_gets_one_line(machine: Path) -> None:
    done = run()
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == chromium.MISSING
    assert "Traceback" not in done.stderr


def test_a_missing_browser_is_installed_by_apt(machine: Path) -> None:
    """``apt-get`` is a script here, which leaves a browser behind."""
    for name in ("sh", "env", "touch", "chmod"):
        (machine / name).symlink_to(f"/bin/{name}" if Path(f"/bin/{name}").exists() else f"/usr/bin/{name}")
    program(machine / "sudo", 'shift; exec "$@"')
    made = machine / "chromium"
    program(machine / "apt-get", f'case "$*" in *install*chromium*) touch {made}; chmod +x {made};; esac')
    assert run().returncode == 0
    assert chromium.find() == str(made)


def test_an_apt_that_fails_gets_the_same_line(machine: Path) -> None:
    for name in ("sh", "env"):
        (machine / name).symlink_to(f"/bin/{name}" if Path(f"/bin/{name}").exists() else f"/usr/bin/{name}")
    program(machine / "sudo", 'shift; exec "$@"')
    program(machine / "apt-get", "exit 100")
    done = run()
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, chromium.MISSING)
