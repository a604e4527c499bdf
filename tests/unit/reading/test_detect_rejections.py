"""Files that are rejected as a whole, with the type of the problem, before they take memory or time."""

from __future__ import annotations

import gzip
import struct
import zlib

import pytest

from sluice.model.errors import FileRejected
from sluice.reading import Limits
from sluice.wording import word_detail, word_problem
from tests.support.factories_files import packed, sheet_part, strings_part, workbook, written_by_openpyxl
from tests.unit.reading.driving import read_all

ROW = '<row r="1"><c r="A1" t="s"><v>0</v></c></row>'
GOOD = workbook({"Data": sheet_part(ROW)}, strings_part("<si><t>text</t></si>"))
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)
ENTITY = '<!DOCTYPE sst [<!ENTITY a "aaaa">]>'


def rejected(file: bytes, limits: Limits | None = None, name: str = "file") -> str:
    """Read a file that must be rejected, and return the problem."""
    with pytest.raises(FileRejected) as caught:
        read_all(file, name, limits=limits or Limits(10**8, 1000))
    problem = caught.value.problem
    title, detail = word_problem(problem)
    assert title
    assert detail.endswith((".", "?"))
    return problem.type


@pytest.mark.parametrize(
    "file",
    [
        b"%PDF-1.7\n",
        b"\x89PNG\r\n",
        b"<html><table><tr><td>1</td></tr></table></html>",
        b'\xef\xbb\xbf<?xml version="1.0"?><Workbook/>',
        bytes(range(256)) * 4,
        packed({"word/document.xml": "<w/>"}),
        gzip.compress(GOOD),
        b"a,b\n1,2\n" * 100_000 + b"\0\0x",
    ],
    ids=["pdf", "picture", "web-page", "xml", "binary", "document", "packed-workbook", "binary-far-below"],
)
def test_another_kind_of_file_is_not_a_spreadsheet(file: bytes) -> None:
    """Its name makes no difference."""
    assert rejected(file, Limits(10**8, 10**6), "data.xlsx") == "not-a-spreadsheet"


@pytest.mark.parametrize(
    "file",
    [b"", b"\n\n", b"\xef\xbb\xbf", b",,\n,,\n", written_by_openpyxl([]), workbook({"Data": sheet_part("<row/>")})],
)
def test_a_file_without_a_value_is_empty(file: bytes) -> None:
    """It has no bytes, or no row with a value."""
    assert rejected(file) == "empty-file"


def test_a_header_alone_is_not_rejected() -> None:
    """It has no rows to import, which is not an error."""
    assert read_all(b"a,b\n", after_row=1) == []
    assert read_all(GOOD, after_row=1) == []


def test_a_file_over_the_limit_of_bytes_is_too_large() -> None:
    """It is rejected before it is read."""
    assert rejected(b"a,b\n" * 100, Limits(399, 1000)) == "too-large"


@pytest.mark.parametrize("file", [b"a,b\n" * 11, written_by_openpyxl([["a"]] * 11)], ids=["csv", "xlsx"])
def test_a_file_over_the_limit_of_rows_has_too_many(file: bytes) -> None:
    """It is rejected as soon as the first row beyond the limit is found."""
    assert read_all(file, limits=Limits(10**8, 11), chunk_rows=3)
    assert rejected(file, Limits(10**8, 10)) == "too-many-rows"


def test_an_encrypted_workbook_is_rejected() -> None:
    """It is a compound file with a stream of this name."""
    assert rejected(COMPOUND + "EncryptedPackage".encode("utf-16-le") + bytes(500)) == "encrypted-workbook"
    flagged = bytearray(GOOD)
    flagged[flagged.rfind(b"PK\x01\x02") + 8] |= 1
    assert rejected(bytes(flagged)) == "encrypted-workbook"


@pytest.mark.parametrize("share", [0.3, 0.6, 0.99])
def test_a_file_that_ends_too_early_is_damaged(share: float) -> None:
    """Interrupted uploads leave such files."""
    assert rejected(GOOD[: int(len(GOOD) * share)]) == "damaged-file"
    assert rejected(gzip.compress(b"a,b\n" * 10_000, mtime=0)[:60]) == "damaged-file"
    assert rejected(COMPOUND) == "damaged-file"


def test_a_wrong_checksum_is_damage() -> None:
    """The check covers every part that is read."""
    for part in ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"):
        at = GOOD.rfind(part.encode()) - 46 + 16
        broken = GOOD[:at] + bytes([GOOD[at] ^ 1]) + GOOD[at + 1 :]
        assert rejected(broken) == "damaged-file"


@pytest.mark.parametrize(
    "rows",
    [
        ROW + '<row r="2"><c r="A2"><v>1</v></d></row>',
        ROW + '<row r="2"><c r="A2"><v>&lol;</v></c></row>',
        ROW + '<row r="2"><c r="A2"><v>1</v></c><c r="XFD1048576"><v>1</v></c></row>',
        ROW + '<row r="2"><c r="A2" t="s"><v>7</v></c></row>',
    ],
    ids=["tags", "entity", "reference", "string-index"],
)
def test_malformed_xml_is_damage(rows: str) -> None:
    """The worker that reads the slice finds it."""
    assert rejected(workbook({"Data": sheet_part(rows)}, strings_part("<si><t>x</t></si>"))) == "damaged-file"


def test_entities_are_never_expanded() -> None:
    """A part that declares entities is rejected, in UTF-16 too."""
    sheet, strings = sheet_part(ROW), strings_part("<si><t>&a;</t></si>")
    for bad in (
        workbook({"Data": sheet.replace("<worksheet", ENTITY + "<worksheet")}, strings_part("<si/>")),
        workbook({"Data": sheet}, strings.replace("<sst", ENTITY + "<sst")),
        workbook({"Data": sheet}, strings.replace("<sst", ENTITY + "<sst").replace("UTF-8", "UTF-16").encode("utf-16")),
        workbook({"Data": sheet}, strings_part("<si/>"), styles=ENTITY + "<styleSheet/>"),
    ):
        assert rejected(bad) == "unsafe-file"


def test_a_bomb_is_not_inflated() -> None:
    """The limits are the ratio, the size and the number of entries, also within gzip."""
    zeros = b" " * (40 * 1024 * 1024)
    assert rejected(workbook({"Data": sheet_part(ROW)}, more={"xl/media/a": zeros})) == "zip-bomb"
    assert rejected(GOOD, Limits(10**8, 1000, max_inflated_bytes=1000)) == "zip-bomb"
    assert rejected(packed({str(at): "" for at in range(10_001)})) == "zip-bomb"
    assert rejected(gzip.compress(b"a,b\n" * 10_000_000), Limits(10**8, 10**9)) == "zip-bomb"
    assert rejected(gzip.compress(b"a,b\n" * 1000), Limits(10**8, 10**6, max_inflated_bytes=1000)) == "zip-bomb"


def test_a_part_that_is_larger_than_declared_is_a_bomb() -> None:
    """Inflated bytes are counted, whatever the directory declares."""
    at = GOOD.rfind(b"xl/sharedStrings.xml") - 46
    lying = GOOD[: at + 24] + struct.pack("<I", 10) + GOOD[at + 28 :]
    assert rejected(lying) == "zip-bomb"


def test_entries_that_overlap_are_a_bomb() -> None:
    """Bombs with the largest ratios have such entries."""
    at = GOOD.rfind(b"xl/sharedStrings.xml") - 46
    (offset,) = struct.unpack("<I", GOOD[at + 42 : at + 46])
    shifted = GOOD[: at + 42] + struct.pack("<I", offset - 20) + GOOD[at + 46 :]
    assert rejected(shifted) == "zip-bomb"


def test_a_quote_that_is_never_closed_is_named() -> None:
    """Otherwise the rest of the file would be one cell."""
    for rest in (b"4,x\n" * 10, b"4,x\n" * 500_000):
        with pytest.raises(FileRejected) as caught:
            read_all(b'a,b\n1,2\n"3,x\n' + rest)
        assert caught.value.problem.type == "damaged-file"
        assert "row 3 " in word_detail(caught.value.problem)


def test_two_encodings_in_one_file_are_rejected() -> None:
    """Nothing shows which of them is right."""
    assert rejected("a,é\n".encode() * 10 + b"1,\xe9\n") in ("unknown-encoding",)
    assert rejected(b"a,b\n" * 10 + b"1,\xe9\n" * 60_000 + "2,é\n".encode()) == "unknown-encoding"


def test_the_end_of_a_deflate_stream_is_checked() -> None:
    """The data of a part may end too early inside the archive."""
    body = sheet_part(ROW + f"<!-- {'x' * 100} -->").encode()
    assert zlib.decompress(zlib.compress(body)) == body
    start = GOOD.find(b"xl/worksheets/sheet1.xml") + len("xl/worksheets/sheet1.xml")
    broken = GOOD[:start] + b"\xff" * 10 + GOOD[start + 10 :]
    assert rejected(broken) == "damaged-file"
