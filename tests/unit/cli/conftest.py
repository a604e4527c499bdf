"""A fake API behind every command."""

from pathlib import Path

import pytest

from tests.unit.cli.fake_api import FakeApi, connect_to


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
