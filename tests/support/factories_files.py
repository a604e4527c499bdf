"""Makers of test files: workbooks part by part, in the shapes that different programs write."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import openpyxl
import xlsxwriter
import xlwt

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"

#: Cell formats 1 to 4: a builtin date, a custom date, a duration, text in quotes that looks like a date.
STYLES = f"""<styleSheet xmlns="{MAIN}"><numFmts count="3">\
<numFmt numFmtId="164" formatCode="dd/mm/yyyy hh:mm"/>\
<numFmt numFmtId="165" formatCode="[h]:mm:ss"/><numFmt numFmtId="166" formatCode="0.0&quot; days&quot;"/></numFmts>\
<fonts count="1"><font/></fonts><fills count="1"><fill><patternFill/></fill></fills>\
<borders count="1"><border/></borders>\
<cellStyleXfs count="1"><xf numFmtId="0"/></cellStyleXfs>\
<cellXfs count="5"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/>\
<xf numFmtId="166"/></cellXfs></styleSheet>"""


def sheet_part(rows: str, prefix: str = "", namespace: str = MAIN) -> str:
    """Make the XML of a worksheet around ``<row>`` elements."""
    colon = f"{prefix}:" if prefix else ""
    name = f"xmlns:{prefix}" if prefix else "xmlns"
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<{colon}worksheet {name}="{namespace}">'
        f"<{colon}sheetData>{rows}</{colon}sheetData></{colon}worksheet>"
    )


def strings_part(*elements: str, prefix: str = "") -> str:
    """Make the XML of the shared strings from ``<si>`` elements."""
    colon = f"{prefix}:" if prefix else ""
    name = f"xmlns:{prefix}" if prefix else "xmlns"
    return f'<?xml version="1.0" encoding="UTF-8"?><{colon}sst {name}="{MAIN}">{"".join(elements)}</{colon}sst>'


def packed(parts: Mapping[str, str | bytes]) -> bytes:
    """Zip parts in the order given."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return file.getvalue()


def workbook(
    sheets: Mapping[str, str | bytes],
    strings: str | bytes | None = None,
    *,
    states: Mapping[str, str] | None = None,
    date1904: bool = False,
    styles: str = STYLES,
    base: str = "",
    more: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """Make an .xlsx file.

    Parameters
    ----------
    sheets
        Name of a sheet to its XML.
    strings
        XML of the shared strings.
    states
        Name of a sheet to ``hidden`` or ``veryHidden``.
    base
        Put before the targets of relations: ``"/xl/"`` makes them absolute.
    more
        Further parts.
    """
    names = list(sheets)
    listed = "".join(
        f'<sheet name="{name}" sheetId="{at}" state="{(states or {}).get(name, "visible")}" r:id="r{at}"/>'
        for at, name in enumerate(names, 1)
    )
    relations = "".join(
        f'<Relationship Id="r{at}" Type="{OFFICE}/worksheet" Target="{base}worksheets/sheet{at}.xml"/>'
        for at in range(1, len(names) + 1)
    )
    kinds = "".join(
        f'<Override PartName="/xl/worksheets/sheet{at}.xml" ContentType="{TYPE}.worksheet+xml"/>'
        for at in range(1, len(names) + 1)
    )
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>{kinds}'
        f'<Override PartName="/xl/styles.xml" ContentType="{TYPE}.styles+xml"/>'
        + (f'<Override PartName="/xl/sharedStrings.xml" ContentType="{TYPE}.sharedStrings+xml"/>' if strings else "")
        + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="a" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
        f'<workbookPr date1904="{int(date1904)}"/><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{relations}'
        f'<Relationship Id="s" Type="{OFFICE}/styles" Target="{base}styles.xml"/>'
        f'<Relationship Id="t" Type="{OFFICE}/sharedStrings" Target="{base}sharedStrings.xml"/></Relationships>',
        "xl/styles.xml": styles,
    }
    parts.update({f"xl/worksheets/sheet{at}.xml": body for at, body in enumerate(sheets.values(), 1)})
    if strings is not None:
        parts["xl/sharedStrings.xml"] = strings
    return packed(parts | dict(more or {}))


def written_by_openpyxl(rows: Iterable[Sequence[Any]]) -> bytes:
    """Write rows as openpyxl does."""
    return sheets_by_openpyxl({"Sheet": rows})


def sheets_by_openpyxl(sheets: Mapping[str, Iterable[Sequence[Any]]], hidden: Container[str] = ()) -> bytes:
    """Write the rows of several sheets as openpyxl does."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
        for row in rows:
            sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def written_by_xlwt(rows: Iterable[Sequence[Any]]) -> bytes:
    """Write rows as an .xls file."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Data")
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for at, row in enumerate(rows):
        for place, value in enumerate(row):
            sheet.write(at, place, value, *([day] if isinstance(value, date) else []))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def written_by_xlsxwriter(rows: Iterable[Sequence[Any]], inline: bool = False) -> bytes:
    """Write rows as XlsxWriter does; ``inline`` is its constant-memory mode, without shared strings."""
    file = io.BytesIO()
    options = {"in_memory": True, "constant_memory": inline, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options | {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet("Data")
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    return file.getvalue()
