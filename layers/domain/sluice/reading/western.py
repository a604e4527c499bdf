"""Whether words read as a language, which tells Windows-1252 from encodings that give the same bytes other letters.

A word is what stands between white space and delimiters. Rules of spelling are few and coarse on purpose: a word that
keeps them is not proved to be right, but one that breaks them is in another encoding.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

WINDOWS: Final = "windows-1252"

#: Letters beyond ASCII of the languages that are written in Windows-1252; those of a word are of one of them.
_WESTERN: Final = tuple(
    frozenset(letters)
    for letters in (
        "äöüß",  # German
        "àâæçèéêëîïôœùûüÿ",  # French
        "áçéíñóúü",  # Spanish
        "àçèéíïñòóúü",  # Catalan
        "àáâãçéêíóôõúü",  # Portuguese
        "àèéìíîòóùú",  # Italian
        "áâäçèéêëîïíóôöùúûü",  # Dutch, loanwords, Turkish
        "àäåæéèêòóôöøü",  # Danish, Norwegian
        "àáäåéèöü",  # Swedish, Finnish
        "áæéíðóöúýþ",  # Icelandic
        "šž",  # names
    )
)
#: Other languages: all of their letters beyond ASCII, and those of which a text that has any has one.
_LANGUAGES: Final = {
    "cs": ("áčďéěíňóřšťúůýžöü", "áčéěířšýžů"),
    "sk": ("áäčďéíĺľňóôŕšťúýž", "áčéíšžýť"),
    "pl": ("ąćęłńóśźżö", "ąćęłśż"),
    "hu": ("áéíóöőúüű", "áéőö"),
    "ro": ("ăâîșțşţ", "ățţșş"),
    "hr": ("čćđšž", "čćšž"),
    "tr": ("âçğıîöşûü\u0307", "ığş"),
    "lv": ("āčēģīķļņšūž", "āēīšū"),
    "lt": ("ąčęėįšųūž", "ėšųūž"),
    "et": ("äõöüšž", "äõ"),
}
_CENTRAL: Final = ("cs", "sk", "pl", "hu", "ro", "hr")
#: Encodings of Latin letters, and the languages that are written in them; without any, those of `_WESTERN`.
_LATIN: Final[Mapping[str, tuple[str, ...]]] = {
    "windows-1250": _CENTRAL,
    "iso-8859-2": _CENTRAL,
    "windows-1254": ("tr",),
    "windows-1257": ("lv", "lt", "et"),
    "iso-8859-15": (),
    "cp850": (),
    "cp437": (),
    "cp852": _CENTRAL,
    "mac_roman": (),
}
#: Letters where they cannot stand. Such rules separate letters that share a byte: à and ŕ, ñ and ń, ø and ř.
_MISPLACED: Final = re.compile(
    r"ã(?![aeiosmn]|\b)|õ(?!e)|ñ(?![aeiouáéíóú])|ì\B|^ß|(?<![aeiouyäöü])ß|^ð|"
    r"[ńśźć](?=[aeouąęó])|(?<![b-df-hj-np-tv-z])[ŕĺ]|[ŕĺ](?![b-df-hj-np-tv-z])|ă(?=[aeo])|^ę|(?<=[aeiou])ů"
)
_VOWELS: Final = "aeiouyáàâäåãāăąæéèêëēęěėíìîïīįıóòôöőõøœúùûüūůűųýÿ"
_VOWEL: Final = re.compile(f"[{_VOWELS}]")
# The consonants of a word that are in it only if a byte was read as the wrong letter.
_CLUSTER: Final = re.compile(rf"[^\W\d_{_VOWELS}]{{4,}}")
#: Signs beyond letters; what may stand before and behind: a letter L, a digit D, another sign P, or the edge E.
_SIGNS: Final[Mapping[str, tuple[str, str]]] = {
    **dict.fromkeys("“„«‘¿¡", ("EP", "LDEP")),
    **dict.fromkeys("”»’´", ("LDPE", "EP")),
    **dict.fromkeys("–—", ("EDP", "LDEP")),
    **dict.fromkeys("€£¥¢±×÷", ("EDP", "EDP")),
    **dict.fromkeys("½¼¾", ("EDP", "EP")),
    **dict.fromkeys("™®©", ("LDEP", "DEP")),
    "…": ("LDPE", "EP"),
    "•": ("EDP", "LDEP"),
    "§": ("EP", "EDP"),
    "°": ("EDP", "EDP"),
    "‰": ("ED", "EP"),
}
#: Signs in other places: German closing quotes, dashes between names, units, ordinals, Catalan, apostrophes.
_IN_PLACE: Final = re.compile(
    r"(?<=[^\W_])[“‘](?!\w)|(?<=[^\W\d_])[–—](?=[A-ZÀ-Þ]|\W|\d|$)|(?<=[\dmM])[²³¹](?!\w)|(?<=[\dnN])[ºª](?!\w)|"
    r"(?<![^\W\d])°(?=[CFK]\b)|(?<=\b[nN])°|(?<![^\W\d])µ(?=[mgFlsAVHW])|(?<=l)·(?=l)|"
    r"(?i:\b(?:[cdjlmnosty]|qu|[dns]?ell|all|dall|sull|un|jusqu|lorsqu|puisqu|quelqu|aujourd))[’´](?=\w)|"
    r"(?<=\w)[’´](?=(?i:s|t|d|m|ll|re|ve|em|n)\b)"
)
# Letters beyond ASCII in a row: of the languages in Windows-1252, and of others.
_LONGEST_RUN: Final = 2
_LONGEST_RUN_ELSEWHERE: Final = 4
_LETTERS: Final = re.compile(r"[^\W\d_]+")


def is_western(words: Iterable[bytes]) -> bool:
    """Whether all words read as languages that are written in Windows-1252."""
    return all(_reads(word, WINDOWS) for word in words)


def rivals_of(words: Sequence[bytes]) -> list[str]:
    """List the encodings in which the words read as a language, too, but as another text than in Windows-1252."""
    here = [_decoded(word, WINDOWS) for word in words]
    found = []
    for encoding, languages in _LATIN.items():
        there = [_decoded(word, encoding) for word in words]
        if here != there and all(_reads(word, encoding) for word in words) and _is_one_language(here, there, languages):
            found.append(encoding)
    return found


def share_read(words: Sequence[bytes], encoding: str) -> float:
    """Return the share of words that read as a language of an encoding; of one without Latin letters, as its script."""
    return sum(_reads(word, encoding) for word in words) / max(len(words), 1)


def _is_one_language(here: list[str | None], there: list[str | None], languages: Iterable[str]) -> bool:
    """Whether the letters of the words are those of one language, and those that differ are not all rare."""
    if not languages:
        return True
    letters = {letter for word in there if word for letter in word.lower() if letter > "\x7f" and letter.isalpha()}
    pairs = ((mine or "", other or "") for mine, other in zip(here, there, strict=True))
    differing = {its for mine, other in pairs for my, its in zip(mine, other, strict=False) if my != its}
    common = "".join(differing).lower()
    return any(letters <= set(_LANGUAGES[name][0]) and set(common) & set(_LANGUAGES[name][1]) for name in languages)


def _decoded(word: bytes, encoding: str) -> str | None:
    try:
        return word.decode(encoding)
    except UnicodeDecodeError:
        return None


def _reads(word: bytes, encoding: str) -> bool:
    text = _decoded(word, encoding)
    if text is None:
        return False
    parts = text.split()
    if encoding != WINDOWS and encoding not in _LATIN:
        return all(_is_of_one_script(part) for part in parts)
    languages = _LATIN.get(encoding, ())
    known = [frozenset(_LANGUAGES[name][0]) for name in languages] if languages else _WESTERN
    return all(
        _is_well_formed(part, is_rival=bool(languages)) and _is_of_a_language(part, known, bool(languages))
        for part in parts
    )


def _is_of_a_language(word: str, languages: Iterable[frozenset[str]], is_rival: bool) -> bool:
    letters = frozenset(letter for letter in word.lower() if letter > "\x7f" and letter.isalpha()) - set("ªºµ")
    if letters and not any(letters <= language for language in languages):
        return False
    if not letters or not is_rival:
        return True
    parts = [part for part in _LETTERS.findall(word.lower()) if not part.isascii()]
    return all(not _CLUSTER.search(part) and _VOWEL.search(part) for part in parts)


def _is_well_formed(word: str, *, is_rival: bool) -> bool:
    """Whether letters and signs beyond ASCII stand where they can stand in a word."""
    if not _signs_are_in_place(word):
        return False
    if len(word) > 1 and min(word) > "\x7f" and any(map(str.isalpha, word)):
        return False
    run = 0
    for part in _LETTERS.findall(word):
        if not _has_its_case(part) or _MISPLACED.search(part.lower()):
            return False
        run = max(run, *map(len, re.findall(r"[^\x00-\x7f]+", part) or [""]))
        if run > (_LONGEST_RUN_ELSEWHERE if is_rival else _LONGEST_RUN) or (
            len(part) > 1 and all(letter > "\x7f" for letter in part)
        ):
            return False
    return True


def _signs_are_in_place(word: str) -> bool:
    in_place = {at for match in _IN_PLACE.finditer(word) for at in range(*match.span())}
    kinds = "E" + "".join(map(_kind, word)) + "E"
    for at, sign in enumerate(word):
        if sign <= "\x7f" or (sign.isalpha() and sign not in "ªºµ") or at in in_place:
            continue
        before, behind = _SIGNS.get(sign, ("", ""))
        if kinds[at] not in before or kinds[at + 2] not in behind:
            return False
    return True


def _kind(letter: str) -> str:
    return "L" if letter.isalpha() else "D" if letter.isdigit() else "P"


def _has_its_case(part: str) -> bool:
    """Whether a letter beyond ASCII is a capital only at the beginning, or among capitals."""
    if part.isascii() or len(part) == 1 or part[1:].islower() or part.replace("ß", "").isupper():
        return True
    capital_behind = any(left.islower() and right.isupper() and right > "\x7f" for left, right in pairwise(part))
    small_behind = any(
        letter > "\x7f" and letter.islower() and part[:at].isupper() for at, letter in enumerate(part) if at > 1
    )
    return not capital_behind and not small_behind


def _is_of_one_script(word: str) -> bool:
    """Whether all letters beyond ASCII are of one script, with capitals at the beginning or throughout."""
    letters = [letter for letter in word if letter > "\x7f"]
    blocks = {ord(letter) >> 8 for letter in letters if letter.isalpha()}
    if len(blocks) != 1 or blocks & {0, 1} or 2 * sum(map(str.isalpha, letters)) <= len(letters):
        return False
    parts = _LETTERS.findall(word)
    is_mixed = any(not part.isascii() and re.search("[A-Za-z]", part) for part in parts)
    return not is_mixed and all(
        len(part) == 1 or part.isupper() or part[1:].islower() or part == part.swapcase() for part in parts
    )
