"""Every look-up there is: a new one is a file beside this one and a line here."""

from __future__ import annotations

from collections.abc import Iterable

from sluice.lookups.commission import commission
from sluice.lookups.lookup import Lookup
from sluice.rows import declared

LOOKUPS: tuple[Lookup, ...] = (commission,)


def by_name(lookups: Iterable[Lookup]) -> dict[str, Lookup]:
    """Every name with its look-up.

    Raises
    ------
    ValueError
        If two look-ups share a name, or name two rates of one upstream: a mistake of the declarations, found at import.
    """
    named = declared.by_name("look-ups", lookups)
    declared.check_rates(named.values())
    return named


_BY_NAME = by_name(LOOKUPS)


def lookup_named(name: str) -> Lookup:
    """Find a look-up by its name.

    Raises
    ------
    NotFound
        If there is none of that name.
    """
    return declared.find("look-up", _BY_NAME, name)
