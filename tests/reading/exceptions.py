"""Cells that another reader reads wrong, each with its reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from tests.reading.oracles import ErrorText

if TYPE_CHECKING:
    from tests.reading.comparing import Difference


@dataclass(frozen=True)
class KnownFault:
    """A fault of another reader, and the cells that show it.

    Parameters
    ----------
    reason
        Ends a sentence that begins with *because*.
    kind, oracle
        The files and the reader that it is about.
    shows
        Whether a cell shows it.
    """

    reason: str
    kind: str
    oracle: str
    shows: Callable[[Difference], bool]

    def covers(self, difference: Difference) -> bool:
        """Whether a difference is due to this fault."""
        return (difference.kind, difference.oracle) == (self.kind, self.oracle) and self.shows(difference)


def _spaced(cell: Difference) -> bool:
    """Whether two texts differ in white space only."""
    return isinstance(cell.ours, str) and isinstance(cell.theirs, str) and cell.ours.split() == cell.theirs.split()


EXCEPTIONS: Final = [
    *(
        KnownFault(
            f"calamine has no errors in .{kind}, such cells are empty",
            kind,
            "calamine",
            lambda cell: (
                isinstance(cell.ours, ErrorText) and not cell.ours.text.startswith("=") and cell.theirs is None
            ),
        )
        for kind in ("xls", "ods")
    ),
    KnownFault(
        "a formula of a text file is no value, and a reader of text knows no formulas",
        "text",
        "csv",
        lambda cell: (
            isinstance(cell.ours, ErrorText) and cell.ours.text[:1] in tuple("=+-@") and cell.ours.text == cell.theirs
        ),
    ),
    KnownFault(
        "calamine reads texts of .xls by the code page of the workbook, although they are UTF-16",
        "xls",
        "calamine",
        lambda cell: isinstance(cell.theirs, str) and cell.theirs.replace("\0", "") == cell.ours,
    ),
    KnownFault(
        "calamine takes a number format of .xls for a date's if its id is one in East Asia",
        "xls",
        "calamine",
        lambda cell: isinstance(cell.ours, float) and isinstance(cell.theirs, datetime),
    ),
    KnownFault(
        "xlrd takes General for a date's format if it has a name of another language, such as Standard",
        "xls",
        "xlrd",
        lambda cell: isinstance(cell.ours, float) and isinstance(cell.theirs, datetime),
    ),
    KnownFault(
        "xlrd has dates instead of spans of a day and more",
        "xls",
        "xlrd",
        lambda cell: isinstance(cell.ours, timedelta) and isinstance(cell.theirs, datetime),
    ),
    *(
        KnownFault(
            f"{oracle} gives the stored result of a formula that was never calculated, 0 or an empty text",
            "xls",
            oracle,
            lambda cell: cell.ours == ErrorText("=") and cell.theirs in (None, 0.0),
        )
        for oracle in ("xlrd", "calamine")
    ),
    KnownFault(
        "calamine has a text instead of a span of a day and more in .ods",
        "ods",
        "calamine",
        lambda cell: isinstance(cell.ours, timedelta) and str(cell.theirs).startswith("PT"),
    ),
    KnownFault("calamine has a space instead of a tab in .ods", "ods", "calamine", _spaced),
    *(
        KnownFault(
            f"{oracle} has no value for a formula that was never calculated, and no word for it",
            "xlsx",
            oracle,
            lambda cell: isinstance(cell.ours, ErrorText) and cell.ours.text.startswith("=") and cell.theirs is None,
        )
        for oracle in ("openpyxl", "calamine")
    ),
]
