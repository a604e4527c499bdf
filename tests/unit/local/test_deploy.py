"""Deployments to the local AWS: when they are skipped, and the environment of ``sam``."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from local import deploy as module
from local.deploy import deploy
from local.errors import LocalProblem
from local.stack import OUTPUTS, Stack

ENDPOINT = "http://127.0.0.1:4566"
OUTPUT: dict[str, Any] = {"outputs": {}, **dict.fromkeys(OUTPUTS.values(), "x")}


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with a template and one function."""
    root = tmp_path / "checkout"
    (root / "functions" / "api").mkdir(parents=True)
    for name in ("template.yaml", "samconfig.toml", "functions/api/app.py"):
        (root / name).write_text(name)
    monkeypatch.setattr(module, "ROOT", root)
    return root


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ``sam`` commands that would have run."""
    commands: list[str] = []

    def sam(arguments: Sequence[str], env: Mapping[str, str], log: Path) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        assert env["AWS_ENDPOINT_URL"] == ENDPOINT
        commands.append(arguments[0])

    monkeypatch.setattr(module, "_sam", sam)
    monkeypatch.setattr(module, "_outputs", lambda *_: OUTPUT)
    return commands


def deployed(folder: Path, instance: str = "first", **parameters: str) -> Stack:
    """Deploy with these parameters."""
    return deploy(folder, ENDPOINT, parameters, issuer_url="http://127.0.0.1:4567", instance=instance)


@pytest.mark.usefixtures("checkout")
def test_an_unchanged_stack_is_not_deployed_again(tmp_path: Path, ran: list[str]) -> None:
    """A second `make demo` takes seconds."""
    first = deployed(tmp_path)
    assert deployed(tmp_path) == first == Stack.load(tmp_path)
    assert ran == ["build", "deploy"]


def test_a_changed_source_another_parameter_or_a_restarted_emulator_deploys_again(
    tmp_path: Path, checkout: Path, ran: list[str]
) -> None:
    deployed(tmp_path)
    (checkout / "functions" / "api" / "app.py").write_text("changed")
    deployed(tmp_path)
    deployed(tmp_path, instance="second")
    deployed(tmp_path, instance="second", EnableWebSocket="false")
    assert ran == ["build", "deploy"] * 4


def test_compiled_python_does_not_deploy_again(tmp_path: Path, checkout: Path, ran: list[str]) -> None:
    """Tests write it when they import the functions."""
    deployed(tmp_path)
    (checkout / "functions" / "__pycache__").mkdir()
    (checkout / "functions" / "__pycache__" / "app.pyc").write_bytes(b"x")
    deployed(tmp_path)
    assert ran == ["build", "deploy"]


def test_a_local_deployment_gets_none_of_the_developers_aws_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """It must not reach a real account."""
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
    env = module._environment(ENDPOINT)
    assert "AWS_PROFILE" not in env
    assert "AWS_SESSION_TOKEN" not in env
    assert env["AWS_CONFIG_FILE"] == env["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"
    assert module._environment(None)["AWS_PROFILE"] == "production"


def test_an_error_of_sam_shows_the_end_of_its_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log file cannot be read in CI."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "sam").write_text("#!/bin/sh\necho no such resource; exit 3\n")
    (tools / "sam").chmod(0o755)
    monkeypatch.setattr(module, "AWS_BIN", tools)
    with pytest.raises(LocalProblem, match="no such resource"):
        module._sam(["deploy"], {}, tmp_path / "deploy.log")


@pytest.mark.usefixtures("checkout")
def test_functions_in_containers_get_a_layer_of_their_processor_and_an_address_that_they_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Functions that are processes of this machine get a layer for it, and the address that this machine uses."""
    calls: list[tuple[Sequence[str], Mapping[str, str]]] = []
    monkeypatch.setattr(module, "_sam", lambda arguments, env, _: calls.append((arguments, env)))
    monkeypatch.setattr(module, "_outputs", lambda *_: OUTPUT)
    monkeypatch.setattr(module, "PYTHON", "3.13")
    deployed(tmp_path, Architecture="arm64", LocalEndpoint="http://aws.test:4566")
    deployed(tmp_path)
    (build, built_with), _, (build_here, built_here_with), _ = calls
    assert "LocalEndpoint=http://aws.test:4566" in build
    assert built_with["LAYER_PLATFORM"] == "aarch64-manylinux_2_28"
    assert built_with["LAYER_PYTHON_VERSION"] == module.PYTHON
    assert f"LocalEndpoint={ENDPOINT}" in build_here
    assert built_here_with["LAYER_PLATFORM"] == ""
