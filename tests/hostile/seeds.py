"""The files that are mutated: at least twenty of each format, small, by many writers."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, Final

import xlwt

from tests.reading import biff
from tests.reading.made import (
    ACCENTS,
    ERRORS,
    SCRIPTS,
    TEXTS,
    TYPED,
    as_ods,
    as_text,
    as_xls,
    as_xml,
    ods_document,
    ods_table,
    table_of,
    texts,
    workbooks,
)
from tests.support.factories_files import sheet_part, strings_part, workbook, written_by_openpyxl, written_by_xlsxwriter

FORMATS: Final = ("csv", "gz", "xlsx", "xls", "ods")
_TIME: Final = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
HEAD: Final = ("Part Number", "Description", "Price", "Stock", "Brand", "Updated")


def _products(rows: int, *more: Any) -> list[list[Any]]:
    cells = [[f"P-{row}", f"Filter {row}", row + 0.5, row, "Bosch", date(2025, 1, 1 + row % 28)] for row in range(rows)]
    return [list(HEAD), *cells, *([f"P-x{at}", "odd", 1, 2, value, None] for at, value in enumerate(more))]


def _texts(rows: int) -> list[list[str]]:
    return [["" if cell is None else str(cell) for cell in row] for row in _products(rows, *ACCENTS)]


@cache
def seeds(form: str) -> tuple[bytes, ...]:
    """Return the seed files of a format; the same ones in the same order each time."""
    made = {"csv": _csv, "gz": _gz, "xlsx": _xlsx, "xls": _xls, "ods": _ods}[form]()
    return tuple(_without_times(body) if form in {"xlsx", "ods"} else body for body in made)


def _without_times(body: bytes) -> bytes:
    """Pack an archive anew, so that its bytes are the same at all times."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name), _TIME.sub(b"2025-01-01T00:00:00Z", part), zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _csv() -> Iterator[bytes]:
    yield from (body for name, body in texts() if not name.endswith(".gz"))
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252"):
        for delimiter in (",", ";", "\t", "|"):
            yield as_text(_texts(30), encoding, delimiter)
    yield as_text(_texts(40)).replace(b"\r\n", b"\n")


def _gz() -> Iterator[bytes]:
    yield from (gzip.compress(body, mtime=0) for body in _csv())


def _xlsx() -> Iterator[bytes]:
    yield from (body for name, body in workbooks() if name.endswith(".xlsx"))
    for rows in (1, 7, 20, 60):
        yield written_by_openpyxl(_products(rows, *ACCENTS))
        yield written_by_xlsxwriter(_products(rows, *SCRIPTS))
        yield written_by_xlsxwriter(_products(rows), inline=True)
        yield as_xml([row[:5] for row in _products(rows, *ACCENTS)])
    strings = strings_part(
        *(f"<si><t>{title}</t></si>" for title in HEAD), "<si><r><t>rich</t></r><r><t> x</t></r></si>"
    )
    head = "".join(f'<c r="{"ABCDEF"[at]}1" t="s"><v>{at}</v></c>' for at in range(6))
    shared = '<c r="A{0}" t="s"><v>6</v></c><c r="B{0}" t="s"><v>1</v></c><c r="C{0}" s="1"><v>45000</v></c>'
    body = "".join(f'<row r="{row}" hidden="1">{shared.format(row)}</row>' for row in range(2, 12))
    for date1904 in (False, True):
        yield workbook({"Data": sheet_part(f'<row r="1">{head}</row>{body}')}, strings, date1904=date1904)
    formulas = (
        '<c r="A{0}" t="str"><f>1+1</f><v>F-{0}</v></c><c r="C{0}"><f>C1</f></c><c r="D{0}" t="e"><v>#N/A</v></c>'
    )
    body = "".join(f'<row r="{row}">{formulas.format(row)}</row>' for row in range(2, 9))
    yield workbook({"Data": sheet_part(f'<row r="1">{head}</row>{body}'), "More": sheet_part(body)}, strings)


def _xls() -> Iterator[bytes]:
    yield from (body for name, body in workbooks() if name.endswith(".xls"))
    for rows in (1, 20, 60):
        yield as_xls(_products(rows, *ACCENTS))
        yield as_xls(_products(rows, *SCRIPTS), since_1904=True)
        yield as_xls(_products(rows, *ERRORS), code_page=1252)
        yield as_xls(_products(rows, timedelta(hours=30), time(6, 30), datetime(2025, 3, 1, 13)))  # noqa: DTZ001
    yield as_xls(_products(5, *(xlwt.Formula(f"A{row}+1") for row in range(1, 9))))
    yield as_xls([[*HEAD, *range(60)], *_products(9)])
    label = [biff.label(0, at, title, wide=bool(at % 2)) for at, title in enumerate(HEAD)]
    cells = [
        cell
        for row in range(1, 12)
        for cell in (biff.label(row, 0, f"P-{row}"), biff.label(row, 1, "Filter"), biff.number(row, 2, row / 3))
    ]
    yield biff.workbook_of(*label, *cells)
    yield biff.workbook_of(*label, *cells, *(biff.formula(row, 4, "text " * 50, piece=40) for row in range(1, 9)))
    yield biff.workbook_of(*label, *cells, biff.record(biff.UNCALCED), biff.formula(3, 3, 1.5), biff.formula(4, 3, ""))


def _ods() -> Iterator[bytes]:
    yield from (body for name, body in workbooks() if name.endswith(".ods"))
    for rows in (1, 20, 60):
        for between in ("", "\n  "):
            yield as_ods(_products(rows, *ACCENTS), between=between)
            yield as_ods(_products(rows, *SCRIPTS, *ERRORS), between=between)
    yield as_ods(table_of(*TEXTS, *TYPED))
    text = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    head = "".join(text.format(title) for title in HEAD)
    spaces = text.format('a<text:s text:c="3"/><text:tab/><text:line-break/><text:span>b</text:span>')
    spanned = '<table:table-cell table:number-rows-spanned="2" table:number-columns-spanned="2"><text:p>m</text:p>'
    covered = "</table:table-cell><table:covered-table-cell/>"
    repeated = '<table:table-cell table:number-columns-repeated="3" office:value-type="float" office:value="7"/>'
    noted = text.format("x").replace("<text:p>", "<office:annotation><text:p>n</text:p></office:annotation><text:p>")
    for row in (spaces, spanned + covered, repeated, noted, spaces + repeated):
        yield ods_document(ods_table([head, *[text.format("P-1") + row] * 9]))
    more = '<table:table-row table:number-rows-repeated="{}" table:visibility="collapse">{}</table:table-row>'
    body = ods_table([head]).replace("</table:table>", more.format(40, text.format("P-9")) + "</table:table>")
    style = (
        '<style:style style:name="h" style:family="table"><style:table-properties table:display="false"/></style:style>'
    )
    yield ods_document(
        body, ods_table([head], "Two").replace("<table:table ", '<table:table table:style-name="h" '), styles=style
    )
