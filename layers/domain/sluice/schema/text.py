"""Cells as values by field, before their columns read them: text in one form, markers as blanks, errors as errors.

Two texts that look the same are the same value: text is in Unicode's NFC, without invisible characters around it. What
cannot be text is rejected: control characters, the mark of a character that was lost (U+FFFD), and a number of more
digits than a spreadsheet keeps.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from math import isfinite
from typing import Final

from sluice.schema.cells import (
    CELL_CHARACTERS,
    MERGED,
    TOO_LONG,
    UNCOMPUTED,
    CellError,
    FormattedNumber,
    InvalidValue,
    over_long,
)
from sluice.schema.currencies import number_in

#: Whole texts that are errors of a spreadsheet program in every format, because a text file has nothing else for them:
#: those of ECMA-376 part 1, 18.17.3, of Microsoft Access, of LibreOffice and of Google Sheets, a number that its column
#: was too narrow for, and those of Excel's languages that `_ERROR_FORM` does not have.
ERROR_TEXTS: Final = frozenset(
    {
        MERGED,
        TOO_LONG,
        *("#N/A", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#GETTING_DATA", "#N/A N/A", "#DIV/0"),
        *("#NV", "#YOK", "#PUUTTUU", "#HIÁNYZIK", "#NENÍ_K_DISPOZICI", "#NEDOSTUPNÝ", "#IKKE TILGÆNGELIG"),
        "#DATEN_ABRUFEN",
        *("#" * width for width in range(4, 256)),
    }
)
# The word before the number of an error in LibreOffice Calc (STR_ERROR_STR in sc/messages.po of its translations), as
# in Err:502; French has a space before the colon.
_CALC_WORDS = (
    *("Err", "Error", "Fehler", "Chyba", "Błąd", "Hiba", "Ошибка", "Помилка", "Грешка", "Nap", "Fout", "Erro", "Fel"),
    *("Fejl", "Feil", "Virhe", "Hata", "Galat"),
)
_CALC_ERROR = re.compile(rf"(?:{'|'.join(_CALC_WORDS)})[ \xa0\u202f]?:5\d\d", re.IGNORECASE)
# Errors of any language in capital letters: #BEZUG!, #¿NOMBRE?, #VALEUR !, #ДЕЛ/0!, #N/D; in no language they are more
# than three words.
_ERROR_FORM = re.compile(r"#[¡¿]?[^\W\d_]{2,}(?:[ _-][^\W\d_]+){0,2}(?:/0)?[ \xa0\u202f]?[!?]|#[^\W\d_]/[^\W\d_]!?")
# What programs write where a calculation has no result: pandas and R, C's printf, Microsoft's printf.
_NO_RESULTS = frozenset(
    {"<NA>", "NaT", "NaN", "nan", "-nan", "inf", "+inf", "-inf", "-Infinity", "-nan(ind)"}
    | {f"{sign}1.#{name}" for sign in ("", "-") for name in ("IND", "INF", "NAN", "QNAN", "SNAN")}
)
#: What databases and ERP systems write for a date that is not there (MySQL, SAP), in a column of dates.
ZERO_DATES: Final = frozenset(
    f"{day}{time}"
    for day in ("0000-00-00", "0000/00/00", "0000.00.00", "00-00-0000", "00/00/0000", "00.00.0000", "00000000")
    for time in ("", " 00:00", " 00:00:00", "T00:00:00")
)
#: Texts of ASCII that are no values as they are, and others; beside them, most that begin with ``#``.
NO_VALUES: Final = (
    ERROR_TEXTS
    | _NO_RESULTS
    | {
        f"{word}{gap}:{number}"
        for word in (*filter(str.isascii, _CALC_WORDS), "ERR")
        for gap in ("", " ")
        for number in range(500, 600)
    }
)
#: Significant digits of a number in a spreadsheet (Microsoft, "Excel specifications and limits").
PRECISION: Final = 15
#: Whole numbers below it have no more digits.
EXACT: Final = 10.0**PRECISION

# Unicode's Default_Ignorable_Code_Point (DerivedCoreProperties.txt) and interlinear marks: they show nothing.
_IGNORABLE = (
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
INVISIBLE: Final = re.compile(f"[{_IGNORABLE}]")
# All of them that can be printed are beyond the letters of Latin.
_LATIN = "\u024f"
# Around a text they are dropped, but for those that change the sign before them: variation selectors, tags of flags,
# and joiners behind a virama.
_SELECTORS = "\ufe00-\ufe0f\U000e0020-\U000e007f\U000e0100-\U000e01ef"
_DROPPED = re.compile(f"(?:(?![{_SELECTORS}])[{_IGNORABLE}]|\\s)*")
_JOINERS = "\u200c\u200d"
_VIRAMA = 9  # canonical combining class
# Control characters but tab and line ends, and what stands in the place of a character that was lost.
_UNSTORABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffd\ud800-\udfff]")
# In text files, the wrapper that keeps a spreadsheet from reading a text as a number, and the apostrophe that keeps it
# from reading one as a formula or a number.
_WRAPPED = re.compile(r'\s*=\s*(?:[Tt]\s*\(\s*"((?:[^"]|"")*)"\s*\)|"((?:[^"]|"")*)")\s*')
_GUARDED = re.compile(r"'(?=[=+\-@]|\d[\d ()./-]{3,}+\Z)")
# What a text file has that has cells which `unwrapped` changes: an equals sign behind no letter, an apostrophe, a
# function in capitals, and that behind a sign. One sign is found ten times as fast as a pattern.
_EQUALS, _GUARD = re.compile(r"=(?<!\w=)"), re.compile(r"'(?<!\w')(?=[=+\-@\d])")
_FUNCTION, _SIGNED = re.compile(r"\((?<=[A-Z0-9]\()"), re.compile(r"[+@-][A-Z][A-Z0-9.]*\(")
# Parts of a formula (ECMA-376 part 1, 18.17.2): constants and references to cells, functions, operators. A name alone
# is none, because texts have words: =A, =Sum kit.
_TOKEN = re.compile(
    r"""\s*(?:(?P<value>"(?:[^"]|"")*"|[\u201c-\u201f][^\u201c-\u201f]*[\u201c-\u201f]|\{[^{}]*\}|\#[A-Z/0]+[!?]?
    |(?:(?:'[^']*'|\$?[^\W\d][\w.]*)[!.])?\$?[A-Za-z]{1,3}\$?\d{1,7}(?![\w(])|[^\W\d][\w.]*\[[^][]*\]
    |(?i:TRUE|FALSE)(?![\w(])|(?:\d+(?:[.]\d*)?|[.]\d+)(?:[eE][+-]?\d+)?(?!\w))
    |(?P<open>(?:[^\W\d][\w.]*)?\()|(?P<close>\))|(?P<sign>[-+])|(?P<percent>%)|(?P<comma>[,;])
    |(?P<operator><=|>=|<>|[*/^&=<>:]))\s*""",
    re.VERBOSE,
)
_ENDS: Final = frozenset({"value", "close", "percent"})
_EMPTY: Final = _ENDS | {"open", "comma"}
_BEGINS: Final = frozenset({"sign", "operator", "open", "comma"})
# What may stand before each of them.
_BEFORE: Final = {
    **dict.fromkeys(("value", "open"), _BEGINS),
    **dict.fromkeys(("percent", "operator"), _ENDS),
    **dict.fromkeys(("comma", "close"), _EMPTY),
    "sign": _ENDS | _BEGINS,
}
# A formula without an equals sign, as Lotus 1-2-3 and Excel take one: a function of a program in capitals.
_CALLED = re.compile(r"[+@-](?=[A-Z][A-Z0-9.]*\()")
_SPACES = re.compile(r"[^\S\n\r\t]")
# A hyphen, and one at which no line is broken: they look as that of ASCII does. A dash and a minus are other signs.
_HYPHENS = str.maketrans("\u2010\u2011", "--")
# An amount in the place of digits: as a spreadsheet shows a long number in a narrow cell (1,23457E+11), as R and Python
# write one (1e+05), and with the point that a float has (1002345678.0).
_AMOUNT = re.compile(r"(\d+)\.0|\d(?:[.,]\d+)?[eE]\+?\d+|\d[.,]\d+[eE]-\d+")
# Digits that a number has at least which names something in a text of any kind.
_ID_DIGITS: Final = 4
#: What an amount begins with.
DIGITS: Final = frozenset("0123456789")


def may_be_wrapped(text: str) -> bool:
    """Whether a text file may have cells that `unwrapped` changes; most have none."""
    if ("=" in text and _EQUALS.search(text)) or ("'" in text and _GUARD.search(text)):
        return True
    return "(" in text and bool(_FUNCTION.search(text) and _SIGNED.search(text))


def unwrapped(text: str) -> str | CellError:
    """Return what a cell of a text file holds if it is written for spreadsheets: ``="00123"``, ``=T("1")``, ``'-5``.

    A formula is an error: only the program that wrote it could have computed it.
    """
    if found := _WRAPPED.fullmatch(text):
        return str(found[1] if found[2] is None else found[2]).replace('""', '"')
    if _GUARDED.match(text):
        return text[1:]
    bare = text.strip()
    sign = bare[:1] if bare.startswith("=") or _CALLED.match(bare) else ""
    return CellError(bare, InvalidValue(UNCOMPUTED)) if sign and _is_expression(bare[1:]) else text


def _is_expression(text: str) -> bool:
    last, depth, at = "operator", 0, 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        kind = str(found and found.lastgroup)
        if found is None or last not in _BEFORE[kind]:
            return False
        depth += (kind == "open") - (kind == "close")
        if depth < (kind == "comma"):
            return False
        last, at = kind, found.end()
    return not depth and last in _ENDS


def in_full(bare: str, *, is_name: bool = False) -> str | CellError:
    """Return a text; of a float with all its digits, these digits. A number that was shortened has lost its own.

    Text that names no record keeps a short one as it is: ``2.0`` is a version or a size there.
    """
    found = None if bare.isdecimal() else _AMOUNT.fullmatch(bare)
    if found is None or (found[1] is not None and len(found[1]) < _ID_DIGITS and not is_name):
        return bare
    if found[1] is None or len(found[1]) > PRECISION:
        return CellError(bare, InvalidValue("shortened-number"))
    return found[1]


def read_text(text: str, null_markers: frozenset[str]) -> str | CellError | None:
    """Return the text of a cell in its one form.

    Parameters
    ----------
    text
        The cell.
    null_markers
        Texts that stand for an empty cell.

    Returns
    -------
    str, CellError or None
        ``None`` if nothing of it can be seen, and for a marker.
    """
    bare = text.strip()
    if len(bare) > CELL_CHARACTERS:
        return over_long(bare)
    is_printable = text.isprintable()
    if (not is_printable or "\ufffd" in text) and (found := _UNSTORABLE.search(text)):
        return CellError(text, InvalidValue("unstorable-characters", character=f"U+{ord(found[0]):04X}"))
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
        if not is_printable or bare[-1:] > _LATIN or bare[:1] > _LATIN:
            text = _without_invisible(text)
        bare = text.strip()
    if not bare or bare in null_markers:
        return None
    if bare in _NO_RESULTS:
        return CellError(bare, InvalidValue("no-result"))
    return CellError(bare) if is_error(bare) else text


def is_error(bare: str) -> bool:
    """Whether a text is the error of a spreadsheet program, in any of its languages."""
    if not bare.startswith("#"):
        return _CALC_ERROR.fullmatch(bare) is not None
    capitals = bare.upper()
    return capitals in ERROR_TEXTS or (bare == capitals and _ERROR_FORM.fullmatch(bare) is not None)


def _without_invisible(text: str) -> str:
    """Return a text without invisible characters around it, and the white space beyond them."""
    seen = text.strip()
    if not seen or not (INVISIBLE.match(seen) or INVISIBLE.match(seen[-1])):
        return text
    start, end = _dropped(text), len(text) - _dropped(text[::-1])
    bare, behind = (text[start:end], text[end:]) if start < end else ("", "")
    is_joined = behind[:1] in _JOINERS and behind and unicodedata.combining(bare[-1]) == _VIRAMA
    return bare + behind[0] if is_joined else bare


def _dropped(text: str) -> int:
    """Count the characters at the beginning of a text that are dropped."""
    found = _DROPPED.match(text)
    return found.end() if found else 0


def name_from_text(text: str) -> str:
    """Read text that names something: a key or a code, where each character counts.

    Raises
    ------
    InvalidValue
        ``required``, ``shortened-number`` or ``invisible-character``.
    """
    text = text.strip()
    if not text:
        raise InvalidValue("required")
    if not text.isascii():
        if found := INVISIBLE.search(text):
            raise InvalidValue("invisible-character", character=f"U+{ord(found[0]):04X}", place=found.start() + 1)
        return _SPACES.sub(" ", text).translate(_HYPHENS)
    if text[0] not in DIGITS:
        return text
    full = in_full(text, is_name=True)
    if isinstance(full, CellError):
        raise InvalidValue("shortened-number")
    return full


def read_number(cell: float, *, is_text: bool) -> str | float | CellError:
    """Return a number cell by its significant digits, as spreadsheet programs show it; the others are binary noise.

    In a column of text it is its digits, if a spreadsheet keeps them all.
    """
    if not isfinite(float(written := f"{cell:.{PRECISION}g}")):
        return CellError(str(cell), InvalidValue("not-a-number"))
    shown = Decimal(written)
    if not is_text:
        return int(shown) if cell.is_integer() else float(shown)
    if abs(cell) >= EXACT:
        return CellError(f"{shown:f}", InvalidValue("over-precision", digits=PRECISION))
    return f"{shown:f}"


def read_formatted(cell: FormattedNumber, *, is_text: bool) -> str | float | CellError:
    """Return a number that its cell shows as something else.

    It is what the cell shows in a column of text, if that is known; elsewhere the number, with its currency if it is
    an amount.
    """
    if cell.currency or not is_text:
        number = read_number(cell.value, is_text=is_text)
        return number_in(cell.currency, number) if cell.currency and isinstance(number, (int, float)) else number
    return cell.text or CellError(str(cell), InvalidValue("shown-otherwise"))
