"""Format numbers of stored objects.

Every JSON or binary object that one version of Sluice writes and another reads carries ``format: n``. An object without
a number has format 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sluice.model.errors import NewerFormat


def format_of(stored: Mapping[str, Any], what: str, *, newest: int) -> int:
    """Return the format number of a stored object.

    Parameters
    ----------
    stored
        The object, or the part of it that carries the number.
    what
        The object in words, which begin the error's text.
    newest
        The newest format that the reader knows.

    Raises
    ------
    NewerFormat
        If the reader does not know the number.
    """
    number = stored.get("format", 0)
    if type(number) is not int or not 0 <= number <= newest:
        raise NewerFormat(what, number, newest)
    return number
