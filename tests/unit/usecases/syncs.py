"""Syncs of a register with promotions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

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


def pulling(rows: int) -> Harness:
    """Return a harness whose upstream has so many rows."""
    made = Harness()
    made.upstreams.rows["pangkat"] = [promotion(number) for number in range(rows)]
    return made


def start(
    harness: Harness, *, force: bool = False, tenant: str = "acme", at: datetime = AT, **guards: Any
) -> SyncStart:
    return start_sync(tenant, "pangkat", by="ann", force=force, now=at, guards=guards, services=harness)


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail
