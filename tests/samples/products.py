"""Price lists: an English one, a European one that is edited by hand, and an American one."""

from __future__ import annotations

from datetime import date

from tests.samples.sample import Row, Sample, by_key, text, xlsx

BLANK = {
    "part_number": None,
    "description": None,
    "brand": None,
    "category": None,
    "price": None,
    "currency": "EUR",
    "stock": 0,
    "free_stock": 0,
    "supplier": None,
    "updated": None,
    "active": True,
}
DOLLARS = BLANK | {"currency": "USD"}
HEADER = (
    *("Part Number", "Description", "Brand", "Category", "Price", "Currency", "Stock", "Free Stock", "Supplier"),
    *("Updated", "Active"),
)
CLEAN: tuple[Row, ...] = (
    HEADER,
    ("AB-00123", "Oil filter", "Bosch", "Filters", 12.5, "EUR", 40, 35, "Nordparts", date(2026, 1, 31), "yes"),
    ("0004711", "Brake pad", "Brembo", "Brakes", 89.9, "USD", 12, 0, "Nordparts", date(2026, 2, 3), "no"),
    ("AB-00124", "Air filter", None, None, 0, None, None, None, None, None, None),
    ("AB-00125", "Cabin filter", "Bosch", "Filters", -1, "EUR", 1, 1, "Nordparts", date(2026, 1, 31), "yes"),
)

UGLY: tuple[Row, ...] = (
    ("Price list of Nordparts",),
    ("As of", date(2026, 2, 1)),
    (),
    ("No.", "STOCK", "part_no", "Unit\nPrice", "NAME", "Last\xa0Updated", "Brand ", "Shelf", "ACTIVE?", "curr."),
    (1, "1,200", "0000815", "€ 1,234.50", "Gearbox", "31/12/2025", "ZF", "A1", "Y", "x"),
    (2, 7.0, 4711.0, "(0.00)", "Screw", "03/04/2026", "Würth", "A2", "x", "x"),
    (),
    (3, None, "TOTAL-9000", 49.9, "Total quartz 9000", date(2026, 1, 5), "Total", "B7", "active", "x"),
    (4, 5, "'0042", "12.50 EUR", "Belt", 46053, None, None, "0", "x"),
    (5, 5, "M-1", "12.50", "Hose", "2026-01-31 10:20:30", None, None, None, "x"),
    (6, 5, "M-2", "12.50.0", "Pump", "3 Feb 2026", None, None, None, "x"),
    (7, "many", None, 10, "Pump", "31/12/25", None, None, "perhaps", "x"),
    ("Sub-Total:", 24, None, 1359.4),
    ("Grand Total", 24, None, 1359.4),
)

AMERICAN: tuple[Row, ...] = (
    ("SKU", "Name", "Price", "Currency", "Updated"),
    ("US-1", "Bulb", "$1,250.00", "USD", "12/31/2025"),
    ("US-2", "Fuse", "$0.99", "USD", "03/04/2026"),
    ("US-3", "Horn", "$15", "USD", "3/4/26 5:00 PM"),
    ("US-4", "Lamp", "$15", "USD", "04-Mar-2026"),
    ("US-5", "Lens", "$15", "USD", "13/13/2026"),
    ("US-6", "Belt", "$15", "EUR", "12/31/2025"),
)

SAMPLES = (
    Sample(
        "products",
        "products.xlsx",
        "as the template has it",
        lambda: xlsx(CLEAN),
        good=by_key(
            "part_number",
            BLANK
            | {"part_number": "AB-00123", "description": "Oil filter", "brand": "Bosch", "category": "Filters"}
            | {"price": "12.5", "stock": 40, "free_stock": 35, "supplier": "Nordparts", "updated": "2026-01-31"},
            BLANK
            | {"part_number": "0004711", "description": "Brake pad", "brand": "Brembo", "category": "Brakes"}
            | {"price": "89.9", "currency": "USD", "stock": 12, "supplier": "Nordparts", "updated": "2026-02-03"}
            | {"active": False},
            BLANK | {"part_number": "AB-00124", "description": "Air filter", "price": "0"},
        ),
        rejected=[(5, "Price", "must be 0 or more")],
    ),
    Sample(
        "products",
        "price list.xlsx",
        "titles above, columns in another order and further ones, totals, and dates that prove to be day first",
        lambda: xlsx(UGLY),
        good=by_key(
            "part_number",
            BLANK
            | {"part_number": "0000815", "description": "Gearbox", "brand": "ZF", "price": "1234.5"}
            | {"stock": 1200, "updated": "2025-12-31"},
            BLANK
            | {"part_number": "4711", "description": "Screw", "brand": "Würth", "price": "0", "stock": 7}
            | {"updated": "2026-04-03"},
            BLANK
            | {"part_number": "TOTAL-9000", "description": "Total quartz 9000", "brand": "Total"}
            | {"price": "49.9", "updated": "2026-01-05"},
            BLANK
            | {"part_number": "0042", "description": "Belt", "price": "12.5", "stock": 5}
            | {"updated": "2026-01-31", "active": False},
            BLANK | {"part_number": "M-1", "description": "Hose", "price": "12.5", "stock": 5, "updated": "2026-01-31"},
        ),
        rejected=[
            (11, "Price", "is not a number, such as 12.50"),
            (12, "Part Number", "is required"),
            (12, "Stock", "is not a number, such as 40"),
            (12, "Active", "must be yes or no, such as yes, no, 1 or 0"),
        ],
        ignored=2,
    ),
    Sample(
        "products",
        "us-parts.csv",
        "dates that prove to be month first",
        lambda: text(AMERICAN, encoding="utf-8-sig"),
        good=by_key(
            "part_number",
            DOLLARS | {"part_number": "US-1", "description": "Bulb", "price": "1250", "updated": "2025-12-31"},
            DOLLARS | {"part_number": "US-2", "description": "Fuse", "price": "0.99", "updated": "2026-03-04"},
            DOLLARS | {"part_number": "US-3", "description": "Horn", "price": "15", "updated": "2026-03-04"},
            DOLLARS | {"part_number": "US-4", "description": "Lamp", "price": "15", "updated": "2026-03-04"},
        ),
        rejected=[
            (6, "Updated", "is not a date of the calendar"),
            (
                *(7, "Price"),
                "is in $, and its row is in EUR. Write the amount in EUR, or say the row's currency",
            ),
        ],
    ),
)
