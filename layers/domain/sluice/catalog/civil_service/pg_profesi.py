"""Professional titles to be added to the register: pencantuman gelar profesi."""

from __future__ import annotations

from sluice import Code, Date, Source, column
from sluice.catalog.civil_service.proposal import REGISTER, REGISTER_CONVENTIONS, Proposal


class ProfessionalTitle(Proposal):
    """A civil servant who has become a member of a profession."""

    gelar: str = column(
        "gelar",
        "gelarProfesi",
        max_length=40,
        description="The title as it is written with the name.",
        examples=["Ns."],
    )
    profesi: str | None = column(
        "profesi", "jenisProfesi", default=None, max_length=120, description="The profession.", examples=["Ners"]
    )
    lembaga: str | None = column(
        "lembaga",
        "lembagaPenyelenggara",
        default=None,
        max_length=200,
        description="Who has given it.",
        examples=["Universitas Brawijaya"],
    )
    no_sertifikat: Code | None = column(
        "noSertifikat",
        "nomorSertifikat",
        default=None,
        max_length=80,
        description="Number of the certificate.",
        examples=["0098/NERS/2025"],
    )
    tanggal_lulus: Date | None = column(
        "tanggalLulus", "tglLulus", default=None, description="Day on which it was given.", examples=["10-10-2025"]
    )


pg_profesi = Source(
    "pg_profesi",
    row=ProfessionalTitle,
    dataset="pg_profesi",
    title="Professional titles (pg_profesi)",
    upstream=REGISTER,
    path="pg-profesi",
    conventions=REGISTER_CONVENTIONS,
)
