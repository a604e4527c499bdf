"""Files that leave one decision open, one for each kind that rows decide, and what is loaded by an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.factories import csv_file

TITLES = ("Part Number", "Description", "Price", "Updated")
#: Key of the row of the file that is remembered.
BEFORE = "P-0"


@dataclass(frozen=True)
class Asks:
    """A file that leaves one decision open, and what is loaded by an answer."""

    kind: str
    key: str
    rows: list[tuple[str, str]]  # price and day of each row
    answer: Any
    values: dict[str, str]  # of the column, by key: those that are loaded by the answer
    titles: tuple[str, ...] = TITLES
    column: str = "price"
    guards: dict[str, Any] = field(default_factory=dict)
    header_before: str = ""  # of the price, in a file that was imported before and is remembered
    file: bytes = b""  # in place of rows
    total: int | None = None  # rows that are read by the answer, if not all

    @property
    def body(self) -> bytes:
        rows = [(f"P-{n}", "Part", *cells) for n, cells in enumerate(self.rows, start=2)]
        return self.file or csv_file(rows, self.titles)

    @property
    def filename(self) -> str:
        return "a.xlsx" if self.file.startswith(b"PK") else "a.csv"

    @property
    def before(self) -> tuple[bytes, dict[str, Any]] | None:
        """The file that is remembered and the recipe that it is read by, if there is one."""
        if not self.header_before:
            return None
        titles = [self.header_before if title == self.titles[2] else title for title in self.titles]
        return csv_file([(BEFORE, "Part", "5", "")], titles), {"columns": {self.header_before: "price"}}

    @property
    def failure(self) -> str:
        """Type of the problem of a job that must not ask."""
        return "guard" if self.kind == "guard" else "question"

    @property
    def argument(self) -> str:
        """The answer on the command line."""
        if isinstance(self.answer, dict):
            ((name, value),) = self.answer.items()
            return f"{self.key}.{name}={value}"
        return f"{self.key}={self.answer}"

    def loaded(self, records: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        """Return the values of the column by key, less what was there before."""
        return {key: values[self.column] for key, values in records.items() if key != BEFORE}


MARK = Asks("decimal", "decimal.price", [("1.250", ""), ("2,5", ""), ("3.75", "")], ",", {"P-2": "1250", "P-3": "2.5"})
ORDER = Asks(
    "date_order",
    "date_order.updated",
    [("1", "03/04/2026"), ("1", "2026-05-06")],
    "mdy",
    {"P-2": "2026-03-04", "P-3": "2026-05-06"},
    column="updated",
)
MAPPING = Asks(
    "mapping",
    "columns",
    [("1", ""), ("2", "")],
    {"Quux": "price"},
    {"P-2": "1", "P-3": "2"},
    titles=(*TITLES[:2], "Quux", "Updated"),
)
DRIFT = Asks(
    "drift",
    "columns",
    [("1", ""), ("2", "")],
    {"Quux net": "price"},
    {"P-2": "1", "P-3": "2"},
    titles=(*TITLES[:2], "Quux net", "Updated"),
    header_before="Quux",
)
GUARD = Asks(
    "guard", "guard.max_rejected", [("1", ""), ("x", "")], "exceed", {"P-2": "1"}, guards={"max_rejected": 0.1}
)
OF_ROWS = [MARK, ORDER, MAPPING, DRIFT, GUARD]
