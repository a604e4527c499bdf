"""Suggesting an importer: the headers of a file beside the columns of each importer.

A suggestion only; the server reads the file by rules of its own, and never learns what was read here.
"""

import csv
import gzip
import io
import itertools
import re
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

_ROWS: Final = 20
"""First rows of a file among which the header is looked for."""
_SHEETS: Final = 20
"""Sheets of a workbook that are searched."""
_BYTES: Final = 256 * 1024
"""Bytes of a text file that are read."""
_XML_BYTES: Final = 16 * 1024 * 1024
"""Bytes of a part of a workbook that are inflated at most."""
_MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_BOMS: Final = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


@dataclass(frozen=True)
class Fit:
    """How well a row of a file fits an importer."""

    importer: str
    matched: int
    missing: tuple[str, ...]
    unmatched: tuple[str, ...]

    @property
    def is_full(self) -> bool:
        """Whether all required columns are there, and every header is one of the importer."""
        return self.matched > 0 and not self.missing and not self.unmatched


def fits(file: Path, name: str, importers: Sequence[Mapping[str, Any]]) -> list[Fit]:
    """Return the importers that a file may be for, the best first; none if its first rows cannot be read here."""
    rows = head(file, name)
    best = (max((_fit(row, each) for row in rows), key=_rank) for each in importers) if rows else iter(())
    return sorted((fit for fit in best if fit.matched), key=_rank, reverse=True)


def corrected_job(file: Path, name: str) -> str | None:
    """Return the id of the job that an errors file names; none for another file. The server looks for itself."""
    rows = head(file, name)
    for at, row in enumerate(rows):
        if {"Original row", "Original job"} <= set(row):
            place = row.index("Original job")
            ids = (below[place].lstrip("'") for below in rows[at + 1 :] if place < len(below))
            return next((each for each in ids if re.fullmatch("[0-9A-Z]{26}", each)), None)
    return None


def head(file: Path, name: str) -> list[list[str]]:
    """Return the first rows of a file as texts; none for a format that is not read here, or a damaged file."""
    kind = name.lower().removesuffix(".gz").rpartition(".")[2]
    try:
        if kind == "xlsx":
            return list(_workbook_rows(file))
        return _text_rows(file) if kind in {"csv", "tsv", "txt"} else []
    except (OSError, EOFError, ValueError, KeyError, csv.Error, zipfile.BadZipFile, ElementTree.ParseError):
        return []


def _rank(fit: Fit) -> tuple[bool, int, int, int]:
    return not fit.missing, fit.matched, -len(fit.missing), -len(fit.unmatched)


def _fit(row: Sequence[str], importer: Mapping[str, Any]) -> Fit:
    fields = {
        _normal(title): column["field"]
        for column in importer["columns"]
        for title in (column["title"], *column["aliases"])
    }
    headers = [text.strip() for text in row if text.strip()]
    found = {fields[_normal(text)] for text in headers if _normal(text) in fields}
    missing = [column["title"] for column in importer["columns"] if column["required"] and column["field"] not in found]
    unmatched = [text for text in headers if _normal(text) not in fields]
    return Fit(importer["name"], len(found), tuple(missing), tuple(unmatched))


def _normal(title: str) -> str:
    """Reduce a header to letters and digits, without case or accents, as the server does."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", title).casefold() if letter.isalnum())


def _text_rows(file: Path) -> list[list[str]]:
    with file.open("rb") as raw:
        zipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        start = gzip.GzipFile(fileobj=raw).read(_BYTES) if zipped else raw.read(_BYTES)
    encoding = next((name for mark, name in _BOMS.items() if start.startswith(mark)), "utf-8")
    lines = start.decode(encoding, errors="replace").splitlines()[:_ROWS]
    delimiter = max(",;\t|", key=lambda each: max((line.count(each) for line in lines), default=0))
    return list(csv.reader(lines, delimiter=delimiter))


def _workbook_rows(file: Path) -> Iterator[list[str]]:
    """Yield the first rows of each sheet; shared strings are read as far as the rows need them."""
    with zipfile.ZipFile(file) as book:
        sheets = sorted(name for name in book.namelist() if name.startswith("xl/worksheets/sheet"))
        rows = [row for sheet in sheets[:_SHEETS] for row in itertools.islice(_elements(book, sheet, "row"), _ROWS)]
        wanted = {int(value.text or 0) for row in rows for value in row.iterfind(f"{_MAIN}c[@t='s']/{_MAIN}v")}
        shared: list[str] = []
        if wanted:
            strings = itertools.islice(_elements(book, "xl/sharedStrings.xml", "si"), max(wanted) + 1)
            shared = ["".join(text.text or "" for text in each.iter(f"{_MAIN}t")) for each in strings]
    for row in rows:
        yield [_cell(cell, shared) for cell in row.iterfind(f"{_MAIN}c")]


def _elements(book: zipfile.ZipFile, part: str, tag: str) -> Iterator[ElementTree.Element]:
    """Yield the elements of a part; only the first bytes are inflated, and entities are never declared."""
    with book.open(part) as opened:
        content = opened.read(_XML_BYTES)
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise ValueError("the XML declares entities")
    for _, element in ElementTree.iterparse(io.BytesIO(content)):  # noqa: S314 - declarations are rejected above
        if element.tag == f"{_MAIN}{tag}":
            yield element


def _cell(cell: ElementTree.Element, shared: Sequence[str]) -> str:
    if cell.get("t") == "inlineStr":
        return "".join(text.text or "" for text in cell.iter(f"{_MAIN}t"))
    value = cell.findtext(f"{_MAIN}v") or ""
    return shared[int(value)] if cell.get("t") == "s" else value
