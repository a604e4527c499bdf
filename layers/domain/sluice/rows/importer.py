"""The declaration of an importer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sluice.rows.column import Column
from sluice.rows.conventions import Conventions
from sluice.rows.row import Row, columns_of, key_of


@dataclass(frozen=True)
class Importer:
    """A kind of import: a row model and how its files are treated.

    Parameters
    ----------
    name
        What callers ask for, and the folder that files are dropped in.
    row
        The row model.
    dataset
        Where its rows end up.
    title
        For people.
    aliases
        Other names that callers may use.
    review
        Its jobs stop after parsing, until somebody has looked at them.
    archive
        Superseded rows are kept, with the time from which and until which they held.
    synchronous
        Its files are small, so that an upload waits for the result.
    chunk_rows
        Rows in one chunk: the unit of work and of retry.
    max_rows, max_bytes
        What a file may have; beyond it is refused.
    conventions
        How its files write numbers and dates.
    normalise
        A last hand on each good row before it is staged.
    """

    name: str
    row: type[Row]
    dataset: str
    title: str
    aliases: tuple[str, ...] = ()
    review: bool = False
    archive: bool = False
    synchronous: bool = False
    chunk_rows: int = 10_000
    max_rows: int = 2_000_000
    max_bytes: int = 2 * 1024**3
    conventions: Conventions = Conventions()
    normalise: Callable[[Row], Row] | None = None

    def __post_init__(self) -> None:
        key_of(self.row)  # a model without one key is a mistake of the declaration, found at import

    @property
    def columns(self) -> tuple[Column, ...]:
        """Its columns, in order."""
        return columns_of(self.row)
