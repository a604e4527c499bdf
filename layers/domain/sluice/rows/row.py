"""The base of every row model."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.fields import FieldInfo

from sluice.rows.annotations import choices_of
from sluice.rows.column import Column, declared
from sluice.rows.spelling import Spelling


class Row(BaseModel):
    """A row of an importer: one pydantic field for each column, made with `column`.

    Text is stripped, a number in a text column becomes its digits, the words of a `Literal` are known however they
    are spelled, unknown fields are an error. A default is read as a cell would be: with a default of 0, an empty cell
    is no change from one that says 0.00.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, coerce_numbers_to_str=True, validate_default=True
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Put a `Spelling` before each `Literal`, so that no importer has to think of it."""
        super().__pydantic_init_subclass__(**kwargs)
        spelled = [info for info in cls.model_fields.values() if choices_of(info.annotation) and not _is_spelled(info)]
        for info in spelled:
            info.metadata.append(BeforeValidator(Spelling(choices_of(info.annotation))))
        if spelled:
            cls.model_rebuild(force=True)


def _is_spelled(info: FieldInfo) -> bool:
    """A field that is inherited brings its `Spelling` along."""
    return any(isinstance(mark, BeforeValidator) and isinstance(mark.func, Spelling) for mark in info.metadata)


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
