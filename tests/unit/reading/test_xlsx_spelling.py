"""Every legal spelling of a cell reads as openpyxl reads it, and no mark of the reader is ever a value."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import xlsxwriter
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineError, CalamineWorkbook

from sluice.model.errors import FileRejected
from sluice.reading.xlsx import parser
from sluice.reading.xlsx.parser import LeakedMark
from sluice.reading.xlsx.spelling import Formats, Rewriter, plain_width
from sluice.schema.cells import NO_DAY, CellError
from tests.support.factories_files import sheet_part, strings_part, workbook
from tests.unit.reading.driving import numbers_of, oracle, read_all, trimmed

STRINGS = ("zero", "one", "ü & <two>", " three ", "four", "", "six", "_x0041_ seven")
TABLE = strings_part(
    "<si><t>zero</t></si>",
    "<si ><t >one</t></si >",
    "<si><r><t xml:space='preserve'>ü &amp; </t></r><r><rPr/><t>&lt;two></t></r><rPh sb='0' eb='1'><t>r</t></rPh></si>",
    '<si><t xml:space="preserve"> three </t></si>',
    "<si><!-- not five --><t><![CDATA[four]]></t></si>",
    "<si/>",
    "<si\n><t>s<?pi of a program?>ix</t></si\t>",
    "<si><t>_x005F_x0041_ seven</t></si>",
)
FIRST_DAY = date(1899, 12, 30)
MOMENT = datetime(2024, 2, 29, 0, 30)  # noqa: DTZ001 - cells know no zone
SPACE = st.sampled_from(["", "", "", " ", "\n", "\t ", "\r\n"])
TEXT = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=8).filter(
    lambda text: "_x" not in text
)


@st.composite
def tags(draw: st.DrawFn, name: str, attributes: dict[str, str], empty: bool = False) -> str:
    """Spell a start tag: attributes in any order, either quote, white space, references of characters."""
    written = []
    for key in draw(st.permutations(sorted(attributes))):
        value, quote = attributes[key], draw(st.sampled_from('"""\''))
        if value and draw(st.integers(0, 9)) == 0:
            value = f"&#{ord(value[0])};{value[1:]}"
        written.append(f"{draw(SPACE) or ' '}{key}{draw(SPACE)}={draw(SPACE)}{quote}{value}{quote}")
    return f"<{name}{''.join(written)}{draw(SPACE)}{'/' if empty else ''}>"


@st.composite
def written(draw: st.DrawFn, text: str) -> str:
    """Spell text: escapes, references of characters, CDATA, comments and instructions in between."""
    pieces = []
    for character in text:
        kind = draw(st.integers(0, 29))
        if kind == 0:
            pieces.append(f"&#{ord(character)};")
        elif kind == 1:
            pieces.append(f"&#x{ord(character):X};")
        elif kind == 2 and character not in "]>":
            pieces.append(f"<![CDATA[{character}]]>")
        elif kind == 3:
            pieces.append(f"<!-- 7 -->{escaped(character)}<?word 8?>")
        else:
            pieces.append(escaped(character))
    return "".join(pieces)


def escaped(character: str) -> str:
    """Escape a character of text."""
    return {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}.get(character, character)


NUMBERS = st.one_of(st.integers(-(10**9), 10**9), st.floats(-1e9, 1e9).map(lambda number: round(number, 3)))
#: Value of a cell, its text in the file, and its attributes.
KINDS: dict[str, st.SearchStrategy[tuple[Any, str, dict[str, str]]]] = {
    "number": st.builds(
        lambda number, spell, more: (number, spell.format(number), more),
        NUMBERS,
        st.sampled_from(["{}", "{:+}", "{!r}"]),
        st.sampled_from([{}, {"t": "n"}, {"s": "4"}, {"s": "0", "t": "n"}]),
    ),
    "shared": st.builds(
        lambda index, spell, more: (STRINGS[index] or None, spell.format(index), {"t": "s"} | more),
        st.integers(0, len(STRINGS) - 1),
        st.sampled_from(["{}", "0{}", "+{}"]),
        st.sampled_from([{}, {"s": "1"}]),
    ),
    "text": TEXT.map(lambda text: (text, text, {"t": "str"})),
    "flag": st.booleans().map(lambda flag: (flag, str(int(flag)), {"t": "b"})),
    "error": st.sampled_from(["#N/A", "#DIV/0!", "#SPILL!"]).map(lambda text: (CellError(text), text, {"t": "e"})),
    "day": st.integers(61, 70_000).map(lambda days: (FIRST_DAY + timedelta(days=days), str(days), {"s": "1"})),
    "iso": st.integers(1, 23).map(lambda hour: (MOMENT.replace(hour=hour), f"2024-02-29T{hour:02}:30", {"t": "d"})),
}


@st.composite
def spelled(draw: st.DrawFn, reference: str) -> tuple[str, Any]:
    """Spell a cell, and say what a person reads in it."""
    kind = draw(st.sampled_from([*KINDS, "inline", "blank", "blank"]))
    if kind == "inline":
        return draw(inline({"r": reference}))
    if kind == "blank":
        more = draw(st.sampled_from([{}, {"t": "s"}, {"t": "n", "s": "1"}, {"t": "str"}, {"t": "b"}]))
        tag = draw(tags("c", {"r": reference} | more, empty=True))
        return draw(
            st.sampled_from([tag, f"{tag[:-2]}></c>", f"{tag[:-2]}><v/></c>", f"{tag[:-2]}><v></v ></c>"])
        ), None
    value, inner, attributes = draw(KINDS[kind])
    pad = draw(SPACE) if kind not in {"text", "error", "iso"} else ""  # openpyxl keeps it there
    formula = draw(st.sampled_from(["", "", "", "<f>2*3</f>", '<f t="shared" si="0"/>']))
    content = f"{draw(tags('v', {}))}{pad}{draw(written(inner))}{pad}</v{draw(SPACE)}>"
    between = draw(SPACE)
    tag = draw(tags("c", {"r": reference} | attributes))
    return f"{tag}{between}{formula}{between}{content}{between}</c{draw(SPACE)}>", value


@st.composite
def inline(draw: st.DrawFn, attributes: dict[str, str]) -> tuple[str, Any]:
    """Spell an inline string: plain or rich text, with a phonetic reading."""
    texts = draw(st.lists(TEXT, min_size=1, max_size=2))
    keep = draw(st.sampled_from([{}, {"xml:space": "preserve"}]))
    runs = "".join(f"<r><rPr><b/></rPr>{draw(tags('t', keep))}{draw(written(text))}</t></r>" for text in texts)
    if len(texts) == 1 and draw(st.booleans()):
        runs = f"{draw(tags('t', keep))}{draw(written(texts[0]))}</t>"
    reading = draw(st.sampled_from(["", '<rPh sb="0" eb="1"><t>reading</t></rPh>']))
    return f"{draw(tags('c', attributes | {'t': 'inlineStr'}))}<is>{runs}{reading}</is></c>", "".join(texts)


@st.composite
def sheets(draw: st.DrawFn) -> tuple[str, list[tuple[int, list[Any]]]]:
    """Spell the rows of a sheet, and say what a person reads in them."""
    rows, expected = [], []
    number = 0
    for _ in range(draw(st.integers(1, 5))):
        number += draw(st.integers(1, 3))
        cells = [draw(spelled(f"{column}{number}")) for column in "ABC"]
        between = draw(SPACE)
        rows.append(
            f"{draw(tags('row', {'r': str(number), 'spans': '1:3'}))}{between}"
            f"{between.join(xml for xml, _ in cells)}</row{draw(SPACE)}>{between}"
        )
        expected.append((number, [value for _, value in cells]))
    return "".join(rows), expected


@given(sheets(), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_every_legal_spelling_of_a_cell_reads_as_openpyxl_reads_it(
    sheet: tuple[str, list[tuple[int, list[Any]]]], chunk_rows: int
) -> None:
    """The expected values are those that were spelled; openpyxl and calamine read the same where they can."""
    rows, expected = sheet
    file = workbook({"Data": sheet_part(rows)}, TABLE)
    seen = [record for record in trimmed(expected) if any(str(cell).strip() for cell in record[1] if cell is not None)]
    assume(seen)  # else the file is rejected as empty
    assert numbers_of(trimmed(read_all(file, chunk_rows=chunk_rows))) == seen
    assert [(at, cells) for at, cells in unescaped(oracle(file))] == seen
    if any(odd in rows for odd in ("&", "<!", "<?", "<v>+")):  # calamine gives nothing for a number with one, or text 0
        return
    for (_, cells), others in zip(seen, by_calamine(file, [number for number, _ in seen]), strict=False):
        for cell, other in zip(cells, others, strict=False):
            is_padded = isinstance(other, str) and other != other.strip()  # as it leaves a date with blanks around it
            assert cell == other or is_padded or isinstance(cell, CellError | str)  # of texts it trims some


def unescaped(records: list[Any]) -> list[Any]:
    """Resolve the one escape of the strings, which openpyxl leaves as it is."""
    return [
        (at, [cell.replace("_x005F_", "_") if isinstance(cell, str) else cell for cell in cells])
        for at, cells in records
    ]


def by_calamine(file: bytes, numbers: list[int]) -> list[list[Any]]:
    """Read rows of a file with calamine; nothing if one cell is too unusual for it."""
    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(file)).get_sheet_by_index(0)
    except CalamineError:
        return []
    rows = sheet.to_python(skip_empty_area=False)
    return [[None if cell == "" else cell for cell in rows[number - 1]] for number in numbers if number <= len(rows)]


@given(sheets())
@settings(max_examples=30, deadline=None)
def test_rewritten_rows_are_in_the_plain_spelling(sheet: tuple[str, list[tuple[int, list[Any]]]]) -> None:
    """Otherwise no reader would read them; and rewriting them once more changes nothing."""
    formats = Formats(frozenset({1, 2}), frozenset({3}), shown=frozenset({4}))
    once = Rewriter("sheet", formats).slice(sheet[0].encode())
    assert plain_width(once, formats) == 26
    assert Rewriter("sheet", formats).slice(once) == once


def only(*cells: str, strings: str | bytes | None = None, **more: Any) -> list[Any]:
    """Read a sheet of one row."""
    ((_, read),) = read_all(workbook({"Data": sheet_part(f'<row r="1">{"".join(cells)}</row>')}, strings, **more))
    return read


def test_a_mark_that_is_left_in_a_cell_is_an_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no value, and no fault of the file either."""
    monkeypatch.setattr(parser, "read_strings", lambda *_: {})
    with pytest.raises(LeakedMark):
        only('<c r="A1" t="s"><v>0</v></c>', strings=strings_part("<si><t>text</t></si>"))


@pytest.mark.parametrize("spell", ["&#xE000;&#xE001;&#xE002;0", "\ue000\ue001\ue0020", "_xE000__xE001__xE002_0"])
def test_a_file_cannot_write_a_mark_of_the_reader(spell: str) -> None:
    """Text of a private area is text, and names no shared string."""
    (cell,) = only(f'<c r="A1" t="str"><v>{spell}</v></c>', strings=strings_part("<si><t>secret</t></si>"))
    assert cell == "\ue000\ue001\ue0020"


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('<c r="A1"><f>1+1</f></c>', CellError("=1+1")),
        ('<c r="A1" t="str"><f>A2</f></c>', CellError("=A2")),
        ('<c r="A1" t="b"><f>A2</f><v></v></c>', CellError("=A2")),
        ('<c r="A1" t="str"><f>A2</f><v/></c>', None),
        ('<c r="A1"><v>2</v><f>1+1</f></c>', 2.0),
        ('<c r="A1" t="s"><f>A2</f><v>0</v></c>', "text"),
        ('<c r="A1"><v>NaN</v></c>', CellError("NaN")),
        ('<c r="A1"><v>-INF</v></c>', CellError("-INF")),
        ('<c r="A1"><v>1E+400</v></c>', CellError("1E+400")),
        ('<c r="A1"><v>1,5</v></c>', CellError("1,5")),
        ('<c r="A1"><v>1</v><v>2</v></c>', CellError("12")),
        ('<c r="A1" t="str"><v>K</v><v></v></c>', CellError("K")),
        ('<c r="A1" t="b"><v> TRUE </v></c>', True),
        ('<c r="A1" t="b"><v>2</v></c>', CellError("2")),
        ('<c r="A1" t="x"><v>2</v></c>', CellError("2")),
        ('<c r="A1" t="s"><v>1.0</v></c>', CellError("1.0")),
        ('<c r="A1" t="e"><f>A2</f><v>#N/A</v></c>', CellError("#N/A")),
        ('<c r="A1" t="str"><v>#N/A</v></c>', "#N/A"),
        ('<c r="A1" t="str"><v>bell _xD83D__xDE00_</v></c>', "bell 😀"),
        ('<c r="A1"><is><t>untyped</t></is></c>', "untyped"),
        ('<c r="A1"><extLst><ext><v>9</v></ext></extLst><v>2</v></c>', 2.0),
        ('<c r="A1" t="d"><v>2024-02-29T06:30Z</v></c>', datetime(2024, 2, 29, 6, 30)),  # noqa: DTZ001 - no zone
        ('<c r="A1" t="d"><v>2024-02-29</v></c>', date(2024, 2, 29)),
        ('<c r="A1" t="d"><v>yesterday</v></c>', CellError("yesterday")),
    ],
)
def test_a_cell_is_its_value_or_an_error(cell: str, value: Any) -> None:
    """A formula without a value is no empty cell, and a number that is not finite is no text."""
    read = only(cell, '<c r="C1"><v>1</v></c>', strings=strings_part("<si><t>text</t></si>"))
    assert (read[0], read[2]) == (value, 1.0)


@pytest.mark.parametrize("quote", ['"', "'"])
def test_a_formula_that_a_library_gave_the_value_0_has_none(quote: str) -> None:
    """XlsxWriter gives every formula this value, and the workbook says that it is to be computed anew."""
    with io.BytesIO() as file:
        with xlsxwriter.Workbook(file) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, [0, "=1+1", "=A1", 5])
            sheet.write_formula(0, 4, "=40+2", value=42)
        ((_, cells),) = read_all(file.getvalue())
    assert cells == [0.0, CellError("=1+1"), CellError("=A1"), 5.0, 42.0]
    assert only(f"<c r={quote}A1{quote}><f>B1-C1</f><v>0</v></c>") == [0.0]


@pytest.mark.parametrize(
    ("date1904", "serial", "value"),
    [
        (False, "59", date(1900, 2, 28)),
        (False, "60", CellError(NO_DAY)),
        (False, "60.75", CellError(NO_DAY)),
        (False, "59.9999999", CellError(NO_DAY)),
        (False, "59.75", datetime(1900, 2, 28, 18)),  # noqa: DTZ001 - cells know no zone
        (False, "61", date(1900, 3, 1)),
        (False, "-1.2", -1.2),
        (False, "2958465", date(9999, 12, 31)),
        (False, "1e9", 1e9),
        (False, "0.5", time(12)),
        (True, "60", date(1904, 3, 1)),
        (True, "60.5", datetime(1904, 3, 1, 12)),  # noqa: DTZ001 - cells know no zone
    ],
)
@pytest.mark.parametrize("quote", ['"', "'"])
def test_a_date_that_no_calendar_has_is_an_error(quote: str, date1904: bool, serial: str, value: Any) -> None:
    """Spreadsheets count 29 February 1900 as day 60; the calendar of 1904 has no such day."""
    assert only(f'<c r="A1" s={quote}1{quote}><v>{serial}</v></c>', date1904=date1904) == [value]


def test_sixty_is_a_number_and_a_span_of_time_is_sixty_days() -> None:
    """Only dates have the day that does not exist."""
    days = only('<c r="A1"><v>60</v></c><c r="B1" s="3"><v>60</v></c><c r="C1" s="3"><v>60.5</v></c>')
    assert [days[0], days[1].days, days[2].total_seconds() / 86_400] == [60.0, 60, 60.5]


@pytest.mark.parametrize(
    "respell",
    [
        lambda part: part.replace("</si>", "</si >"),
        lambda part: part.replace("<si/>", "<si />"),
        lambda part: part.replace("<si><t>b", "<si\n><t>b"),
        lambda part: part.replace("<si/>", "<!-- --><si/>"),
        lambda part: part.replace("<si/>", "<?pi </si>?><si/>"),
        lambda part: part.replace('"', "'"),
        lambda part: part.replace("UTF-8", "UTF-16").encode("utf-16"),
        lambda part: part.replace("</sst>", "<si ><t>last</t></si ></sst>"),
    ],
)
def test_no_spelling_of_the_strings_moves_their_indexes(respell: Callable[[str], str | bytes]) -> None:
    """One string too few or too many would give every cell behind it the text of another."""
    elements = ["<si><t>a</t></si>", "<si/>", "<si><t>b &amp; c</t></si>", '<si><t xml:space="preserve"> d </t></si>']
    cells = [f'<c r="{column}1" t="s"><v>{at}</v></c>' for at, column in enumerate("ABCD")]
    part = respell(strings_part(*elements))
    assert only(*cells, strings=part) == ["a", None, "b & c", " d "]


@pytest.mark.parametrize("byte", [b"\xff", b"\x01", b"&lol;", b"<b>"])
def test_a_row_that_is_not_well_formed_is_named(byte: bytes) -> None:
    """Bytes that are no UTF-8, control characters and unknown entities are damage, not text."""
    rows = "".join(f'<row r="{at}"><c r="A{at}" t="str"><v>{at}</v></c></row>' for at in range(1, 9))
    part = sheet_part(rows).encode().replace(b"<v>5</v>", b"<v>5" + byte + b"</v>")
    with pytest.raises(FileRejected) as rejected:
        read_all(workbook({"Data": part}))
    assert (rejected.value.problem.code, rejected.value.problem.params["at_row"]) == ("damaged-file/broken-row", 5)


def test_a_string_beyond_the_table_rejects_the_file() -> None:
    """What the cell held cannot be known."""
    with pytest.raises(FileRejected) as rejected:
        only("<c r='A1' t='s'><v>7</v></c>", strings=strings_part("<si><t>text</t></si>"))
    assert rejected.value.problem.code == "damaged-file/unknown-text"


@pytest.mark.parametrize(
    "tail", ['<c r="A9"><f>1+1</f></c>', '<c r="A9"><v>2</v ></c>', "<c r='A9'><is ><t>x</t></is ></c>"]
)
def test_the_last_rows_are_kept_whatever_their_spelling(tail: str) -> None:
    """Only rows without a value and without a formula are formatting."""
    before, after = ("".join(f'<row r="{at}"><c r="A{at}" s="1"/></row>' for at in rows) for rows in ((2, 8), (10, 11)))
    rows = f'<row r="1"><c r="A1"><v>1</v></c></row>{before}<row r="9">{tail}</row>{after}'
    assert [number for number, _ in read_all(workbook({"Data": sheet_part(rows)}))] == [1, 9]
