"""Sample voters: South African ID numbers, and the electoral commission's data of each.

Nothing is stored: an ID number is generated from a number, its voter from the ID number and a seed. An ID number is
``YYMMDDSSSSCAZ``: day of birth, sequence, citizenship (0 citizen, 1 permanent resident, 2 refugee), a digit without a
meaning today, and a check digit by Luhn's rule (ISO/IEC 7812-1, annex B).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final, Literal, get_args

WARD: Final = "79800001"
"""The ward of a file by default; half of the registered voters are in it."""
OTHER_WARDS: Final = ("79800002", "79800003", "79800004", "10200015")

Kind = Literal["length", "letters", "date", "checksum", "citizenship"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
"""Errors of an ID number."""

_NOT_REGISTERED, _DECEASED = 0.25, 0.10
_FIRST_BIRTH: Final = date(1940, 1, 1)
_PLACES: Final = (date(2007, 1, 1) - _FIRST_BIRTH).days * 10_000  # a day of birth and a sequence
# A prime that does not divide the places: consecutive numbers give days far apart, and no two the same place.
_STRIDE = 100_000_007


@dataclass(frozen=True)
class Voter:
    """The commission's data of an ID number."""

    status: Literal["registered", "not-registered", "deceased"]
    ward: str | None = None


def truth(id_number: str, seed: int = 1) -> Voter:
    """Return the voter of an ID number: 65 % are registered, 25 % are not, 10 % are deceased.

    In files of `local.fake_upstreams.voter_files`, where one row in twenty has an invalid ID number, these are about
    62, 24 and 9 % of the rows.
    """
    draw = Random(f"{seed}/{id_number}")  # noqa: S311 - sample data
    chance = draw.random()
    if chance < _DECEASED:
        return Voter("deceased")
    if chance < _DECEASED + _NOT_REGISTERED:
        return Voter("not-registered")
    return Voter("registered", WARD if draw.random() < 0.5 else draw.choice(OTHER_WARDS))


def category(id_number: str, ward: str = WARD, seed: int = 1) -> str:
    """Return the right category of a row in a job of a ward, when its lookup succeeds."""
    if not is_id_number(id_number):
        return "invalid-id"
    voter = truth(id_number, seed)
    if voter.status != "registered":
        return voter.status
    return "registered-here" if voter.ward == ward else "registered-elsewhere"


def is_id_number(text: str) -> bool:
    """Return whether a text is a valid ID number."""
    if not (len(text) == 13 and text.isascii() and text.isdigit()):
        return False
    return _is_day(text[:6]) and text[10] in "012" and text[12] == _check_digit(text[:12])


def id_number(number: int) -> str:
    """Return a valid ID number, unique for each number from 0 to 244,719,999.

    One in ten begins with a zero, one in twenty is not a citizen's.
    """
    days, sequence = divmod(number * _STRIDE % _PLACES, 10_000)
    birth = _FIRST_BIRTH + timedelta(days)
    citizenship = 2 if number % 200 == 199 else 1 if number % 20 == 19 else 0
    return _checked(f"{birth:%y%m%d}{sequence:04}{citizenship}8")


def id_numbers(count: int, first: int = 0) -> list[str]:
    """Return `count` valid ID numbers, all different, from number `first` on."""
    return [id_number(number) for number in range(first, first + count)]


def invalid_id_number(kind: Kind, number: int) -> str:
    """Return an ID number with exactly one error, unique for each number."""
    good = id_number(number)
    match kind:
        case "length":  # one digit too few, or one too many
            return good[:-1] if number % 2 else f"{good}0"
        case "letters":  # a letter that looks like a digit
            return f"{good[:9]}{'OIZEASGTBP'[int(good[9])]}{good[10:]}"
        case "date":  # from the 32nd on
            return _checked(f"{good[:4]}{int(good[4:6]) + 31}{good[6:12]}")
        case "checksum":
            return f"{good[:12]}{(int(good[12]) + 1) % 10}"
        case "citizenship":
            return _checked(f"{good[:10]}{int(good[10]) + 3}{good[11]}")


def _checked(twelve: str) -> str:
    return twelve + _check_digit(twelve)


def _check_digit(twelve: str) -> str:
    single = sum(int(digit) for digit in twelve[::2])
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in twelve[1::2])
    return str(-(single + doubled) % 10)


def _is_day(text: str) -> bool:
    """Return whether six digits are a day of this century or the one before."""
    for century in ("19", "20"):
        with suppress(ValueError):
            date(int(century + text[:2]), int(text[2:4]), int(text[4:6]))
            return True
    return False
