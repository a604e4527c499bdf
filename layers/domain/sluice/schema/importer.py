"""The declaration of an importer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sluice.schema.column import Column, Row, columns_of, key_of
from sluice.schema.context import Conventions


@dataclass(frozen=True)
class Parameter:
    """What a job must know beside its file: a caller gives it, or the file's name holds it.

    Parameters
    ----------
    name
        What callers give it by.
    title
        For people.
    pattern
        Regular expression that a whole value has to match.
    example
        A value.
    from_name
        Regular expression whose first group finds the value in a file's name.
    """

    name: str
    title: str
    pattern: str
    example: str
    from_name: str


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
        Its jobs wait in review after parsing, until a caller commits them.
    archive
        Superseded rows are kept, with the times from and until which they were valid.
    synchronous
        Its files are small, so that an upload waits for the result.
    chunk_rows
        Rows in one chunk: the unit of work and of retry.
    max_rows, max_bytes
        What a file may have; beyond it is rejected.
    conventions
        How its files write numbers and dates.
    normalise
        Changes each good row before it is staged.
    lookup
        Name of the lookup that its good rows go through, instead of being loaded. It is a name and not the lookup
        itself, because this room knows nothing of upstreams.
    parameters
        What its jobs must know beside the file.
    file_types
        Endings of the names that its files may have, in lower case; none means any that can be read.
    one_at_a_time
        A job waits until the one before it has ended.
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
    lookup: str | None = None
    parameters: tuple[Parameter, ...] = ()
    file_types: tuple[str, ...] = ()
    one_at_a_time: bool = False

    def __post_init__(self) -> None:
        key_of(self.row)  # a model without one key is a mistake of the declaration, found at import

    @property
    def columns(self) -> tuple[Column, ...]:
        """Its columns, in order."""
        return columns_of(self.row)
