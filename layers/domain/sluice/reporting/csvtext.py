"""CSV as spreadsheet programs open it: UTF-8 with a byte order mark, fields quoted as in RFC 4180."""

from __future__ import annotations

import csv
import io
from codecs import BOM_UTF8
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import BinaryIO

# Rows that are turned into bytes at once; few enough for any memory, many enough that writing them is one call.
_BLOCK = 2_000


def write_csv(out: BinaryIO, header: Sequence[str], rows: Iterable[Iterable[object]]) -> int:
    """Write a header and rows block by block; ``None`` is an empty field.

    Returns
    -------
    int
        Rows written, the header not counted.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    out.write(BOM_UTF8)
    waiting, count = iter(rows), 0
    while block := list(islice(waiting, _BLOCK)):
        writer.writerows(block)
        count += len(block)
        _flush(text, out)
    _flush(text, out)
    return count


def _flush(text: io.StringIO, out: BinaryIO) -> None:
    # a file with a NUL passes for binary data; half a surrogate pair has no bytes
    out.write(text.getvalue().replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace"))
    text.seek(0)
    text.truncate()
