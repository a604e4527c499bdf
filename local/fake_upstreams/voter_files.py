"""Sample files of voters to look up, as a party's branch hands them in."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import xlsxwriter

from local.fake_upstreams.voters import KINDS, WARD, id_number, invalid_id_number

HEADERS: Final = ("ID Number", "First Names", "Surname", "Cell", "Ward")

Line = tuple[str, str, str, str, str]

_FIRST_NAMES = ("Thandiwe", "Sipho", "Nomsa", "Pieter", "Lerato", "Fatima", "Johan", "Zanele", "Kagiso", "Anita Maria")
_SURNAMES = ("Nkosi", "Dlamini", "van der Merwe", "Naidoo", "Botha", "Mokoena", "Khumalo", "Jacobs", "Molefe")


def voter_rows(count: int, *, first: int = 0, invalid_every: int = 20) -> Iterator[Line]:
    """Generate the rows of a file, under `HEADERS`; their ID numbers are unique, and one in seven has no ward.

    Parameters
    ----------
    first
        Number of the first row; files share no ID number if they share no row number.
    invalid_every
        One row in this many has an invalid ID number, each of the `KINDS` in turn; 0: none.
    """
    for number in range(first, first + count):
        wrong = bool(invalid_every) and (number + 1) % invalid_every == 0
        key = invalid_id_number(KINDS[number // invalid_every % len(KINDS)], number) if wrong else id_number(number)
        first_names, surname = _FIRST_NAMES[number % len(_FIRST_NAMES)], _SURNAMES[number % len(_SURNAMES)]
        yield key, first_names, surname, f"082{number * 7_919 % 10**7:07}", "" if number % 7 == 6 else WARD


def write_csv(path: Path, lines: Iterable[Line]) -> None:
    """Write rows under `HEADERS` into a CSV file in UTF-8."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADERS, *lines])


def write_workbook(path: Path, lines: Iterable[Line]) -> None:
    """Write rows under `HEADERS` into a workbook of one sheet, all cells as text; empty ones are not written."""
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Voters")
        for row, line in enumerate([HEADERS, *lines]):
            for column, text in enumerate(line):
                if text:
                    sheet.write_string(row, column, text)
