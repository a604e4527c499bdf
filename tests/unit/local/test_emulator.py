"""Settings of the local AWS. The end-to-end tests prove that it runs."""

import socket
from pathlib import Path

import pytest

from local import emulator
from local.errors import LocalProblem
from local.processes import LOOPBACK


def test_the_emulator_listens_on_loopback_only_and_enforces_iam(tmp_path: Path) -> None:
    """MiniStack's defaults are every interface, two more listeners, and no IAM."""
    env = emulator._environment(tmp_path, 4566)
    assert env["BIND_HOST"] == LOOPBACK
    assert (env["IOT_MTLS_ENABLED"], env["SFTP_ENABLED"], env["AUTH"]) == ("0", "0", "true")


def test_the_emulator_gets_none_of_the_developers_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It would pass them to every Lambda."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "PYTHONSTARTUP", "HTTPS_PROXY", "SLUICE_TOKEN"):
        monkeypatch.setenv(name, "mine")
    assert "mine" not in emulator._environment(tmp_path, 4566).values()


def test_the_emulator_finds_no_docker(tmp_path: Path) -> None:
    """MiniStack removes containers at its start."""
    address = emulator._environment(tmp_path, 4566)["DOCKER_HOST"]
    assert not Path(address.removeprefix("unix://")).exists()


def test_a_port_in_use_is_an_error_that_says_how_to_choose_another(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(LocalProblem, match=f"Port {port} is in use.*SLUICE_PORT"):
            emulator.start(tmp_path, port)
