"""Operations of an OpenAPI description."""

from __future__ import annotations

import re
from typing import Any


def operation_of(document: Any, method: str, path: str) -> Any:
    """Return the operation of an address, ``None`` if it is not described; a fixed path matches before a template."""
    fits = [
        (template.count("{"), template)
        for template, item in document["paths"].items()
        if method.lower() in item and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path)
    ]
    return document["paths"][min(fits)[1]][method.lower()] if fits else None
