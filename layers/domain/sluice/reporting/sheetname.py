"""Names that Excel lets a sheet have."""

from __future__ import annotations

import re

_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f\ud800-\udfff\ufffe\uffff]")
_LENGTH = 31
_RESERVED = "history"  # Excel's own, whatever its case


def sheet_name(name: str, number: int = 1, fallback: str = "Sheet", numbered: str = " ({})") -> str:
    """Make a name for a sheet that Excel takes; the second of the same name is ``name (2)``."""
    suffix = numbered.format(number) if number > 1 else ""
    room = _LENGTH - len(suffix)
    while len(name.encode("utf-16-le", "replace")) > 2 * room:
        name = name[:-1]
    name = _FORBIDDEN.sub("_", name).strip("' ")
    return (name if name and name.casefold() != _RESERVED else fallback) + suffix
