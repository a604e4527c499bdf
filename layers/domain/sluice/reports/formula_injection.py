"""Escape text of a CSV file that a spreadsheet program would run as a formula, and undo the escape.

Workbooks need no escape: their cells have types, and a text cell is never a formula.
"""

from __future__ import annotations

import re
from typing import Final

# What begins a formula: OWASP, "CSV Injection" (= + - @, and the wide forms that East Asian editions read alike).
_SIGNS: Final = "=+\\-@＝＋－＠"
# What is dropped from before one: OWASP as well (tab, carriage return, line feed), and OWASP ASVS 5.0, 1.2.10 (NUL).
_DROPPED: Final = "\t\r\n\0"
# Where a cell begins. The second place is inside a text: a program whose language separates lists by semicolons, which
# Indonesian and German editions of Excel do, splits a line there although commas separate the fields, and then takes a
# quote inside a field, and a line feed behind it, literally.
_STARTS: Final = (rf"\A(?='*[{_SIGNS}{_DROPPED}])", rf"(?<=[;\t\r\n])(?='*[{_SIGNS}])")
_ESCAPED_STARTS: Final = (rf"\A'(?='*[{_SIGNS}{_DROPPED}])", rf"(?<=[;\t\r\n])'(?='*[{_SIGNS}])")
_DANGEROUS = re.compile("|".join(_STARTS))
_ESCAPED = re.compile("|".join(_ESCAPED_STARTS))
# Telephone numbers as most of the world writes them, negative numbers, a lone dash: they compute nothing.
_NUMBER = re.compile(r"[+-][0-9 ().,]*")


def escape_formula(text: str) -> str:
    """Put an apostrophe wherever a program would begin a formula, and wherever text looks escaped already.

    A plus or a minus before nothing but figures stays as it is.
    """
    return text if _NUMBER.fullmatch(text) else _DANGEROUS.sub("'", text)


def unescape_formula(text: str) -> str:
    """Undo `escape_formula` exactly: ``unescape_formula(escape_formula(text)) == text`` holds of every text."""
    return _ESCAPED.sub("", text)
