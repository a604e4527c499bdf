"""Promotions: kenaikan pangkat."""

from __future__ import annotations

from sluice import Date, Source, Whole, column
from sluice.catalog.civil_service.proposal import REGISTER, REGISTER_CONVENTIONS, Proposal

# The ranks of civil servants, I/a to IV/e: Government Regulation 99 of 2000.
_RANK = "^(I|II|III)/[a-d]$|^IV/[a-e]$"
_RANK_FORM = "a rank, such as III/a"


class Promotion(Proposal):
    """A civil servant who is to have a higher rank."""

    golongan_lama: str | None = column(
        "golonganLama", default=None, pattern=_RANK, form=_RANK_FORM, description="Rank so far.", examples=["III/a"]
    )
    golongan_baru: str = column(
        "golonganBaru",
        "golongan",
        pattern=_RANK,
        form=_RANK_FORM,
        description="Rank that is proposed.",
        examples=["III/b"],
    )
    tmt_golongan: Date = column(
        "tmtGolongan", "tmtGolonganBaru", description="Day from which the new rank holds.", examples=["01-04-2026"]
    )
    jenis_kp: str | None = column(
        "jenisKp",
        "jenisKenaikanPangkat",
        default=None,
        max_length=80,
        description="Kind of promotion.",
        examples=["Reguler"],
    )
    masa_kerja_tahun: Whole | None = column(
        "masaKerjaTahun", default=None, ge=0, le=60, description="Whole years of service.", examples=[12]
    )
    masa_kerja_bulan: Whole | None = column(
        "masaKerjaBulan", default=None, ge=0, le=11, description="Further months of service.", examples=[3]
    )


pangkat = Source(
    "pangkat",
    row=Promotion,
    dataset="pangkat",
    title="Promotions (pangkat)",
    upstream=REGISTER,
    path="pangkat",
    conventions=REGISTER_CONVENTIONS,
)
