"""``make test`` finds a Chromium, installs one by apt, or says in one line what to install."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser import chromium


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder of programs of a machine, which has no browser."""
    monkeypatch.setattr(chromium, "DEBIAN", str(tmp_path / "usr" / "bin"))
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


@pytest.mark.parametrize("name", chromium.NAMES)
def test_any_usual_name_is_found(machine: Path, name: str) -> None:
    made = program(machine / name)
    assert chromium.find() == made
    assert chromium.main() == 0


def test_playwrights_own_and_a_given_one_are_found(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = program(machine.parent / "playwright" / "chromium-1200" / "chrome-linux64" / "chrome")
    assert chromium.find() == own
    given = program(machine.parent / "elsewhere" / "my-chromium")
    monkeypatch.setenv("CHROMIUM", given)
    assert chromium.find() == given


def test_a_machine_with_neither_browser_nor_apt_gets_one_line(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert chromium.main() == 1
    assert capsys.readouterr().err.splitlines()[-1] == chromium.MISSING


def test_a_missing_browser_is_installed_by_apt(machine: Path) -> None:
    """``apt-get`` is a script here, which leaves a browser behind."""
    for name in ("sh", "env", "touch", "chmod"):
        (machine / name).symlink_to(f"/bin/{name}" if Path(f"/bin/{name}").exists() else f"/usr/bin/{name}")
    program(machine / "sudo", 'shift; exec "$@"')
    made = Path(chromium.DEBIAN, "chromium")  # not on PATH
    made.parent.mkdir(parents=True)
    program(machine / "apt-get", f'case "$*" in *install*chromium*) touch {made}; chmod +x {made};; esac')
    assert chromium.main() == 0
    assert chromium.find() == str(made)


def test_an_apt_that_fails_gets_the_same_line(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("sh", "env"):
        (machine / name).symlink_to(f"/bin/{name}" if Path(f"/bin/{name}").exists() else f"/usr/bin/{name}")
    program(machine / "sudo", 'shift; exec "$@"')
    program(machine / "apt-get", "exit 100")
    assert chromium.main() == 1
    assert capsys.readouterr().err.splitlines()[-1] == chromium.MISSING
