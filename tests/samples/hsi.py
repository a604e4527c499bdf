"""Internet orders: as the system exports them, and as a spreadsheet program saved them after a person opened them."""

from __future__ import annotations

from tests.samples.sample import Row, Sample, by_key, text

FIELDS = (
    *("ORDER_ID", "REGIONAL", "WITEL", "DATEL", "STO", "JENISPSB", "TYPE_TRANS", "TYPE_LAYANAN", "STATUS_RESUME"),
    *("PROVIDER", "ORDER_DATE", "LAST_UPDATED_DATE", "NCLI", "POTS", "SPEEDY", "CUSTOMER_NAME", "CONTACT_HP"),
    *("INS_ADDRESS", "GPS_LATITUDE", "GPS_LONGITUDE"),
)
BLANK = dict.fromkeys(map(str.lower, FIELDS))
CLEAN: tuple[Row, ...] = (
    FIELDS,
    (
        *("0512345678", "5", "MADIUN", "PONOROGO", "PNG", "AO", "NEW SALES", "2P", "Completed (PS)", "DCS"),
        *("31/12/2025 10:20", "02-Jan-2026", "0056781234", "0352481234", "152312345678", "Siti Rahmawati"),
        *("081234567890", 'Jl. Diponegoro No. 17, "Pojok", Ponorogo', "-7,868212", "111,462013"),
    ),
    (
        *("0512345679", "5", "MADIUN", "NGAWI", "NWI", "MIGRATE", "NEW SALES", "3P", "Fallout (WFM)", "DCS"),
        *("2025-12-30 23:59:59", "", "0056781235", "", "152312345679", "Budi", "+62 812-0000-111"),
        *("", "-7.403561", "111.446350"),
    ),
    ("0512345680", "5", "", *[""] * 7, "31/12/2025", *[""] * 9),
)
UGLY: tuple[Row, ...] = (
    ("DATA ORDER HSI", *[""] * 9),
    ("Sumber: dashboard; dicetak 05/01/2026", *[""] * 9),
    [""] * 10,
    (
        *("No", "Nama\nPelanggan", "no. order", "witel ", "TGL ORDER", "No HP", "ND\xa0Internet", "Latitude"),
        *("LONGITUDE", "catatan"),
    ),
    (
        "1",
        "Café Délice",
        "0512345681",
        "MADIUN",
        "31-Des-2025",
        "'081234567890",
        "152312345678",
        "-7.868212",
        "111,46",
        "",
    ),
    ("2", "Ibu Sri", "0512345682", "KEDIRI", "46022", "0812-3456-7890", "1,52312E+11", "-7,8", "111,4", "dari WA"),
    [""] * 10,
    ("3", "Pak Joko", "0512345683", "MALANG", "1 Pebruari 2026", "", "", "-97,8", "211,4", ""),
    ("4", "Pak Made", "0512345684", "BALI", "05/01/26", "62812345678", "", "", "", "a;b"),
    ("5", "Pak Ketut", "0512345685", "BALI", "kemarin", "62812345678", "", "", "", ""),
    ("JUMLAH", "", "", "", "", "", "", "", "", "5 order"),
)

SAMPLES = (
    Sample(
        "hsi",
        "hsi.csv",
        "as the system exports it",
        lambda: text(CLEAN),
        good=by_key(
            "order_id",
            BLANK
            | {"order_id": "0512345678", "regional": "5", "witel": "MADIUN", "datel": "PONOROGO", "sto": "PNG"}
            | {"jenispsb": "AO", "type_trans": "NEW SALES", "type_layanan": "2P", "provider": "DCS"}
            | {"status_resume": "Completed (PS)", "order_date": "2025-12-31", "last_updated_date": "2026-01-02"}
            | {"ncli": "0056781234", "pots": "0352481234", "speedy": "152312345678"}
            | {"customer_name": "Siti Rahmawati", "contact_hp": "081234567890"}
            | {"ins_address": 'Jl. Diponegoro No. 17, "Pojok", Ponorogo'}
            | {"gps_latitude": "-7.868212", "gps_longitude": "111.462013"},
            BLANK
            | {"order_id": "0512345679", "regional": "5", "witel": "MADIUN", "datel": "NGAWI", "sto": "NWI"}
            | {"jenispsb": "MIGRATE", "type_trans": "NEW SALES", "type_layanan": "3P", "provider": "DCS"}
            | {"status_resume": "Fallout (WFM)", "order_date": "2025-12-30", "ncli": "0056781235"}
            | {"speedy": "152312345679", "customer_name": "Budi", "contact_hp": "+62 812-0000-111"}
            | {"gps_latitude": "-7.403561", "gps_longitude": "111.44635"},
        ),
        rejected=[(4, "WITEL", "is required")],
    ),
    Sample(
        "hsi",
        "Order HSI (1).csv",
        "semicolons and Windows-1252, headers over two lines, numbers that a spreadsheet shortened",
        lambda: text(UGLY, ";", "cp1252"),
        good=by_key(
            "order_id",
            BLANK
            | {"order_id": "0512345681", "customer_name": "Café Délice", "witel": "MADIUN"}
            | {"order_date": "2025-12-31", "contact_hp": "081234567890", "speedy": "152312345678"}
            | {"gps_latitude": "-7.868212", "gps_longitude": "111.46"},
            BLANK
            | {"order_id": "0512345684", "customer_name": "Pak Made", "witel": "BALI"}
            | {"order_date": "2026-01-05", "contact_hp": "62812345678"},
        ),
        rejected=[
            (
                6,
                "SPEEDY",
                "is a number that a program has shortened. Write it as text, with all digits, such as 152312345678",
            ),
            (8, "GPS_LATITUDE", "must be -90 or more"),
            (8, "GPS_LONGITUDE", "must be 180 or less"),
            (10, "ORDER_DATE", "is not a date, such as 31/12/2025 10:20"),
        ],
        ignored=1,
    ),
)
