"""A row that is wrong by its own content."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rejection:
    """Why one cell makes its row unusable.

    Parameters
    ----------
    sheet
        Name of the sheet; empty for CSV.
    row
        Row number as a person sees it, header rows counted.
    column
        The column's title, or ``None`` when the row as a whole is wrong.
    value
        The cell as found, as text.
    reason
        In words that finish the sentence "this value …".
    """

    sheet: str
    row: int
    column: str | None
    value: str | None
    reason: str
