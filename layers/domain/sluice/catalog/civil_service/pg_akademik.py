"""Academic degrees to be added to the register: pencantuman gelar akademik."""

from __future__ import annotations

from sluice import Code, Date, Source, column
from sluice.catalog.civil_service.proposal import REGISTER, REGISTER_CONVENTIONS, Proposal


class AcademicDegree(Proposal):
    """A civil servant who has taken a degree."""

    gelar: str = column(
        "gelar",
        "gelarAkademik",
        max_length=40,
        description="The degree as it is written with the name.",
        examples=["S.Kom."],
    )
    tingkat_pendidikan: str | None = column(
        "tingkatPendidikan", "jenjang", default=None, max_length=40, description="Its level.", examples=["S-1"]
    )
    program_studi: str | None = column(
        "programStudi",
        "jurusan",
        default=None,
        max_length=200,
        description="What was studied.",
        examples=["Teknik Informatika"],
    )
    perguruan_tinggi: str | None = column(
        "perguruanTinggi",
        "universitas",
        default=None,
        max_length=200,
        description="Where it was studied.",
        examples=["Universitas Airlangga"],
    )
    no_ijazah: Code | None = column(
        "noIjazah",
        "nomorIjazah",
        default=None,
        max_length=80,
        description="Number of the diploma.",
        examples=["0012345/2025"],
    )
    tanggal_ijazah: Date | None = column(
        "tanggalIjazah", "tglIjazah", default=None, description="Day of the diploma.", examples=["17-08-2025"]
    )


pg_akademik = Source(
    "pg_akademik",
    row=AcademicDegree,
    dataset="pg_akademik",
    title="Academic degrees (pg_akademik)",
    upstream=REGISTER,
    path="pg-akademik",
    conventions=REGISTER_CONVENTIONS,
)
