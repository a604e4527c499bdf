"""What is checked and built before a deployment to the real AWS."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from local import deploy
from local.errors import LocalProblem
from local.paths import ROOT

CONFIG = """
[default.global.parameters]
stack_name = "sluice"
[default.deploy.parameters]
parameter_overrides = {}
"""
LAYER = ROOT / "layers" / "dependencies"


@pytest.fixture
def sam(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], dict[str, str]]]:
    """The ``sam`` commands that would have run, with the environment of the layer's build."""
    ran: list[tuple[list[str], dict[str, str]]] = []

    def run(command: Sequence[Any], *, env: dict[str, str], **_: Any) -> subprocess.CompletedProcess[str]:
        ran.append((list(command[1:]), {name: env[name] for name in env if name.startswith("LAYER_")}))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(deploy, "_publish_to_aws", lambda _: None)
    return ran


@pytest.mark.parametrize(
    "written", ['["Issuer=https://i.example", "Architecture=arm64", "PythonRuntime=python3.12"]',
                '"Issuer=https://i.example Architecture=arm64 PythonRuntime=python3.12"'],
)  # fmt: skip
def test_the_layer_is_built_for_the_runtime_and_the_processor_of_the_deployment(
    written: str, sam: list[tuple[list[str], dict[str, str]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wheels for another processor would fail each function at its first import."""
    (tmp_path / "samconfig.toml").write_text(CONFIG.format(written))
    monkeypatch.setattr(deploy, "ROOT", tmp_path)
    assert deploy.main(["--aws"]) == 0
    (build, environment), (deployed, _) = sam
    parameters = ["Issuer=https://i.example", "Architecture=arm64", "PythonRuntime=python3.12"]
    assert (build, deployed) == (["build", "--parameter-overrides", *parameters], ["deploy"])
    assert environment == {"LAYER_PLATFORM": "aarch64-manylinux_2_28", "LAYER_PYTHON_VERSION": "3.12"}


def test_a_runtime_without_wheels_for_its_processor_is_not_built(
    sam: list[tuple[list[str], dict[str, str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    """A wheel for a newer system would fail each function at its first import."""
    arguments = ["--parameter-overrides", "Architecture=arm64", "PythonRuntime=python3.11"]
    assert deploy.main(["--aws", *arguments]) == 1
    assert "PythonRuntime python3.12" in capsys.readouterr().err
    assert sam == []


def test_parameters_of_the_command_line_take_the_place_of_those_that_are_kept(
    sam: list[tuple[list[str], dict[str, str]]],
) -> None:
    arguments = ["--parameter-overrides", "Issuer=https://i.example", "--region", "eu-central-1"]
    assert deploy.main(["--aws", *arguments]) == 0
    (build, environment), (deployed, _) = sam
    assert build == ["build", "--parameter-overrides", "Issuer=https://i.example"]
    assert deployed == ["deploy", *arguments]
    assert environment == {"LAYER_PLATFORM": "x86_64-manylinux2014", "LAYER_PYTHON_VERSION": "3.13"}


@pytest.mark.parametrize(
    ("name", "region", "is_good"),
    [
        ("a" * 29, None, True),
        ("a" * 30, None, False),
        ("a" * 34, "us-east-1", True),
        ("a" * 35, "us-east-1", False),
        ("Imports", "us-east-1", False),
        ("2-imports", "us-east-1", False),
    ],
)
def test_a_stack_is_named_so_that_its_bucket_can_be(name: str, region: str | None, is_good: bool) -> None:
    """CloudFormation would fail after minutes, and roll everything back."""
    if is_good:
        deploy.check_name(name, region)
        return
    with pytest.raises(LocalProblem, match=f"cannot be named {name}.*at most"):
        deploy.check_name(name, region)


def test_nothing_is_built_under_a_name_that_cannot_be(
    sam: list[tuple[list[str], dict[str, str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploy.main(["--aws", "--stack-name", "Imports"]) == 1
    assert "lower-case letters" in capsys.readouterr().err
    assert sam == []


def test_a_layer_is_not_built_without_the_interpreter_of_its_runtime(tmp_path: Path) -> None:
    """A shim of pyenv is found although that version is not chosen; without bytecode a layer is slow in silence."""
    shim = tmp_path / "python3.13"
    shim.write_text("#!/bin/sh\necho 'pyenv: python3.13: command not found' >&2\nexit 127\n")
    shim.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:/usr/bin:/bin", "ARTIFACTS_DIR": str(tmp_path / "artifacts")}
    environment.pop("LAYER_PYTHON_VERSION", None)
    command = ["make", "-C", str(LAYER), "build-DependenciesLayer"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "python3.13, the runtime of the functions, does not run here" in done.stderr
    assert "PythonRuntime" in done.stderr
    assert not (tmp_path / "artifacts").exists()
