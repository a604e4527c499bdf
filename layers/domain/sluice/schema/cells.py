"""What a cell of a file can hold once it is read, and the error of a value that its column rejects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any


@dataclass(frozen=True)
class CellError:
    """An error that the spreadsheet program left in the cell, such as ``#N/A``; never a usable value.

    A formula that no program has computed is one too, and begins with ``=``.
    """

    text: str


#: An empty cell is ``None``. CSV cells are always ``str``. Whole numbers may come as ``float`` (123.0).
Cell = None | str | bool | int | float | datetime | date | time | timedelta | CellError

#: Row number as a person sees it in the sheet (1-based, header rows counted) and its cells from column A on.
Record = tuple[int, list[Cell]]


class InvalidValue(ValueError):
    """A cell type rejects the value of a cell.

    It is a ``ValueError``, so that pydantic counts it as an error of the field.

    Parameters
    ----------
    code
        What is wrong, as in `sluice.model.rejection.Rejection`.
    params
        Of the code.
    """

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params
