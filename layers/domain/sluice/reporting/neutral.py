"""Text that a spreadsheet program would run as a formula, made harmless, and back again."""

from __future__ import annotations

import re
from typing import Final

#: What begins a formula, or is dropped from before one: OWASP, "CSV Injection" (= + - @, tab, carriage return, line
#: feed, and the wide forms that East Asian editions read alike) and OWASP ASVS 5.0, 1.2.10 (NUL).
_BEGINS_FORMULA: Final = "=+\\-@\t\r\n\0＝＋－＠"
_DANGEROUS = re.compile(f"'*[{_BEGINS_FORMULA}]")
# Telephone numbers as most of the world writes them, negative numbers, a lone dash: there is nothing to work out.
_NUMBER = re.compile(r"[+-][0-9 ().,]*")
_NEUTRALISED = re.compile(f"'+[{_BEGINS_FORMULA}]")


def neutral(text: str) -> str:
    """Put an apostrophe before text that would begin a formula, or that looks as if this had been done to it.

    A plus or a minus before nothing but figures is left as it is.
    """
    return "'" + text if _DANGEROUS.match(text) and not _NUMBER.fullmatch(text) else text


def restored(text: str) -> str:
    """Take back what `neutral` did, exactly: ``restored(neutral(text)) == text`` for every text."""
    return text[1:] if _NEUTRALISED.match(text) else text
