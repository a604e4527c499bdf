"""What the registries of importers, sources and look-ups check of their declarations, at import."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeVar

from sluice.model.errors import NotFound


class Declared(Protocol):
    """Whatever is declared under a name."""

    @property
    def name(self) -> str:
        """What callers ask for."""

    @property
    def title(self) -> str:
        """For people."""


class Rated(Declared, Protocol):
    """Whatever asks an upstream."""

    @property
    def upstream(self) -> str:
        """Its name."""

    @property
    def rate(self) -> float:
        """Requests a second that it allows."""


T = TypeVar("T", bound=Declared)


def by_name(what: str, declared: Iterable[T], aliases: Callable[[T], Iterable[str]] = lambda _: ()) -> dict[str, T]:
    """Every name, and every alias, with what it names.

    Parameters
    ----------
    what
        What is declared, in the plural: for the error.

    Raises
    ------
    ValueError
        If two share a name.
    """
    named: dict[str, T] = {}
    for each in declared:
        for name in (each.name, *aliases(each)):
            if name in named:
                raise ValueError(f"{name!r} names two {what}, “{named[name].title}” and “{each.title}”")
            named[name] = each
    return named


def find(what: str, named: Mapping[str, T], name: str) -> T:
    """What is declared under a name; ``what`` it would be, for the error.

    Raises
    ------
    NotFound
        If there is none of that name.
    """
    try:
        return named[name]
    except KeyError:
        raise NotFound(what, name) from None


def check_rates(declared: Iterable[Rated]) -> None:
    """See to it that each upstream has one rate, for all who ask it take their turns from one line.

    Raises
    ------
    ValueError
        If two are declared for one.
    """
    rates: dict[str, float] = {}
    for each in declared:
        rate = rates.setdefault(each.upstream, each.rate)
        if rate != each.rate:
            raise ValueError(f"{each.upstream!r} is declared with two rates, {rate:g} and {each.rate:g}")
