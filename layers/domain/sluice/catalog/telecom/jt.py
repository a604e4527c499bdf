"""Jaringan tambahan: projects that extend the network."""

from __future__ import annotations

from sluice import Code, Date, Importer, Money, Row, Whole, column
from sluice.catalog.conventions import INDONESIAN
from sluice.catalog.people_titles import STATUSES
from sluice.catalog.titles import SUPPLIERS


class NetworkProject(Row):
    """A project of the network: what is built, by whom, until when and for how much."""

    id_i_hld: Code = column(
        "ID_I_HLD",
        "ID_IHLD",
        "IHLD_ID",
        "IHLD",
        key=True,
        max_length=40,
        description="Number of the project's high-level design.",
        examples=["0017734"],
    )
    witel: str = column("WITEL", "NAMA_WITEL", max_length=80, description="Region of the network.", examples=["BALI"])
    region: str | None = column(
        "REGION",
        "REGIONAL",
        "TREG",
        default=None,
        max_length=40,
        description="Region of the country.",
        examples=["REGIONAL 3"],
    )
    uraian_kegiatan: str = column(
        "URAIAN_KEGIATAN",
        "URAIAN",
        "KEGIATAN",
        "NAMA_PROYEK",
        max_length=500,
        description="What is built.",
        examples=["PT2 SIMPLE ODP-UBN-FAB/015"],
    )
    batch_program: str | None = column(
        "BATCH_PROGRAM",
        "BATCH",
        "PROGRAM",
        default=None,
        max_length=120,
        description="Programme that pays for it.",
        examples=["2025 - BATCH 3"],
    )
    status_proyek: str | None = column(
        "STATUS_PROYEK",
        "STATUS",
        synonyms=STATUSES,
        default=None,
        max_length=120,
        description="State of the project.",
        examples=["GO LIVE"],
    )
    tanggal_mulai: Date | None = column(
        "TANGGAL_MULAI",
        "TGL_MULAI",
        "START_DATE",
        default=None,
        description="First day of the work.",
        examples=["01/10/2025"],
    )
    tanggal_target: Date | None = column(
        "TANGGAL_TARGET",
        "TGL_TARGET",
        "TARGET_DATE",
        "TARGET_SELESAI",
        default=None,
        description="Day by which it should be in use.",
        examples=["31 Desember 2025"],
    )
    tanggal_golive: Date | None = column(
        "TANGGAL_GOLIVE",
        "TANGGAL_GO_LIVE",
        "TGL_GOLIVE",
        "GOLIVE_DATE",
        default=None,
        description="Day from which it is in use.",
        examples=["15-Des-2025"],
    )
    total_port: Whole | None = column(
        "TOTAL_PORT", "JUMLAH_PORT", "JML_PORT", default=None, ge=0, description="Ports that are built.", examples=[128]
    )
    port_terisi: Whole | None = column(
        "PORT_TERISI", "PORT_ISI", "USED_PORT", default=None, ge=0, description="Ports that are taken.", examples=[45]
    )
    nilai_boq: Money | None = column(
        "NILAI_BOQ",
        "BOQ",
        "TOTAL_BOQ",
        default=None,
        ge=0,
        description="Value of the bill of quantities in rupiah.",
        examples=["Rp 125.750.000,-"],
    )
    mitra: str | None = column(
        "MITRA",
        "NAMA_MITRA",
        "VENDOR",
        synonyms=SUPPLIERS,
        default=None,
        max_length=200,
        description="Partner who builds.",
        examples=["PT Telkom Akses"],
    )


jt = Importer(
    "jt",
    row=NetworkProject,
    dataset="jt",
    title="Network projects (JT)",
    aliases=("tambahan",),
    conventions=INDONESIAN,
    blanks="clear",  # the report is a full extract: what it leaves blank is empty by now
)
