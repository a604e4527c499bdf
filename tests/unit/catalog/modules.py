"""The modules of the catalogue."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import sluice.catalog
from sluice.catalog import registry

_FOLDER = Path(sluice.catalog.__file__).parent


def catalog_modules() -> list[ModuleType]:
    """Import every module of the catalogue but the registry itself."""
    found = []
    for path in sorted(_FOLDER.rglob("*.py")):
        parts = path.relative_to(_FOLDER).with_suffix("").parts
        name = ".".join(part for part in ("sluice", "catalog", *parts) if part != "__init__")
        if name != registry.__name__:
            found.append(importlib.import_module(name))
    return found
