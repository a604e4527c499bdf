"""Loaded rows as a text file, with the values that were stored."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, Final

from pydantic_core import from_json

from sluice.reporting.columns import describe
from sluice.reporting.csvtext import write_csv
from sluice.reporting.neutral import neutral
from sluice.schema.importer import Importer
from sluice.schema.validation import GoodRow

#: Header of the first column: the row's number in the file.
NUMBER_TITLE: Final = "Row"

# Amounts are text in JSON, but a minus before one begins no formula.
_SAFE = {"number", "whole", "money", "date", "flag"}
_FLAGS = {True: "TRUE", False: "FALSE", None: None}
# Text in JSON that `neutral` may have to change: one look at a row tells that for nearly every one nothing is to do.
_SUSPECT = re.compile(rb'":"(?:[\'=+\-@\\]|\xef\xbc)')


def write_loaded_csv(out: BinaryIO, importer: Importer, rows: Iterable[GoodRow]) -> int:
    """Write ``loaded.csv``: the number of each row, then its values as they were stored.

    UTF-8 with byte order mark, separated by commas, quoted as in RFC 4180. Amounts are exact with a decimal point,
    dates ISO, flags ``TRUE`` and ``FALSE``; text that would begin a formula is neutralised.

    Parameters
    ----------
    out
        Where the file goes; only its ``write`` is used.
    importer
        Whose rows they are; its titles are the header.
    rows
        The rows; read once, never held.

    Returns
    -------
    int
        Rows written.
    """
    return write_csv(out, [NUMBER_TITLE, *(column.title for column in importer.columns)], _lines(importer, rows))


def _lines(importer: Importer, rows: Iterable[GoodRow]) -> Iterator[list[Any]]:
    facts = describe(importer)
    fields = [column.field for column in facts]
    flags = [place for place, column in enumerate(facts, 1) if column.kind == "flag"]
    texts = [place for place, column in enumerate(facts, 1) if column.kind not in _SAFE]
    for row in rows:
        line = [row.number, *map(from_json(row.values).__getitem__, fields)]
        for place in flags:
            line[place] = _FLAGS[line[place]]
        if _SUSPECT.search(row.values):
            for place in texts:
                if isinstance(line[place], str):
                    line[place] = neutral(line[place])
        yield line
