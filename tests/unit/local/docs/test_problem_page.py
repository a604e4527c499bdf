"""The page of problems has a heading for each type, and is written by a command."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.docs.problem_page import PAGE, main, page


def test_the_page_of_problems_is_up_to_date() -> None:
    """Run `python -m local.docs.problem_page` if it is not."""
    assert PAGE.read_text() == page()


def test_the_command_writes_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each type has a heading, its status if a call gets it, and its members."""
    monkeypatch.setattr("local.docs.problem_page.PAGE", tmp_path / "problems.md")
    main()
    written = (tmp_path / "problems.md").read_text()
    assert "### same-file\nThe same file was imported before. `409`" in written
    assert "### missing-header\nRequired columns are missing.  \n" in written
