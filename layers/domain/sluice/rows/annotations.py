"""What the annotation of a row model's field says of its values."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin


def is_numeric(annotation: Any) -> bool:
    """Whether its values are amounts or counts; yes and no are not, though to Python they are."""
    return any(
        isinstance(part, type) and issubclass(part, int | float | Decimal) and part is not bool
        for part in _parts(annotation)
    )


def choices_of(annotation: Any) -> tuple[Any, ...]:
    """The values of a `Literal`, bare or in a union; empty when there is none."""
    return tuple(choice for part in _parts(annotation) if get_origin(part) is Literal for choice in get_args(part))


def _parts(annotation: Any) -> Iterator[Any]:
    """The plain types of an annotation; unions and ``Annotated`` are opened."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _parts(get_args(annotation)[0])
    elif origin is Union or origin is UnionType:
        for member in get_args(annotation):
            yield from _parts(member)
    else:
        yield annotation
