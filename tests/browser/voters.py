"""Helpers of the tests with voters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from local.fake_upstreams.voter_files import voter_rows, write_workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def book(folder: Path, rows: int, first: int) -> bytes:
    """A workbook of voters."""
    path = folder / f"{first}.xlsx"
    write_workbook(path, voter_rows(rows, first=first))
    return path.read_bytes()


def choose(page: Page, name: str, content: bytes) -> None:
    """Choose a workbook in the uploader of the page."""
    chosen: Any = {"name": name, "mimeType": XLSX, "buffer": content}
    page.locator("sluice-upload input[type=file]").set_input_files(chosen)
