"""The columns that all lists of the civil-service register have, and how the register is read."""

from __future__ import annotations

from typing import Final

from sluice import Code, Conventions, Date, Digits, Row, column
from sluice.catalog.conventions import INDONESIAN

#: Name of the register among the upstreams of a deployment.
REGISTER: Final = "siasn"
#: The register writes JSON, so numbers have a decimal point.
REGISTER_CONVENTIONS: Final = Conventions(dates="dmy", vocabulary=INDONESIAN.vocabulary)


class Proposal(Row):
    """A proposed change to the record of a civil servant, and the step that it has reached."""

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
