"""A page of a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some items, and the opaque cursor that asks for the next ones (``None`` at the end)."""

    items: list[T]
    next: str | None
