"""The parts catalogue."""

from __future__ import annotations

from sluice.rows.celltypes import Date, Flag, Money, Whole
from sluice.rows.column import column
from sluice.rows.importer import Importer
from sluice.rows.row import Row


class Product(Row):
    """A part with its price and stock."""

    part_number: str = column("Part Number", "Part No", "SKU", key=True, max_length=40, examples=["AB-00123"])
    description: str = column("Description", "Name", max_length=500, examples=["Oil filter"])
    brand: str | None = column("Brand", "Make", default=None, max_length=80, examples=["Bosch"])
    category: str | None = column("Category", "Group", default=None, max_length=80, examples=["Filters"])
    price: Money = column("Price", "Unit Price", ge=0, examples=["12.50"])
    currency: str = column("Currency", default="EUR", pattern="^[A-Z]{3}$", examples=["EUR"])
    stock: Whole = column("Stock", "Quantity", "Qty", default=0, ge=0, examples=[40])
    free_stock: Whole = column("Free Stock", "Available", default=0, ge=0, examples=[35])
    supplier: str | None = column("Supplier", "Vendor", default=None, max_length=120, examples=["Nordparts"])
    updated: Date | None = column("Updated", "Last Updated", default=None, examples=["2026-01-31"])
    active: Flag = column("Active", default=True, examples=["yes"])


products = Importer("products", row=Product, dataset="products", title="Products", archive=True)
