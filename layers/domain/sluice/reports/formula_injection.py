"""Escape text that a spreadsheet program would run as a formula, and undo the escape."""

from __future__ import annotations

import re
from typing import Final

#: What begins a formula, or is dropped from before one: OWASP, "CSV Injection" (= + - @, tab, carriage return, line
#: feed, and the wide forms that East Asian editions read alike) and OWASP ASVS 5.0, 1.2.10 (NUL).
_FORMULA_STARTS: Final = "=+\\-@\t\r\n\0＝＋－＠"
_DANGEROUS = re.compile(f"'*[{_FORMULA_STARTS}]")
# Telephone numbers as most of the world writes them, negative numbers, a lone dash: they compute nothing.
_NUMBER = re.compile(r"[+-][0-9 ().,]*")
_ESCAPED = re.compile(f"'+[{_FORMULA_STARTS}]")


def escape_formula(text: str) -> str:
    """Put an apostrophe before text that would begin a formula, and before text that looks escaped already.

    A plus or a minus before nothing but figures stays as it is.
    """
    return "'" + text if _DANGEROUS.match(text) and not _NUMBER.fullmatch(text) else text


def unescape_formula(text: str) -> str:
    """Undo `escape_formula` exactly: ``unescape_formula(escape_formula(text)) == text`` holds of every text."""
    return text[1:] if _ESCAPED.match(text) else text
