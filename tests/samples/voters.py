"""Lists of voters: one that a branch exports, and one that a person keeps."""

from __future__ import annotations

from tests.samples.sample import Merged, Row, Sample, by_key, xls, xlsx

BLANK = dict.fromkeys(("id_number", "first_names", "surname", "cell", "ward"))
CLEAN: tuple[Row, ...] = (
    ("ID Number", "First Names", "Surname", "Cell", "Ward"),
    ("8001015009087", "Thandiwe Grace", "Mokoena", "0821234567", "79800001"),
    ("0501015009084", "Sipho", "van der Merwe", "+27 82 123 4567", None),
    ("8001015009088", "Nomsa", "Naidoo", None, None),
    (None, "Pieter", "Botha", "0831234567", "79800001"),
)
UGLY: tuple[Row, ...] = (
    (),
    (),
    ("no.", "SURNAME", "first name", "Identity\nNumber", "cell no.", "ward no"),
    (1, "MOKOENA", "Thandiwe", 8001015009087.0, 821234567.0, 79800002.0),
    (2, "Müller", None, 501015009084.0, None, None),
    (3, "Dlamini", " Lerato ", "920220 4720 083", "082 123 4567 / 011 123 4567", "2"),
    (4, "Khumalo", "Zanele", "asked, not known", None, None),
    (5, "Jacobs", "Johan", 80010150090.0, None, None),
    (),
    (6, "Molefe", "K" * 201, "8001015009087", None, None),
    ("Total: 6",),
)
MERGED: tuple[Merged, ...] = ((0, 0, 0, 5, "Wyk 79800002: lede"),)

SAMPLES = (
    Sample(
        "voters",
        "Ward 79800001.xlsx",
        "as a branch exports it; one ID number is mistyped, which is for the result to say",
        lambda: xlsx(CLEAN),
        good=by_key(
            "id_number",
            BLANK
            | {"id_number": "8001015009087", "first_names": "Thandiwe Grace", "surname": "Mokoena"}
            | {"cell": "0821234567", "ward": "79800001"},
            BLANK
            | {"id_number": "0501015009084", "first_names": "Sipho", "surname": "van der Merwe"}
            | {"cell": "+27 82 123 4567"},
            BLANK | {"id_number": "8001015009088", "first_names": "Nomsa", "surname": "Naidoo"},
        ),
        rejected=[(5, "ID Number", "is required")],
    ),
    Sample(
        "voters",
        "lede wyk 79800002 (finaal).xls",
        "Excel 97, ID numbers as numbers that have lost their zero, with gaps, and such as are none; a total",
        lambda: xls(UGLY, MERGED),
        good=by_key(
            "id_number",
            BLANK
            | {"id_number": "8001015009087", "first_names": "Thandiwe", "surname": "MOKOENA"}
            | {"cell": "821234567", "ward": "79800002"},
            BLANK | {"id_number": "0501015009084", "surname": "Müller"},
            BLANK
            | {"id_number": "9202204720083", "first_names": "Lerato", "surname": "Dlamini"}
            | {"cell": "082 123 4567 / 011 123 4567", "ward": "2"},
            BLANK | {"id_number": "asked, not known", "first_names": "Zanele", "surname": "Khumalo"},
            BLANK | {"id_number": "80010150090", "first_names": "Johan", "surname": "Jacobs"},
        ),
        rejected=[(10, "First Names", "is longer than 200 characters")],
        ignored=1,
    ),
)
