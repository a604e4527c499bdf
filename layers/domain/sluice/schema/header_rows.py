"""Rows that are the header of a table once more: the file's own, or that of another table below.

Files that were joined have the header again. Where it is the same, it is ignored. Where it is another one, with titles
in other places or beside other titles, the rows below it belong to other columns. They are rejected: what they hold
would be stored in the wrong ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import inf
from unicodedata import normalize

from sluice.model.recipe import OTHER_HEADER, Evidence, Recipe, Shown
from sluice.schema.annotations import is_text
from sluice.schema.cells import BrokenRow, Cell
from sluice.schema.importer import Importer

# Titles of the file's header in a row that is another header, which are at least half of its cells.
_TITLES = 2
# Characters of its first cell that evidence shows.
_SHOWN = 60


class RepeatedHeader:
    """Recognises rows that have the file's headers again, as files that were joined do.

    Parameters
    ----------
    fields
        Which cell (counted from 0) belongs to which field.
    titles
        The file's headers by cell; without them no row is recognised.
    """

    def __init__(self, fields: Mapping[int, str], titles: Sequence[str]) -> None:
        self._titles = {place: titles[place] for place in sorted(fields) if place < len(titles)}
        first = next(iter(self._titles), None)
        #: A cell of the first matched column that may be its header again, and the field of that column.
        self.spellings = _spellings([] if first is None else [self._titles[first]])
        self.field = "" if first is None else fields[first]

    def include(self, cells: list[Cell]) -> bool:
        """Whether a row repeats the headers of all matched columns."""
        repeated = (cells[place] if place < len(cells) else None for place in self._titles)
        return all(
            isinstance(cell, str) and _folded(cell) == _folded(title)
            for cell, title in zip(repeated, self._titles.values(), strict=True)
        )


class OtherHeader:
    """Recognises the first row of a sheet that is the header of another table, and the rows below it.

    Parameters
    ----------
    importer, fields
        Of the file; fields by cell (counted from 0).
    titles
        The file's headers by cell; without them no row is recognised.
    sheet
        Name of the sheet.
    recipe
        Of the job. It knows a header that another chunk has.
    """

    def __init__(
        self, importer: Importer, fields: Mapping[int, str], titles: Sequence[str], sheet: str, recipe: Recipe | None
    ) -> None:
        self._titles = {_folded(title) for title in titles} - {""}
        self._spellings = _spellings(titles)
        self._repeated = RepeatedHeader(fields, titles)
        self._sheet = sheet
        decision = (recipe or Recipe()).decisions.get(OTHER_HEADER)
        known = [each.row for each in decision.evidence.rows if each.sheet == sheet] if decision else []
        #: Number of that row, above all if it is not known.
        self.row: float = min(known, default=inf)
        columns = [column for column in importer.columns if column.field in fields.values()]
        types = {column.field: importer.row.model_fields[column.field].annotation for column in columns}
        #: Whether it could pass as a record: no column must have something else than text.
        self.may_pass = all(is_text(types[column.field]) for column in columns if column.required)
        self.evidence: dict[str, Evidence] = {}

    def include(self, number: int, cells: list[Cell]) -> bool:
        """Whether a row is that header; the rows that come then are `below` it."""
        if self._spellings.isdisjoint(cells):  # it runs on every row of some importers
            return False
        texts = [_folded(cell) for cell in cells if isinstance(cell, str) and cell.strip()]
        named = sum(text in self._titles for text in texts)
        others = sum(cell is not None and not isinstance(cell, str) for cell in cells) + len(texts) - named
        if named < max(_TITLES, others) or any(text[0].isdecimal() for text in texts) or self._repeated.include(cells):
            return False
        self.row = number
        shown = Shown(number, " | ".join(texts)[:_SHOWN], OTHER_HEADER, self._sheet)
        self.evidence = {OTHER_HEADER: Evidence({OTHER_HEADER: 1}, (shown,))}
        return True

    def reject(self, number: int, cells: list[Cell]) -> BrokenRow:
        """Return that row, or one below it, as one that belongs to no column."""
        return BrokenRow("other-header" if number == self.row else "below-other-header", cells, at_row=int(self.row))


def _spellings(titles: Iterable[str]) -> frozenset[str]:
    """Return titles as they are mostly written again."""
    found: set[str] = set()
    for raw in titles:
        title = raw.strip()
        found |= {raw, title, title.lower(), title.upper(), title.title(), _folded(title)}
    return frozenset(found - {""})


def _folded(title: str) -> str:
    return " ".join(normalize("NFC", title).split()).casefold()
