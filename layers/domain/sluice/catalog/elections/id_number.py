"""South African ID numbers.

``YYMMDD SSSS C A Z``: day of birth, serial number (which encodes the sex), citizenship, a digit without a meaning
today, and a check digit (Identification Act 68 of 1997, section 7; the check digit by the Luhn formula, ISO/IEC 7812-1,
annex B). They are personal data: no message of this module shows one.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Final

from pydantic import BeforeValidator

from sluice import AsWritten

LENGTH: Final = 13
# Citizen, permanent resident, refugee.
_CITIZENSHIPS: Final = frozenset("012")
_GAPS = re.compile(r"[\s-]+")


def why_not_an_id_number(text: str) -> str | None:
    """Return why a text is not an ID number; ``None`` if it is one.

    Parameters
    ----------
    text
        Digits alone, without gaps.

    Returns
    -------
    str or None
        Completes the sentence "this value …". Of several reasons, the first from the left of the number.
    """
    if not (text.isascii() and text.isdigit()):
        return "must be digits only"
    if len(text) != LENGTH:
        return f"has {len(text)} digits and not {LENGTH}"
    if not _begins_with_a_day(text):
        return "does not begin with a day of birth (YYMMDD)"
    if text[10] not in _CITIZENSHIPS:
        return "has no citizenship (0, 1 or 2) as its 11th digit"
    if _luhn_sum(text) % 10:
        return "has a wrong check digit; one of its digits is mistyped"
    return None


def _begins_with_a_day(text: str) -> bool:
    """Return whether the first six digits are a date of this or the last century; the digits do not say which."""
    year, month, day = int(text[:2]), int(text[2:4]), int(text[4:6])
    return any(_is_day(century + year, month, day) for century in (1900, 2000))


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _luhn_sum(digits: str) -> int:
    """Add up the digits; every second one from the right is doubled, less 9 if the double has two digits."""
    doubled = sum(2 * int(digit) - 9 * (digit > "4") for digit in digits[-2::-2])
    return sum(map(int, digits[::-2])) + doubled


def _as_written(value: Any) -> Any:
    """Return text as it is, without a leading apostrophe; digits lose the gaps between them."""
    if isinstance(value, int) and not isinstance(value, bool):
        return _with_its_zeros(str(value))
    if not isinstance(value, str):
        return value
    text = value.strip().removeprefix("'").lstrip()
    if not text:
        raise ValueError("is required")
    digits = _GAPS.sub("", text)
    return digits if digits.isascii() and digits.isdigit() else text


def _with_its_zeros(digits: str) -> str:
    """Put back the leading zeros of births from 2000 to 2009, which a number cell loses, if that gives an ID number."""
    whole = digits.zfill(LENGTH)
    return digits if why_not_an_id_number(whole) else whole


#: An ID number as it is written, valid or not: digits keep their leading zeros and lose gaps, a number cell becomes its
#: digits, and other text stays as it is, because `why_not_an_id_number` gives the reason later.
IdNumber = Annotated[str, BeforeValidator(_as_written), AsWritten()]
