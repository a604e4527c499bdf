"""A harness with small chunks, so that a few rows make several."""

from __future__ import annotations

import pytest

from tests.support.harness import Harness, small_chunks


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> Harness:
    """Return a harness whose products are split into chunks of ten rows."""
    small_chunks(monkeypatch)
    return Harness()
