"""The committed page of figures."""

from __future__ import annotations

from benchmarks.figures import GROUPS, PAGE, load, render


def test_the_page_is_made_of_the_figures_beside_it() -> None:
    """No line of it was written by a person."""
    assert PAGE.read_text() == render(load())


def test_the_page_has_every_group() -> None:
    assert tuple(load()) == GROUPS
