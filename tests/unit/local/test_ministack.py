"""Archives that are unpacked once for all processes of the functions of a local AWS."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from local.ministack import SharedZip


@pytest.fixture(autouse=True)
def nothing_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SharedZip, "unpacked", {})
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def archive(path: Path, **content: str) -> Path:
    """Write an archive of modules; two underscores of a name are a folder."""
    with zipfile.ZipFile(path, "w") as made:
        for name, text in content.items():
            made.writestr(f"{name.replace('__', '/')}.py", text)
    return path


def unpacked(path: Path, name: str) -> Path:
    """Unpack an archive into a new folder, and return the folder."""
    (folder := path.parent / name).mkdir()
    with SharedZip(path) as opened:
        opened.extractall(folder)
    return folder


def test_two_folders_have_the_content_of_an_archive_which_is_unpacked_once(tmp_path: Path) -> None:
    made = archive(tmp_path / "layer.zip", python__sluice__model="x = 1", app="y = 2")
    first, second = unpacked(made, "first"), unpacked(made, "second")
    for folder in (first, second):
        assert (folder / "python" / "sluice" / "model.py").read_text() == "x = 1"
        assert (folder / "app.py").read_text() == "y = 2"
    assert (first / "python").resolve() == (second / "python").resolve()
    assert (first / "__pycache__").resolve() == (second / "__pycache__").resolve()
    assert SharedZip(made).namelist() == ["app.py", "python"]


def test_archives_of_other_content_share_nothing(tmp_path: Path) -> None:
    first = unpacked(archive(tmp_path / "a.zip", app="version = 1"), "first")
    second = unpacked(archive(tmp_path / "b.zip", app="version = 2"), "second")
    assert (first / "app.py").read_text() == "version = 1"
    assert (second / "app.py").read_text() == "version = 2"
