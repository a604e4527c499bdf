"""Rows that sum others up: they end a report and are no records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sluice.rows.annotations import is_numeric
from sluice.rows.cell import Cell
from sluice.rows.importer import Importer
from sluice.rows.row import key_of

#: First words of a totals row in English, Bahasa Indonesia and German; only their letters are compared.
WORDS: Final = frozenset(
    {
        *("total", "totals", "grandtotal", "subtotal", "sum"),
        *("jumlah", "subjumlah", "jumlahtotal", "jumlahkeseluruhan", "totaljumlah", "totalkeseluruhan"),
        *("summe", "zwischensumme", "gesamtsumme", "gesamt"),
    }
)
# A row with the word as its key is a totals row only if so many other columns of text, all empty, say that it is no
# record. With fewer, nothing tells it from one: a list of brands and what they sold has a brand "Total".
_SILENT_COLUMNS = 2


class Totals:
    """Tells the totals rows of a file.

    Such a row begins with one of `WORDS`, and it has nothing else but numbers: every other cell of a column that
    holds something else is empty. Its key cell is empty, so that it could not be imported anyway, or is that very
    word beside a number. A part called "Total" has a description, so it stays.

    Parameters
    ----------
    importer
        Whose row model tells columns of numbers from others.
    fields
        Which cell (counted from 0) belongs to which field.
    """

    def __init__(self, importer: Importer, fields: Mapping[int, str]) -> None:
        self._fields = fields
        self._key = key_of(importer.row).field
        known = importer.row.model_fields
        self._others = {name for name in fields.values() if not is_numeric(known[name].annotation)} - {self._key}

    def include(self, cells: list[Cell], values: Mapping[str, Any]) -> bool:
        """Whether a row is a totals row; ``values`` are those of its cells that a column knows and that are not empty.

        Runs for every row, hence the look at what nearly every row has: a key and something else.
        """
        if self._key in values and not self._others.isdisjoint(values):
            return False
        at, word = next(((at, cell) for at, cell in enumerate(cells) if not _is_empty(cell)), (0, None))
        if not (isinstance(word, str) and "".join(filter(str.isalpha, word.casefold())) in WORDS):
            return False
        field = self._fields.get(at)
        if self._key in values:
            return field == self._key and len(values) > 1 and len(self._others) >= _SILENT_COLUMNS
        return self._others.intersection(values) <= {field}


def _is_empty(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())
