"""``errors.csv`` and ``loaded.csv``: rejected and loaded rows as text that spreadsheet programs open."""

from __future__ import annotations

import csv
import io
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, BinaryIO, Final

from pydantic_core import from_json, to_json

from sluice.model.rejection import JOB_TITLE, SHEET_TITLE
from sluice.reports.cells import RecordTexts, cell_text, escape_formula
from sluice.reports.columns import describe
from sluice.reports.rejected_rows import JobMark, RejectedRow, ReportColumns
from sluice.schema.importer import Importer
from sluice.schema.validation import GoodRow

#: Header of the first column of loaded rows: the row's number in the file.
NUMBER_TITLE: Final = "Row"

# Rows that are encoded at once; few enough to fit any memory, many enough that writing them is one call.
_BLOCK = 2_000
# Amounts are text in JSON, but a minus before one begins no formula.
_SAFE = {"number", "whole", "money", "date", "flag"}
_FLAGS = {True: "TRUE", False: "FALSE", None: None}
# Text in JSON that may have to be escaped. One search in the whole row spares nearly every row the look at its values.
# A blank before a sign is a space, or begins with one of these bytes.
_SUSPECT = (
    rb'(?:":"|;|\\[nrt])(?:[\'=+\-@\\ \x7f\xc2\xcd\xd8\xef]|\xe1[\x85\x9a\x9e\xa0]|\xe2[\x80\x81]|\xe3[\x80\x85])'
)


def write_errors_csv(
    out: BinaryIO,
    *,
    job: str,
    sheets: Sequence[str],
    titles: Sequence[str],
    places: Mapping[str, int],
    rows: Iterable[RejectedRow],
) -> int:
    """Write ``errors.csv``: the columns of ``errors.xlsx``, as text.

    UTF-8 with byte order mark, separated by commas, quoted as in RFC 4180. Dates are ISO, numbers plain; text that
    would begin a formula is escaped, and the mark of each row says so.

    Parameters
    ----------
    out
        Where the file goes; only its ``write`` is used.
    job, sheets, titles, places, rows
        As in `sluice.reports.errors_workbook.write_errors_workbook`.

    Returns
    -------
    int
        Rows written.
    """
    columns = ReportColumns(titles, places, with_sheets=len(sheets) > 1)
    lines = _error_lines(columns, JobMark(job, escaped=True).text, rows)
    return _write_csv(out, [escape_formula(title) for title in columns.header], lines)


def write_loaded_csv(
    out: BinaryIO, importer: Importer, job: str, rows: Iterable[tuple[str, GoodRow]], *, with_sheets: bool = False
) -> int:
    """Write ``loaded.csv``: the number of each row, the job that loaded it, then the values that it said.

    UTF-8 with byte order mark, separated by commas, quoted as in RFC 4180. Amounts are exact with a decimal point,
    dates ISO, flags ``TRUE`` and ``FALSE``; text that would begin a formula is escaped, and the mark
    of each row says so.

    Parameters
    ----------
    out
        Where the file goes; only its ``write`` is used.
    importer
        Whose rows they are; its titles are the header.
    job
        Id of the job that loaded them.
    rows
        Names of their sheets, and the rows; read once, never held.
    with_sheets
        Whether the sheet of each row is named behind its number.

    Returns
    -------
    int
        Rows written.
    """
    before = [NUMBER_TITLE, SHEET_TITLE, JOB_TITLE] if with_sheets else [NUMBER_TITLE, JOB_TITLE]
    header = [*before, *(column.title for column in importer.columns)]
    lines = _loaded_lines(importer, JobMark(job, escaped=True).text, rows, with_sheets=with_sheets)
    return _write_csv(out, header, lines)


def _error_lines(columns: ReportColumns, mark: str, rows: Iterable[RejectedRow]) -> Iterator[list[object]]:
    width = len(columns.header) - columns.leading - 1
    for row in rows:
        own, beyond = (
            [escape_formula(cell) if isinstance(cell, str) else cell_text(cell) for cell in cells]
            for cells in columns.cells(row)
        )
        number, *sheet, last = columns.before(row, mark)
        yield [
            number,
            *(escape_formula(str(name)) for name in sheet),
            last,
            *own,
            *[None] * (width - len(own)),
            escape_formula(row.reasons),
            *beyond,
        ]


def _loaded_lines(
    importer: Importer, mark: str, rows: Iterable[tuple[str, GoodRow]], *, with_sheets: bool
) -> Iterator[list[Any]]:
    facts, leading = describe(importer), 3 if with_sheets else 2
    fields = [column.field for column in facts]
    flags = [place for place, column in enumerate(facts, leading) if column.kind == "flag"]
    texts = [place for place, column in enumerate(facts, leading) if column.kind not in _SAFE]
    records = RecordTexts(importer.conventions.markers)
    suspect = re.compile(
        b"|".join([_SUSPECT, *(re.escape(b":" + to_json(each)) for each in importer.conventions.markers)])
    )
    for sheet, row in rows:
        before = [row.number, escape_formula(sheet), mark] if with_sheets else [row.number, mark]
        line = [*before, *map(from_json(row.values).get, fields)]
        for place in flags:
            line[place] = _FLAGS[line[place]]
        if suspect.search(row.values):
            for place in texts:
                if isinstance(line[place], str):
                    line[place] = records.escape(line[place])
        yield line


def _write_csv(out: BinaryIO, header: Sequence[str], lines: Iterable[Iterable[object]]) -> int:
    """Write a header and lines block by block, ``None`` as an empty field; returns the number of lines."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    out.write(BOM_UTF8)
    waiting, count = iter(lines), 0
    while block := list(islice(waiting, _BLOCK)):
        writer.writerows(block)
        count += len(block)
        _flush(text, out)
    _flush(text, out)
    return count


def _flush(text: io.StringIO, out: BinaryIO) -> None:
    # a file with a NUL passes as binary data; half a surrogate pair has no bytes
    out.write(text.getvalue().replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace"))
    text.seek(0)
    text.truncate()
