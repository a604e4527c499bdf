"""What the registries check of their declarations."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from sluice.catalog.registry import LOOKUPS, SOURCES, by_name, check_rates


@dataclass(frozen=True)
class Thing:
    """Something that is declared."""

    name: str
    title: str = "Thing"
    upstream: str = "one"
    rate: float = 20
    others: tuple[str, ...] = ()


def test_a_thing_is_found_by_its_name_and_its_aliases() -> None:
    first, second = Thing("a", others=("b", "c")), Thing("d")
    found = by_name("things", [first, second], lambda each: each.others)
    assert found == {"a": first, "b": first, "c": first, "d": second}
    assert by_name("things", [first, second]) == {"a": first, "d": second}


@pytest.mark.parametrize("others", [("a",), ("x", "b"), ("y", "y"), ("d",)])
def test_a_name_that_two_things_share_is_found(others: tuple[str, ...]) -> None:
    declared = [Thing("a", others=("b",)), Thing("d", "Another", others=others)]
    with pytest.raises(ValueError, match=r"names two things, “.+” and “Another”"):
        by_name("things", declared, lambda each: each.others)


def test_two_rates_of_an_upstream_are_found() -> None:
    check_rates([Thing("a"), Thing("b", rate=20.0), Thing("c", upstream="two", rate=5)])
    with pytest.raises(ValueError, match=r"'one' is declared with two rates, 20 and 0\.5"):
        check_rates([Thing("a"), Thing("b", rate=0.5)])


def test_no_upstream_has_two_rates_one_of_its_sources_and_one_of_its_look_ups() -> None:
    """Sources and lookups do not know each other, and take their turns from one line."""
    check_rates([*SOURCES, *LOOKUPS])
