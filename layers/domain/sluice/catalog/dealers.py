"""Dealers: small files whose upload waits for the result."""

from __future__ import annotations

from typing import Literal

from sluice import Flag, Importer, Row, column
from sluice.catalog.conventions import INTERNATIONAL
from sluice.catalog.people_titles import CITIES, COUNTRIES, EMAILS, PARTNER_NAMES, PARTNER_NUMBERS, PHONES, TIERS
from sluice.catalog.titles import ACTIVE_FLAGS


class Dealer(Row):
    """A dealer and how to reach them."""

    dealer_code: str = column(
        "Dealer Code",
        "Code",
        synonyms=PARTNER_NUMBERS,
        key=True,
        max_length=20,
        description="Our code of the dealer.",
        examples=["D-1001"],
    )
    name: str = column(
        "Name",
        "Dealer Name",
        synonyms=PARTNER_NAMES,
        max_length=200,
        description="Name of the business.",
        examples=["Autohaus Nord"],
    )
    email: str | None = column(
        "Email",
        "E-mail",
        "Mail",
        synonyms=EMAILS,
        default=None,
        max_length=254,
        pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
        form="an address, such as a@b.example",
        description="Where orders are confirmed.",
        examples=["a@b.example"],
    )
    phone: str | None = column(
        "Phone",
        "Telephone",
        "Phone Number",
        synonyms=PHONES,
        default=None,
        max_length=40,
        description="Telephone number.",
        examples=["+49 40 123456"],
    )
    city: str | None = column(
        "City",
        "Town",
        synonyms=CITIES,
        default=None,
        max_length=100,
        description="Town of the business.",
        examples=["Hamburg"],
    )
    country: str | None = column(
        "Country",
        synonyms=COUNTRIES,
        default=None,
        max_length=100,
        description="Country of the business.",
        examples=["Germany"],
    )
    tier: Literal["gold", "silver", "bronze"] | None = column(
        "Tier", "Level", synonyms=TIERS, default=None, description="What the dealer is granted.", examples=["gold"]
    )
    active: Flag = column(
        "Active", synonyms=ACTIVE_FLAGS, default=True, description="Whether the dealer is supplied.", examples=["yes"]
    )


dealers = Importer(
    "dealers",
    row=Dealer,
    dataset="dealers",
    title="Dealers",
    conventions=INTERNATIONAL,
    synchronous=True,
    chunk_rows=1_000,
    max_rows=10_000,
    max_bytes=20 * 1024**2,
    blanks="keep",  # lists of changes name only what is new of a dealer
)
