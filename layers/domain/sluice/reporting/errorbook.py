"""The workbook of rejected rows: rows are streamed into the sheets of a `Skeleton`."""

from __future__ import annotations

from types import TracebackType
from typing import BinaryIO, Final, Self
from zipfile import ZIP_DEFLATED, ZipFile

from sluice.reporting.excel import SHEET_ROWS
from sluice.reporting.frame import column_letters, part_of
from sluice.reporting.rejected import Arrangement, RejectedRow
from sluice.reporting.rowxml import RowXml
from sluice.reporting.skeleton import Sheet, Skeleton

#: Bytes of a sheet's XML after which the next one begins: one of more than 2 GiB would need the zip64 form.
SHEET_BYTES: Final = 2 * 1024**3 - 64 * 1024**2
#: Cells that get a comment. They are kept in memory until the end (0.8 KB each), and Excel lays each out as a drawing
#: when it opens the file. Whoever corrects more cells than this reads the last column, which has all reasons.
MAX_COMMENTS: Final = 5_000

_BLOCK_CHARACTERS = 1024**2


class ErrorBook:
    """A workbook that grows row by row; complete when the ``with`` block ends without an error.

    Parameters
    ----------
    file
        Where it goes; the zip seeks in it.
    name
        Of the first sheet.
    arrangement
        What goes into which column.
    widths
        Of the columns, in characters.
    """

    def __init__(self, file: BinaryIO, name: str, arrangement: Arrangement, widths: list[int]) -> None:
        self._name = name
        self._arrangement = arrangement
        self._widths = widths
        self._sheets = [Sheet()]
        self._comments = 0
        self._waiting: list[str] = []
        self._characters = self._bytes = 0
        skeleton = self._skeleton()
        self._xml = RowXml(arrangement, column_letters(), skeleton.styles)
        self._zip = ZipFile(file, "w", ZIP_DEFLATED)
        self._begin(skeleton)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            skeleton = self._end()
            for name, body in skeleton.rest():
                self._zip.writestr(name, body)
        else:
            self._part.close()
        self._zip.close()

    def add(self, row: RejectedRow) -> None:
        """Write a row below those before it."""
        if self._sheets[-1].rows == SHEET_ROWS or self._bytes > SHEET_BYTES:
            self._end()
            self._sheets.append(Sheet())
            self._begin(self._skeleton())
        sheet = self._sheets[-1]
        wrong = self._arrangement.wrong(row)
        for place, reason in wrong.items():
            if self._comments < MAX_COMMENTS:
                sheet.comments[sheet.rows, place] = reason
                self._comments += 1
        sheet.rows += 1
        self._put(self._xml.row(sheet.rows, row, wrong))

    def _skeleton(self) -> Skeleton:
        return Skeleton(self._name, self._widths, self._sheets)

    def _begin(self, skeleton: Skeleton) -> None:
        number = len(self._sheets)
        self._part = self._zip.open(part_of(number), "w")
        head, _ = skeleton.around(number)
        self._bytes = self._part.write(head)
        self._put(self._xml.header())

    def _end(self) -> Skeleton:
        """Complete the sheet, now that its last row is known."""
        self._flush()
        skeleton = self._skeleton()
        _, tail = skeleton.around(len(self._sheets))
        self._part.write(tail)
        self._part.close()
        return skeleton

    def _put(self, xml: str) -> None:
        self._waiting.append(xml)
        self._characters += len(xml)
        if self._characters > _BLOCK_CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        body = "".join(self._waiting).encode("utf-8", "replace")  # half a surrogate pair has no bytes
        self._bytes += self._part.write(body)
        self._waiting.clear()
        self._characters = 0
