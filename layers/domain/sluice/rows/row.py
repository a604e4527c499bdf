"""The base of every row model."""

from __future__ import annotations

from functools import cache

from pydantic import BaseModel, ConfigDict

from sluice.rows.column import Column, declared


class Row(BaseModel):
    """A row of an importer: one pydantic field for each column, made with `column`.

    Text is stripped, a number in a text column becomes its digits, unknown fields are an error. A default is read as
    a cell would be: with a default of 0, an empty cell is no change from one that says 0.00.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, coerce_numbers_to_str=True, validate_default=True
    )


@cache
def columns_of(row: type[Row]) -> tuple[Column, ...]:
    """The columns of a row model, in the order they were declared."""
    return tuple(declared(name, info) for name, info in row.model_fields.items())


@cache
def key_of(row: type[Row]) -> Column:
    """The column that names a row.

    Raises
    ------
    TypeError
        If the model has none or several.
    """
    keys = [column for column in columns_of(row) if column.key]
    if len(keys) != 1:
        raise TypeError(f"{row.__name__} needs exactly one column(..., key=True), it has {len(keys)}")
    return keys[0]
