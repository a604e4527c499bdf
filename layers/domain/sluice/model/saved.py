"""What a tenant keeps for an importer: recipes by name, settings of its drop folder, and lessons of its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sluice.model.errors import PreconditionFailed

#: Begins the names of recipes that are kept by name.
NAMED: Final = "recipe#"
#: Name of the settings of a drop folder.
DROP_FOLDER: Final = "drop-folder"
#: Name of the lessons of the last files.
LESSONS: Final = "last"


@dataclass(frozen=True)
class Condition:
    """Which present version a caller allows to be changed (RFC 9110, section 13.1).

    Parameters
    ----------
    tags
        Tags of versions, ``*`` for any; ``None`` if none is named.
    is_new
        Whether there must be none.
    """

    tags: frozenset[str] | None = None
    is_new: bool = False

    def check(self, name: str, seen: Saved | None) -> None:
        """Check what is there; raises `PreconditionFailed`."""
        if self.is_new and seen is not None:
            raise PreconditionFailed("exists", name)
        if self.tags is not None and (seen is None or not self.tags & {seen.tag, "*"}):
            raise PreconditionFailed("changed", name) if seen else PreconditionFailed("absent", name)


@dataclass(frozen=True)
class Saved:
    """What a tenant keeps for an importer: a recipe by name, the settings of its drop folder, or the last recipes.

    Parameters
    ----------
    name
        Unique for the tenant and the importer.
    value
        JSON.
    by, at
        Who wrote this version, and when.
    version
        Rises with each change, from 1.
    """

    name: str
    value: Mapping[str, Any]
    by: str
    at: datetime
    version: int = 1

    @property
    def label(self) -> str:
        """Name as callers know it."""
        return self.name.removeprefix(NAMED)

    @property
    def tag(self) -> str:
        """A tag of this version, never that of a later one: one that is removed and written again begins anew."""
        return f"{self.version}-{int(self.at.timestamp() * 1_000_000):x}"
