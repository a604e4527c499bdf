"""Products: parts with their prices and stock."""

from __future__ import annotations

from sluice import Currency, Date, Flag, Importer, Money, Row, Whole, column
from sluice.catalog.conventions import INTERNATIONAL
from sluice.catalog.titles import (
    ACTIVE_FLAGS,
    BRANDS,
    CATEGORIES,
    CURRENCIES,
    FREE_STOCKS,
    PART_NAMES,
    PART_NUMBERS,
    PRICES,
    STOCKS,
    SUPPLIERS,
    UPDATED_DAYS,
)


class Product(Row):
    """A part with its price and stock."""

    part_number: str = column(
        "Part Number",
        "Part No",
        "SKU",
        synonyms=PART_NUMBERS,
        key=True,
        max_length=40,
        description="The maker's number of the part.",
        examples=["AB-00123"],
    )
    description: str = column(
        "Description",
        "Name",
        synonyms=PART_NAMES,
        max_length=500,
        description="What the part is.",
        examples=["Oil filter"],
    )
    brand: str | None = column(
        "Brand", "Make", synonyms=BRANDS, default=None, max_length=80, description="Who makes it.", examples=["Bosch"]
    )
    category: str | None = column(
        "Category",
        "Group",
        synonyms=CATEGORIES,
        default=None,
        max_length=80,
        description="Group of the catalogue.",
        examples=["Filters"],
    )
    price: Money = column(
        "Price", "Unit Price", synonyms=PRICES, ge=0, description="Price of one part, without tax.", examples=["12.50"]
    )
    currency: Currency = column(
        "Currency",
        synonyms=CURRENCIES,
        default="EUR",
        form="three capital letters, such as EUR",
        description="Three letters of ISO 4217.",
        examples=["EUR"],
    )
    stock: Whole = column(
        "Stock",
        "Quantity",
        "Qty",
        synonyms=STOCKS,
        default=0,
        ge=0,
        description="Parts in the warehouse.",
        examples=[40],
    )
    free_stock: Whole = column(
        "Free Stock",
        "Available",
        synonyms=FREE_STOCKS,
        default=0,
        ge=0,
        description="Of those, the ones not yet ordered.",
        examples=[35],
    )
    supplier: str | None = column(
        "Supplier",
        "Vendor",
        synonyms=SUPPLIERS,
        default=None,
        max_length=120,
        description="Who delivers it.",
        examples=["Nordparts"],
    )
    updated: Date | None = column(
        "Updated",
        "Last Updated",
        synonyms=UPDATED_DAYS,
        default=None,
        description="Day from which price and stock hold.",
        examples=["2026-01-31"],
    )
    active: Flag = column(
        "Active",
        synonyms=(*ACTIVE_FLAGS, "State?", "Estado?", "Stato?", "Stav?", "État?"),
        default=True,
        description="Whether the part is sold.",
        examples=["yes"],
    )


products = Importer(
    "products",
    row=Product,
    dataset="products",
    title="Products",
    conventions=INTERNATIONAL,
    archive=True,
    blanks="keep",  # price lists leave blank what they have nothing to say about
)
