"""Network projects: as the system exports them, and in a workbook of Excel 97 that a person keeps."""

from __future__ import annotations

from datetime import date

from tests.samples.sample import Merged, Row, Sample, by_key, xls, xlsx

FIELDS = (
    *("ID_I_HLD", "WITEL", "REGION", "URAIAN_KEGIATAN", "BATCH_PROGRAM", "STATUS_PROYEK", "TANGGAL_MULAI"),
    *("TANGGAL_TARGET", "TANGGAL_GOLIVE", "TOTAL_PORT", "PORT_TERISI", "NILAI_BOQ", "MITRA"),
)
BLANK = dict.fromkeys(map(str.lower, FIELDS))
CLEAN: tuple[Row, ...] = (
    FIELDS,
    (
        *("0017734", "BALI", "REGIONAL 3", "PT2 SIMPLE ODP-UBN-FAB/015", "2025 - BATCH 3", "GO LIVE"),
        *(date(2025, 10, 1), date(2025, 12, 31), date(2025, 12, 15), 128, 45, 125750000, "PT Telkom Akses"),
    ),
    ("0017735", "BALI", "REGIONAL 3", "PT3 ODC-KUT-FBC", None, "DROP", *[None] * 3, 64, 0, 98250000.75, None),
    ("0017736", "BALI", "REGIONAL 3", "PT3 ODC-KUT-FBD", None, "DROP", *[None] * 3, 64.5, -1, None, None),
)
UGLY: tuple[Row, ...] = (
    ("DAFTAR PROYEK JARINGAN TAMBAHAN",),
    (),
    (),
    (*[None] * 3, "MULAI", "TGL TARGET", "tgl go live", "Total\nPort", "Port Terisi"),
    (
        *("0017737", "MALANG", "PT2 LAYUR", "01/10/2025", "31-Des-2025", date(2025, 12, 15), "1.024", 96.0),
        *("Rp 125.750.000,-", "PT Telkom Akses", 1),
    ),
    (
        *(17738.0, "MALANG", "PT2 SUHAT", 45931.0, "31 Desember 2025", "15/12/25", 64.0, "32"),
        *(98250000.75, None, 2),
    ),
    (),
    ("0017739", "MALANG", "PT2 DINOYO", None, "32/12/2025", None, "banyak", None, "Rp 5.000,--", "CV Karya", 3),
    ("0017740", None, "PT2 BATU", None, None, None, None, None, "Rp lima ribu", "CV Karya", 4),
    ("Jumlah", None, None, None, None, None, 1088.0, 128.0, "Rp 224.000.000,75"),
)
MERGED: tuple[Merged, ...] = (
    (2, 0, 3, 0, "id i-hld"),
    (2, 1, 3, 1, "Witel"),
    (2, 2, 3, 2, "Uraian Kegiatan"),
    (2, 3, 2, 5, "TANGGAL"),
    (2, 6, 2, 7, "PORT"),
    (2, 8, 3, 8, "NILAI BOQ"),
    (2, 9, 3, 9, "Nama Mitra"),
    (2, 10, 3, 10, "no. urut"),
)

SAMPLES = (
    Sample(
        "jt",
        "jt.xlsx",
        "as the system exports it",
        lambda: xlsx(CLEAN),
        good=by_key(
            "id_i_hld",
            BLANK
            | {"id_i_hld": "0017734", "witel": "BALI", "region": "REGIONAL 3", "mitra": "PT Telkom Akses"}
            | {"uraian_kegiatan": "PT2 SIMPLE ODP-UBN-FAB/015", "batch_program": "2025 - BATCH 3"}
            | {"status_proyek": "GO LIVE", "tanggal_mulai": "2025-10-01", "tanggal_target": "2025-12-31"}
            | {"tanggal_golive": "2025-12-15", "total_port": 128, "port_terisi": 45, "nilai_boq": "125750000"},
            BLANK
            | {"id_i_hld": "0017735", "witel": "BALI", "region": "REGIONAL 3"}
            | {"uraian_kegiatan": "PT3 ODC-KUT-FBC", "status_proyek": "DROP"}
            | {"total_port": 64, "port_terisi": 0, "nilai_boq": "98250000.75"},
        ),
        rejected=[(4, "TOTAL_PORT", "is not a whole number, such as 128"), (4, "PORT_TERISI", "must be 0 or more")],
    ),
    Sample(
        "jt",
        "Proyek JT.xls",
        "Excel 97, headers merged over two rows, dates and rupiah in every form, a total",
        lambda: xls(UGLY, MERGED),
        good=by_key(
            "id_i_hld",
            BLANK
            | {"id_i_hld": "0017737", "witel": "MALANG", "uraian_kegiatan": "PT2 LAYUR", "total_port": 1024}
            | {"tanggal_target": "2025-12-31", "tanggal_golive": "2025-12-15", "port_terisi": 96}
            | {"nilai_boq": "125750000", "mitra": "PT Telkom Akses"},
            BLANK
            | {"id_i_hld": "17738", "witel": "MALANG", "uraian_kegiatan": "PT2 SUHAT", "total_port": 64}
            | {"tanggal_target": "2025-12-31", "tanggal_golive": "2025-12-15", "port_terisi": 32}
            | {"nilai_boq": "98250000.75"},
        ),
        rejected=[
            (8, "TANGGAL_TARGET", "is not a date of the calendar"),
            (8, "TOTAL_PORT", "is not a number, such as 128"),
            (9, "WITEL", "is required"),
            (9, "NILAI_BOQ", "is not a number, such as Rp 125.750.000,-"),
        ],
        ignored=1,
    ),
)
