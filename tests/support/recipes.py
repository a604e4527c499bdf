"""Recipes in memory, held to the same contract as the real ones."""

from __future__ import annotations

from dataclasses import replace

from sluice.model.page import Page
from sluice.model.saved import Saved


class MemoryRecipes:
    """The `Recipes` port."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str, str], Saved] = {}

    def get(self, tenant: str, importer: str, name: str) -> Saved | None:
        return self.items.get((tenant, importer, name))

    def page(self, tenant: str, importer: str, prefix: str, *, limit: int, cursor: str | None) -> Page[Saved]:
        keys = sorted(key for key in self.items if key[:2] == (tenant, importer) and key[2].startswith(prefix))
        found = [self.items[key] for key in keys if cursor is None or key[2] > cursor]
        return Page(found[:limit], found[limit - 1].name if len(found) > limit else None)

    def put(self, tenant: str, importer: str, saved: Saved, *, seen: Saved | None) -> Saved | None:
        if self.get(tenant, importer, saved.name) != seen:
            return None
        new = replace(saved, version=1 if seen is None else seen.version + 1)
        self.items[tenant, importer, saved.name] = new
        return new

    def remove(self, tenant: str, importer: str, seen: Saved) -> bool:
        if self.get(tenant, importer, seen.name) != seen:
            return False
        del self.items[tenant, importer, seen.name]
        return True
