"""High-speed internet: orders of households."""

from __future__ import annotations

from sluice import Code, Coordinate, Date, Importer, Row, column
from sluice.catalog.conventions import INDONESIAN
from sluice.catalog.people_titles import ADDRESSES, CUSTOMER_NAMES, MOBILES, ORDER_DAYS, ORDER_NUMBERS, STATUSES
from sluice.catalog.titles import UPDATED_DAYS


class InternetOrder(Row):
    """An order for internet at home: where, for whom, and how far it has come."""

    order_id: Code = column(
        "ORDER_ID",
        "NO_ORDER",
        "NOMOR_ORDER",
        "ORDER_NUMBER",
        synonyms=ORDER_NUMBERS,
        key=True,
        max_length=40,
        description="Number of the order.",
        examples=["0512345678"],
    )
    regional: str | None = column(
        "REGIONAL", "REGION", "TREG", default=None, max_length=40, description="Region of the country.", examples=["5"]
    )
    witel: str = column("WITEL", "NAMA_WITEL", max_length=80, description="Region of the network.", examples=["MADIUN"])
    datel: str | None = column(
        "DATEL",
        "NAMA_DATEL",
        default=None,
        max_length=80,
        description="District within the region.",
        examples=["PONOROGO"],
    )
    sto: str | None = column(
        "STO", "KODE_STO", default=None, max_length=40, description="Telephone exchange.", examples=["PNG"]
    )
    jenispsb: str | None = column(
        "JENISPSB", "JENIS_PSB", default=None, max_length=80, description="Kind of connection.", examples=["AO"]
    )
    type_trans: str | None = column(
        "TYPE_TRANS",
        "TIPE_TRANS",
        "TYPE_TRANSAKSI",
        "TIPE_TRANSAKSI",
        default=None,
        max_length=80,
        description="Kind of transaction.",
        examples=["NEW SALES"],
    )
    type_layanan: str | None = column(
        "TYPE_LAYANAN",
        "TIPE_LAYANAN",
        "JENIS_LAYANAN",
        default=None,
        max_length=80,
        description="Kind of service.",
        examples=["2P"],
    )
    status_resume: str | None = column(
        "STATUS_RESUME",
        "STATUS",
        synonyms=STATUSES,
        default=None,
        max_length=120,
        description="State of the order.",
        examples=["Completed (PS)"],
    )
    provider: str | None = column(
        "PROVIDER", default=None, max_length=120, description="Who delivers.", examples=["DCS"]
    )
    order_date: Date = column(
        "ORDER_DATE",
        "TANGGAL_ORDER",
        "TGL_ORDER",
        "ORDER_CREATED_DATE",
        synonyms=ORDER_DAYS,
        description="Day on which the order was made.",
        examples=["31/12/2025 10:20"],
    )
    last_updated_date: Date | None = column(
        "LAST_UPDATED_DATE",
        "LAST_UPDATE",
        "TANGGAL_UPDATE",
        "TGL_UPDATE",
        synonyms=UPDATED_DAYS,
        default=None,
        description="Day on which it last changed.",
        examples=["02-Jan-2026"],
    )
    ncli: Code | None = column(
        "NCLI", "NO_NCLI", default=None, max_length=30, description="Number of the customer.", examples=["0056781234"]
    )
    pots: Code | None = column(
        "POTS",
        "NO_POTS",
        "NO_TELP",
        default=None,
        max_length=40,
        description="Telephone number of the line.",
        examples=["0352481234"],
    )
    speedy: Code | None = column(
        "SPEEDY",
        "NO_SPEEDY",
        "NO_INTERNET",
        "ND_INTERNET",
        default=None,
        max_length=40,
        description="Internet number of the line.",
        examples=["152312345678"],
    )
    customer_name: str | None = column(
        "CUSTOMER_NAME",
        "NAMA_PELANGGAN",
        "NAMA",
        synonyms=CUSTOMER_NAMES,
        default=None,
        max_length=200,
        description="Name of the customer.",
        examples=["Siti Rahmawati"],
    )
    contact_hp: Code | None = column(
        "CONTACT_HP",
        "NO_HP",
        "NOMOR_HP",
        "HP",
        synonyms=MOBILES,
        default=None,
        max_length=60,
        description="Mobile number of the customer.",
        examples=["081234567890"],
    )
    ins_address: str | None = column(
        "INS_ADDRESS",
        "ALAMAT_INSTALASI",
        "ALAMAT",
        synonyms=ADDRESSES,
        default=None,
        max_length=500,
        description="Address of the installation.",
        examples=["Jl. Diponegoro No. 17, Ponorogo"],
    )
    gps_latitude: Coordinate | None = column(
        "GPS_LATITUDE",
        "LATITUDE",
        "LAT",
        default=None,
        ge=-90,
        le=90,
        description="Degrees north; below zero in the south.",
        examples=["-7,868212"],
    )
    gps_longitude: Coordinate | None = column(
        "GPS_LONGITUDE",
        "LONGITUDE",
        "LONG",
        "LON",
        "LNG",
        default=None,
        ge=-180,
        le=180,
        description="Degrees east.",
        examples=["111,462013"],
    )


hsi = Importer(
    "hsi",
    row=InternetOrder,
    dataset="hsi",
    title="High-speed internet orders (HSI)",
    conventions=INDONESIAN,
    blanks="clear",  # the report is a full extract: what it leaves blank is empty by now
)
