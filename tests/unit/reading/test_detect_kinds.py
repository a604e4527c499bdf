"""Other kinds of files are named in their rejection, and a table that begins like one is read."""

from __future__ import annotations

import csv
import gzip

import pytest

from sluice.model.errors import FileRejected
from sluice.reading import Limits
from sluice.wording import word_detail
from tests.support.factories_files import packed
from tests.unit.reading.driving import read_all

KNOWN = {
    "pdf": b"%PDF-1.7\n%\xe2\xe3",
    "rtf": b"{\\rtf1\\ansi",
    "picture": b"GIF89a\x01\x00\x01\x00",
    "film": b"\0\0\0\x18ftypmp42",
    "packed": b"7z\xbc\xaf\x27\x1c",
    "parquet": b"PAR1\x15\x04\x15\x00",
    "avro": b"Obj\x01\x04\x16avro.schema",
    "arrow": b"ARROW1\0\0",
    "sqlite": b"SQLite format 3\0",
    "hdf": b"\x89HDF\r\n\x1a\n",
    "program": b"MZ\x90\0\x03\0\0\0",
    "xml": b'\xef\xbb\xbf\n<?xml version="1.0"?><svg/>',
    "web-page": b"\n <!DOCTYPE html>\n<html>",
    "old-workbook": b"\x09\x04\x06\x00\x00\x04\x10\x00",
    "lotus": b"\0\0\x1a\0\x02\x10\x04\0",
    "access": b"\0\x01\0\0Standard ACE DB\0",
    "sylk": b'ID;PWXL;N;E\r\nP;PGeneral\r\nC;Y1;X1;K"Part"\r\n',
    "dif": b'TABLE\r\n0,1\r\n"EXCEL"\r\n',
    "sql": b"-- MySQL dump 10.13\n--\nCREATE TABLE a (b int);",
    "xml-workbook": b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
    b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet/></Workbook>',
    "flat-opendocument": b'<?xml version="1.0"?><office:document office:mimetype="x"/>',
    "quoted-lines": b'"Part Number,Description,Price"\r\n"P-1,""Filter"",12"\r\n',
    "json": b'\xef\xbb\xbf [\n {"Part Number": "P-1", "Price": 2}\n]\n',
}


def kind_of(file: bytes) -> str:
    """Read a file of another kind, and return which one the rejection names."""
    with pytest.raises(FileRejected) as caught:
        read_all(file, "data.csv", limits=Limits(10**8, 1000))
    assert caught.value.problem.type == "not-a-spreadsheet"
    return str(caught.value.problem.params["case"])


@pytest.mark.parametrize(("kind", "start"), KNOWN.items(), ids=list(KNOWN))
def test_a_known_format_is_named(kind: str, start: bytes) -> None:
    """Also when it is packed with gzip, and whatever its name says."""
    assert kind_of(start) == kind
    assert kind_of(gzip.compress(start)) == kind


@pytest.mark.parametrize(
    "page",
    [
        "<style>td {color: red}</style><table><tr><td>a</td></tr></table>",
        "<!-- made by a report --><table border=1>\n<tr><td>a</td></tr></table>",
        "<div class='x'>\n<TABLE><TR><TD>a</TD></TR></TABLE></div>",
        "<br><center>Report</center>\n<table ><tr><td>a",
        '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body/></html>',
        '<html xmlns:x="urn:schemas-microsoft-com:office:excel" xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
        "MIME-Version: 1.0\nContent-Type: multipart/related",
        "From: <Saved by Microsoft Internet Explorer 5>\nSubject: a",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_web_page_is_named_whatever_it_begins_with(page: str, encoding: str) -> None:
    assert kind_of(page.encode(encoding)) == "web-page"


@pytest.mark.parametrize(
    ("kind", "start"),
    [
        ("old-workbook", b"\x09\0\x04\0\x02\0\x10\0"),
        ("old-workbook", b"\x09\x02\x06\0\0\0\x10\0\0\0"),
        ("picture", b"\0\0\0\x24ftypheic\0\0\0\0"),
        ("picture", b'<svg xmlns="http://www.w3.org/2000/svg"/>'),
        ("picture", b"\xff\xd8\xff\xe0\0\x10JFIF"),
        ("sql", b"INSERT INTO products VALUES (1, 'a');\n"),
        ("quoted-lines", b'"a;b";;\n"1;2";;\n"3;""4""";;\n'),
        ("xml", b'<?xml version="1.0"?><rows><table name="a"/></rows>'),
    ],
)
def test_another_spelling_of_a_known_format(kind: str, start: bytes) -> None:
    assert kind_of(start) == kind


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        '{"a": {"b": [1, 2, "{"]}}',
        '{"a": 1}\n{"a": 2}\r\n{"a": 3}',
        "[" + '{"Part Number": "P-1", "Description": "long, and \\"quoted\\""},' * 5_000,
        '{"Part Number": "P-1", "Price": 2}\n' * 5_000,
        '{"text": "' + "a," * 50_000,
    ],
    ids=["object", "array", "nested", "lines", "cut-off-array", "cut-off-lines", "cut-off-text"],
)
def test_json_is_named_however_long_it_is(text: str) -> None:
    """Only the beginning of a long file is looked at."""
    assert kind_of(text.encode()) == "json"


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ("{id},Price", 20_000),
        ('["Part"],Price', 20_000),
        *(
            (header, 2)
            for header in (
                *("{id},Price", "[Part Number],[Price]", '{"id"},Price', '["Part"],Price', "{,Price", '"[1]",Price'),
                *("[1],[2]", "{rtf},Price", "<Part>,Price", "<b>Part</b>,Price", "xml,Price", "%PDF,Price"),
                *("ID;Price", "TABLE,Price", "Insert,Price", '"a, b",Price', "<td,Price"),
                *("MZ,Price", "BM,Price", "BMI,Price", "PAR1,Price", "GIF89a,Price", "ID3,Price", "RIFF,Price"),
            )
        ),
    ],
)
def test_a_table_that_begins_like_another_format_is_read(header: str, rows: int) -> None:
    """Its header is text, and the grammar of the other format does not hold."""
    text = f"{header}\n" + "x,1\n" * rows
    _, cells = read_all(text.encode(), "data.csv", limits=Limits(10**8, 10**6), chunk_rows=10**6)[0]
    assert cells == next(csv.reader([header]))


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("word", {"word/document.xml": "<w/>"}),
        ("slides", {"ppt/presentation.xml": "<p/>"}),
        ("numbers", {"Index/Document.iwa": ""}),
        ("numbers", {"preview.jpg": "", "Index/Tables/DataList.iwa": ""}),
        ("binary-workbook", {"[Content_Types].xml": "", "xl/workbook.bin": ""}),
        ("program", {"META-INF/MANIFEST.MF": ""}),
        ("opendocument-text", {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<c/>"}),
        ("slides", {"mimetype": "application/vnd.oasis.opendocument.presentation", "content.xml": "<c/>"}),
        ("book", {"mimetype": "application/epub+zip", "META-INF/container.xml": "<c/>"}),
        ("archive-of-tables", {"notes.txt": "a", "prices.csv": "a,b"}),
        ("archive", {"notes.txt": "a"}),
    ],
)
def test_another_kind_of_archive_is_named(kind: str, parts: dict[str, str]) -> None:
    """An archive with tables names the first one."""
    assert kind_of(packed(parts)) == kind


def test_an_archive_of_tables_says_which_ones_are_inside() -> None:
    """What the system of the sender adds is none of them."""
    with pytest.raises(FileRejected) as caught:
        read_all(packed({"__MACOSX/._a.csv": "", "a.csv": "", "b.XLSX": ""}), "data.zip", limits=Limits(10**8, 1000))
    assert "with a.csv and 1 more inside" in word_detail(caught.value.problem)


@pytest.mark.parametrize("stream", ["WordDocument", "PowerPoint Document", "__substg1.0_"])
def test_an_older_office_document_is_named(stream: str) -> None:
    """Unless it is a workbook, which may have a document embedded."""
    file = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000) + stream.encode("utf-16-le") + bytes(2000)
    assert kind_of(file) in {"word", "slides", "mail"}
    with pytest.raises(FileRejected) as caught:
        read_all(file + "Workbook".encode("utf-16-le"), "a.xls", limits=Limits(10**8, 1000))
    assert caught.value.problem.type == "damaged-file"
