"""Status and position in the service: status dan kedudukan kepegawaian."""

from __future__ import annotations

from sluice import Code, Date, Source, column
from sluice.catalog.civil_service.proposal import REGISTER, REGISTER_CONVENTIONS, Proposal


class StatusChange(Proposal):
    """A civil servant who goes on leave without pay, is suspended, or comes back."""

    jenis_skk: str = column(
        "jenisSkk",
        "jenis",
        max_length=120,
        description="What changes.",
        examples=["Cuti di Luar Tanggungan Negara"],
    )
    no_sk: Code | None = column(
        "noSk",
        "nomorSk",
        default=None,
        max_length=80,
        description="Number of the decree.",
        examples=["0821.2/145/2026"],
    )
    tanggal_sk: Date | None = column(
        "tanggalSk", "tglSk", default=None, description="Day of the decree.", examples=["15-01-2026"]
    )
    tmt_mulai: Date = column("tmtMulai", "tmt", description="Day from which it holds.", examples=["01-03-2026"])
    tmt_selesai: Date | None = column(
        "tmtSelesai", default=None, description="Day until which it holds; empty: no end.", examples=["28-02-2027"]
    )


skk = Source(
    "skk",
    row=StatusChange,
    dataset="skk",
    title="Status and position (skk)",
    upstream=REGISTER,
    path="skk",
    conventions=REGISTER_CONVENTIONS,
)
