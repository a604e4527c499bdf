"""Currencies beside amounts: the signs and codes that people write, and which currencies each can stand for.

A sign often has several: ``$`` is a dollar or a peso of some thirty countries, ``kr`` a krone of four. So a sign
contradicts only the currencies that do not use it (Unicode CLDR 45, narrow symbols; usage for abbreviations).
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final, NamedTuple

from sluice.schema.cells import InvalidValue

# Codes of ISO 4217; as they are read in either case, those that are words of price lists too (ALL, TOP) are missing.
_CODES = (
    "AED|ARS|AUD|BDT|BGN|BHD|BRL|CAD|CHF|CLP|CNY|COP|CZK|DKK|EGP|EUR|GBP|GHS|HKD|HUF|IDR|ILS|INR|ISK|JOD|JPY|KES|KRW|"
    "KWD|LKR|MAD|MXN|MYR|NGN|NOK|NPR|NZD|OMR|PHP|PKR|PLN|QAR|RON|RSD|RUB|SAR|SEK|SGD|THB|TND|TRY|TWD|TZS|UAH|UGX|USD|"
    "VND|ZAR"
)
# The signs of Unicode's category Sc but for the cent, which stands for a hundredth, and abbreviations.
_SIGNS = (
    r"(?:[A-Z]{1,3})?\$|[£¤¥֏؋৲৳৻૱௹฿៛₠-⃀﷼﹩＄￡￥￦]|"
    r"Rp\.?|Rs\.?|S?Fr\.?|kr\.?|Kč|zł|RM|TL|Ft|lei|euros?|S/\.?|VNĐ|đ|лв\.?|руб\.?|ден\.?|元|円|원"
)
# Currency signs and codes that people write beside an amount; what is before and behind them stays: -€5.00, ($12.00),
# Rp -1.500, 1.500,00- EUR.
_BEFORE = re.compile(rf"([(+-]? ?)({_SIGNS}|{_CODES}|R)\s*", re.IGNORECASE)
# Characters of a sign or a code at most, with a bracket or a minus behind it.
_LONGEST = 8
_BEHIND = re.compile(rf"({_SIGNS}|{_CODES})([)-]?)$", re.IGNORECASE)

_DOLLARS = (
    "USD CAD AUD NZD SGD HKD TWD MXN ARS CLP COP CUP UYU DOP BBD BMD BND BSD BZD FJD GYD JMD KYD LRD NAD SBD SRD TTD "
    "XCD ZWL"
)
_RUPEES = "INR PKR LKR NPR MUR SCR"
# By sign in lower case without a point behind it: the currencies that use it.
_USED_BY: Final = {
    sign: frozenset(codes.split())
    for signs, codes in {
        "$ ﹩ ＄": _DOLLARS,
        "us$ u$": "USD",
        "c$": "CAD NIO",
        "ca$ can$ cdn$": "CAD",
        "a$": "AUD",
        "au$": "AUD",
        "nz$": "NZD",
        "s$ sg$": "SGD",
        "hk$": "HKD",
        "nt$ tw$": "TWD",
        "r$": "BRL",
        "mx$ mex$": "MXN",
        "ar$": "ARS",
        "cl$": "CLP",
        "co$ col$": "COP",
        "rd$": "DOP",
        "j$ ja$": "JMD",
        "tt$": "TTD",
        "bz$": "BZD",
        "b$": "BND BSD BBD BMD",
        "bd$": "BBD BMD",
        "fj$": "FJD",
        "ec$": "XCD",
        "n$": "NAD",
        "gy$": "GYD",
        "t$": "TOP",
        "mop$": "MOP",
        "£ ￡": "GBP EGP FKP GIP LBP SDG SHP SSP SYP",
        "₤": "GBP ITL TRY",
        "¥ ￥": "JPY CNY",
        "元": "CNY TWD HKD MOP",
        "円": "JPY",
        "₩ ￦ 원": "KRW KPW",
        "€ euro euros": "EUR",
        "kr": "SEK NOK DKK ISK",
        "kč": "CZK",
        "zł": "PLN",
        "rm": "MYR",
        "₺ tl": "TRY",
        "ft": "HUF",
        "lei": "RON MDL",
        "s/": "PEN",
        "₫ đ vnđ": "VND",
        "лв": "BGN",
        "₽": "RUB",
        "руб": "RUB BYN",
        "ден": "MKD",
        "rp": "IDR",
        "rs ₨": _RUPEES,
        "₹": "INR",
        "sfr": "CHF",
        "fr": "CHF XAF XOF XPF BIF DJF GNF KMF RWF CDF",
        "r": "ZAR",
        "֏": "AMD",
        "؋": "AFN",
        "৳": "BDT",
        "฿": "THB",
        "៛": "KHR",
        "₡": "CRC",
        "₦": "NGN",
        "₪": "ILS",
        "₭": "LAK",
        "₮": "MNT",
        "₱": "PHP CUP",
        "₲": "PYG",
        "₴": "UAH",
        "₵": "GHS",
        "₸": "KZT",
        "₼": "AZN",
        "₾": "GEL",
        "⃀": "KGS",
        "﷼": "IRR OMR QAR SAR YER",
    }.items()
    for sign in signs.split()
}
_CODED: Final = frozenset(_CODES.split("|")).union(*_USED_BY.values())
# Signs that are another's as well, but in trade one currency's, and names that no other country's currency has.
_ALONE: Final = {
    name: frozenset({code})
    for names, code in {
        "us dollar; us dollars": "USD",
        "£; ￡; pound sterling; british pound": "GBP",
        "₩; ￦; 원": "KRW",
        "swiss franc; schweizer franken": "CHF",
        "yen": "JPY",
        "zloty; złoty": "PLN",
        "rupiah": "IDR",
        "евро; ユーロ; 欧元": "EUR",
    }.items()
    for name in names.split("; ")
}
_OF_SEVERAL: Final = {"dollar": "$", "dollars": "$", "krona": "kr", "krone": "kr", "kronor": "kr", "kroner": "kr"}
# Of the currencies that a sign can stand for, those that a rejection names first, and how many it names.
_FIRST: Final = frozenset({"USD", "CAD", "AUD", "CNY", "JPY", "SEK", "NOK", "DKK", "INR", "CHF", "RUB"})
_EXAMPLES: Final = 3
_R: Final = "r"  # beside an amount a rand; alone it may be a real or a rouble
_NO_SIGN: Final = "¤"  # stands for any currency
# Currencies of which no hundredth part is in use: ISO 4217 has no decimals for them, or prices have had none for long.
_WHOLE = "BIF CLP COP DJF GNF IDR IRR ISK JPY KHR KMF KPW KRW LAK LBP MMK MNT PYG RWF TZS UGX UZS VND VUV XAF XOF XPF"
_WITHOUT_CENTS: Final = frozenset(_WHOLE.split())


class ShownCurrency(NamedTuple):
    """The currency that is written beside an amount.

    Parameters
    ----------
    text
        Its sign or code, as it is written.
    codes
        Codes of the currencies that it can stand for. Of a sign that is not known it is the sign, so that it agrees
        with no currency.
    """

    text: str
    codes: frozenset[str]

    @property
    def has_no_cents(self) -> bool:
        """Whether its amounts have no hundredths, so that three digits behind a mark are a group."""
        return self.codes <= _WITHOUT_CENTS


class CurrencyNumber(float):
    """A number whose cell shows a currency beside it."""

    currency: ShownCurrency

    __slots__ = ("currency",)


def number_in(sign: str, number: float) -> float:
    """Return a number with the currency of a sign or a code; as it is if the sign stands for any currency."""
    shown = _shown(sign)
    if shown is None:
        return number
    found = CurrencyNumber(number)
    found.currency = shown
    return found


def code_from_text(text: str) -> str:
    """Return the code of a currency: of its code in either case, a sign that only it uses, or its name.

    What is none of these is returned as it is, for the type that checks codes.

    Raises
    ------
    InvalidValue
        ``several-currencies`` if it is the sign or the name of several.
    """
    if text in _CODED:
        return text  # what most cells are
    name = " ".join(text.casefold().split()).rstrip(".")
    if name.upper() in _CODED:
        return name.upper()
    codes = _ALONE.get(name) or _USED_BY.get(_OF_SEVERAL.get(name, name), frozenset())
    if len(codes) > 1:
        first = sorted(codes, key=lambda code: (code not in _FIRST, code))[:_EXAMPLES]
        raise InvalidValue("several-currencies", codes=", ".join(first))
    return text if name == _R else next(iter(codes), text)


@cache
def signs_of(code: str) -> frozenset[str]:
    """Return a currency's code, the signs that stand for it alone, and its names, in lower case."""
    known = _USED_BY | _ALONE
    return frozenset(sign for sign, codes in known.items() if codes == {code} and sign != _R) | {code.casefold()}


def without_currency(text: str) -> tuple[str, ShownCurrency | None]:
    """Take off the currency before an amount, and the one behind it with the blanks between them.

    Returns
    -------
    tuple
        The amount without it, and the currency; ``None`` if there is none.

    Raises
    ------
    InvalidValue
        ``two-currencies`` if they are not the same.
    """
    before = behind = None
    if found := _BEFORE.match(text):
        text, before = found[1] + text[found.end() :], _shown(found[2])
    if found := _BEHIND.search(text, max(0, len(text) - _LONGEST)):
        text, behind = text[: found.start()].rstrip() + found[2], _shown(found[1])
    if before is None or behind is None:
        return text, before or behind
    if codes := before.codes & behind.codes:
        return text, ShownCurrency(before.text, codes)
    raise InvalidValue("two-currencies", first=before.text, second=behind.text)


@lru_cache(maxsize=100)
def _shown(text: str) -> ShownCurrency | None:
    if text == _NO_SIGN:
        return None
    sign = text.casefold().rstrip(".")
    code = sign.rstrip("$").upper()  # AUD, and AUD$
    return ShownCurrency(text, _USED_BY.get(sign) or frozenset({code if len(code) == 3 else text}))
