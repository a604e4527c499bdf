"""Checks of the registry over all declarations."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from sluice.catalog.registry import LOOKUPS, SOURCES, by_name, check_rates


@dataclass(frozen=True)
class Thing:
    """A declaration."""

    name: str
    title: str = "Thing"
    upstream: str = "one"
    rate: float = 20
    others: tuple[str, ...] = ()


def test_a_declaration_is_found_by_its_name_and_its_aliases() -> None:
    first, second = Thing("a", others=("b", "c")), Thing("d")
    found = by_name("things", [first, second], lambda each: each.others)
    assert found == {"a": first, "b": first, "c": first, "d": second}
    assert by_name("things", [first, second]) == {"a": first, "d": second}


@pytest.mark.parametrize("others", [("a",), ("x", "b"), ("y", "y"), ("d",)])
def test_two_declarations_with_one_name_are_an_error(others: tuple[str, ...]) -> None:
    declared = [Thing("a", others=("b",)), Thing("d", "Another", others=others)]
    with pytest.raises(ValueError, match=r"names two things, “.+” and “Another”"):
        by_name("things", declared, lambda each: each.others)


def test_two_rates_of_an_upstream_are_an_error() -> None:
    check_rates([Thing("a"), Thing("b", rate=20.0), Thing("c", upstream="two", rate=5)])
    with pytest.raises(ValueError, match=r"'one' is declared with two rates, 20 and 0\.5"):
        check_rates([Thing("a"), Thing("b", rate=0.5)])


def test_the_sources_and_lookups_of_an_upstream_have_one_rate() -> None:
    """They do not know each other, and share one rate limiter."""
    check_rates([*SOURCES, *LOOKUPS])
