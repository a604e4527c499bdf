"""Files that would stop a worker or the planner, each with what becomes of it: generators, because most are large."""

from __future__ import annotations

import gzip
import io
import random
import struct
import zipfile
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from tests.support.factories_files import MAIN, OFFICE, PACKAGE, STYLES, packed, sheet_part, strings_part, workbook

#: More characters than a cell of a spreadsheet has.
LONG: Final = 40_000
_HEAD: Final = ("Part Number", "Description", "Price")
_GOOD: Final = 30


class Case(NamedTuple):
    """A file and its end.

    Parameters
    ----------
    make
        Makes its bytes.
    end
        ``completed``, or the type of the problem with its case.
    inserted
        Rows that are loaded.
    reasons
        Code of each reason, by the row's number.
    name
        Of the file.
    """

    make: Callable[[], bytes]
    end: str = "completed"
    inserted: int = 0
    reasons: dict[int, str] = {}  # noqa: RUF012 - of a named tuple, which nothing changes
    name: str = "prices.xlsx"


def cell(place: str, text: str) -> str:
    """Write an inline text."""
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def number(place: str, value: str, style: int | str = 0) -> str:
    """Write a number under a cell format of `STYLES`."""
    return f'<c r="{place}" s="{style}"><v>{value}</v></c>'


def row(at: int, *, key: str | None = None, text: str = "part", price: str | None = None, more: str = "") -> str:
    """Write a row of products; ``price`` is the XML of its cell."""
    cells = [cell(f"A{at}", key or f"P-{at}"), cell(f"B{at}", text), price or number(f"C{at}", "5"), more]
    return f'<row r="{at}">{"".join(cells)}</row>'


def head(more: str = "") -> str:
    """Write the header of products."""
    titles = "".join(cell(f"{letter}1", title) for letter, title in zip("ABC", _HEAD, strict=True))
    return f'<row r="1">{titles}{more}</row>'


def products(odd: str = "", *, header: str = "", good: int = _GOOD, styles: str = STYLES) -> bytes:
    """Make a workbook of good rows from row 2 on, and an odd one behind them."""
    rows = "".join(row(at) for at in range(2, good + 2))
    return workbook({"A": sheet_part((header or head()) + rows + odd)}, styles=styles)


def priced(price: str) -> Callable[[], bytes]:
    """Make a workbook with a price of text behind the good rows."""
    at = _GOOD + 2
    return lambda: products(row(at, price=cell(f"C{at}", price)))


def csv(*lines: str, good: int = _GOOD) -> bytes:
    """Make a text of good rows and of others behind them."""
    rows = [",".join(_HEAD), *(f"P-{at},part,5" for at in range(2, good + 2)), *lines]
    return "".join(f"{each}\n" for each in rows).encode()


def part_with(name: str, body: str | bytes) -> bytes:
    """Make a workbook in which a part is another one."""
    parts: dict[str, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(products())) as archive:
        parts = {each: archive.read(each) for each in archive.namelist()}
    return packed(parts | {name: body if isinstance(body, bytes) else body.encode()})


def shared(text: str, names: int, columns: str = "ABCD") -> bytes:
    """Make a workbook in which very many cells name one shared string."""
    cells = [
        f'<row r="{at}">' + "".join(f'<c r="{each}{at}" t="s"><v>0</v></c>' for each in columns) + "</row>"
        for at in range(2, names + 2)
    ]
    return workbook({"A": sheet_part(head() + "".join(cells))}, strings_part(f"<si><t>{text}</t></si>"))


def rich(blanks: str) -> bytes:
    """Make a workbook with a run of blanks in rich text."""
    element = f"<si><r><t>P-1</t></r><r><t xml:space='preserve'>{blanks}</t></r></si>"
    body = head() + f'<row r="2"><c r="A2" t="s"><v>0</v></c>{cell("B2", "x")}{number("C2", "5")}</row>'
    return workbook({"A": sheet_part(body)}, strings_part(element))


def far(rows: int, header: str = "") -> bytes:
    """Make a workbook with a cell in the last column of each row."""
    body = "".join(row(at, more=cell(f"XFD{at}", "x")) for at in range(2, rows + 2))
    return workbook({"A": sheet_part((header or head()) + body)})


def wide_head() -> str:
    """Write a header of 16,384 titles."""
    return head("".join(cell(f"{letters(at)}1", f"Title {at}") for at in range(4, 16_385)))


def letters(place: int) -> str:
    """Return the letters of a column."""
    found = ""
    while place:
        place, rest = divmod(place - 1, 26)
        found = chr(65 + rest) + found
    return found


def styles_of(count: int, filler: str = "") -> str:
    """Make a styles part of very many cell formats."""
    return (
        f'<styleSheet xmlns="{MAIN}">{filler}<cellXfs count="{count}">'
        + '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" applyFont="1"/>' * count
        + "</cellXfs></styleSheet>"
    )


def noisy(body: str, noise: int) -> dict[str, str | bytes]:
    """Return a part, and one of noise, which keeps the ratio of the archive low."""
    return {"xl/styles.xml": body, "xl/media/noise.bin": random.Random(1).randbytes(noise)}


def sheets(count: int) -> bytes:
    """Make a workbook of very many sheets."""
    return workbook({f"S{at}": sheet_part(head() + row(2)) for at in range(count)})


def with_book(inner: str) -> bytes:
    """Make a workbook with more in its workbook part."""
    return part_with(
        "xl/workbook.xml",
        f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets>'
        f"{inner}</workbook>",
    )


def with_relations(inner: str) -> bytes:
    """Make a workbook with more relations."""
    own = (
        f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="s" Type="{OFFICE}/styles" Target="styles.xml"/>'
    )
    return part_with(
        "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{PACKAGE}/relationships">{own}{inner}</Relationships>'
    )


def in_sheet(before: str = "", behind: str = "", good: int = _GOOD) -> bytes:
    """Make a workbook with more XML before and behind the rows of its sheet."""
    rows = head() + "".join(row(at) for at in range(2, good + 2))
    body = f'<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>{behind}</worksheet>'
    return workbook({"A": body})


def central(entries: int, comment: bytes = b"") -> bytes:
    """Make an archive of very many empty entries; its comment may look like a record of zip64."""
    one = b"x" * 8
    directory = io.BytesIO()
    for at in range(entries):
        name = b"%08d" % at
        directory.write(struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0))
        directory.write(name)
    body = b"PK\x03\x04" + one * 8
    size = directory.tell()
    end = struct.pack(
        "<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, size, len(body), len(comment)
    )  # it says that there is one entry
    return body + directory.getvalue() + end + comment


#: A record of zip64 that says: one entry, in no bytes.
FORGED: Final = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 0, 0)


def hours(value: str, style: int) -> Case:
    """Make a case of a number under a format of dates (1, 2) or hours (3), in an optional column of dates."""
    at = _GOOD + 2
    header = head(cell("D1", "Updated"))
    file = row(at, more=number(f"D{at}", value, style))
    code = "spreadsheet-error" if value == "1e300" else "not-a-date"
    return Case(lambda: products(file, header=header), inserted=_GOOD, reasons={at: code})


_ODD = _GOOD + 2
BLANKS: Final = {
    "spaces": " ",
    "tabs": "\t",
    "no-break": "\xa0",
    "em": "\u2003",
    "ideographic": "\u3000",
    "line ends": "&#10;",
    "vertical tabs": "\x85",
}


def _price_cases() -> Iterable[tuple[str, Case]]:
    """Yield prices of a number and very many blanks, and of other runs that patterns once went through twice."""
    for name, blank in BLANKS.items():
        yield f"price and {name}", Case(priced("5" + blank * LONG + "x"), inserted=_GOOD, reasons={_ODD: "too-long"})
        short = "5" + blank * 30_000 + "x"
        yield f"price and fewer {name}", Case(priced(short), inserted=_GOOD, reasons={_ODD: "not-a-number"})
        if blank == "\x85":
            continue  # in a text it is a question about the encoding
        text = f'P-{_ODD},part,"5{blank.replace("&#10;", chr(10)) * LONG}x"'
        yield (
            f"price and {name} in CSV",
            Case(lambda text=text: csv(text), inserted=_GOOD, reasons={_ODD: "too-long"}, name="a.csv"),  # type: ignore[misc]
        )
    for name, text in {
        "digits": "1" * LONG,
        "minus": "-" * LONG,
        "points": "1." * (LONG // 2),
        "invisible": "a" + "\u200b" * LONG + "b\u200b",
        "selectors": "5" + "\ufe0f\u200b" * (LONG // 2) + "x",
    }.items():
        yield f"price of {name}", Case(priced(text), inserted=_GOOD, reasons={_ODD: "too-long"})
        code = {"digits": "too-many-digits", "minus": "no-value"}.get(name, "not-a-number")
        yield f"price of fewer {name}", Case(priced(text[:30_000]), inserted=_GOOD, reasons={_ODD: code})


def _archives() -> Iterable[tuple[str, Case]]:
    for name, comment in {"": b"", "a comment": FORGED + b"PK\x06\x07" + bytes(16), "a bare record": FORGED}.items():
        made = Case(lambda comment=comment: central(50_000, comment), "zip-bomb/entries")  # type: ignore[misc]
        yield f"300,000 entries and {name or 'nothing'}", made
    empty, good = gzip.compress(b""), gzip.compress(csv())
    yield "300,000 empty members", Case(lambda: good + empty * 300_000, "zip-bomb/members", name="a.csv.gz")
    yield "50 MB of zeros", Case(lambda: good + bytes(50 * 1024**2), inserted=_GOOD, name="a.csv.gz")
    yield "zeros between members", Case(lambda: good + bytes(99) + empty, inserted=_GOOD, name="a.csv.gz")
    yield "gzip bomb", Case(lambda: gzip.compress(csv() + b"\n" * 200_000_000), "zip-bomb/gzip", name="a.csv.gz")


def _cases() -> Iterable[tuple[str, Case]]:
    yield from _price_cases()
    for value in ("1000000000", "1e300", "-1000000000000", "-4.9e12", "-1", "99999999999", "1e-300"):
        for style in (1, 2, 3):
            yield f"{value} under format {style}", hours(value, style)
    yield "rich text of blanks", Case(lambda: rich(" " * 1_000_000), inserted=1)
    yield "rich text of line ends", Case(lambda: rich("\n" * 1_000_000), inserted=1)
    yield "far cells", Case(lambda: far(3_000), inserted=3_000)
    yield "far cells and titles", Case(lambda: far(1_000, wide_head()), inserted=1_000)
    yield "16,384 titles", Case(lambda: products(header=wide_head()), inserted=_GOOD)
    yield "a title of a megabyte", Case(lambda: products(header=head(cell("D1", "z" * 1_000_000))), inserted=_GOOD)
    long_title = f"Part Number{'!' * 450_000}"
    yield (
        "a title twice",
        Case(f"Part Number,Description,Price,{long_title}\nP,x,5,Q\n".encode, "duplicate-header", name="a.csv"),
    )
    others = ",".join("z" * 900 + str(at) for at in range(1_000))
    yield "long titles", Case(f"Part Number,Price,{others}\nP\n".encode, "missing-header", name="a.csv")
    yield "no header in long titles", Case(f"{others}\n1\n".encode, "no-header", name="a.csv")
    yield from _archives()
    yield "60,000 formats", Case(lambda: products(styles=styles_of(60_000)), inserted=_GOOD)
    yield (
        "a million formats",
        Case(lambda: part_with_noise(styles_of(700_000)), "damaged-file/formats"),
    )
    yield (
        "fonts by the million",
        Case(lambda: part_with_noise(styles_of(1, "<fonts>" + "<a/>" * 7_000_000 + "</fonts>")), inserted=_GOOD),
    )
    yield "elements in the workbook", Case(lambda: with_book("<x>" + "<a/>" * 7_500_000 + "</x>"), inserted=_GOOD)
    names = "".join(f'<definedName name="n{at}">A!$A${at}</definedName>' for at in range(200_000))
    yield "defined names", Case(lambda: with_book(f"<definedNames>{names}</definedNames>"), inserted=_GOOD)
    relations = "".join(f'<Relationship Id="x{at}" Type="{OFFICE}/image" Target="y{at}"/>' for at in range(50_000))
    yield "relations", Case(lambda: with_relations(relations), inserted=_GOOD)
    yield "more relations", Case(lambda: with_relations(relations * 3), "zip-bomb/large-part")
    yield "600 sheets", Case(lambda: sheets(600), "damaged-file/sheets")
    yield "hidden columns", Case(lambda: in_sheet(columns(20_000)), "damaged-file/hidden-columns")
    yield "columns", Case(lambda: in_sheet("<cols>" + '<col min="1" max="2"/>' * 300_000 + "</cols>"), inserted=_GOOD)
    yield (
        "merged over each other",
        Case(lambda: in_sheet(behind=merged("A2:XFD30" for _ in range(1_000))), "damaged-file/merged-overlap"),
    )
    yield (
        "merged by the million",
        Case(lambda: in_sheet(behind=merged(f"F{at}:G{at}" for at in range(1, 250_000))), "damaged-file/merged-ranges"),
    )
    yield "wide merged", Case(lambda: in_sheet(behind=merged(f"E{at}:XFD{at}" for at in range(2, 30))), inserted=_GOOD)
    checks = '<dataValidation sqref="A1:A9" type="list"><formula1>"x"</formula1></dataValidation>' * 100_000
    yield (
        "data validations",
        Case(lambda: in_sheet(behind=f"<dataValidations>{checks}</dataValidations>"), inserted=_GOOD),
    )
    yield "an endless attribute", Case(lambda: in_sheet(behind=f'<x a="{"y" * 20_000_000}"/>'), inserted=_GOOD)
    yield "a tag without end", Case(lambda: products("<row " * 2_000_000), inserted=_GOOD)
    yield "a comment of megabytes", Case(lambda: in_sheet(f"<!--{'x' * 20_000_000}-->"), "damaged-file/endless-text")
    yield (
        "row number of digits",
        Case(
            lambda: workbook({"A": sheet_part(f'<row r="{"9" * 5_000}">{cell("A1", "x")}</row>')}),
            "damaged-file/wrong-row-numbers",
        ),
    )
    index = f'<c r="D{_ODD}" t="s"><v>{"1" * 5_000}</v></c>'
    yield (
        "string index of digits",
        Case(
            lambda: products(row(_ODD, more=index), header=head(cell("D1", "Brand"))),
            inserted=_GOOD,
            reasons={_ODD: "spreadsheet-error"},
        ),
    )
    yield (
        "style of digits",
        Case(lambda: products(row(_ODD, price=number(f"C{_ODD}", "5", "1" * 5_000))), inserted=_GOOD + 1),
    )
    yield (
        "column of digits",
        Case(lambda: in_sheet(f'<cols><col min="{"1" * 5_000}" max="2" hidden="1"/></cols>'), inserted=_GOOD),
    )
    yield (
        "format of digits",
        Case(
            lambda: products(styles=STYLES.replace('numFmtId="166" f', f'numFmtId="{"1" * 5_000}" f')), inserted=_GOOD
        ),
    )
    yield (
        "a cell of 15 MB named often",
        Case(lambda: shared("x" * 15_000_000, 50), reasons=dict.fromkeys(range(2, 52), "too-long")),
    )
    yield (
        "a text of 30,000 named often",
        Case(lambda: shared("x" * 30_000, 3_000), reasons=dict.fromkeys(range(2, 3_002), "not-a-number")),
    )
    yield "JSON of digits", Case(lambda: b"[" + b"1" * 6_000 + b"]\n", "no-header", name="a.csv")
    yield (
        "quotes",
        Case(
            lambda: csv(*(f'"P"x{at},part,5' for at in range(20_000))),
            inserted=_GOOD,
            reasons=dict.fromkeys(range(_ODD, _ODD + 20_000), "quotes"),
            name="a.csv",
        ),
    )
    yield (
        "a word of half a megabyte",
        Case(
            lambda: csv("P-x,part " + "é" * 300_000 + "Éa,5").decode().encode("cp1252"),
            "in_review",
            name="a.csv",
        ),
    )


def part_with_noise(styles: str) -> bytes:
    """Make a workbook with another styles part, and noise beside it that keeps the ratio low."""
    parts: dict[str, str | bytes] = dict(noisy(styles, 400_000))
    with zipfile.ZipFile(io.BytesIO(products())) as archive:
        return packed({each: archive.read(each) for each in archive.namelist()} | parts)


def columns(count: int) -> str:
    """Write hidden columns."""
    return "<cols>" + '<col min="1" max="2" hidden="1"/>' * count + "</cols>"


def merged(ranges: Iterable[str]) -> str:
    """Write merged cells."""
    return "<mergeCells>" + "".join(f'<mergeCell ref="{each}"/>' for each in ranges) + "</mergeCells>"


CASES: Final = dict(_cases())
