"""One column of an importer, as its row model declares it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import Field
from pydantic.fields import FieldInfo


@dataclass(frozen=True)
class Column:
    """What reading and reporting need to know of a column.

    Parameters
    ----------
    field
        Name of the field in the row model, such as ``part_number``.
    titles
        Headers that mean this column; the first is written into templates and reports.
    required
        A file without this column is refused.
    key
        The column that names a row. A row model has exactly one.
    """

    field: str
    titles: tuple[str, ...]
    required: bool
    key: bool

    @property
    def title(self) -> str:
        """The header that templates and refusals show."""
        return self.titles[0]


@dataclass(frozen=True)
class _Declared:
    """What `column` leaves on a pydantic field."""

    titles: tuple[str, ...]
    key: bool


def column(
    *titles: str,
    key: bool = False,
    default: Any = ...,
    description: str | None = None,
    examples: list[Any] | None = None,
    ge: Any = None,
    gt: Any = None,
    le: Any = None,
    lt: Any = None,
    min_length: int | None = None,
    max_length: int | None = None,
    pattern: str | None = None,
) -> Any:
    """Declare a column: a pydantic field with the headers that name it.

    Parameters
    ----------
    titles
        The headers, the one for templates first.
    key
        Whether this column names the row.
    default
        Value of an empty cell; without one the column is required and an empty cell is refused.
    description, examples, ge, gt, le, lt, min_length, max_length, pattern
        As in `pydantic.Field`.

    Raises
    ------
    ValueError
        If no title is given.
    """
    if not titles:
        raise ValueError("a column needs at least one header title")
    info: FieldInfo = Field(
        default,
        title=titles[0],
        description=description,
        examples=examples,
        ge=ge,
        gt=gt,
        le=le,
        lt=lt,
        min_length=min_length,
        max_length=max_length,
        pattern=pattern,
    )
    info.metadata.append(_Declared(titles, key))
    return info


def declared(field: str, info: FieldInfo) -> Column:
    """Read a field of a row model back into a `Column`.

    Raises
    ------
    TypeError
        If the field was not declared with `column`.
    """
    for mark in info.metadata:
        if isinstance(mark, _Declared):
            return Column(field, mark.titles, info.is_required(), mark.key)
    raise TypeError(f"declare {field!r} with column(...)")
