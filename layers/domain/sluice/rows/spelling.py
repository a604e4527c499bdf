"""Words of an enumeration, however they are spelled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class Spelling:
    """Gives the declared spelling of a value; put before the `Literal` that refuses what is left.

    Case and spaces around and within do not count, and a number stands for its digits. Where two declared values
    differ in nothing else, each is met by its exact spelling only.

    Parameters
    ----------
    choices
        The declared values.
    """

    def __init__(self, choices: Iterable[Any]) -> None:
        self._exact = frozenset(choices)
        self._by_fold: dict[str, Any] = {}
        shared: set[str] = set()
        for choice in self._exact:
            shared |= {_fold(choice)} & self._by_fold.keys()
            self._by_fold[_fold(choice)] = choice
        for fold in shared:
            del self._by_fold[fold]

    def __call__(self, value: Any) -> Any:
        """The declared value that is meant, or the value as it is."""
        if isinstance(value, bool) or not isinstance(value, str | int | float) or value in self._exact:
            return value
        return self._by_fold.get(_fold(value), value)


def _fold(value: Any) -> str:
    return " ".join(str(value).split()).casefold()
