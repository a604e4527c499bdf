"""Files with one and the same table, by many writers: encodings, delimiters, spreadsheet programs, hand-made XML."""

from __future__ import annotations

import csv
import gzip
import io
import struct
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal
from xml.sax.saxutils import escape, quoteattr

import xlwt

from tests.support.factories_files import packed, sheet_part, workbook, written_by_openpyxl, written_by_xlsxwriter

Table = Sequence[Sequence[Any]]
#: Error values by their codes in .xls, [MS-XLS] 2.5.10.
ERRORS: Final = {
    "#NULL!": 0x00,
    "#DIV/0!": 0x07,
    "#VALUE!": 0x0F,
    "#REF!": 0x17,
    "#NAME?": 0x1D,
    "#NUM!": 0x24,
    "#N/A": 0x2A,
}

HEADER: Final = ("Part Number", "Description", "Price", "Updated")
#: Texts that a reader can lose something of.
TEXTS: Final = (
    "plain",
    "007",
    "comma, semicolon; tab\t bar|",
    'say "so"',
    "two\nlines",
    "  ends  ",
    "a  b   c",
    "<b> & c",
    "=A1",
    "1,50",
    "31/12/2025",
    "#not an error",
    "x" * 3_000,
)
ACCENTS: Final = ("Ölfilter für Kühler", "Câble café", "naïve – “quoted” €")
SCRIPTS: Final = ("油フィルター", "Łożysko", "мотор", "فلتر", "😀")
TYPED: Final = (
    7,
    -0.125,
    12345678901,
    1e-7,
    True,
    False,
    date(2025, 12, 31),
    date(1999, 2, 28),
    datetime(2025, 3, 1, 13, 45, 30),  # noqa: DTZ001 - a spreadsheet knows no time zones
    time(6, 30),
)


def table_of(*cells: Any) -> list[list[Any]]:
    """Return a table with a header and three cells a row, which begins with its number as text."""
    rows = [list(cells[at : at + 3]) for at in range(0, len(cells), 3)]
    return [list(HEADER), *([f"P-{number}", *row, *[None] * (3 - len(row))] for number, row in enumerate(rows, 1))]


def as_text(
    table: Table,
    encoding: str = "utf-8",
    delimiter: str = ",",
    end: str = "\r\n",
    quoting: Literal[0, 1] = csv.QUOTE_MINIMAL,
) -> bytes:
    """Write a table of texts as Python's csv does."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(table)
    return out.getvalue().encode(encoding)


def texts() -> Iterator[tuple[str, bytes]]:
    """Yield text files in many encodings, with many delimiters, line ends and quotes; name and content."""
    words = table_of(*TEXTS, *ACCENTS, *SCRIPTS)
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"):
        for name, delimiter in {"comma": ",", "semicolon": ";", "tab": "\t"}.items():
            yield f"{encoding}-{name}.csv", as_text(words, encoding, delimiter)
    yield "windows-1252.csv", as_text(table_of(*TEXTS, *ACCENTS), "cp1252", ";")
    for name, end in {"lf": "\n", "crlf": "\r\n", "cr": "\r"}.items():
        yield f"ends-{name}.csv", as_text(table_of(*(text for text in TEXTS if "\n" not in text)), end=end)
    yield "all-quoted.csv", as_text(words, quoting=csv.QUOTE_ALL)
    yield "tabs.tsv", as_text(words, delimiter="\t")
    yield "packed.csv.gz", gzip.compress(as_text(words), mtime=0)


def as_xls(
    table: Table,
    *,
    since_1904: bool = False,
    code_page: int | None = None,
    formats: Mapping[type, str] | None = None,
    format_ids: Mapping[str, int] | None = None,
) -> bytes:
    """Write a table as xlwt does, with `ERRORS` as error cells; an `xlwt.Formula` is one without a stored value.

    Parameters
    ----------
    code_page
        Named by the workbook in place of UTF-16, in which all of its texts are.
    formats
        Number format by the type of a value.
    format_ids
        Id of a number format, in place of the one that xlwt chooses.
    """
    kinds = {date: "yyyy-mm-dd", datetime: "yyyy-mm-dd hh:mm:ss", time: "hh:mm:ss", timedelta: "[h]:mm:ss"}
    styles = {kind: xlwt.easyxf(num_format_str=form) for kind, form in {**kinds, **(formats or {})}.items()}
    book = xlwt.Workbook(encoding="utf-8")
    book.dates_1904 = since_1904
    sheet = book.add_sheet("Data")
    for at, row in enumerate(table):
        for place, value in enumerate(row):
            if isinstance(value, str) and value in ERRORS:
                sheet.row(at).set_cell_error(place, ERRORS[value])
            elif value is not None:
                stored = value / timedelta(days=1) if isinstance(value, timedelta) else value
                sheet.write(at, place, stored, *([styles[type(value)]] if type(value) in styles else []))
    file = io.BytesIO()
    book.save(file)
    return _with_records(file.getvalue(), code_page, format_ids or {})


def _with_records(body: bytes, code_page: int | None, format_ids: Mapping[str, int]) -> bytes:
    """Change the records CODEPAGE, FORMAT and XF of the globals, which begin behind the first sector."""
    changed, at, renamed = bytearray(body), 512, dict[int, int]()
    while True:
        kind, size = struct.unpack_from("<HH", changed, at)
        at += 4
        if kind == 0x0A:
            return bytes(changed)
        if kind == 0x42 and code_page is not None:
            struct.pack_into("<H", changed, at, code_page)
        elif kind == 0x41E:
            (number,) = struct.unpack_from("<H", changed, at)
            text = bytes(changed[at + 5 : at + size]).decode("utf-16-le" if changed[at + 4] else "latin-1")
            if text in format_ids:
                renamed[number] = format_ids[text]
                struct.pack_into("<H", changed, at, format_ids[text])
        elif kind == 0xE0:
            (number,) = struct.unpack_from("<H", changed, at + 2)
            struct.pack_into("<H", changed, at + 2, renamed.get(number, number))
        at += size


_SPACES: Final = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
)


def ods_paragraphs(text: str) -> str:
    """Write a text as LibreOffice does: a paragraph a line, runs of spaces and tabs as elements."""
    lines = []
    for line in text.split("\n"):
        body: list[str] = []
        spaces = 0
        for letter in [*line, ""]:
            if letter == " ":
                spaces += 1
                continue
            if spaces:
                body.append(" " if spaces == 1 and body and letter else f'<text:s text:c="{spaces}"/>')
                spaces = 0
            body.append("<text:tab/>" if letter == "\t" else escape(letter))
        lines.append(f"<text:p>{''.join(body)}</text:p>")
    return "".join(lines)


def ods_cell(value: Any) -> str:  # noqa: PLR0911 - a line for each type of a cell
    """Write a cell; a `timedelta` and a `time` become a duration."""
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, bool):
        return f'<table:table-cell office:value-type="boolean" office:boolean-value="{str(value).lower()}"/>'
    if isinstance(value, int | float):
        number = f'<table:table-cell office:value-type="float" office:value="{value!r}">'
        return f"{number}<text:p>{value:.2f}</text:p></table:table-cell>"
    if isinstance(value, date):
        return f'<table:table-cell office:value-type="date" office:date-value="{value.isoformat()}"/>'
    if isinstance(value, time):
        value = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
    if isinstance(value, timedelta):
        hours, seconds = divmod(int(value.total_seconds()), 3_600)
        duration = f"PT{hours:02}H{seconds // 60:02}M{seconds % 60:02}S"
        return f'<table:table-cell office:value-type="time" office:time-value="{duration}"/>'
    if value in ERRORS:
        return (
            '<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value="" '
            f'calcext:value-type="error"><text:p>{escape(value)}</text:p></table:table-cell>'
        )
    return f'<table:table-cell office:value-type="string">{ods_paragraphs(value)}</table:table-cell>'


def ods_document(*tables: str, styles: str = "") -> bytes:
    """Pack tables, each the XML of a ``<table:table>``, and styles as an OpenDocument spreadsheet."""
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_SPACES} office:version="1.3">'
        f"<office:automatic-styles>{styles}</office:automatic-styles><office:body><office:spreadsheet>{''.join(tables)}"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    media_type = "application/vnd.oasis.opendocument.spreadsheet"
    return packed({"mimetype": media_type, "content.xml": content, "META-INF/manifest.xml": manifest})


def ods_table(rows: Sequence[str], name: str = "Data") -> str:
    """Make the XML of a table of the XML of its rows' cells."""
    body = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    return f"<table:table table:name={quoteattr(name)}>{body}</table:table>"


def as_ods(table: Table, *, between: str = "") -> bytes:
    """Write a table; ``between`` stands between the elements of tables, rows and cells."""
    xml = ods_table([between.join(["", *(ods_cell(value) for value in row), ""]) for row in table])
    return ods_document(xml.replace("><table:table-row", f">{between}<table:table-row"))


def as_xml(table: Table, **more: Any) -> bytes:
    """Write a table of texts and numbers as an .xlsx file by hand, with strings in the cells and no references."""

    def cell(value: Any) -> str:
        if value is None:
            return "<c/>"
        if isinstance(value, str):
            return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
        return f"<c><v>{value!r}</v></c>"

    rows = "".join(f"<row>{''.join(cell(value) for value in row)}</row>" for row in table)
    return workbook({"Data": sheet_part(rows, **more)})


def workbooks() -> Iterator[tuple[str, bytes]]:
    """Yield workbooks of many writers; name and content."""
    typed, plain = table_of(*TEXTS, *ACCENTS, *SCRIPTS, *TYPED), table_of(*TEXTS, *ACCENTS, *SCRIPTS, 7, -0.125)
    # openpyxl writes a text that begins with an equals sign as a formula
    spared = [[None if value == "=A1" else value for value in row] for row in typed]
    yield "openpyxl.xlsx", written_by_openpyxl(spared)
    yield "xlsxwriter.xlsx", written_by_xlsxwriter(typed)
    yield "xlsxwriter-inline.xlsx", written_by_xlsxwriter(typed, inline=True)
    yield "by-hand.xlsx", as_xml(plain)
    yield "by-hand-prefix.xlsx", workbook({"Data": sheet_part(_PREFIXED, prefix="x")})
    yield "xlwt.xls", as_xls(typed)
    yield "xlwt-1904.xls", as_xls(typed, since_1904=True)
    yield "code-page-1252.xls", as_xls(table_of(*TEXTS, *ACCENTS[:2]), code_page=1252)
    amounts = {float: "#,##0.000 kg", int: "Standard"}
    yield "formats.xls", as_xls(table_of(21333.5, 21333), formats=amounts, format_ids={"#,##0.000 kg": 52})
    yield "uncalculated.xls", as_xls(table_of("sum", 7, xlwt.Formula("1+1"), "next", 8))
    long = table_of("long", timedelta(hours=30, minutes=15), timedelta(hours=24))
    yield "long.xls", as_xls(long)
    yield "long.ods", as_ods(long)
    errors = table_of(*ERRORS, "plain", 7)
    yield "errors.xls", as_xls(errors)
    yield "errors.ods", as_ods(errors)
    yield "by-hand.ods", as_ods(typed)
    yield "pretty-printed.ods", as_ods(typed, between="\n    ")


#: Rows with a gap, and a formula that was never calculated.
_PREFIXED: Final = (
    '<x:row r="1"><x:c r="A1" t="inlineStr"><x:is><x:t>Part Number</x:t></x:is></x:c></x:row>'
    '<x:row r="3"><x:c r="A3"><x:v>7</x:v></x:c><x:c r="C3" t="b"><x:v>1</x:v></x:c></x:row>'
    '<x:row r="4"><x:c r="A4"><x:v>8</x:v></x:c><x:c r="B4"><x:f>A4+1</x:f></x:c><x:c r="C4"><x:v>9</x:v></x:c></x:row>'
)
