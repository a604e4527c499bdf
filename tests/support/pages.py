"""Code on pages of the documentation, and what it declares."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sluice.catalog import registry
from sluice.schema.importer import Importer


def blocks(page: str, language: str) -> list[str]:
    """Return the blocks of code in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def declare(code: str, name: str) -> Any:
    """Run a block of Python and return what it declares by a name."""
    names: dict[str, Any] = {"__name__": "declared"}
    exec(compile(code, "page.md", "exec", dont_inherit=True), names)
    return names[name]


def declare_importer(code: str, name: str, monkeypatch: pytest.MonkeyPatch) -> Importer:
    """Return the importer of a block of Python, which is in the registry during a test."""
    made: Importer = declare(code, name)
    monkeypatch.setattr(registry, "_IMPORTERS", registry.importers_by_name([*registry.IMPORTERS, made]))
    return made
