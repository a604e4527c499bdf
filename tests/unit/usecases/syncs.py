"""Syncs of a register with promotions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sluice.catalog.civil_service.pangkat import pangkat
from sluice.usecases.sync import SyncStart, start_sync
from tests.support.harness import NOW, Harness

AT = datetime.fromtimestamp(NOW, UTC)


def promotion(number: int, **changed: object) -> dict[str, object]:
    """Return a row as the upstream sends it."""
    return {
        "nip": f"{number:018d}",
        "nama": f"Pegawai {number}",
        "golonganLama": "III/a",
        "golonganBaru": "III/b",
        "tmtGolongan": "01-04-2026",
        "tanggalUsulan": "01-02-2026",
        "statusUsulan": "Disetujui",
        **dict.fromkeys(("instansi", "noPertek", "tanggalPertek", "jenisKp", "masaKerjaTahun", "masaKerjaBulan")),
        **changed,
    }


def pulling(monkeypatch: pytest.MonkeyPatch) -> Harness:
    """Return a harness whose upstream has 450 rows: three chunks of two pages, the last of less than a page."""
    small = replace(pangkat, chunk_pages=2)
    for name in ("chunk_pages", "rows"):
        monkeypatch.setitem(vars(pangkat), name, getattr(small, name))
    made = Harness()
    made.upstreams.rows["pangkat"] = [promotion(number) for number in range(450)]
    return made


def start(
    harness: Harness, *, force: bool = False, tenant: str = "acme", at: datetime = AT, **guards: Any
) -> SyncStart:
    return start_sync(tenant, "pangkat", by="ann", force=force, now=at, guards=guards, services=harness)


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail
