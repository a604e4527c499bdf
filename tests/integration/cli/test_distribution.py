"""The distribution `sluice-cli`: what its wheel holds, and that it runs in an environment with nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CLI = ROOT / "cli"
BIN = Path(sys.executable).parent
PROJECT = tomllib.loads((CLI / "pyproject.toml").read_text())["project"]


def run(command: Sequence[str | Path], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command outside of the checkout."""
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


def build(project: Path, to: Path) -> subprocess.CompletedProcess[str]:
    """Build the wheel of a project with the locked build backend."""
    return run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", to], project)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the command line."""
    folder = tmp_path_factory.mktemp("wheel")
    built = build(CLI, folder)
    assert built.returncode == 0, built.stderr
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def sluice(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command line in a new environment, with what its wheel names and at the locked versions."""
    venv = tmp_path_factory.mktemp("environment") / "venv"
    locked: list[str | Path] = ["--constraint", ROOT / "requirements" / "dev.txt"]
    made = run([BIN / "uv", "venv", "--quiet", "--python", sys.executable, venv], venv.parent)
    assert made.returncode == 0, made.stderr
    installed = run([BIN / "uv", "pip", "install", "--quiet", *locked, wheel], venv.parent, VIRTUAL_ENV=str(venv))
    assert installed.returncode == 0, installed.stderr
    return venv / "bin" / "sluice"


def test_the_wheel_holds_one_package_and_its_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        info = f"sluice_cli-{PROJECT['version']}.dist-info"
        metadata = archive.read(f"{info}/METADATA").decode()
        points = archive.read(f"{info}/entry_points.txt").decode()
    assert {name.split("/")[0] for name in names} == {"sluice_cli", info}
    assert f"{info}/licenses/LICENSE" in names
    assert "sluice_cli/py.typed" in names
    assert points.split() == ["[console_scripts]", "sluice", "=", "sluice_cli.main:main"], "nothing of a checkout"
    needed = set(re.findall(r"^Requires-Dist: ([\w-]+)", metadata, re.MULTILINE))
    assert needed == {"filelock", "httpx", "httpx-sse", "rich", "typer"}
    assert "pipx install" in metadata, "the readme"


def test_it_runs_in_an_environment_with_nothing_else(sluice: Path, tmp_path: Path) -> None:
    alone = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "SLUICE_API_URL": "", "SLUICE_TOKEN": ""}
    version = run([sluice, "--version"], tmp_path, **alone)
    assert (version.returncode, version.stdout) == (0, f"sluice {PROJECT['version']}\n")
    listed = run([sluice, "--help"], tmp_path, **alone)
    assert listed.returncode == 0
    assert "--install-completion" in listed.stdout
    assert "Print a token" not in listed.stdout, "a command of the checkout"
    lost = run([sluice, "jobs"], tmp_path, **alone)
    assert lost.returncode == 1
    assert "sluice login" in lost.stderr
    assert "Traceback" not in lost.stderr
    completion = run(
        [sluice], tmp_path, _SLUICE_COMPLETE="complete_bash", COMP_WORDS="sluice rej", COMP_CWORD="1", **alone
    )
    assert completion.stdout.split() == ["rejections"]


def test_the_repository_itself_gives_no_wheel(tmp_path: Path) -> None:
    """Its development stack would come into site-packages under the name `local`."""
    built = build(ROOT, tmp_path)
    assert built.returncode != 0
    assert "pipx install ./cli" in built.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_licence_of_the_distribution_is_that_of_the_repository() -> None:
    assert (CLI / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
