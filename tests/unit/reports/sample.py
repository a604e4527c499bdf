"""Rejected rows, reports of them as bytes, and an importer with a column of every kind."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import openpyxl
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sluice.catalog.conventions import INDONESIAN
from sluice.model.rejection import Rejection
from sluice.reports.csv_files import write_errors_csv
from sluice.reports.errors_workbook import write_errors_workbook
from sluice.reports.rejected_rows import RejectedRow
from sluice.schema.cell_types import Date, Digits, Flag, Money, Number, Whole
from sluice.schema.cells import Cell
from sluice.schema.importer import Importer, Row, column

PROVINCES = Literal[
    "Aceh", "Sumatera Utara", "Sumatera Barat", "Riau", "Jambi", "Sumatera Selatan", "Bengkulu", "Lampung",
    "Kepulauan Bangka Belitung", "Kepulauan Riau", "DKI Jakarta", "Jawa Barat", "Jawa Tengah", "DI Yogyakarta",
    "Jawa Timur", "Banten", "Bali", "Nusa Tenggara Barat", "Nusa Tenggara Timur", "Kalimantan Barat",
    "Kalimantan Tengah",
]  # fmt: skip


class Order(Row):
    """One column of every kind, with the constraints that importers use."""

    number: str = column(
        "Order Number", "Order", key=True, max_length=20, description="As on the form", examples=["O-1"]
    )
    fee: Money = column("Fee", "Biaya", ge=0, le=10**9, examples=["Rp 1.250.000,50"])
    weight: Number = column("Weight", default=0, gt=-1000, lt=1000, examples=["-12,5"])
    lines: Whole = column("Lines", default=1, ge=1, examples=[3])
    phone: Digits | None = column("Phone", default=None, min_length=3, max_length=15, examples=["0812345678"])
    ordered: Date | None = column("Ordered", default=None, examples=["31/01/2026"])
    active: Flag = column("Active", default=True, examples=["ya"])
    speed: Literal["slow", "fast, very"] = column("Speed", default="slow", examples=["slow"])
    province: PROVINCES | None = column("Province", default=None, examples=["Bali"])
    note: str | None = column("Note", default=None)


orders = Importer("orders", row=Order, dataset="orders", title="Orders", conventions=INDONESIAN)

TITLES = ["Part", "Price", "", "Stock"]
PLACES = {"Part": 0, "Price": 1, "Stock": 3}
JOB = "01M804BT7XG4DMECX7GXVETYTJ"


class Pipe:
    """Takes bytes and can do nothing else, like an upload."""

    def __init__(self) -> None:
        self.body = bytearray()
        self.longest = 0

    def write(self, data: bytes) -> int:
        """Take some bytes."""
        self.body += data
        self.longest = max(self.longest, len(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing, because no bytes wait."""


def rejected(number: int, cells: list[Cell], **reasons: str) -> RejectedRow:
    """Make a row that is rejected because of these columns; ``whole`` is the reason of the row as a whole."""
    found = [
        Rejection("Parts", number, None if title == "whole" else title, None, "custom", {"text": reason})
        for title, reason in reasons.items()
    ]
    return RejectedRow(number, cells, found)


def workbook_of(
    rows: Iterable[RejectedRow],
    titles: Sequence[str] = TITLES,
    places: Mapping[str, int] = PLACES,
    sheet: str = "Parts",
) -> bytes:
    """Write the errors workbook of these rows."""
    out = io.BytesIO()
    write_errors_workbook(out, job=JOB, sheets=[sheet], titles=titles, places=places, rows=rows)
    return out.getvalue()


def opened(file: bytes) -> Workbook:
    """Open a workbook with openpyxl."""
    return openpyxl.load_workbook(io.BytesIO(file))


def sheet_of(file: bytes) -> Worksheet:
    """Open the first sheet of a workbook with openpyxl."""
    return opened(file).worksheets[0]


def values_of(file: bytes) -> list[list[object]]:
    """Read the values of the first sheet, row by row."""
    return [list(row) for row in sheet_of(file).iter_rows(values_only=True)]


def csv_of(rows: Iterable[RejectedRow], titles: Sequence[str] = TITLES, places: Mapping[str, int] = PLACES) -> bytes:
    """Write the errors CSV of these rows."""
    out = io.BytesIO()
    write_errors_csv(out, job=JOB, sheets=[""], titles=titles, places=places, rows=rows)
    return out.getvalue()


def records_of(file: bytes) -> list[list[str]]:
    """Read the records of a CSV file."""
    return list(csv.reader(io.StringIO(file.decode("utf-8-sig"), newline="")))
