"""What the annotation of a row model's field says: the types of its values, and the marks of its cell type."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from sluice.schema.cell_types import Decided, Decimals


def is_numeric(annotation: Any) -> bool:
    """Whether values of this type are amounts or counts; flags are not, although a ``bool`` is an ``int``."""
    return any(
        isinstance(part, type) and issubclass(part, int | float | Decimal) and part is not bool
        for part in types_of(annotation)
    )


def is_text(annotation: Any) -> bool:
    """Whether values of this type are text of any kind; the words of a `Literal` or an enumeration are not."""
    return any(
        isinstance(part, type) and issubclass(part, str) and not issubclass(part, Enum) for part in types_of(annotation)
    )


def is_decimal(annotation: Any) -> bool:
    """Whether values of this type are decimal numbers, which JSON holds as text."""
    return any(isinstance(part, type) and issubclass(part, Decimal) for part in types_of(annotation))


def decimals_of(info: FieldInfo) -> int | None:
    """Return the decimals that a column's numbers are shown with at least; ``None`` if it has no numbers."""
    if not is_numeric(info.annotation):
        return None
    return next((mark.decimals for mark in marks_of(info) if isinstance(mark, Decimals)), 0)


def decided_by(info: FieldInfo) -> str | None:
    """Return the kind of the decision by which ambiguous cells of a column are read; ``None`` if it has none."""
    return next((mark.kind for mark in marks_of(info) if isinstance(mark, Decided)), None)


def marks_of(info: FieldInfo) -> list[Any]:
    """Return what a field and the ``Annotated`` members of its union are marked with; of a ``Field``, its limits."""
    parts = (info.annotation, *get_args(info.annotation))
    marks = [mark for part in parts if get_origin(part) is Annotated for mark in get_args(part)[1:]]
    return [*info.metadata, *(one for mark in marks for one in getattr(mark, "metadata", [mark]))]


def choices_of(annotation: Any) -> tuple[Any, ...]:
    """Return the values of a `Literal`, bare or in a union; none when there is no `Literal`."""
    return tuple(choice for part in types_of(annotation) if get_origin(part) is Literal for choice in get_args(part))


def types_of(annotation: Any) -> Iterator[Any]:
    """Yield the plain types of an annotation; unions and ``Annotated`` are opened."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from types_of(get_args(annotation)[0])
    elif origin is Union or origin is UnionType:
        for member in get_args(annotation):
            yield from types_of(member)
    else:
        yield annotation
