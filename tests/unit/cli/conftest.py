"""A fake API behind every command, and a user without settings, in Jakarta."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sluice_cli import connection, words
from tests.unit.cli.fake_api import FakeApi, connect_to


@pytest.fixture(autouse=True)
def config(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The user's configuration folder, empty; nor does the environment name an API, a token or a profile."""
    folder = tmp_path_factory.mktemp("config")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    monkeypatch.setattr("typer.get_app_dir", lambda name: str(folder / name))  # as on every platform
    for name in ("SLUICE_API_URL", "SLUICE_TOKEN", "SLUICE_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Asia/Jakarta")
        time.tzset()
        yield folder
    time.tzset()
    words.PROFILE.set(None)
    connection.TOKEN.set(None)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    """A fake API that the command line calls."""
    fake = FakeApi(retry_after="0")
    connect_to(fake.transport, monkeypatch)
    return fake


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """A file to import; its content does not matter to the client."""
    path = tmp_path / "Daftar harga.xlsx"
    path.write_bytes(b"PK-not-really")
    return path
