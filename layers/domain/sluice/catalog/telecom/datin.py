"""Data and internet: lines between the sites of business customers."""

from __future__ import annotations

from sluice import Code, Date, Importer, Money, Number, Row, column
from sluice.catalog.conventions import INDONESIAN
from sluice.catalog.people_titles import CUSTOMER_NAMES, ORDER_DAYS, ORDER_NUMBERS, STATUSES


class DataLine(Row):
    """An ordered data line: from where to where, how fast, since when and for how much."""

    order_id: Code = column(
        "ORDER_ID",
        "NO_ORDER",
        "NOMOR_ORDER",
        "ORDER_NUMBER",
        synonyms=ORDER_NUMBERS,
        key=True,
        max_length=40,
        description="Number of the order.",
        examples=["0200456789"],
    )
    sid: Code | None = column(
        "SID",
        "NO_SID",
        "SERVICE_ID",
        default=None,
        max_length=40,
        description="Number of the service.",
        examples=["0004700001-0021234"],
    )
    nipnas: Code | None = column(
        "NIPNAS",
        "NO_NIPNAS",
        default=None,
        max_length=30,
        description="National number of the customer.",
        examples=["0048213"],
    )
    nama_pelanggan: str = column(
        "NAMA_PELANGGAN",
        "CUSTOMER_NAME",
        "STANDARD_NAME",
        "PELANGGAN",
        synonyms=CUSTOMER_NAMES,
        max_length=200,
        description="Name of the customer.",
        examples=["Bank Nusantara"],
    )
    layanan: str = column(
        "LAYANAN",
        "JENIS_LAYANAN",
        "NAMA_LAYANAN",
        "SERVICE",
        max_length=120,
        description="Service that is ordered.",
        examples=["VPN IP"],
    )
    bandwidth_mbps: Number | None = column(
        "BANDWIDTH_MBPS",
        "BANDWIDTH",
        "BW_MBPS",
        "BW",
        default=None,
        ge=0,
        description="Speed in megabits per second.",
        examples=["100"],
    )
    witel_asal: str | None = column(
        "WITEL_ASAL",
        "ASAL",
        "WITEL_ORIGIN",
        default=None,
        max_length=80,
        description="Region where the line begins.",
        examples=["JAKARTA PUSAT"],
    )
    witel_tujuan: str | None = column(
        "WITEL_TUJUAN",
        "TUJUAN",
        "WITEL_TERMIN",
        default=None,
        max_length=80,
        description="Region where it ends.",
        examples=["SURABAYA SELATAN"],
    )
    status: str | None = column(
        "STATUS",
        "STATUS_ORDER",
        synonyms=STATUSES,
        default=None,
        max_length=80,
        description="State of the order.",
        examples=["AKTIF"],
    )
    tanggal_order: Date | None = column(
        "TANGGAL_ORDER",
        "TGL_ORDER",
        "ORDER_DATE",
        "ORDER_CREATED_DATE",
        synonyms=ORDER_DAYS,
        default=None,
        description="Day on which the order was made.",
        examples=["03/11/2025"],
    )
    tanggal_aktivasi: Date | None = column(
        "TANGGAL_AKTIVASI",
        "TGL_AKTIVASI",
        "ACTIVATION_DATE",
        default=None,
        description="Day from which the line works.",
        examples=["28-Nov-2025"],
    )
    harga_bulanan: Money | None = column(
        "HARGA_BULANAN",
        "HRG_BULANAN",
        "BIAYA_BULANAN",
        default=None,
        ge=0,
        description="Monthly price in rupiah.",
        examples=["Rp 12.500.000"],
    )


datin = Importer(
    "datin",
    row=DataLine,
    dataset="datin",
    title="Data and internet lines (Datin)",
    conventions=INDONESIAN,
    blanks="clear",  # the report is a full extract: what it leaves blank is empty by now
)
