"""Text in one form, markers, errors, wrappers, and numbers in columns of text."""

from __future__ import annotations

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice import Importer, Number, Row, column
from sluice.schema.cells import Cell, CellError
from sluice.schema.text import ERROR_TEXTS, may_be_wrapped, unwrapped
from sluice.schema.validation import CellReader

FLAG = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
CODER = "\U0001f469\u200d\U0001f4bb"
CHILLU = "\u0d05\u0d35\u0d28\u0d4d\u200d"  # its last sign needs the joiner


class Thing(Row):
    """A column of text, and one of numbers."""

    key: str = column("Key", key=True)
    note: str | None = column("Note", default=None)
    size: Number = column("Size", default=0)


things = Importer("things", row=Thing, dataset="things", title="Things")


def read(cell: Cell, *, is_text: bool = True) -> Cell:
    """Return what a cell is for its column; ``None`` if it is blank."""
    return CellReader(things, {0: "note" if is_text else "size"}).values([cell]).get("note" if is_text else "size")


def reason(cell: Cell, *, is_text: bool = True) -> tuple[str, dict[str, object]] | None:
    """Return why a cell cannot be used."""
    found = read(cell, is_text=is_text)
    assert isinstance(found, CellError)
    return (found.reason.code, dict(found.reason.params)) if found.reason else None


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("\u200bK-2", "K-2"),
        ("K-3\u200b", "K-3"),
        ("\u202aK-4\u202c", "K-4"),
        ("\ufeff \u200e K-5 \u2060\xa0", "K-5"),
        ("CA\u0303O-1", "C\xc3O-1"),
        (CODER, CODER),
        (FLAG, FLAG),
        (CHILLU, CHILLU),
        ("\u2764\ufe0f", "\u2764\ufe0f"),
        ("soft\xadhyphen", "soft\xadhyphen"),
        ("a\nb\tc\r\nd", "a\nb\tc\r\nd"),
        (" plain ", " plain "),
        ("N\\A", "N\\A"),
        ("Null", "Null"),
        ("None", "None"),
        ("Nan", "Nan"),
        ("Infinity", "Infinity"),
        ("#sale!", "#sale!"),
        ("#A/B test", "#A/B test"),
        ("NULLA", "NULLA"),
        ("#1", "#1"),
        ("Error: 502", "Error: 502"),
        ('="00123"', '="00123"'),
    ],
)
def test_text_that_looks_the_same_is_the_same(cell: str, text: str) -> None:
    assert read(cell) == text


@pytest.mark.parametrize(
    "cell",
    [None, "", "  ", "\u200b", "\u200e \ufeff", "\\N", "NULL", " NULL ", "\xa0NULL\u200b", "null", "(null)", "[NULL]"],
)
def test_markers_and_invisible_characters_alone_are_blank(cell: Cell) -> None:
    assert read(cell) is None


#: Errors of Excel in Spanish, French, Portuguese, Dutch, Polish, Czech, Danish, Russian and Turkish among others.
FOREIGN = (
    *(
        "#NV",
        "#BEZUG!",
        "#ÜBERLAUF!",
        "#KALK!",
        "#¡REF!",
        "#¿NOMBRE?",
        "#¡DESBORDAMIENTO!",
        "#VALEUR !",
        "#NOM\xa0?",
        "#N/D",
    ),
    *("#NÚM!", "#DEEL/0!", "#DZIEL/0!", "#N/D!", "#DĚLENÍ_NULOU!", "#I/T", "#VÆRDI!", "#ДЕЛ/0!", "#Н/Д", "#YOK", "#nv"),
    *("#NEDOSTUPNÝ", "#PLUG-IN?", "#BŐVÍTŐMODUL?", "Fehler:502", "Err\xa0:502", "Err :522", "Błąd:504", "Chyba:511"),
    *("Hiba:502", "Ошибка:508", "Помилка:502", "Nap:502", "Fout:502", "Erro:502", "Fel:502", "Virhe:502", "Hata:502"),
    *("Galat:502", "ERR:540"),
    *("#SPILL!", "#CALC!", "#BLOCKED!", "#LOOPT OVER!", "#BA\u015eV!", "#U\u0308BERLAUF!"),
)


@pytest.mark.parametrize("text", [*sorted(ERROR_TEXTS), *FOREIGN, "Err:502", "########", " #N/A ", "\u200b#REF!"])
def test_a_text_that_is_an_error_of_a_spreadsheet_is_one_in_every_format(text: str) -> None:
    assert read(text) == CellError(normalize("NFC", text.strip(" \u200b")))


@pytest.mark.parametrize("text", ["NaN", "nan", "-inf", "1.#IND", "-1.#INF", "-nan(ind)", " NaN ", "<NA>", "NaT"])
def test_what_programs_write_where_they_have_no_value_is_none(text: str) -> None:
    assert reason(text) == ("no-result", {})
    assert reason(text, is_text=False) == ("no-result", {})


@pytest.mark.parametrize(
    "text", ["Room:502", "Fehler:402", "Err:5021", "Fehler:502 in B2", "Fehler: 502", "Err502", "NAT", "NA", "#FFFFFF"]
)
def test_a_text_that_is_only_like_an_error_stays_text(text: str) -> None:
    assert read(text) == text


@pytest.mark.parametrize(("character", "name"), [("\0", "U+0000"), ("\a", "U+0007"), ("\x85\x9f", "U+009F")])
def test_control_characters_are_rejected(character: str, name: str) -> None:
    assert reason(f"bad{character}") == ("unstorable-characters", {"character": name})


@pytest.mark.parametrize("character", ["\x1c", "\x0b", "\x7f", "\ufffd"])
def test_a_character_that_cannot_be_text_is_rejected_at_the_ends_too(character: str) -> None:
    for text in (f"{character}A", f"A{character}", f"A{character}B"):
        assert reason(text) is not None


@pytest.mark.parametrize(
    ("number", "in_text", "as_number"),
    [
        (12.0, 12, 12),
        (0.1 + 0.2, "0.3", 0.3),
        (12.100000000000001, "12.1", 12.1),
        (1e-05, "0.00001", 1e-05),
        (999_032_320_001_885.0, 999_032_320_001_885, 999_032_320_001_885),
        (-5.5, "-5.5", -5.5),
    ],
)
def test_a_number_cell_is_worth_its_fifteen_digits(number: float, in_text: Cell, as_number: Cell) -> None:
    assert read(number) == in_text
    assert read(number, is_text=False) == as_number


@pytest.mark.parametrize("number", [1e15, 12345678901234567.0, 1e300, -1.5e17])
def test_a_number_of_more_digits_is_no_text(number: float) -> None:
    """A spreadsheet has lost the others."""
    assert reason(number) == ("over-precision", {"digits": 15})
    assert read(12345678901234567890.0, is_text=False) == 12345678901234600000


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_is_rejected_in_every_column(number: float) -> None:
    assert reason(number) == reason(number, is_text=False) == ("not-a-number", {})


def test_a_whole_number_of_a_source_keeps_its_digits() -> None:
    """JSON has no limit of digits."""
    assert read(12345678901234567890) == 12345678901234567890


@pytest.mark.parametrize(
    ("cell", "content"),
    [
        ('="00123"', "00123"),
        (' = "00123" ', "00123"),
        ('=T("1")', "1"),
        ('=t("x")', "x"),
        ('="say ""hi"""', 'say "hi"'),
        ('=""', ""),
        ("'=Sum kit", "=Sum kit"),
        ("'-AB-1", "-AB-1"),
        ("'+49 40", "+49 40"),
        ("'@home", "@home"),
        ("''=x", "''=x"),
        ("'s-Hertogenbosch", "'s-Hertogenbosch"),
        ("'0401 123", "0401 123"),
        ("'1234567", "1234567"),
        ("'01", "'01"),
        ("'90s 'retro' 1234", "'90s 'retro' 1234"),
    ],
)
def test_a_wrapper_that_a_text_file_has_for_spreadsheets_is_its_content(cell: str, content: str) -> None:
    assert unwrapped(cell) == content
    assert cell == content or may_be_wrapped(f"x,{cell},")


@pytest.mark.parametrize(
    "cell",
    [
        *('=HYPERLINK("http://x","K1")', '=TEXT(123,"00000")', '="001"&"23"', '=LEFT(A2,3)&"-"&B2'),
        *("=NOW()", "=sum(a1;b2)", "=00123", '=("00123")', "=\u201c00123\u201d", "=1+2", "=-5", "=A1"),
        *("= $B$2 * 1.5%", "='My Sheet'!A1*2", "=Sheet2.A1"),
        *("=VLOOKUP(A2,Tab!$A$1:$C$9,2,FALSE)", '=IF(A1>=5,,"x")', "=СУММ(A1)"),
        *("=IFERROR(Table1[Col],#N/A)", "+SUM(A1)", "@SUM(A1:A2)", "-SUM(A1)", "=" + "(" * 3_000 + "1" + ")" * 3_000),
    ],
)
def test_a_formula_in_a_text_file_has_no_value(cell: str) -> None:
    error = unwrapped(cell)
    assert isinstance(error, CellError)
    assert (error.code, error.text) == ("uncomputed-formula", cell)
    assert may_be_wrapped(f"x;{cell};")


@pytest.mark.parametrize(
    "cell",
    [
        *("=", "==", "=-", "=)", "=&", "=A", "=A-B", "=MAR-12", "=Sum kit", "= 5 mm", "= M8 x 40", "=5,5", "=a b(1)"),
        *("=SUM(", "=SUM(A1", "=(A1))", "=SUM(A1) kit", "=cmd|' /C calc'!A0", "@", "@home", "@home(2)", "+5", "-5 %"),
        *("+49 89 123", "+49 (0) 89 123", "+Adapter(2x)", "-Set(4)", "- (2)", "+KIT(2x)", "-A1", "=(" * 3_000),
    ],
)
def test_text_that_begins_like_a_formula_and_is_none_stays_as_it_is(cell: str) -> None:
    assert unwrapped(cell) == cell


@given(st.text())
def test_reading_a_text_again_changes_nothing(text: str) -> None:
    """What was loaded and written is read as it is."""
    once = read(text)
    assert once is None or isinstance(once, CellError) or read(once) == once
