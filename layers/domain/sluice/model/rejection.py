"""A row that is wrong by its own content: the code of what is wrong, and the parameters of that code.

The sentence is written by `sluice.wording` where a person reads it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

#: Code of a sentence that an importer of the catalogue wrote; its one parameter is ``text``.
CUSTOM: Final = "custom"
#: Code of a sentence that was stored before there were codes; its one parameter is ``text``.
STORED_TEXT: Final = "stored-text"
#: Code of a row whose key an earlier row of the file has; a correction treats such rows differently.
DUPLICATE_KEY: Final = "duplicate-key"

_STORED_DUPLICATE: Final = re.compile(r"repeats the (.*) of row (\d+)")


@dataclass(frozen=True)
class Rejection:
    """Why one cell makes its row unusable.

    Parameters
    ----------
    sheet
        Name of the sheet; empty for CSV.
    row
        Row number as a person sees it, header rows counted.
    column
        The column's title, or ``None`` when the row as a whole is wrong.
    value
        The cell as found, as text.
    code
        Stable slug of what is wrong, such as ``below-minimum``.
    params
        JSON values that the code's sentence names, such as ``{"minimum": 0}``.
    """

    sheet: str
    row: int
    column: str | None
    value: str | None
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


def to_rejection(stored: Mapping[str, Any]) -> Rejection:
    """Read a rejection that was stored as JSON, also one of a version that stored its sentence."""
    return Rejection(**coded(stored))


def coded(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Replace the ``reason`` of something that was stored with a sentence by ``code`` and ``params``."""
    if "reason" not in stored:
        return dict(stored)
    rest = {name: value for name, value in stored.items() if name != "reason"}
    text = stored["reason"]
    if duplicate := _STORED_DUPLICATE.fullmatch(text):
        return {**rest, "code": DUPLICATE_KEY, "params": {"column": duplicate[1], "first": int(duplicate[2])}}
    return {**rest, "code": STORED_TEXT, "params": {"text": text}}
