"""What becomes of cells of .xlsx in odd spellings, formats and calendars: one test a case, with the exact outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest

from sluice.schema.cells import CellError
from tests.reading.outcomes import Outcome, outcome_of
from tests.support.factories_files import MAIN, packed, sheet_part, strings_part, workbook, written_by_xlsxwriter
from tests.unit.reading.driving import read_all

_FIELDS = ("part_number", "description", "price", "stock", "brand", "supplier", "updated", "active")
TITLES = {field: field.replace("_", " ").title() for field in _FIELDS}
ERROR = "is an error of the spreadsheet. Correct its formula, or write the value"
COMPUTED = "is a formula without a value. Save the file in a spreadsheet program, which computes it, or write the value"


def text(value: str) -> str:
    """Return a cell with its own text, without the end tag of its start."""
    return f' t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def number(value: object, style: int = 0) -> str:
    return f' s="{style}"><v>{value}</v></c>'


def sheet_of(*rows: Mapping[str, str]) -> str:
    """Make a sheet of products from row 2 on, each row by fields with the XML of its cells behind ``<c r="…"``."""
    columns = {field: "ABCDEFGH"[at] for at, field in enumerate(TITLES)}
    head = {field: text(title) for field, title in TITLES.items()}
    body = ""
    for row, own in enumerate([head, *rows], 1):
        usual = {} if row == 1 else {"part_number": text(f"K-{row}"), "description": text("F"), "price": number(1)}
        cells = {**usual, **own}
        xml = "".join(f'<c r="{columns[field]}{row}"{cells[field]}' for field in columns if field in cells)
        body += f'<row r="{row}">{xml}</row>'
    return sheet_part(body)


def outcome_of_cells(*rows: Mapping[str, str], **parts: Any) -> Outcome:
    """Import rows as `sheet_of` takes them."""
    return outcome_of(workbook({"Data": sheet_of(*rows)}, **parts), "a.xlsx")


def styles_of(*codes: str) -> str:
    """Return styles whose cell formats 1, 2 and so on have these number formats."""
    formats = "".join(f'<numFmt numFmtId="{164 + at}" formatCode={quoteattr(code)}/>' for at, code in enumerate(codes))
    cells = "".join(f'<xf numFmtId="{164 + at}"/>' for at in range(len(codes)))
    return (
        f'<styleSheet xmlns="{MAIN}"><numFmts count="{len(codes)}">{formats}</numFmts>'
        f'<cellXfs count="{len(codes) + 1}"><xf numFmtId="0"/>{cells}</cellXfs></styleSheet>'
    )


# ---------------------------------------------------------------------- strings


@pytest.mark.parametrize(
    "value",
    [
        *("<v>1</v>", "<v> 1 </v>", "<v>01</v>", "<v>+1</v>", "<v>&#49;</v>", "<v>&#x31;</v>", "<v>\n1\n</v>"),
        *("<v><!-- x -->1</v>", "<v><![CDATA[1]]></v>", "<f>A1</f><v>1</v>", '<f t="shared" si="0"/><v>1</v>'),
    ],
)
@pytest.mark.parametrize("start", [' t="s">', " t='s'>", ' s="0" t="s" >', ' t="&#115;">'])
def test_the_index_of_a_string_in_each_spelling_is_its_string(start: str, value: str) -> None:
    strings = strings_part("<si><t>other</t></si>", "<si><t>Bosch</t></si>")
    outcome = outcome_of_cells({"brand": f"{start}{value}</c>"}, strings=strings)
    assert outcome.table("brand") == {2: ("Bosch",)}


@pytest.mark.parametrize(
    "cell", [' t="s"><v></v></c>', ' t="s"><v/></c>', ' t="s"/>', ' t="s"><v> </v></c>', ' t="inlineStr"/>']
)
def test_a_string_without_an_index_is_an_empty_cell(cell: str) -> None:
    strings = strings_part("<si><t>other</t></si>", "<si/>")
    outcome = outcome_of_cells({"brand": cell, "stock": number(2)}, {"brand": ' t="s"><v>1</v></c>'}, strings=strings)
    assert outcome.table("brand", "stock") == {2: (None, 2), 3: (None, 0)}


@pytest.mark.parametrize("index", ["1.0", "2", "-1", "x", "1 1"])
def test_an_index_that_is_none_never_becomes_a_text(index: str) -> None:
    """Its row or its file is rejected."""
    outcome = outcome_of_cells({"brand": f' t="s"><v>{index}</v></c>'}, strings=strings_part("<si><t>a</t></si>"))
    assert outcome.rows == {}
    assert outcome.rejected == {2: [f"Brand: {ERROR}"]} or outcome.problem == "damaged-file/unknown-text"


def test_rich_texts_furigana_and_escapes_are_what_a_person_sees() -> None:
    rich = "<r><t>I-</t></r><r><rPr><b/></rPr><t>1</t></r>"
    kana = '<t>東京都</t><rPh sb="0" eb="3"><t>トウキョウト</t></rPh>'
    spaced = '<r><t xml:space="preserve">Oil </t></r><r><t>filter</t></r>'
    cells = {
        "part_number": f' t="inlineStr"><is>{rich}</is></c>',
        "description": f' t="inlineStr"><is>{spaced}</is></c>',
        "brand": f' t="inlineStr"><is>{kana}</is></c>',
        "supplier": ' t="str"><f>A1</f><v>Line_x000A_two_x005F_x0041_</v></c>',
    }
    odd = {"part_number": text("F-2"), "price": "><v> 2 </v></c>", "brand": f' t="inlineStr"><is>{kana}</is></c>'}
    outcome = outcome_of_cells(cells, odd)
    assert outcome.table("part_number", "description", "brand", "supplier", "price") == {
        2: ("I-1", "Oil filter", "東京都", "Line\ntwo_x0041_", "1"),
        3: ("F-2", "F", "東京都", None, "2"),
    }


@pytest.mark.parametrize("escaped", ["_x0000_", "_x0007_", "_x001F_", "_xFFFD_"])
def test_a_character_that_cannot_be_stored_is_rejected(escaped: str) -> None:
    outcome = outcome_of_cells({"description": text(f"bad{escaped}char _xD83D__xDE00_")})
    assert outcome.rejected == {2: ["Description: has characters that cannot be stored. Write it anew without them"]}


def test_cells_in_another_order_and_a_cell_twice() -> None:
    row = '<c r="E2" t="inlineStr"><is><t>Bosch</t></is></c><c r="A2" t="inlineStr"><is><t>O-1</t></is></c>'
    row += '<c r="C2"><v>1</v></c><c r="B2" t="inlineStr"><is><t>F</t></is></c><c r="C2"><v>3</v></c>'
    head = "".join(f'<c r="{"ABCDE"[at]}1"{text(title)}' for at, title in enumerate([*TITLES.values()][:5]))
    body = sheet_part(f'<row r="1">{head}</row><row r="2">{row}</row>')
    assert outcome_of(workbook({"Data": body}), "a.xlsx").table("part_number", "price", "brand") == {
        2: ("O-1", "3", "Bosch")
    }


def test_backslashes_in_the_names_of_parts_are_slashes() -> None:
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{MAIN}"/>',
        "_rels/.rels": _relations("officeDocument", "xl\\workbook.xml"),
        "xl\\workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="a"/></sheets></workbook>',
        "xl\\_rels\\workbook.xml.rels": _relations("worksheet", "worksheets\\sheet1.xml"),
        "xl\\worksheets\\sheet1.xml": sheet_part('<row r="1"><c r="A1"><v>7</v></c></row>'),
    }
    assert read_all(packed(parts), "a.xlsx") == [(1, [7.0])]


# ---------------------------------------------------------------------- numbers


def test_a_number_cell_is_worth_its_fifteen_digits() -> None:
    numbers = {
        "0.57999999999999996": "0.58",
        "102.71745296900001": "102.717452969",
        "0.30000000000000004": "0.3",
        "19.989999999999998": "19.99",
        "1E-7": "1E-7",
        "1.5E3": "1500",
    }
    outcome = outcome_of_cells(
        *({"price": number(each)} for each in numbers), {"part_number": number("12.100000000000001")}
    )
    assert [price for (price,) in outcome.table("price").values()] == [*numbers.values(), "1"]
    assert outcome.table("part_number")[8] == ("12.1",)


def test_a_number_in_a_column_of_text_has_fifteen_digits_at_most() -> None:
    keys = [
        "12345678901234567",
        "89460832000123456789",
        "1.2345678901234E+17",
        "999032320001885",
        "4006381333931",
        "1E+14",
    ]
    outcome = outcome_of_cells(*({"part_number": number(key)} for key in keys))
    assert outcome.table("part_number") == {5: ("999032320001885",), 6: ("4006381333931",), 7: ("100000000000000",)}
    reason = "has more digits than the 15 that a spreadsheet keeps of a number. Write all of them as text"
    assert outcome.rejected == {row: [f"Part Number: {reason}"] for row in (2, 3, 4)}


@pytest.mark.parametrize("value", ["NaN", "INF", "-INF", "Infinity", "1E+400", "1.#QNAN", "nan(ind)"])
def test_a_number_that_is_not_finite_is_an_error_in_every_column(value: str) -> None:
    fields = ("part_number", "description", "price", "stock", "brand")
    outcome = outcome_of_cells(*({field: number(value)} for field in fields))
    assert outcome.rejected == {row: [f"{TITLES[field]}: {ERROR}"] for row, field in enumerate(fields, 2)}


def test_flags_are_read_in_each_spelling() -> None:
    spelled = {"false": False, "true": True, "0": False, "1": True, " 0 ": False, "FALSE": False, "": True}
    outcome = outcome_of_cells(*({"active": f' t="b"><v>{each}</v></c>'} for each in spelled))
    assert [active for (active,) in outcome.table("active").values()] == [*spelled.values()]


_NUMBERS = (
    *(
        "General",
        "Standard",
        "Allgemein",
        "Geral",
        "Основной",
        "G/標準",
        "G/通用格式",
        "Genel",
        "GENERAL",
        "@",
        '#,##0.000 "MWH"',
    ),
    *('#,##0" days"', "0;[Red]0", "#,##0.00 [$€-407]", "[$-1010409]#,##0.00", "0\\d", '"Stk" 0;@', "0 d", "0_d", "0*m"),
    *("[Blau]0", "0.00E+00", "# ?/?", "[DBNum1]General", '[>=1000]#,##0,"K";0', "0 km", "0;;;@"),
    *('[=1]"yes";[=0]"no";0', "_-* #,##0_d", '0.0"h"', ""),
)
_DATES = (
    *(
        "yyyy-mm-dd",
        "d/m/yy",
        "dd.mm.yyyy hh:mm",
        "[$-F800]dddd\\, mmmm dd\\, yyyy",
        "TT.MM.JJJJ",
        "jj/mm/aaaa",
        "mmm yy",
    ),
    *(
        'yyyy"年"m"月"d"日"',
        "[$-411]ggge年m月d日",
        "[$-407]d. mmmm yyyy;@",
        "[$-41E]d mmm bb",
        "[Red]d-m-yyyy",
        "M/D/YYYY",
    ),
)


def test_no_letter_in_a_number_format_makes_a_date_of_a_number() -> None:
    rows = [{"price": number("45.5", at), "stock": number(45, at)} for at in range(1, len(_NUMBERS) + 1)]
    outcome = outcome_of_cells(*rows, styles=styles_of(*_NUMBERS))
    assert outcome.rejected == {}
    assert [*outcome.table("price", "stock").values()] == [("45.5", 45)] * len(_NUMBERS)
    assert outcome_of_cells({"stock": number(45, 1)}, styles=styles_of("[$kr-406] #,##0")).table("stock") == {2: (45,)}


def test_a_date_in_any_format_is_one() -> None:
    """So it is rejected in a column of text, and is no price."""
    rows = [{"updated": number(45688, at)} for at in range(1, len(_DATES) + 1)]
    outcome = outcome_of_cells(*rows, styles=styles_of(*_DATES))
    assert [*outcome.table("updated").values()] == [("2025-01-31",)] * len(_DATES)
    wrong = outcome_of_cells(*({"part_number": each["updated"]} for each in rows), styles=styles_of(*_DATES))
    assert len(wrong.rejected) == len(_DATES)


def test_a_builtin_date_id_that_the_workbook_defines_as_a_number_is_one() -> None:
    styles = f'<styleSheet xmlns="{MAIN}"><numFmts><numFmt numFmtId="{{0}}" formatCode="#,##0.00"/></numFmts>'
    styles += '<cellXfs><xf numFmtId="0"/><xf numFmtId="{0}"/></cellXfs></styleSheet>'
    for known in (14, 27, 36, 50, 52, 58):
        outcome = outcome_of_cells({"price": number("21333.5", 1)}, styles=styles.format(known))
        assert outcome.table("price") == {2: ("21333.5",)}


# ---------------------------------------------------------------------- formulas


def test_a_formula_without_a_value_is_rejected_in_optional_columns() -> None:
    """One that gave an empty text is an empty cell."""
    bare, blank = "><f>1+1</f></c>", ' t="str"><f>IF(1,"")</f><v></v></c>'
    fields = ("price", "stock", "brand", "updated", "active")
    outcome = outcome_of_cells(*({field: bare} for field in fields), {"stock": blank, "brand": blank})
    assert outcome.rejected == {row: [f"{TITLES[field]}: {COMPUTED}"] for row, field in enumerate(fields, 2)}
    assert outcome.table("stock", "brand") == {7: (0, None)}


def test_a_formula_with_its_text_among_the_strings_has_that_text() -> None:
    strings = strings_part("<si><t>Bosch</t></si>")
    cells = {"brand": ' t="s"><f>A1</f><v>0</v></c>', "supplier": ' t="str"><f>A1</f><v>Nord</v></c>'}
    assert outcome_of_cells(cells, strings=strings).table("brand", "supplier") == {2: ("Bosch", "Nord")}


@pytest.mark.parametrize("error", ["#N/A", "#VALUE!", "#SPILL!", "#NV", "#BEZUG!"])
def test_an_error_is_rejected_whatever_the_type_of_its_cell(error: str) -> None:
    cells = [f' t="e"><v>{error}</v></c>', f' t="str"><f>A1</f><v>{error}</v></c>', text(error)]
    outcome = outcome_of_cells(*({"stock": cell} for cell in cells), *({"brand": cell} for cell in cells))
    assert outcome.rejected == {row: [f"{'Stock' if row < 5 else 'Brand'}: {ERROR}"] for row in range(2, 8)}
    assert {each.value for each in outcome.rejections} == {error}


# ---------------------------------------------------------------------- dates


@pytest.mark.parametrize(
    ("is_1904", "serials"),
    [
        (
            False,
            {
                10: "1900-01-10",
                59: "1900-02-28",
                61: "1900-03-01",
                45688: "2025-01-31",
                "45687.99999999999": "2025-01-31",
            },
        ),
        (
            True,
            {
                1: "1904-01-02",
                59: "1904-02-29",
                60: "1904-03-01",
                44226: "2025-01-31",
                "44225.99999999999": "2025-01-31",
            },
        ),
    ],
)
def test_a_date_cell_is_the_day_that_its_calendar_shows(is_1904: bool, serials: dict[Any, str]) -> None:
    rows = [{"updated": number(serial, 1)} for serial in serials]
    outcome = outcome_of_cells(*rows, date1904=is_1904)
    assert [day for (day,) in outcome.table("updated").values()] == [*serials.values()]


@pytest.mark.parametrize("is_1904", [False, True])
def test_a_serial_that_is_no_day_is_rejected(is_1904: bool) -> None:
    """Excel's 29 February 1900, times alone, negative ones, and days behind the calendar."""
    rows = [
        {"updated": number(serial, 1)} for serial in ("0", "0.5", "-1", "-0.5", "3000000", *(["60"] * (not is_1904)))
    ]
    outcome = outcome_of_cells(*rows, date1904=is_1904)
    assert len(outcome.rejected) == len(rows)
    assert outcome.rows == {}


def test_a_serial_without_a_format_is_the_same_day_as_with_one() -> None:
    """As a number and as a text, in both calendars; the fraction is rounded to its second."""
    for is_1904, serial in ((False, 45687), (True, 44225)):
        cells = [
            number(f"{serial}.99999999999"),
            number(f"{serial}.5"),
            text(f"{serial}"),
            number(f"{serial}.99999999999", 1),
        ]
        outcome = outcome_of_cells(*({"updated": cell} for cell in cells), date1904=is_1904)
        days = [day for (day,) in outcome.table("updated").values()]
        assert days == ["2025-01-31", "2025-01-30", "2025-01-30", "2025-01-31"]


def test_a_key_or_a_text_that_became_a_date_is_rejected() -> None:
    outcome = outcome_of_cells(
        {"part_number": number(45717, 1)}, {"brand": number("0.5", 1)}, {"description": ' t="b"><v>1</v></c>'}
    )
    reason = "is a date, a time or a yes or no. Format the cell as text, and write the text anew, such as"
    assert [reasons[0].partition(": ")[2].startswith(reason) for reasons in outcome.rejected.values()] == [True] * 3


def half_swapped(*cells: str | datetime) -> list[Sequence[Any]]:
    return [
        ("Part Number", "Description", "Price", "Updated"),
        *((f"K-{at}", "F", 1, cell) for at, cell in enumerate(cells)),
    ]


def test_a_half_swapped_column_is_asked_about_and_swapped_back() -> None:
    """Typed dates have days up to 12, texts days above 12 alone."""
    typed = [datetime(2025, 1, 3), datetime(2025, 5, 11)]  # noqa: DTZ001 - a cell has no zone
    body = written_by_xlsxwriter(half_swapped(*typed, "31/01/2025", "24/12/2025"))
    assert list(outcome_of(body, "a.xlsx").questions) == ["date_order.updated"]
    answered = outcome_of(body, "a.xlsx", recipe={"date_order": {"updated": "dmy-swapped"}})
    assert [day for (day,) in answered.table("updated").values()] == [
        "2025-03-01",
        "2025-11-05",
        "2025-01-31",
        "2025-12-24",
    ]


def test_a_control_character_is_judged_alike_wherever_in_a_file_it_stands() -> None:
    """A NUL is none of a text file; another one rejects its cell."""
    head, row = b"Part Number,Description,Price\n", b"K-%d,Filter,1\n"
    for before in (1, 20_000):
        rows = b"".join(row % at for at in range(before))
        body = head + rows + b"BAD,a\x08b,1\n" + row % before
        outcome = outcome_of(body, "a.csv")
        assert list(outcome.rejected) == [before + 2]
        assert len(outcome.rows) == before + 1
        assert (outcome_of(head + rows + b"BAD,a\0b,1\n", "a.csv").problem or "").startswith("not-a-spreadsheet")


def test_an_error_cell_of_a_slice_is_no_mark_of_the_reader() -> None:
    body = sheet_part('<row r="1"><c r="A1" t="s"><v>7 </v></c><c r="B1" t="e"><v>#N/A</v></c></row>')
    assert read_all(workbook({"S": body}, strings=strings_part(*["<si><t>a</t></si>"] * 8))) == [
        (1, ["a", CellError("#N/A")])
    ]


# ---------------------------------------------------------------------- makers

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def _relations(kind: str, target: str) -> str:
    relation = f'<Relationship Id="a" Type="{_OFFICE}/{kind}" Target="{target}"/>'
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{relation}</Relationships>'
