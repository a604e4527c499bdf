"""Retirements: pensiun."""

from __future__ import annotations

from sluice import Date, Source, column
from sluice.catalog.civil_service.proposal import REGISTER, REGISTER_CONVENTIONS, Proposal


class Retirement(Proposal):
    """A civil servant who is to leave the service."""

    jenis_pensiun: str = column(
        "jenisPensiun",
        "jenis",
        max_length=80,
        description="Why: age, own request, death.",
        examples=["Batas Usia Pensiun"],
    )
    tmt_pensiun: Date = column("tmtPensiun", description="First day out of service.", examples=["01-05-2026"])
    golongan: str | None = column(
        "golongan", "golonganAkhir", default=None, max_length=10, description="Last rank.", examples=["IV/a"]
    )
    jabatan: str | None = column(
        "jabatan",
        "jabatanAkhir",
        default=None,
        max_length=200,
        description="Last position.",
        examples=["Guru Ahli Madya"],
    )


pensiun = Source(
    "pensiun",
    row=Retirement,
    dataset="pensiun",
    title="Retirements (pensiun)",
    upstream=REGISTER,
    path="pensiun",
    conventions=REGISTER_CONVENTIONS,
)
