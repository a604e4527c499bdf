"""The words that the cells of an importer's files may use for months, for yes and no, and for totals.

The engine knows English alone. What other people write is part of what a team declares, see
`sluice.catalog.conventions`. Currency signs are no words of a language: an amount in a file of any language may carry
any of them, and all are dropped (`sluice.schema.numbers`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

#: The length of a month's name in a vocabulary: longer words in a cell are compared by as many letters.
MONTH_LETTERS: Final = 3
_NO_MONTHS: Final = ("",) * 12


@dataclass(frozen=True)
class Vocabulary:
    """Words of one language, or of several: ``ENGLISH | Vocabulary(yes=frozenset({"oui"}))``. All in lower case.

    Parameters
    ----------
    months
        January to December, each by the first three letters of its names, with spaces between several.
    yes, no
        What a `Flag` may say.
    totals
        First words of a totals row; only their letters are compared, so "Grand Total:" is ``grandtotal``.

    Raises
    ------
    ValueError
        If the months are not twelve, a name has not three letters, or one word has two meanings.
    """

    months: tuple[str, ...] = _NO_MONTHS
    yes: frozenset[str] = frozenset()
    no: frozenset[str] = frozenset()
    totals: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        names = [name for month in self.months for name in set(month.split())]
        if len(self.months) != len(_NO_MONTHS) or any(len(name) != MONTH_LETTERS for name in names):
            raise ValueError("give twelve months, each by the first three letters of its names")
        if len(set(names)) < len(names) or self.yes & self.no:
            raise ValueError("a word of the vocabulary has two meanings")

    def __or__(self, other: Vocabulary) -> Vocabulary:
        """Combine two vocabularies."""
        months = tuple(f"{mine} {others}" for mine, others in zip(self.months, other.months, strict=True))
        return Vocabulary(months, self.yes | other.yes, self.no | other.no, self.totals | other.totals)

    def month(self, word: str) -> int | None:
        """Return the number of a month, 1 to 12, from the beginning of its name; ``None`` if it is not one."""
        return self._months.get(word[:MONTH_LETTERS].casefold())

    @cached_property
    def _months(self) -> dict[str, int]:
        return {name: number for number, month in enumerate(self.months, start=1) for name in month.split()}


ENGLISH: Final = Vocabulary(
    months=("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    yes=frozenset({"yes", "y", "true", "t", "1", "x", "active"}),
    no=frozenset({"no", "n", "false", "f", "0", "inactive"}),
    totals=frozenset({"total", "totals", "grandtotal", "subtotal", "sum"}),
)
