"""Files of .xls, .ods and other kinds as people have them: what becomes of each."""

from __future__ import annotations

import io
import struct
from datetime import date, timedelta
from typing import Any

import pytest
import xlwt

from sluice.reading import xls
from sluice.schema.cells import CellError, FormattedNumber
from tests.reading import biff
from tests.reading.made import ERRORS, as_ods, as_xls, ods_cell, ods_document, ods_table
from tests.reading.outcomes import Outcome, outcome_of
from tests.support.factories_files import packed
from tests.unit.reading.driving import numbers_of, read_all, trimmed

HEAD = ("Part Number", "Description", "Price", "Stock", "Brand")
SHOWN = ("part_number", "description", "price", "stock", "brand")


def as_xls_outcome(*rows: tuple[Any, ...], **more: Any) -> Outcome:
    """Import rows below the header as .xls."""
    return outcome_of(as_xls([HEAD, *rows], **more), "a.xls")


# ---- errors ----------------------------------------------------------------------------------------------------------


def test_error_cells_of_xls_are_rejected_in_optional_columns() -> None:
    """Also the result of a formula; no default takes their place."""
    rows = [("X-1", "Filter", 1, "#N/A", None), ("X-2", "Filter", 1, 3, "#REF!"), ("X-3", "Filter", 1, 3, "Bosch")]
    outcome = as_xls_outcome(*rows)
    assert outcome.table("part_number", "stock", "brand") == {4: ("X-3", 3, "Bosch")}
    assert outcome.rejected == {
        2: ["Stock: is an error of the spreadsheet. Correct its formula, or write the value"],
        3: ["Brand: is an error of the spreadsheet. Correct its formula, or write the value"],
    }
    assert [each.value for each in outcome.rejections] == ["#N/A", "#REF!"]


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_of_xls_and_ods_is_named(error: str) -> None:
    """As LibreOffice writes it in .ods: an empty text beside the text that is shown."""
    for body, name in (
        (as_xls([HEAD, ("E-1", "a", 1, error)]), "a.xls"),
        (as_ods([HEAD, ("E-1", "a", 1, error)]), "a.ods"),
    ):
        outcome = outcome_of(body, name)
        assert outcome.rows == {}
        assert [(each.row, each.column, each.value) for each in outcome.rejections] == [(2, "Stock", error)]


def test_an_error_by_number_in_an_opendocument_file() -> None:
    """LibreOffice shows ``Err:502`` where it has no text."""
    failed = (
        '<table:table-cell table:formula="of:=SUM(" office:value-type="string" office:string-value="" '
        'calcext:value-type="error"><text:p>Err:502</text:p></table:table-cell>'
    )
    older = (
        '<table:table-cell table:formula="of:=1/0" office:value-type="float" office:value="0">'
        "<text:p>#DIV/0!</text:p></table:table-cell>"
    )
    rows = [_text("E-1") + _text("a") + _number("1", "1") + failed, _text("E-2") + _text("a") + older]
    outcome = outcome_of(ods_document(ods_table([_HEAD, *rows])), "a.ods")
    assert outcome.rows == {}
    assert [(each.row, each.value) for each in outcome.rejections] == [(2, "Err:502"), (3, "#DIV/0!")]


def test_a_number_that_is_none_in_xls_is_rejected() -> None:
    outcome = as_xls_outcome(("N-1", "a", float("nan"), 1, "b"), ("N-2", "a", 1, float("inf"), "b"))
    assert outcome.rows == {}
    assert {row: reasons[0].partition(":")[0] for row, reasons in outcome.rejected.items()} == {2: "Price", 3: "Stock"}


# ---- formulas --------------------------------------------------------------------------------------------------------


def test_a_formula_of_xls_that_was_never_calculated_is_rejected() -> None:
    """xlwt stores an empty text for each; where another formula has a result, a program has calculated them all."""
    outcome = as_xls_outcome(("F-1", "a", 1, xlwt.Formula("1+1"), "b"), ("F-2", "a", 1, 4, "b"))
    assert outcome.table("part_number", "stock") == {3: ("F-2", 4)}
    assert list(outcome.rejected) == [2]
    assert "formula" in outcome.rejected[2][0]


def test_a_zero_of_a_formula_is_one_where_the_workbook_was_calculated() -> None:
    """By the engine that it names, or because another formula has a result."""
    zero, text = biff.formula(0, 0, 0.0), biff.formula(0, 1, "")
    assert read_all(biff.workbook_of(zero, text)) == [(1, [CellError("="), CellError("=")])]
    engine = biff.record(biff.RECALCID, struct.pack("<HHI", biff.RECALCID, 0, 0x1E2A1))
    assert trimmed(read_all(biff.workbook_of(zero, text, more=engine))) == [(1, [0.0])]
    by_none = biff.record(biff.RECALCID, struct.pack("<HHI", biff.RECALCID, 0, 0))
    assert read_all(biff.workbook_of(zero, text, more=by_none)) == [(1, [CellError("="), CellError("=")])]
    assert read_all(biff.workbook_of(zero, text, biff.formula(1, 0, 5.0))) == [(1, [0.0, None]), (2, [5.0])]


def test_results_of_a_sheet_that_says_it_is_not_calculated_are_stale() -> None:
    sheet = [biff.record(biff.UNCALCED, b"\0\0"), biff.number(0, 0, 7.0), biff.formula(1, 0, 5.0)]
    assert read_all(biff.workbook_of(*sheet)) == [(1, [7.0]), (2, [CellError("=")])]


def test_a_formula_of_ods_that_was_never_calculated_is_rejected() -> None:
    """An empty text that is stored as the result is empty."""
    bare = '<table:table-cell table:formula="of:=1+1"/>'
    blank = '<table:table-cell table:formula="of:=IF(1;&quot;&quot;)" office:value-type="string"/>'
    rows = [
        _text("F-1") + _text("a") + _number("1", "1") + bare,
        _text("F-2") + _text("a") + _number("1", "1") + _number("2", "2") + blank,
    ]
    outcome = outcome_of(ods_document(ods_table([_HEAD, *rows])), "a.ods")
    assert outcome.table("part_number", "stock", "brand") == {3: ("F-2", 2, None)}
    assert [(each.row, each.column, each.value) for each in outcome.rejections] == [(2, "Stock", "=1+1")]


# ---- texts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code_page", [1200, 1252, 932, 1251])
def test_texts_of_xls_are_utf_16_whatever_code_page_it_names(code_page: int) -> None:
    rows = [("UT-1", "Oil", 12.5, 4, "Bosch"), ("Ł-2", "油フィルター", 1, 2, "Škoda")]
    outcome = outcome_of(as_xls([HEAD, *rows], code_page=code_page), "a.xls")
    assert outcome.table(*SHOWN) == {
        2: ("UT-1", "Oil", "12.5", 4, "Bosch"),
        3: ("Ł-2", "油フィルター", "1", 2, "Škoda"),
    }


def test_a_long_text_of_xls_is_whole() -> None:
    """It lies in several records."""
    text = "äb" * 10_000
    assert read_all(as_xls([("id",), (text,)])) == [(1, ["id"]), (2, [text])]
    assert read_all(biff.workbook_of(biff.formula(0, 0, text), biff.number(1, 0, 7.0))) == [(1, [text]), (2, [7.0])]


@pytest.mark.parametrize("wide", [False, True])
def test_texts_that_lie_in_the_cells_of_xls(wide: bool) -> None:
    assert read_all(biff.workbook_of(biff.label(0, 0, "Ännä", wide=wide))) == [(1, ["Ännä"])]


def test_the_comments_spans_and_spaces_of_an_opendocument_file() -> None:
    """A comment is no text of its cell; a text has the spaces and lines that a person sees."""
    rows = [
        _text("O-1", before=_COMMENT)
        + _text("Fil<text:span>ter</text:span>")
        + _number("12.5", "12,50 €", "currency")
        + _number("3", "3")
        + _text("Bosch"),
        _text("O-2")
        + _text('Oil<text:s text:c="2"/>filter</text:p><text:p>second line')
        + _number("0.25", "25 %", "percentage")
        + _number("4", "4")
        + _text("Bosch", after=_COMMENT),
    ]
    outcome = outcome_of(ods_document(ods_table([_HEAD, *rows])), "a.ods")
    assert outcome.table(*SHOWN) == {
        2: ("O-1", "Filter", "12.5", 3, "Bosch"),
        3: ("O-2", "Oil  filter\nsecond line", "0.25", 4, "Bosch"),
    }
    assert outcome.rejected == {}


def test_the_white_space_of_an_opendocument_text() -> None:
    """Runs of white space are one space; tabs, line breaks and further spaces are elements."""
    texts = {
        "a\n      b": "a b",
        "a<text:tab/>b": "a\tb",
        "a<text:line-break/>b": "a\nb",
        '<text:s/>a<text:s text:c="3"/>b': " a   b",
        "<text:a>link</text:a> and <text:span>span<text:s/></text:span>": "link and span ",
        "<text:ruby><text:ruby-base>東京</text:ruby-base><text:ruby-text>とう</text:ruby-text></text:ruby>": "東京",
        "note<text:note><text:note-body><text:p>far below</text:p></text:note-body></text:note>": "note",
    }
    file = ods_document(ods_table([_text(xml) for xml in texts]))
    assert [cells for _, cells in read_all(file)] == [[text] for text in texts.values()]


def test_a_pretty_printed_opendocument_file() -> None:
    """White space between its elements is no text."""
    rows = [HEAD, ("O-1", "two  spaces\tand a tab", 1, 2, "Bosch"), ("O-2", "b", 2.5, 3, None)]
    outcome = outcome_of(as_ods(rows, between="\n      "), "a.ods")
    assert outcome.table(*SHOWN)[3] == ("O-2", "b", "2.5", 3, None)
    assert read_all(as_ods(rows, between="\n      ")) == read_all(as_ods(rows))


# ---- numbers, dates and times ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [27, 36, 50, 52, 58, 163])
def test_an_amount_of_xls_under_a_format_with_any_id_stays_an_amount(number: int) -> None:
    """Ids 27 to 36 and 50 to 58 are dates in East Asia, unless the workbook defines them."""
    code = "#,##0.000 kg"
    file = as_xls([("a",), (21333.5,)], formats={float: code}, format_ids={code: number})
    assert read_all(file)[1:] == [(2, [21333.5])]


@pytest.mark.parametrize(
    "code", ["Standard", "General", '0.00" days"', "[Red]0.00", "[$€-407]#,##0.00", "0\\d", '"MWH" 0', "@", "0.00E+00"]
)
def test_a_number_of_xls_whose_format_has_letters_of_dates_stays_a_number(code: str) -> None:
    assert numbers_of(read_all(as_xls([("a",), (45.5,)], formats={float: code})))[1:] == [(2, [45.5])]


@pytest.mark.parametrize("code", ["yyyy-mm-dd", "d/m/yy", "[$-409]d mmm yyyy;@", "dd.mm.yyyy hh:mm", "mmm yy"])
@pytest.mark.parametrize("since_1904", [False, True])
def test_a_date_of_xls_under_any_format_and_calendar(code: str, since_1904: bool) -> None:
    rows = [("a",), (date(2025, 1, 31),), (date(1904, 2, 29),)]
    file = as_xls(rows, formats={date: code}, since_1904=since_1904)
    assert [cells for _, cells in read_all(file)[1:]] == [[date(2025, 1, 31)], [date(1904, 2, 29)]]


def test_the_29_february_1900_of_xls_is_no_day() -> None:
    """Nor is a day before the calendar or behind it; 1 March 1900 is one."""
    days: dict[type, str] = {float: "yyyy-mm-dd"}
    rows = [
        ("D-1", "a", 1, "b", 61.0),
        ("D-2", "a", 1, "b", 60.0),
        ("D-3", "a", 1, "b", -1.0),
        ("D-4", "a", 1, "b", 3_000_000.0),
    ]
    file = as_xls([("Part Number", "Description", "Price", "Brand", "Updated"), *rows], formats=days)
    outcome = outcome_of(file, "a.xls")
    assert [row for row in outcome.rejected if row != 2] == [3, 4, 5]
    assert trimmed(read_all(file))[1] == (2, ["D-1", "a", 1.0, "b", date(1900, 3, 1)])


@pytest.mark.parametrize("hours", [24, 30.25, 1_000])
def test_a_span_of_a_day_and_more_is_a_span_in_xls_and_ods(hours: float) -> None:
    span = timedelta(hours=hours)
    for file in (as_xls([("a",), (span,)]), as_ods([("a",), (span,)])):
        assert read_all(file)[1:] == [(2, [span])]


def test_the_values_of_an_opendocument_file_by_their_types() -> None:
    """The value counts, not what is shown of it; a text where no type is named."""
    cells = [
        _number("0.25", "25%", "percentage"),
        _number("12.5", "12,50 €", "currency"),
        '<table:table-cell office:value-type="boolean" office:boolean-value="true"/>',
        '<table:table-cell office:value-type="date" office:date-value="2025-01-31T23:59:59.6"/>',
        "<table:table-cell><text:p>007</text:p></table:table-cell>",
        '<table:table-cell office:value-type="string" office:string-value="stored"/>',
        '<table:table-cell table:number-columns-repeated="2" office:value-type="float" office:value="7"/>',
        '<table:covered-table-cell office:value-type="float" office:value="8"/>',
        '<table:table-cell table:number-columns-repeated="16000"/>',
    ]
    file = ods_document(ods_table(["".join(cells)]))
    assert read_all(file) == [
        (1, [0.25, FormattedNumber(12.5, None, "€"), True, date(2025, 2, 1), "007", "stored", 7.0, 7.0])
    ]


def test_repeated_rows_of_an_opendocument_file_are_rows_and_keep_numbers_below_right() -> None:
    row = '<table:table-row table:number-rows-repeated="{}">{}</table:table-row>'
    table = "".join(
        [row.format(1, _text("a")), row.format(3, _text("b")), row.format(2, ""), row.format(1, _text("c"))]
    )
    file = ods_document(f'<table:table table:name="S">{table}</table:table>')
    assert read_all(file) == [(1, ["a"]), (2, ["b"]), (3, ["b"]), (4, ["b"]), (7, ["c"])]


# ---- sheets ----------------------------------------------------------------------------------------------------------


def test_hidden_and_linked_tables_of_an_opendocument_file_are_not_read() -> None:
    """LibreOffice keeps the values of other files that formulas name in tables of their own."""
    linked = "<table:table table:name=\"'file:///a.ods'#S\"><table:table-source/><table:table-row>"
    linked += f"{_text('linked')}</table:table-row></table:table>"
    drawn = f"<table:shapes><draw:frame><table:table><table:table-row>{_text('drawn')}</table:table-row></table:table>"
    drawn += "</draw:frame></table:shapes>"
    hidden = '<table:table table:name="H" table:style-name="ta2"><table:table-row>'
    hidden += f"{_text('hidden')}</table:table-row></table:table>"
    data = f'<table:table table:name="D">{drawn}<table:table-row>{_text("data")}</table:table-row></table:table>'
    styles = '<style:style style:name="ta2"><style:table-properties table:display="false"/></style:style>'
    assert read_all(ods_document(linked, hidden, data, styles=styles)) == [(1, ["data"])]


# ---- other kinds -----------------------------------------------------------------------------------------------------


def test_a_workbook_under_a_password_says_so() -> None:
    """A record of .xls says it (FILEPASS), and the manifest of .ods."""
    locked = biff.workbook_of(biff.number(0, 0, 7.0), more=biff.record(0x2F, bytes(6)))
    assert outcome_of(locked, "a.xls").problem == "encrypted-workbook/workbook"
    manifest = "<m:manifest><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>"
    media_type = "application/vnd.oasis.opendocument.spreadsheet"
    parts = {"mimetype": media_type, "META-INF/manifest.xml": manifest, "content.xml": "garbled"}
    assert outcome_of(packed(parts), "a.ods").problem == "encrypted-workbook/workbook"


@pytest.mark.parametrize("at", [9, 100, 600, 3_000, -700, -20])
def test_an_xls_file_that_is_cut_off_or_garbled_is_damaged(at: int) -> None:
    """No error of the library gets out. If only unused bytes are gone, the file is read."""
    body = as_xls([HEAD, *((f"X-{row}", "Filter", 1, 2, "b") for row in range(50))])
    whole, garbled = read_all(body), bytearray(body)
    garbled[at] ^= 0xFF
    for damaged in (body[:at], bytes(garbled)):
        outcome = outcome_of(damaged, "a.xls")
        assert outcome.problem == "damaged-file/not-a-workbook" or read_all(damaged) == whole


def test_a_web_page_that_begins_with_a_style_and_is_named_as_a_workbook() -> None:
    page = b"<style>td { color: red }</style>\r\n<table><tr><th>Part Number</th></tr><tr><td>H-1</td></tr></table>"
    outcome = outcome_of(page, "export.xls")
    assert outcome.problem == "not-a-spreadsheet/web-page"
    assert "web page (HTML)" in outcome.detail


def test_a_text_with_every_line_in_quotes_names_the_quotes() -> None:
    """It was saved as CSV twice; its only header would be the whole line."""
    text = '"Part Number,Description,Price"\r\n"W-1,Filter,12.50"\r\n"W-2,""Belt, 2"",4"\r\n'
    outcome = outcome_of(text.encode(), "a.csv")
    assert outcome.problem == "not-a-spreadsheet/quoted-lines"
    assert "quotes" in outcome.detail
    assert "Part Number,Description,Price" in outcome.detail


def test_a_file_without_content_is_empty() -> None:
    for body in (b"", b"\xef\xbb\xbf", b"\r\n \r\n", b",,\n,,\n"):
        assert (outcome_of(body, "a.csv").problem or "").startswith("empty-file")


# ---- makers ----------------------------------------------------------------------------------------------------------

_COMMENT = (
    '<office:annotation office:display="false"><dc:creator>Ann</dc:creator><dc:date>2024-05-01T10:00:00</dc:date>'
    "<text:p>Ask the supplier</text:p></office:annotation>"
)


def _text(xml: str, *, before: str = "", after: str = "") -> str:
    """Make a cell of the XML of a text."""
    return f'<table:table-cell office:value-type="string">{before}<text:p>{xml}</text:p>{after}</table:table-cell>'


def _number(value: str, shown: str, kind: str = "float") -> str:
    cell = f'<table:table-cell office:value-type="{kind}" office:value="{value}">'
    return f"{cell}<text:p>{shown}</text:p></table:table-cell>"


_HEAD = "".join(_text(title) for title in HEAD)


# ---- calendars -------------------------------------------------------------------------------------------------------

_DATED = ("Part Number", "Description", "Price", "Updated")


def test_a_number_in_a_column_of_dates_is_of_the_calendar_of_its_file() -> None:
    """Files of 1904 give the day that .xlsx gives; LibreOffice offers a third calendar, which begins in 1900."""
    for since_1904, serial in ((False, 45688), (True, 44226)):
        outcome = outcome_of(as_xls([_DATED, ("K", "F", 1, serial)], since_1904=since_1904), "a.xls")
        assert outcome.table("updated") == {2: ("2025-01-31",)}
    for first, serial in (("", 45688), ("1899-12-30", 45688), ("1900-01-01", 45686), ("1904-01-01", 44226)):
        date_value = f' table:date-value="{first}"' if first else ""
        settings = f"<table:calculation-settings><table:null-date{date_value}/></table:calculation-settings>"
        rows = ["".join(map(ods_cell, row)) for row in (_DATED, ("K", "F", 1, serial))]
        assert outcome_of(ods_document(settings, ods_table(rows)), "a.ods").table("updated") == {2: ("2025-01-31",)}


@pytest.mark.parametrize("first", ["", "x", "9999-12-31", "1904-02-30"])
def test_a_calendar_that_does_not_exist_rejects_the_file(first: str) -> None:
    settings = f'<table:calculation-settings><table:null-date table:date-value="{first}"/></table:calculation-settings>'
    rows = ["".join(map(ods_cell, row)) for row in (_DATED, ("K", "F", 1, 45688))]
    assert outcome_of(ods_document(settings, ods_table(rows)), "a.ods").problem == "damaged-file/malformed-part"


@pytest.mark.parametrize(("since_1904", "last"), [(False, 2_958_465), (True, 2_957_003)])
def test_a_date_cell_of_xls_behind_the_calendar_costs_no_other(since_1904: bool, last: int) -> None:
    """Also one that is rounded to the midnight behind the last day."""
    serials = (last + 1, last + 0.9999999, last + 2_000, 45_000)
    book = xlwt.Workbook()
    book.dates_1904 = since_1904
    sheet = book.add_sheet("Data")
    for at, row in enumerate([_DATED, *(("K", "F", 1, serial) for serial in (*serials, last))]):
        for place, value in enumerate(row):
            sheet.write(at, place, value, xlwt.easyxf(num_format_str="yyyy-mm-dd" if at and place == 3 else "General"))
    file = io.BytesIO()
    book.save(file)
    cells = [row[3] for _, row in read_all(file.getvalue())[1:]]
    assert cells[:3] == [*serials[:3]]
    assert cells[4] == date(9999, 12, 31)


def test_an_error_of_our_own_is_no_damage_that_xlrd_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would say that the file is not a complete workbook."""

    def broken(*_: object) -> None:
        raise OverflowError

    monkeypatch.setattr(xls, "_moment", broken)
    assert outcome_of(as_xls([_DATED, ("K", "F", 1, date(2025, 1, 31))]), "a.xls").problem == "damaged-file/fatal"
