"""The kind of a field's cells, their choices and their limits, from its annotation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic.fields import FieldInfo

from sluice.schema.cell_types import Digits, Money

Kind = Literal["text", "digits", "number", "whole", "money", "date", "flag", "choice"]

_MONEY, _DIGITS = get_args(Money)[1], get_args(Digits)[1]  # the validators tell them from plain numbers and text
_OF_TYPE: tuple[tuple[type, Kind], ...] = (  # the first that fits: bool is an int
    (bool, "flag"),
    (int, "whole"),
    (float, "number"),
    (Decimal, "number"),
    (date, "date"),
    (Enum, "choice"),
    (str, "text"),
)


@dataclass(frozen=True)
class Limits:
    """Constraints of a column as `sluice.schema.column.column` took them; ``None`` is no limit."""

    ge: Any = None
    gt: Any = None
    le: Any = None
    lt: Any = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None


def parts_of(info: FieldInfo) -> list[Any]:
    """The plain types of a field and everything annotated to them; unions and ``Annotated`` are opened."""
    return [*_opened(info.annotation), *info.metadata]


def kind_of(parts: list[Any]) -> Kind:
    """The kind of a field's cells; ``text`` for types that `sluice.schema.cell_types` does not have."""
    if _MONEY in parts:
        return "money"
    if _DIGITS in parts:
        return "digits"
    for part in parts:
        if get_origin(part) is Literal:
            return "choice"
        for base, kind in _OF_TYPE:
            if isinstance(part, type) and issubclass(part, base):
                return kind
    return "text"


def words_of(parts: list[Any]) -> tuple[str, ...]:
    """The words of ``Literal`` types and enumerations."""
    found: list[str] = []
    for part in parts:
        if get_origin(part) is Literal:
            found += map(str, get_args(part))
        elif isinstance(part, type) and issubclass(part, Enum):
            found += (str(member.value) for member in part)
    return tuple(found)


def limits_of(parts: list[Any]) -> Limits:
    """The constraints of a field, those inside its union among them."""
    found: dict[str, Any] = {}
    for part in parts:
        match part:
            case Ge(ge=value):
                found["ge"] = value
            case Gt(gt=value):
                found["gt"] = value
            case Le(le=value):
                found["le"] = value
            case Lt(lt=value):
                found["lt"] = value
            case MinLen(min_length=value):
                found["min_length"] = value
            case MaxLen(max_length=value):
                found["max_length"] = value
            case _ if isinstance(pattern := getattr(part, "pattern", None), str):
                found["pattern"] = pattern
    return Limits(**found)


def _opened(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        base, *marks = get_args(annotation)
        yield from _opened(base)
        for mark in marks:
            yield from mark.metadata if isinstance(mark, FieldInfo) else [mark]
    elif origin is Union or origin is UnionType:
        for member in get_args(annotation):
            yield from _opened(member)
    else:
        yield annotation
