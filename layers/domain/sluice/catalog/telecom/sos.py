"""Digital products: order lines of the SOS report."""

from __future__ import annotations

from sluice import Code, Date, Importer, Money, Row, column
from sluice.catalog.conventions import INDONESIAN
from sluice.catalog.people_titles import CUSTOMER_NAMES, ORDER_DAYS, ORDER_NUMBERS, STATUSES


class DigitalProduct(Row):
    """An ordered digital product, how far the order has come, and what it brings."""

    order_id: Code = column(
        "ORDER_ID",
        "NO_ORDER",
        "NOMOR_ORDER",
        "ORDER_NUMBER",
        synonyms=ORDER_NUMBERS,
        key=True,
        max_length=40,
        description="Number of the order.",
        examples=["1002345678"],
    )
    nipnas: Code | None = column(
        "NIPNAS",
        "NO_NIPNAS",
        default=None,
        max_length=30,
        description="National number of the customer.",
        examples=["0048213"],
    )
    standard_name: str = column(
        "STANDARD_NAME",
        "NAMA_PELANGGAN",
        "CUSTOMER_NAME",
        synonyms=CUSTOMER_NAMES,
        max_length=200,
        description="Name of the customer.",
        examples=["PT Maju Bersama"],
    )
    order_subtype: str | None = column(
        "ORDER_SUBTYPE",
        "SUBTYPE_ORDER",
        "TIPE_ORDER",
        default=None,
        max_length=80,
        description="What is ordered: a new service, a change, an end.",
        examples=["New Install"],
    )
    segmen: str | None = column(
        "SEGMEN",
        "SEGMENT",
        default=None,
        max_length=80,
        description="Segment of the customer.",
        examples=["Government Service"],
    )
    sub_segmen: str | None = column(
        "SUB_SEGMEN",
        "SUB_SEGMENT",
        default=None,
        max_length=80,
        description="Part of the segment.",
        examples=["Local Government"],
    )
    cust_witel: str | None = column(
        "CUST_WITEL",
        "WITEL_PELANGGAN",
        "CUSTOMER_WITEL",
        default=None,
        max_length=80,
        description="Region that the customer belongs to.",
        examples=["JATIM TIMUR"],
    )
    service_witel: str | None = column(
        "SERVICE_WITEL",
        "SERV_WITEL",
        "WITEL_LAYANAN",
        default=None,
        max_length=80,
        description="Region where the service is delivered.",
        examples=["SURAMADU"],
    )
    li_product_name: str | None = column(
        "LI_PRODUCT_NAME",
        "PRODUCT_NAME",
        "NAMA_PRODUK",
        default=None,
        max_length=200,
        description="Product of the order line.",
        examples=["Astinet"],
    )
    li_milestone: str | None = column(
        "LI_MILESTONE",
        "MILESTONE",
        default=None,
        max_length=120,
        description="Step that the order line has reached.",
        examples=["SYNC CUSTOMER COMPLETE"],
    )
    li_status: str | None = column(
        "LI_STATUS",
        "STATUS",
        "STATUS_ORDER",
        synonyms=STATUSES,
        default=None,
        max_length=80,
        description="State of the order line.",
        examples=["In Progress"],
    )
    li_status_date: Date | None = column(
        "LI_STATUS_DATE",
        "STATUS_DATE",
        "TANGGAL_STATUS",
        "TGL_STATUS",
        default=None,
        description="Day on which it got that state.",
        examples=["31/12/2025"],
    )
    biaya_pasang: Money | None = column(
        "BIAYA_PASANG",
        "BIAYA_INSTALASI",
        "BIAYA_PSB",
        default=None,
        ge=0,
        description="Installation fee in rupiah.",
        examples=["Rp 1.500.000"],
    )
    hrg_bulanan: Money | None = column(
        "HRG_BULANAN",
        "HARGA_BULANAN",
        "BIAYA_BULANAN",
        default=None,
        ge=0,
        description="Monthly price in rupiah.",
        examples=["Rp 750.000,50"],
    )
    revenue: Money | None = column(
        "REVENUE",
        "PENDAPATAN",
        default=None,
        description="Revenue in rupiah; below zero when the order takes some away.",
        examples=["Rp 10.500.000"],
    )
    order_created_date: Date = column(
        "ORDER_CREATED_DATE",
        "ORDER_DATE",
        "TANGGAL_ORDER",
        "TGL_ORDER",
        synonyms=ORDER_DAYS,
        description="Day on which the order was made.",
        examples=["01-Des-2025"],
    )
    kategori: str | None = column(
        "KATEGORI",
        "CATEGORY",
        default=None,
        max_length=80,
        description="Category of the order in reports.",
        examples=["BILLING COMPLETED"],
    )


sos = Importer(
    "sos",
    row=DigitalProduct,
    dataset="sos",
    title="Digital products (SOS)",
    aliases=("digital_product", "analysis"),
    conventions=INDONESIAN,
    blanks="clear",  # the report is a full extract: what it leaves blank is empty by now
)
