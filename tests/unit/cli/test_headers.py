"""The importer that the headers of a file suggest."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from sluice_cli.headers import Fit, fits, head
from tests.support.factories_files import packed, sheet_part, written_by_openpyxl, written_by_xlsxwriter

ROWS = [("Price list", None), ("Kode", "Harga (neto)"), ("A-1", "9.5")]


def column(title: str, *aliases: str, required: bool = True) -> dict[str, Any]:
    return {"field": title.lower(), "title": title, "aliases": list(aliases), "required": required, "key": False}


PRICES = {
    "name": "prices",
    "columns": [column("Code", "Kode"), column("Price", "Harga neto"), column("Note", required=False)],
}
STOCK = {"name": "stock", "columns": [column("Code", "Kode"), column("Stock")]}


def suggested(tmp_path: Path, content: bytes, name: str) -> list[Fit]:
    file = tmp_path / "input"
    file.write_bytes(content)
    return fits(file, name, [STOCK, PRICES])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "Price list\nKode,Harga (neto)\n"),
        ("a.CSV", "Kode;Harga (neto)\n"),
        ("a.tsv", "Kode\tHarga (neto)\n"),
        ("a.txt", "Kode|HARGA  NETO\n"),
        ("a.csv", "\ufeffKode,Harga (neto)\n"),
        ("a.csv", 'Kode,"Harga\n (neto)"\n'),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_text_file_fits_by_titles_and_aliases_in_any_case_and_punctuation(
    tmp_path: Path, name: str, content: str, encoding: str
) -> None:
    best, other = suggested(tmp_path, content.encode(encoding), name)
    assert (best.importer, best.matched, best.is_full) == ("prices", 2, True)
    assert (other.importer, other.missing, other.is_full) == ("stock", ("Stock",), False)


def test_compressed_text_is_read_whatever_its_name_says(tmp_path: Path) -> None:
    for name in ("a.csv", "a.csv.gz"):
        assert suggested(tmp_path, gzip.compress(b"Kode,Harga neto\n"), name)[0].importer == "prices"


@pytest.mark.parametrize(
    "content",
    [written_by_openpyxl(ROWS), written_by_xlsxwriter(ROWS), written_by_xlsxwriter(ROWS, inline=True)],
    ids=["shared", "shared too", "inline"],
)
def test_a_workbook_fits_by_the_rows_of_its_first_sheet(tmp_path: Path, content: bytes) -> None:
    assert suggested(tmp_path, content, "a.xlsx")[0].is_full


def test_a_header_of_no_importer_makes_a_fit_incomplete(tmp_path: Path) -> None:
    """A file with more columns may be meant for another importer."""
    best = suggested(tmp_path, b"Kode,Harga neto,Colour\n", "a.csv")[0]
    assert (best.unmatched, best.is_full) == (("Colour",), False)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xls", b"\xd0\xcf\x11\xe0"),
        ("a.xlsx", b"PK-not-really"),
        ("a.xlsx", b""),
        ("a.xlsx", packed({"xl/workbook.xml": "<workbook/>"})),
        ("a.xlsx", packed({"xl/worksheets/sheet1.xml": "<!DOCTYPE a [<!ENTITY b 'Kode'>]><worksheet/>"})),
        ("a.xlsx", packed({"xl/worksheets/sheet1.xml": "<worksheet"})),
        ("a.xlsx", packed({"xl/worksheets/sheet1.xml": sheet_part('<row r="1"><c t="s"><v>7</v></c></row>')})),
        ("a.csv", b""),
        ("a.csv", b"\x1f\x8b broken"),
        ("a", b"Kode,Harga neto\n"),
    ],
)
def test_nothing_is_suggested_for_a_file_that_is_not_read_here(tmp_path: Path, name: str, content: bytes) -> None:
    """The server says what is wrong with it."""
    assert suggested(tmp_path, content, name) == []


def test_only_the_first_rows_of_a_large_file_are_read(tmp_path: Path) -> None:
    file = tmp_path / "input"
    file.write_bytes(b"Kode,Harga\n" * 200_000)
    assert len(head(file, "a.csv")) == 20
