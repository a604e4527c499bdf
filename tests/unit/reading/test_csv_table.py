"""Text tables: byte ranges that cover the file, and records as the csv module reads them."""

from __future__ import annotations

import csv
import gzip
import io
import re
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sluice.model.errors import FileRejected
from sluice.reading import Reading
from sluice.reading.csv_table import DELIMITERS
from sluice.reading.records import QUOTINGS, Dialect
from sluice.schema.cells import BrokenRow, Record
from tests.unit.reading.driving import fit_of, head_of, read_all, segments_of

FIELDS = st.text(st.sampled_from('ab7 é"\n\r,;\t'), min_size=0, max_size=6)
TABLES = st.lists(st.lists(FIELDS, min_size=1, max_size=4), min_size=1, max_size=25)


def written(rows: list[list[str]], delimiter: str, line_end: str, quoting: int = csv.QUOTE_MINIMAL) -> str:
    """Write a table with a header that settles the delimiter."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=line_end, quoting=quoting)  # type: ignore[arg-type]  # typeshed wants the literal
    writer.writerows([["id", "name", "x", "y"]] * 30)
    writer.writerows(rows)
    return text.getvalue()


def expected(text: str, delimiter: str) -> list[Record]:
    """Read the whole text with the csv module."""
    rows = enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1)
    return without_blanks([(number, [*cells]) for number, cells in rows if any(c.strip() for c in cells)])


def without_blanks(records: list[Record]) -> list[Record]:
    """Drop the blanks before values: where a quote follows blanks in a text, they belong to no value of it."""
    return [(number, [str(cell or "").lstrip(" \t") or None for cell in cells]) for number, cells in records]


@given(
    rows=TABLES,
    delimiter=st.sampled_from(",;\t|"),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    chunk_rows=st.integers(1, 12),
)
@settings(max_examples=150, deadline=None)
def test_the_ranges_read_like_the_whole(
    rows: list[list[str]], delimiter: str, line_end: str, quoting: int, chunk_rows: int
) -> None:
    """This holds for any quoting, any line end and any size of segments."""
    text = written(rows, delimiter, line_end, quoting)
    assert without_blanks(read_all(text.encode(), chunk_rows=chunk_rows)) == expected(text, delimiter)


def whole_records(text: str) -> list[tuple[list[str], bool]] | None:
    """Read a text letter by letter: the cells of each record, and whether its quotes are sound.

    A quoted field has blanks around its quotes at most. Any other one that begins with a quote is unsound. ``None`` if
    a quote is open at the end.
    """
    records: list[tuple[list[str], bool]] = []
    at = 0
    while at < len(text):
        cells: list[str] = []
        is_sound = True
        while True:
            quoted = re.match(r'[ \t]*"((?:[^"]|"")*)"[ \t]*(?=,|\r|\n|$)(?!")', text[at:])
            if not quoted and re.match(r'[ \t]*"(?:[^"]|"")*+\Z', text[at:]):
                return None
            bare = re.match(r"[ \t]*([^,\r\n]*)", text[at:])
            assert bare
            is_sound = is_sound and (bool(quoted) or not bare[1].startswith('"'))
            cells.append(quoted[1].replace('""', '"') if quoted else bare[1])
            at += (quoted or bare).end()
            if text[at : at + 1] != ",":
                break
            at += 1
        at += 2 if text[at : at + 2] == "\r\n" else 1
        records.append((cells, is_sound))
    return records


@given(text=st.text(st.sampled_from('a",\n\r \t'), max_size=40), chunk_rows=st.integers(1, 5))
@settings(max_examples=400, deadline=None)
def test_odd_quotes_break_their_row_alone(text: str, chunk_rows: int) -> None:
    """Blanks may stand around quotes; a quote that ends before its field makes a broken row, and is no record's end."""
    body = "a,b\n" * 30 + text + ("" if text.endswith("\n") else "\n")
    wanted = whole_records(body)
    if wanted is None:
        with pytest.raises(FileRejected, match="unclosed-quote"):
            read_all(body.encode(), chunk_rows=chunk_rows)
        return
    found = read_all(body.encode(), chunk_rows=chunk_rows)
    shown = {number: (cells, is_sound) for number, (cells, is_sound) in enumerate(wanted, 1)}
    assert {number for number, (cells, _) in shown.items() if any(map(str.strip, cells))} == {row for row, _ in found}
    for number, cells in found:
        assert isinstance(cells, BrokenRow) is not shown[number][1]
        if shown[number][1]:
            assert without_blanks([(number, cells)]) == without_blanks([(number, [*shown[number][0]])])


@given(count=st.integers(1, 60), chunk_rows=st.integers(1, 20), newline=st.booleans())
def test_ranges_cover_the_file(count: int, chunk_rows: int, newline: bool) -> None:
    """They reach from the end of the header to the end of the file, without gap or overlap."""
    rows = [f'{at},"two\nlines {at}",x\r\n' for at in range(count)]
    file = ("id,name,x\r\n" + "".join(rows)).encode()[: None if newline else -2]
    _, segments, _ = segments_of(file, after_row=1, chunk_rows=chunk_rows)
    assert segments[0].start == len("id,name,x\r\n")
    assert segments[-1].end == len(file)
    assert [segment.end for segment in segments[:-1]] == [segment.start for segment in segments[1:]]
    assert sum(segment.rows for segment in segments) == count
    assert all(segment.body is None for segment in segments)


def test_rows_are_numbered_as_a_spreadsheet_program_numbers_them() -> None:
    """Blank lines count, a line end within quotes does not."""
    file = b'id;note\r\n\r\n1;"a\r\nb"\r\n;\r\n2;c'
    assert read_all(file, after_row=1, chunk_rows=1) == [(3, ["1", "a\r\nb"]), (5, ["2", "c"])]


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "windows-1252"),
    ],
)
def test_each_encoding_is_detected(encoding: str, name: str) -> None:
    """A byte order mark is optional."""
    file = "".join(["größe,prix €\r\n", *(f"{at},café\r\n" for at in range(50))]).encode(encoding)
    layout, _, _ = segments_of(file)
    assert layout.encoding == name
    assert read_all(file, chunk_rows=7)[:2] == [(1, ["größe", "prix €"]), (2, ["0", "café"])]
    assert len(read_all(file, after_row=1, chunk_rows=7)) == 50
    assert head_of(file, 1) == [(1, ["größe", "prix €"])]


def test_windows_1252_is_detected_late() -> None:
    """A file may be plain ASCII for megabytes before its first accent."""
    file = b"id,name\n" + b"1,plain\n" * 60_000 + b"2,caf\xe9\n"
    layout, _, _ = segments_of(file, chunk_rows=10_000)
    assert layout.encoding == "windows-1252"
    assert read_all(file, chunk_rows=10_000)[-1] == (60_002, ["2", "café"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_gzip_is_unpacked_into_slices(encoding: str) -> None:
    """It may have two members, as log shippers write them."""
    text = "".join(["id,näme\r\n", *(f"{at},é\r\n" for at in range(500))]).encode(encoding)
    file = gzip.compress(text[:200]) + gzip.compress(text[200:])
    assert read_all(file, "data.csv.gz", after_row=1, chunk_rows=100) == [(at + 2, [str(at), "é"]) for at in range(500)]


VALUES = st.text(st.sampled_from("ab7é,;|\t^:'\"\\ \n"), min_size=0, max_size=6)


def quoted(value: str, quoting: str) -> str:
    """Quote a value as a writer does that quotes all texts."""
    quote, is_escaped = QUOTINGS[quoting]
    if is_escaped:
        value = value.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    return quote + value.replace(quote, quote * (1 if is_escaped else 2)) + quote


@given(
    delimiter=st.sampled_from(DELIMITERS),
    quoting=st.sampled_from([*QUOTINGS]),
    values=st.lists(VALUES, min_size=1, max_size=12),
    blanks=st.sampled_from(["", " ", "  "]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    chunk_rows=st.integers(1, 5),
)
@settings(max_examples=100, deadline=None)
def test_any_delimiter_and_quotes_are_found_and_read(
    delimiter: str, quoting: str, values: list[str], blanks: str, line_end: str, chunk_rows: int
) -> None:
    """As long as rows show the quotes: an escaped quote, or a value in single quotes in each row.

    A line inside of a value that begins with the other quote shows that one, and where most lines are inside of values
    in single quotes, an open quote may have taken them in.
    """
    assume(QUOTINGS[quoting][0] == '"' or sum(value.count("\n") for value in values) < len(values))
    begins = [line[:1] for value in values for line in value.split("\n")[1:]]
    assume(QUOTINGS[quoting][0] == '"' or '"' not in begins)
    rows = [["Part Number", "Description", "Price"], ["A", QUOTINGS[quoting][0] + ", x", "1"]]
    rows += [[f"B{at}", value, "2"] for at, value in enumerate(values)]
    lines = [(delimiter + blanks).join(quoted(value, quoting) for value in row) + line_end for row in rows]
    layout, *_ = segments_of("".join(lines).encode(), reading=Reading(fit=fit_of("products")))
    records = read_all("".join(lines).encode(), chunk_rows=chunk_rows, reading=Reading(fit=fit_of("products")))
    assert layout.delimiter == delimiter
    assert records == [(at, [value or None for value in row]) for at, row in enumerate(rows, 1)]


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a;b;c\n1,5;2,5;3\n1,5;2,5;3\n", ";"),
        ("a,b\n1;2,3\n", ","),
        ("a\tb\n1, or 2\tx\n", "\t"),
        ("a|b|c\n1|2|3\n", "|"),
        ('"a;b",c\n"d;e",f\n', ","),
        ("single\n1\n2\n", ","),
        ("sep=|\na|b,c,d\n1|2,3,4\n", "|"),
        ("A title\n\na;b;c\n1;2;3\n4;5;6", ";"),
    ],
)
def test_the_delimiter_is_the_one_that_makes_a_table(text: str, delimiter: str) -> None:
    """Decimal commas and quoted separators do not mislead the detection."""
    layout, _, _ = segments_of(text.encode())
    assert layout.delimiter == delimiter


def test_fields_stay_text() -> None:
    """No field becomes a number, and an empty field is an empty cell."""
    assert read_all(b"id,a,b\n007,,1e5\n", after_row=1) == [(2, ["007", None, "1e5"])]


def test_rows_of_delimiters_alone_are_in_no_segment() -> None:
    """Spreadsheet programs write them for rows that were formatted."""
    file = b"id,a\n1,2\n" + b",\n" * 1000
    _, segments, _ = segments_of(file, after_row=1, chunk_rows=100)
    assert len(segments) == 1
    assert read_all(file, after_row=1, chunk_rows=100) == [(2, ["1", "2"])]


@given(
    lines=st.lists(st.text('a";,\t \r\n', max_size=12), min_size=1, max_size=8),
    delimiter=st.sampled_from(",;\t"),
)
@settings(max_examples=300, deadline=None)
def test_records_end_where_the_reader_of_a_slice_ends_them(lines: list[str], delimiter: str) -> None:
    """Whatever quotes there are; what is regular is split without a look at its fields."""
    text = "".join(f"{line}\n" for line in lines)
    dialect = Dialect(delimiter)
    ends = dialect.ends(text.encode())
    whole = text[: ends[-1] if ends else 0]
    assert len(list(dialect.rows(whole))) == len(ends)
    for start, end in pairwise([0, *ends]):
        assert len(list(dialect.rows(text[start:end]))) == 1
