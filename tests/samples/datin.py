"""Data lines: as the system exports them, and as Excel's format "Unicode text" writes them."""

from __future__ import annotations

from datetime import date

from tests.samples.sample import Row, Sample, by_key, text, xlsx

_SHORTENED = "is a number that a program has shortened. Write it as text, with all digits"
FIELDS = (
    *("ORDER_ID", "SID", "NIPNAS", "NAMA_PELANGGAN", "LAYANAN", "BANDWIDTH_MBPS", "WITEL_ASAL", "WITEL_TUJUAN"),
    *("STATUS", "TANGGAL_ORDER", "TANGGAL_AKTIVASI", "HARGA_BULANAN"),
)
BLANK = dict.fromkeys(map(str.lower, FIELDS))
CLEAN: tuple[Row, ...] = (
    FIELDS,
    (
        *("0200456789", "0004700001-0021234", "0048213", "Bank Nusantara", "VPN IP", 100, "JAKARTA PUSAT"),
        *("SURABAYA SELATAN", "AKTIF", date(2025, 11, 3), date(2025, 11, 28), 12500000),
    ),
    ("0200456790", None, None, "Koperasi Makmur", "Metro Ethernet", 0.5, *[None] * 5, 750000.5),
    ("0200456791", None, None, "Koperasi Makmur", None, -1, *[None] * 5, "gratis"),
)
UGLY: tuple[Row, ...] = (
    ("REKAP DATIN", *[""] * 8),
    [""] * 9,
    (
        "PELANGGAN",
        "Layanan",
        "sid",
        "No. Order",
        "BANDWIDTH\n(Mbps)",
        "TGL ORDER",
        "tgl aktivasi",
        "HRG BULANAN",
        "PIC",
    ),
    (
        *("Rumah Sakit “Sehat”", "Astinet", "0004700002", "0200456792", "1.024", "03/11/2025", "28-Nov-2025"),
        *("Rp 12.500.000", "Ani"),
    ),
    ("Café Kopi", "VPN IP", "0004700003", "0200456793", "0,5", "45964", "28/11/2025 08:00", "Rp750.000,50", ""),
    ("", "", "", "", "", "", "", "", ""),
    ("株式会社", "VPN IP", "4,7E+03", "0200456794", "2", "3 Nop 2025", "", "1.000.000,-", ""),
    ("Toko Buku", "VPN IP", "", "", "dua", "", "", "", "Budi"),
    ("Total", "", "", "", "1.026,5", "", "", "Rp 14.250.000,50", ""),
)

SAMPLES = (
    Sample(
        "datin",
        "datin.xlsx",
        "as the system exports it",
        lambda: xlsx(CLEAN),
        good=by_key(
            "order_id",
            BLANK
            | {"order_id": "0200456789", "sid": "0004700001-0021234", "nipnas": "0048213"}
            | {"nama_pelanggan": "Bank Nusantara", "layanan": "VPN IP", "bandwidth_mbps": "100"}
            | {"witel_asal": "JAKARTA PUSAT", "witel_tujuan": "SURABAYA SELATAN", "status": "AKTIF"}
            | {"tanggal_order": "2025-11-03", "tanggal_aktivasi": "2025-11-28", "harga_bulanan": "12500000"},
            BLANK
            | {"order_id": "0200456790", "nama_pelanggan": "Koperasi Makmur", "layanan": "Metro Ethernet"}
            | {"bandwidth_mbps": "0.5", "harga_bulanan": "750000.5"},
        ),
        rejected=[
            (4, "LAYANAN", "is required"),
            (4, "BANDWIDTH_MBPS", "must be 0 or more"),
            (4, "HARGA_BULANAN", "is not a number, such as Rp 12.500.000"),
        ],
    ),
    Sample(
        "datin",
        "Rekap Datin.txt",
        "tabs and UTF-16, other headers in another order, a total under the name",
        lambda: text(UGLY, "\t", "utf-16"),
        good=by_key(
            "order_id",
            BLANK
            | {"order_id": "0200456792", "sid": "0004700002", "nama_pelanggan": "Rumah Sakit “Sehat”"}
            | {"layanan": "Astinet", "bandwidth_mbps": "1024", "tanggal_order": "2025-11-03"}
            | {"tanggal_aktivasi": "2025-11-28", "harga_bulanan": "12500000"},
            BLANK
            | {"order_id": "0200456793", "sid": "0004700003", "nama_pelanggan": "Café Kopi"}
            | {"layanan": "VPN IP", "bandwidth_mbps": "0.5", "tanggal_order": "2025-11-03"}
            | {"tanggal_aktivasi": "2025-11-28", "harga_bulanan": "750000.5"},
        ),
        rejected=[
            (
                7,
                "SID",
                f"{_SHORTENED}, such as 0004700001-0021234",
            ),
            (8, "ORDER_ID", "is required"),
            (8, "BANDWIDTH_MBPS", "is not a number, such as 100"),
        ],
        ignored=1,
    ),
)
