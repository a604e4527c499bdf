"""Which row of a file is its header, or which two."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from sluice.rows.cell import Cell, Record


@dataclass(frozen=True)
class Match:
    """A row, or two on top of each other, read as the header.

    Parameters
    ----------
    row
        Its row number; that of the lower one of two.
    titles
        As found, white space reduced; empty cells are ``""``.
    fields
        Column index, from 0, to field name.
    """

    row: int
    titles: list[str]
    fields: dict[int, str]

    @property
    def known(self) -> set[str]:
        """The fields that it has columns for."""
        return set(self.fields.values())

    @property
    def is_distinct(self) -> bool:
        """Whether no two columns mean the same field."""
        return len(self.fields) == len(self.known)

    def has(self, required: set[str]) -> bool:
        """Whether it has every required field."""
        return bool(required) and required <= self.known


def normal(title: str) -> str:
    """Reduce a header to what is compared: no case, accents, spaces or punctuation."""
    letters = unicodedata.normalize("NFKD", title).casefold()
    return "".join(letter for letter in letters if letter.isalnum())


def find_header(
    head: list[Record], names: Mapping[str, str], chosen: Mapping[str, str], required: set[str]
) -> Match | None:
    """Find the header among the first rows.

    It is the first row that has every required field. Failing that, it is two rows on top of each other of which only
    both together have them: some headers are merged over both rows, others stand in the lower one under the name of
    their group. A row with every required field is taken together with its neighbour, too, if that brings in further
    fields. Failing all, it is what matches most, and ``None`` when nothing matches.

    Parameters
    ----------
    head
        First rows of the file that are not blank.
    names, chosen
        Normal header to field name: as the columns say, and as the caller says, who wins.
    required
        Names of the fields that a file must have.
    """
    single = []
    for row, cells in head:
        titles = _titles(cells)
        single.append(Match(row, titles, _fields(titles, names, chosen)))
    double = []
    for upper, lower in pairwise(single):
        if upper.row + 1 == lower.row:
            titles = _stacked(upper.titles, lower.titles)
            double.append(Match(lower.row, titles, _fields(titles, names, chosen)))
    return _best(single, double, required)


def _best(single: list[Match], double: list[Match], required: set[str]) -> Match | None:
    found = next((match for match in single if match.has(required)), None)
    if found is None:
        found = next((match for match in double if match.has(required)), None)
        # of those that match as many, max takes the first: a row before a pair
        return found or max((match for match in single + double if match.fields), key=_size, default=None)
    pairs = [match for match in double if match.row in (found.row, found.row + 1)]
    # a pair that has a field twice takes the name of a group for that of a column
    return max([found, *(match for match in pairs if match.is_distinct)], key=_size)


def _size(match: Match) -> int:
    return len(match.known)


def _titles(cells: list[Cell]) -> list[str]:
    return ["" if cell is None else " ".join(str(cell).split()) for cell in cells]


def _stacked(upper: list[str], lower: list[str]) -> list[str]:
    """The titles of two rows: the lower cell where it has text, for the upper one names its group; else the upper."""
    return [below or above for above, below in zip_longest(upper, lower, fillvalue="")]


def _fields(titles: list[str], names: Mapping[str, str], chosen: Mapping[str, str]) -> dict[int, str]:
    taken = set(chosen.values())
    fields: dict[int, str] = {}
    for index, title in enumerate(titles):
        key = normal(title)
        field = chosen.get(key)
        if field is None and (known := names.get(key)) not in taken:
            field = known
        if key and field is not None:
            fields[index] = field
    return fields
