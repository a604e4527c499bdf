"""A course with small chunks, so that a few rows make several."""

from __future__ import annotations

import pytest

from tests.fakes.course import Course, small_chunks


@pytest.fixture
def course(monkeypatch: pytest.MonkeyPatch) -> Course:
    """A course whose products come in chunks of ten rows."""
    small_chunks(monkeypatch)
    return Course()
