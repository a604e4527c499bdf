"""Lists of dealers: one that a program exports, one that a person keeps in a spreadsheet."""

from __future__ import annotations

from tests.samples.sample import Row, Sample, by_key, text

BLANK = {
    "dealer_code": None,
    "name": None,
    "email": None,
    "phone": None,
    "city": None,
    "country": None,
    "tier": None,
    "active": True,
}
CLEAN: tuple[Row, ...] = (
    ("Dealer Code", "Name", "Email", "Phone", "City", "Country", "Tier", "Active"),
    ("D-1001", "Autohaus Nord", "nord@dealers.example", "+49 40 123456", "Hamburg", "Germany", "gold", "yes"),
    ("D-1002", "Garage Sud", "sud@dealers.example", "0033491000000", "Marseille", "France", "silver", "no"),
    ("D-1003", "Bengkel Jaya", "", "0361 123456", "Denpasar", "Indonesia", "", ""),
    ("D-1004", "Nowhere", "no-one", "", "", "", "platinum", "yes"),
)
UGLY: tuple[Row, ...] = (
    ("Dealers of the north; as of January",),
    (),
    ("TELEPHONE", "active ?", "e-mail", "Level", "Dealer  Name", "CODE", "Contact", "Town"),
    ("0401234567", "ya", "mueller@dealers.example", " Gold ", "Müller & Söhne", "007", "Frau Weiß", "Köln"),
    ("08-15/4711", "TIDAK", "", "SILVER", "Café «Au Garage»", "008", "", "Liège"),
    ("", "", "", "", "", "", "", ""),
    ("0401234568", "1", "ann(at)dealers.example", "gold", 'Ann\'s; "Best"', "009", "", ""),
    ("", "1", "", "", "", "010", "", ""),
    ("", "", "", "", "Summe", "", "", ""),
)

SAMPLES = (
    Sample(
        "dealers",
        "dealers.csv",
        "as the template has it",
        lambda: text(CLEAN),
        good=by_key(
            "dealer_code",
            BLANK
            | {"dealer_code": "D-1001", "name": "Autohaus Nord", "email": "nord@dealers.example"}
            | {"phone": "+49 40 123456", "city": "Hamburg", "country": "Germany", "tier": "gold"},
            BLANK
            | {"dealer_code": "D-1002", "name": "Garage Sud", "email": "sud@dealers.example"}
            | {"phone": "0033491000000", "city": "Marseille", "country": "France", "tier": "silver"}
            | {"active": False},
            BLANK
            | {"dealer_code": "D-1003", "name": "Bengkel Jaya", "phone": "0361 123456"}
            | {"city": "Denpasar", "country": "Indonesia"},
        ),
        rejected=[
            (5, "Email", "must be an address, such as a@b.example"),
            (5, "Tier", "must be one of 'gold', 'silver' or 'bronze'"),
        ],
    ),
    Sample(
        "dealers",
        "Händler.csv",
        "semicolons and Windows-1252, a title above, tiers in capitals, codes with leading zeros",
        lambda: text(UGLY, ";", "cp1252"),
        good=by_key(
            "dealer_code",
            BLANK
            | {"dealer_code": "007", "name": "Müller & Söhne", "email": "mueller@dealers.example"}
            | {"phone": "0401234567", "city": "Köln", "tier": "gold"},
            BLANK
            | {"dealer_code": "008", "name": "Café «Au Garage»", "phone": "08-15/4711", "city": "Liège"}
            | {"tier": "silver", "active": False},
        ),
        rejected=[(7, "Email", "must be an address, such as a@b.example"), (8, "Name", "is required")],
        ignored=1,
    ),
)
