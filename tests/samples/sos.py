"""Orders of digital products: as the system exports them, and as people send them by mail."""

from __future__ import annotations

from datetime import date, datetime

from tests.samples.sample import Merged, Row, Sample, by_key, xlsx

FIELDS = (
    *("ORDER_ID", "NIPNAS", "STANDARD_NAME", "ORDER_SUBTYPE", "SEGMEN", "SUB_SEGMEN", "CUST_WITEL", "SERVICE_WITEL"),
    *("LI_PRODUCT_NAME", "LI_MILESTONE", "LI_STATUS", "LI_STATUS_DATE", "BIAYA_PASANG", "HRG_BULANAN", "REVENUE"),
    *("ORDER_CREATED_DATE", "KATEGORI"),
)
BLANK = dict.fromkeys(map(str.lower, FIELDS))
CREATED = datetime.fromisoformat("2025-11-03T14:30")
CLEAN: tuple[Row, ...] = (
    FIELDS,
    (
        *("1002345678", "0048213", "PT Maju Bersama", "New Install", "Government Service", "Local Government"),
        *("JATIM TIMUR", "SURAMADU", "Astinet", "SYNC CUSTOMER COMPLETE", "In Progress", date(2025, 12, 31)),
        *(1500000, 750000.5, 10500000, CREATED, "IN PROCESS"),
    ),
    (
        *("1002345679", "0048214", "CV Sinar Terang", "Modify", "Business Service", None),
        *("JATIM BARAT", "MADIUN", "IP Transit", "BASO", "Complete", date(2026, 1, 2)),
        *(0, 750000, -250000.25, date(2025, 12, 1), "BILLING COMPLETED"),
    ),
    ("1002345680", None, "Dinas Kominfo", *[None] * 12, None, "REKON"),
)

UGLY: tuple[Row, ...] = (
    ("LAPORAN DIGITAL PRODUCT",),
    ("Periode: Desember 2025", None, None, date(2026, 1, 5)),
    (),
    (),
    (*[None] * 5, "LI STATUS", "Li Status Date", "BIAYA PASANG", "Hrg\xa0Bulanan", "revenue"),
    (
        *(1, "0012345", "PT Maju Bersama", "0048213", date(2025, 12, 1), "In Progress", 46022),
        *("Rp 1.500.000,-", "Rp 750.000,50", 10500000.5, "segera"),
    ),
    (
        *(2, 1002345679, " CV  Sinar ", 48214, "31-Des-2025", "Complete", "31/12/2025 10:20"),
        *("", "1.250.000", "(Rp 2.500,00)", None),
    ),
    (),
    (3, "0012346", "Bank Nusantara", "0048215", "31/02/2025", None, None, None, None, None, "?"),
    (4, "0012347", None, "0048216", "01/12/2025", None, None, "gratis", "Rp 10", 5, None),
    (5, "0012348", "Kopi Kita", None, "1 Agustus 2025", "Cancel", "05/01/26", "IDR 0", None, None, None),
    (6, "0012349", "Kopi Kami", None, "20251205", None, "2025-12-05 10:20:30", None, None, "75.000 IDR", None),
    (7, "0012350", "Kopi Kalian", None, "30/02/2025", None, None, None, None, None, None),
    (*[None] * 7, "Rp 1.500.000,-", "Rp 2.000.000,50", 10498000.5),
    ("Grand Total", *[None] * 6, 1500000, 2000000.5, 10498000.5),
)
MERGED: tuple[Merged, ...] = (
    (0, 0, 0, 10, "LAPORAN DIGITAL PRODUCT"),
    (3, 0, 4, 0, "No"),
    (3, 1, 4, 1, "Order ID"),
    (3, 2, 4, 2, "Standard\nName"),
    (3, 3, 4, 3, "nipnas"),
    (3, 4, 4, 4, "TGL. ORDER"),
    (3, 5, 3, 6, "STATUS"),
    (3, 7, 3, 9, "HARGA"),
    (3, 10, 4, 10, "KETERANGAN"),
    (13, 0, 13, 6, "TOTAL"),
)

SAMPLES = (
    Sample(
        "sos",
        "sos.xlsx",
        "as the system exports it",
        lambda: xlsx(CLEAN),
        good=by_key(
            "order_id",
            BLANK
            | {"order_id": "1002345678", "nipnas": "0048213", "standard_name": "PT Maju Bersama"}
            | {"order_subtype": "New Install", "segmen": "Government Service", "sub_segmen": "Local Government"}
            | {"cust_witel": "JATIM TIMUR", "service_witel": "SURAMADU", "li_product_name": "Astinet"}
            | {"li_milestone": "SYNC CUSTOMER COMPLETE", "li_status": "In Progress"}
            | {"li_status_date": "2025-12-31", "biaya_pasang": "1500000", "hrg_bulanan": "750000.5"}
            | {"revenue": "10500000", "order_created_date": "2025-11-03", "kategori": "IN PROCESS"},
            BLANK
            | {"order_id": "1002345679", "nipnas": "0048214", "standard_name": "CV Sinar Terang"}
            | {"order_subtype": "Modify", "segmen": "Business Service", "cust_witel": "JATIM BARAT"}
            | {"service_witel": "MADIUN", "li_product_name": "IP Transit", "li_milestone": "BASO"}
            | {"li_status": "Complete", "li_status_date": "2026-01-02", "biaya_pasang": "0"}
            | {"hrg_bulanan": "750000", "revenue": "-250000.25", "order_created_date": "2025-12-01"}
            | {"kategori": "BILLING COMPLETED"},
        ),
        rejected=[(4, "ORDER_CREATED_DATE", "is required")],
    ),
    Sample(
        "sos",
        "Laporan SOS Desember.xlsx",
        "titles, headers merged over two rows, dates and rupiah in every form, totals",
        lambda: xlsx(UGLY, MERGED),
        good=by_key(
            "order_id",
            BLANK
            | {"order_id": "0012345", "nipnas": "0048213", "standard_name": "PT Maju Bersama"}
            | {"li_status": "In Progress", "li_status_date": "2025-12-31", "biaya_pasang": "1500000"}
            | {"hrg_bulanan": "750000.5", "revenue": "10500000.5", "order_created_date": "2025-12-01"},
            BLANK
            | {"order_id": "1002345679", "nipnas": "48214", "standard_name": "CV  Sinar", "li_status": "Complete"}
            | {"li_status_date": "2025-12-31", "hrg_bulanan": "1250000", "revenue": "-2500"}
            | {"order_created_date": "2025-12-31"},
            BLANK
            | {"order_id": "0012348", "standard_name": "Kopi Kita", "li_status": "Cancel"}
            | {"li_status_date": "2026-01-05", "biaya_pasang": "0", "order_created_date": "2025-08-01"},
            BLANK
            | {"order_id": "0012349", "standard_name": "Kopi Kami", "li_status_date": "2025-12-05"}
            | {"revenue": "75000", "order_created_date": "2025-12-05"},
        ),
        rejected=[
            (9, "ORDER_CREATED_DATE", "is not a date of the calendar"),
            (10, "STANDARD_NAME", "is required"),
            (10, "BIAYA_PASANG", "is not a number, such as Rp 1.500.000"),
            (13, "ORDER_CREATED_DATE", "is not a date of the calendar"),
        ],
        ignored=2,
    ),
)
