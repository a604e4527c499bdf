"""A workbook in memory with one sheet of a few rows, made to be parsed at once."""

from __future__ import annotations

import io
import zipfile
from typing import Final

SHEET: Final = "rows"

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"

_TYPES = f"""<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" \
ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\
<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>\
<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>\
<Override PartName="/xl/sheet.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>"""
_TOP = f"""<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="a" \
Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>"""
_RELATIONS = f"""<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="a" \
Type="{_OFFICE}/worksheet" Target="sheet.xml"/><Relationship Id="b" \
Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>"""
_WORKBOOK = f"""<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><workbookPr date1904="%d"/><sheets>\
<sheet name="{SHEET}" sheetId="1" r:id="a"/></sheets></workbook>"""
_BEFORE = f'<worksheet xmlns="{_MAIN}"><sheetData>'.encode()
_AFTER = b"</sheetData></worksheet>"


def miniature(rows: bytes, styles: bytes, date1904: bool) -> io.BytesIO:
    """Make an .xlsx file, stored without compression, of ``<row>`` elements without namespace prefix.

    Parameters
    ----------
    rows
        The elements; their shared strings must have been replaced.
    styles
        What `number_formats` gave.
    date1904
        Whether its dates count from 1904.
    """
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _TOP)
        archive.writestr("xl/_rels/workbook.xml.rels", _RELATIONS)
        archive.writestr("xl/workbook.xml", _WORKBOOK % date1904)
        archive.writestr("xl/styles.xml", styles)
        archive.writestr("xl/sheet.xml", b"".join((_BEFORE, rows, _AFTER)))
    file.seek(0)
    return file
