"""What the civil-service register says of every proposal, whatever is proposed."""

from __future__ import annotations

from sluice.schema.cell_types import Code, Date, Digits
from sluice.schema.column import Row, column


class Proposal(Row):
    """A change to the record of a civil servant, and how far it has come."""

    nip: Digits = column(
        "nip",
        "nipBaru",
        key=True,
        min_length=18,
        max_length=18,
        description="Number of the civil servant: birth, appointment, sex and a sequence.",
        examples=["198703152010011002"],
    )
    nama: str = column("nama", "namaPns", max_length=200, description="Name.", examples=["SITI RAHAYU"])
    instansi: str | None = column(
        "instansi",
        "instansiKerja",
        default=None,
        max_length=200,
        description="Where the civil servant works.",
        examples=["Pemerintah Kota Surabaya"],
    )
    tanggal_usulan: Date = column(
        "tanggalUsulan", "tglUsulan", description="Day of the proposal.", examples=["01-02-2026"]
    )
    status_usulan: str = column(
        "statusUsulan",
        "status",
        max_length=80,
        description="Step that the proposal has reached.",
        examples=["Pertek Terbit"],
    )
    no_pertek: Code | None = column(
        "noPertek",
        "nomorPertek",
        default=None,
        max_length=60,
        description="Number of the technical approval.",
        examples=["AB-12345000123"],
    )
    tanggal_pertek: Date | None = column(
        "tanggalPertek", "tglPertek", default=None, description="Day of that approval.", examples=["20-02-2026"]
    )
