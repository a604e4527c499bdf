"""What the local AWS is started with. That it runs is for the end-to-end tests to show."""

import socket
from pathlib import Path

import pytest

from local import emulator
from local.processes import LOOPBACK
from local.errors import LocalProblem


def test_it_listens_on_loopback_only_and_enforces_iam(tmp_path: Path) -> None:
    """MiniStack's own defaults are every interface, two more listeners, and anyone may do anything."""
    env = emulator._environment(tmp_path, 4566)
    assert env["BIND_HOST"] == LOOPBACK
    assert (env["IOT_MTLS_ENABLED"], env["SFTP_ENABLED"], env["AUTH"]) == ("0", "0", "true")


def test_it_gets_nothing_of_the_developers_own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It would hand them on to every Lambda."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "PYTHONSTARTUP", "HTTPS_PROXY", "SLUICE_TOKEN"):
        monkeypatch.setenv(name, "mine")
    assert "mine" not in emulator._environment(tmp_path, 4566).values()


def test_it_keeps_away_from_docker(tmp_path: Path) -> None:
    """MiniStack removes containers at its start; here it must not find any."""
    address = emulator._environment(tmp_path, 4566)["DOCKER_HOST"]
    assert not Path(address.removeprefix("unix://")).exists()


def test_a_port_that_something_else_has_is_said_to_be_in_use(tmp_path: Path) -> None:
    """With how to choose another."""
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(LocalProblem, match=f"Port {port} is in use.*SLUICE_PORT"):
            emulator.start(tmp_path, port)
