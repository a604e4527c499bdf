"""Programs that save an errors file, and the doors through which a file comes in."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from sluice.model.chunk import JobRef
from sluice.usecases.create import ImportRequest, accept_file
from sluice.usecases.downloads import ERRORS_CSV, ERRORS_XLSX
from tests.support.harness import Harness

Table = list[list[Any]]


def table_of(body: bytes) -> Table:
    """Read an errors file as Excel does; openpyxl leaves the escapes of ECMA-376 part 1, 22.9.2.19 in its texts."""

    def shown(cell: Any) -> Any:
        return re.sub("_x([0-9A-F]{4})_", lambda match: chr(int(match[1], 16)), cell) if isinstance(cell, str) else cell

    if body.startswith(b"PK"):
        rows = load_workbook(io.BytesIO(body)).worksheets[0].iter_rows(values_only=True)
        return [[shown(cell) for cell in row] for row in rows]
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def as_csv(table: Table, delimiter: str = ",") -> bytes:
    """Save a table as text."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(table)
    return out.getvalue().encode()


def as_xlsx(table: Table) -> bytes:
    """Save a table as a new workbook; text is text."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for row, cells in enumerate(table, 1):
        for column, cell in enumerate(cells, 1):
            written = sheet.cell(row, column)
            written.value = cell
            if isinstance(cell, str):
                written.value = re.sub("_(?=x[0-9a-fA-F]{4}_)", "_x005F_", cell).replace("\r", "_x000D_")
                written.data_type = "s"
    return saved(book)


def saved(book: Workbook) -> bytes:
    """Return the file of a workbook."""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def priced(table: Table) -> Table:
    """Mend the price of every row."""
    place = table[0].index("Price")
    return [table[0], *([*row[:place], "7.5", *row[place + 1 :]] for row in table[1:])]


def edited(body: bytes, price: str = "7.5") -> bytes:
    """Mend the prices of an errors workbook in place, as openpyxl does: styles and properties stay."""
    book = load_workbook(io.BytesIO(body))
    sheet = book.worksheets[0]
    place = [cell.value for cell in sheet[1]].index("Price") + 1
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, place).value = price
    return saved(book)


#: By name: the errors file to download, what saves it with the prices mended, and the name of the result.
PROGRAMS: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "xlsx, edited": (ERRORS_XLSX, edited, "errors.xlsx"),
    "xlsx, made anew": (ERRORS_XLSX, lambda body: as_xlsx(priced(table_of(body))), "mine.xlsx"),
    "xlsx, saved as csv": (ERRORS_XLSX, lambda body: as_csv(priced(table_of(body))), "mine.csv"),
    "csv, edited": (ERRORS_CSV, lambda body: as_csv(priced(table_of(body))), "errors.csv"),
    "csv, with semicolons": (ERRORS_CSV, lambda body: as_csv(priced(table_of(body)), ";"), "errors.csv"),
    "csv, saved as xlsx": (ERRORS_CSV, lambda body: as_xlsx(priced(table_of(body))), "mine.xlsx"),
}


def by_form(harness: Harness, body: bytes, name: str) -> JobRef:
    """Announce and upload, as console, dialog, command line and curl do."""
    return harness.upload(body, filename=name)


def by_body(harness: Harness, body: bytes, name: str) -> JobRef:
    """Send the file as the body of one call."""
    request = ImportRequest("acme", "ann", "products", name, len(body))
    job = accept_file(request, body, now=datetime.now(UTC), services=harness)
    harness.arrive(job.file.key)
    return job.ref


def by_folder(harness: Harness, body: bytes, name: str) -> JobRef:
    """Put the file into the drop folder."""
    key = f"incoming/acme/products/{name}"
    harness.files.write(key, body)
    job = harness.arrive(key)
    assert job is not None
    return job.ref


Door = Callable[[Harness, bytes, str], JobRef]
DOORS = [by_form, by_body, by_folder]
