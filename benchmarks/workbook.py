"""Writes the files of the demo and the benchmarks: parts with prices and stock, some rows wrong; .xlsx or .csv."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Final

import xlsxwriter

HEADER: Final = (
    "Part Number",
    "Description",
    "Brand",
    "Category",
    "Price",
    "Currency",
    "Stock",
    "Free Stock",
    "Supplier",
    "Updated",
)
#: Columns of a price list: the key, and two that change.
PRICES: Final = ("Part Number", "Price", "Stock")
#: Wrong values by column.
FAULTS: Final[Mapping[str, object]] = {
    "Price": -1,
    "Stock": "many",
    "Updated": "yesterday",
    "Currency": "EU",
    "Part Number": None,
}

_BRANDS = ("Bosch", "Brembo", "Denso", "Hella", "Mahle", "NGK", "SKF", "Valeo")
_CATEGORIES = ("Brakes", "Cooling", "Electrics", "Engine", "Filters", "Lighting", "Suspension")
_NOUNS = ("bearing", "belt", "bulb", "caliper", "filter", "gasket", "hose", "pad", "pump", "sensor")
_CURRENCIES = ("EUR", "IDR", "USD")
_SUPPLIERS = tuple(f"Supplier {number:03}" for number in range(120))
_FIRST_DAY = date(2025, 1, 1)


def product(index: int, seed: int = 0) -> list[object]:
    """Return the values of a row in the order of `HEADER`; they depend on index and seed alone."""
    random = Random(seed * 1_000_003 + index)
    stock = random.randrange(1000)
    return [
        f"P-{index:07}",
        f"{random.choice(_BRANDS)} {random.choice(_NOUNS)} {index:07}",
        random.choice(_BRANDS),
        random.choice(_CATEGORIES),
        random.randrange(100, 100_000) / 100,
        random.choice(_CURRENCIES),
        stock,
        random.randrange(stock + 1),
        random.choice(_SUPPLIERS),
        _FIRST_DAY + timedelta(days=random.randrange(365)),
    ]


def write_products(
    path: Path,
    rows: int,
    *,
    wrong: Mapping[int, str] | None = None,
    changed: Collection[int] = (),
    columns: Sequence[str] = HEADER,
    seed: int = 0,
) -> None:
    """Write a file of products: a workbook with shared strings, as spreadsheet programs do, or CSV in UTF-8.

    Parameters
    ----------
    path
        The .xlsx or .csv file to write.
    rows
        Rows below the header. 700,000 of a workbook take about 90 seconds and 1 GB of memory, because XlsxWriter keeps
        the shared strings.
    wrong
        Row number in the sheet (the header is 1) to its wrong column, one of `FAULTS`.
    changed
        Row numbers whose price is higher by one, as in a later delivery of the same file.
    columns
        Columns to write, in the order of `HEADER`.
    seed
        Seed of the values; part numbers do not depend on it.

    Raises
    ------
    ValueError
        When `wrong` names a column without a fault, or a row outside the sheet.
    """
    lines = _lines(rows, wrong or {}, changed, columns, seed)
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(lines)
        return
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("Products")
    for place, line in enumerate(lines):
        sheet.write_row(place, 0, line)
    book.close()


def _lines(
    rows: int, faults: Mapping[int, str], changed: Collection[int], columns: Sequence[str], seed: int
) -> Iterator[Sequence[object]]:
    """Yield the header and the rows."""
    if unknown := [column for column in faults.values() if column not in FAULTS]:
        raise ValueError(f"column {unknown[0]!r} has no fault; choose from {', '.join(FAULTS)}")
    if outside := [row for row in faults if not 2 <= row <= rows + 1]:
        raise ValueError(f"row {outside[0]} is not below the header")
    places = [HEADER.index(column) for column in columns]
    yield columns
    for index in range(rows):
        number = index + 2
        values = product(index, seed)
        if number in changed:
            values[4] = round(float(str(values[4])) + 1, 2)
        if number in faults:
            values[HEADER.index(faults[number])] = FAULTS[faults[number]]
        yield [values[place] for place in places]


def spread(count: int, rows: int) -> list[int]:
    """Choose ``count`` row numbers of the sheet at even distances."""
    return [2 + (2 * index + 1) * rows // (2 * count) for index in range(count)]


def wrong_rows(count: int, rows: int) -> dict[int, str]:
    """Choose ``count`` wrong rows at even distances, each with the next column that can be wrong."""
    columns = list(FAULTS)
    return {row: columns[at % len(columns)] for at, row in enumerate(spread(count, rows))}


def main() -> None:
    """Write the file that the arguments describe."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.workbook", description=__doc__)
    parser.add_argument("path", type=Path, help="the .xlsx or .csv file to write")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--wrong", type=int, default=0, help="how many rows are wrong, spread over the file")
    parser.add_argument("--changed", type=int, default=0, help="how many rows have another price")
    parser.add_argument("--prices", action="store_true", help=f"write {', '.join(PRICES)} alone")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    columns = PRICES if options.prices else HEADER
    wrong, changed = wrong_rows(options.wrong, options.rows), frozenset(spread(options.changed, options.rows))
    write_products(options.path, options.rows, wrong=wrong, changed=changed, columns=columns, seed=options.seed)


if __name__ == "__main__":
    main()
