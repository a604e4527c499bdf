"""Whether words read as a language, which tells Windows-1252 from encodings that give the same bytes other letters.

A word is what stands between white space and delimiters. Rules of spelling are few and coarse on purpose: a word that
keeps them is not proved to be right, but one that breaks them is in another encoding.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple
from unicodedata import combining

WINDOWS: Final = "windows-1252"

_ONE_DIGIT: Final = bytes.maketrans(b"123456789", b"000000000")

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
_CONSONANT: Final = "[b-df-hj-np-tv-zčćďđňřšťžßçñ]"


class _Language(NamedTuple):
    """A language of another encoding.

    Parameters
    ----------
    letters
        All of its letters beyond ASCII.
    common
        Those of which a text that has any has one.
    misplaced
        Where its letters cannot stand, and Western ones have those of the same byte.
    """

    letters: frozenset[str]
    common: frozenset[str]
    misplaced: re.Pattern[str]


def _language(letters: str, common: str, *misplaced: str) -> _Language:
    out_of_place = re.compile("|".join(misplaced))
    return _Language(frozenset(letters), frozenset(common), out_of_place)


# French and Catalan è, Italian ò, Danish ø and æ as the letters of the same byte
_C_LIKE_E: Final = rf"[cdfghklmpqstwxz]č{_CONSONANT}|rč[cdglrstv]|crč|č[fgqxy]"
_N_LIKE_O: Final = rf"{_CONSONANT}ň(?:{_CONSONANT}|\b)"
_C_LIKE_AE: Final = rf"{_CONSONANT}ć{_CONSONANT}"
_LANGUAGES: Final = {
    "cs": _language(
        "áčďéěíňóřšťúůýžöü",
        "áčéěířšýžůň",
        rf"(?<![bdfmnptv])ě|{_CONSONANT}ř{_CONSONANT}|ř[jr]",
        _C_LIKE_E,
        _N_LIKE_O,
        "[qwx]",
    ),
    "sk": _language("áäčďéíĺľňóôŕšťúýž", "áčéíšžýťň", _C_LIKE_E, _N_LIKE_O, "[qwx]"),
    "pl": _language("ąćęłńóśźżö", "ąćęłśżń", _C_LIKE_AE, "ć[aeouąęó]|ę[mnv]|(?<![aeiouyóąę])ń|[qvx]"),
    "hu": _language("áéíóöőúüű", "áéőöű", "[aeiou][őű]|[qwx]"),
    "ro": _language("ăâîșțşţ", "ățţșş", "[qw]"),
    "hr": _language("čćđšž", "čćđšž", _C_LIKE_E, _C_LIKE_AE, "[qwxy]"),
    "tr": _language("âçğıîöşûü\u0307", "ığş\u0307", "[qwx]"),
    "lv": _language("āčēģīķļņšūž", "āēīšū", "[aeiou]ē|ē[aeiou]|[qwxy]"),
    "lt": _language(
        "ąčęėįšųūž",
        "ėšųūžąįę",
        rf"ų(?![sjcčz]|\b)|[aeiou]ė(?![jmsd])|{_CONSONANT}į(?!s|\b)|ę(?!s|\b)|[il]tą\b",
        "[qwx]",
    ),
    "vi": _language(
        "àáâãèéêìíòóôõùúýăđơư\u0300\u0301\u0303\u0309\u0323",
        "ăđơư",
        r"ă(?![cmnpt])|\Bđ|ơ(?![cimnptu]|\b)|ư(?![acimntuơư]|\b)|[fjwz]",
    ),
    "et": _language("äõöüšž", "äõ", "[qwxy]"),
}
_CENTRAL: Final = ("cs", "sk", "pl", "hu", "ro", "hr")
#: Encodings of Latin letters, and the languages that are written in them; without any, those of `_WESTERN`.
_LATIN: Final[Mapping[str, tuple[str, ...]]] = {
    "windows-1250": _CENTRAL,
    "iso-8859-2": _CENTRAL,
    "windows-1254": ("tr",),
    "windows-1257": ("lv", "lt", "et"),
    "windows-1258": ("vi",),
    "iso-8859-15": (),
    "cp850": (),
    "cp437": (),
    "cp852": _CENTRAL,
    "mac_roman": (),
}
#: Letters where they cannot stand. Such rules separate letters that share a byte: à and ŕ, ñ and ń, ø and ř.
_MISPLACED: Final = re.compile(
    r"(?<![aou])ÿ|ÿ(?![es]|\b)|ã(?![aeiosmn]|\b)|õ(?!e)|ñ(?![aeiouáéíóú])|ì\B|^ß|(?<![aeiouyäöü])ß|^ð|"
    r"[ńśź](?=[aeouąęó])|(?<![b-df-hj-np-tv-z])[ŕĺ]|[ŕĺ](?![b-df-hj-np-tv-z])|ă(?=[aeo])|^ę|(?<=[aeiou])ů"
)
#: Letters where no language in Windows-1252 has them, and others have those of the same byte: č, ć, ř, ň, ů, ľ, ű, ś.
_NOT_WESTERN: Final = re.compile(
    r"è[aeouyáéíóúæøýûêhjkšž]|[aeyáéíóú]è\b|^è(?![cmprsx]|ti|ve|\b)|ã.*ã|à.*à|ií|û.*û|([^\x00-\x7fäåéöóáú])\1|\B(?:óó|áá|úú)\b|\b(?:óó|áá|úú)|"
    r"[aeiouyáéíóú]æ(?![^\Waeiouyáéíóú])|ø[aáíéíou]|[aeiouyáéíóúý]ø(?![^\Waeiouyáéíóú])|[bcdhjkmpqtvwxz]ð|"
    r"ò[aeiouyáéíóú]|[aeoyáéíóúô]ò\b|ù\B|(?<![aeouyéá])ï|ï[aouyáéíóúâîû]|[eéìáíó]ï\b|"
    r"œ(?![cdilmnstu])|[aeiouyó]œ(?!u)|[aeiuyáéíóúöü]û|û(?![cefglmnrtx]|\b)|(?<=\w\w\w)û\b"
)
_VOWELS: Final = "aeiouyáàâäãåāăąæéèêëēęěėíìîïīįıóòôöőõơøœúùûüūůűųưýÿ"
# The consonants of a word that are in it only if a byte was read as the wrong letter.
_CLUSTER: Final = re.compile(rf"[^\W\d_{_VOWELS}]{{5,}}")
# Letters of a word without a vowel that is an abbreviation; r and l can be the core of a syllable.
_ABBREVIATION: Final = 2
_CORE: Final = re.compile(f"[{_VOWELS}rlŕĺ]")
#: Words of usual characters whose second byte may be one of ASCII, without letters of ASCII beside them.
_EAST_ASIAN: Final = {
    "shift_jis": re.compile(rb"[\x00-`{-\x7f]*(?:[\x81-\x98][@-~\x80-\xfc][\x00-`{-\x7f]*)+"),
    "big5": re.compile(rb"[\x00-@[-`{-\x7f]*(?:[\xa4-\xc6][@-~\xa1-\xfe][\x00-@[-`{-\x7f]*)+"),
}
#: First bytes of usual characters of two bytes: kana and common ideographs, or syllables; and their second ones.
_USUAL: Final = {
    **dict.fromkeys(("cp932", "shift_jis"), re.compile(rb"(?:[\x00-\x7f]|[\x81-\x98][@-~\x80-\xfc])+")),
    **dict.fromkeys(("cp950", "big5"), re.compile(rb"(?:[\x00-\x7f]|[\xa1-\xc6][@-~\xa1-\xfe])+")),
    **dict.fromkeys(("cp949", "euc_kr"), re.compile(rb"(?:[\x00-\x7f]|[\xa1-\xa3\xb0-\xc8][\xa1-\xfe])+")),
    "gb18030": re.compile(rb"(?:[\x00-\x7f]|[\xa1-\xa3\xb0-\xd7][\xa1-\xfe])+"),
    "euc_jp": re.compile(rb"(?:[\x00-\x7f]|[\xa1-\xa5\xb0-\xcf][\xa1-\xfe])+"),
}
#: A value that is an amount with decimals, or thousands, and one byte beyond ASCII before or behind it.
_AMOUNT: Final = re.compile(
    rb"(?<![^,;|\t\"\r\n])"
    rb"(?:[\x80-\xff] ?\d[\d.,']{0,15}[.,]\d{2,3}|\d[\d.,']{0,15}[.,]\d{2,3} ?[\x80-\xff])"
    rb"(?![^,;|\t\"\r\n])"
)
_NO_SIGN: Final = r"(?![Øøªº])[^\W\d_\x00-\x7f]"
#: Letters where an amount has a sign. A diameter is one: Ø 12.50, 4Ø12. DOS has á and ú for a blank and a pound sign.
_IN_AMOUNT: Final = re.compile(
    rf"\d(?![áú]\d\d?(?!\d)){_NO_SIGN}\d|^{_NO_SIGN} ?\d+[.,]|^\d[\d.,']*[.,]\d+ ?{_NO_SIGN}$"
)
#: Signs beyond letters; what may stand before and behind: a letter L, a digit D, another sign P, or the edge E.
_SIGNS: Final[Mapping[str, tuple[str, str]]] = {
    "«": ("EP", "LDEP"),
    **dict.fromkeys("“„‘", ("EP", "LDP")),
    **dict.fromkeys("¿¡", ("EP", "LD")),
    **dict.fromkeys("”»’´", ("LDPE", "EP")),
    **dict.fromkeys("–—", ("EDP", "LDEP")),
    **dict.fromkeys("€£¥±×÷", ("EDP", "EDP")),
    "¢": ("D", "EP"),
    **dict.fromkeys("½¼¾", ("EDP", "EP")),
    **dict.fromkeys("™®©", ("LDEP", "DEP")),
    "…": ("LDPE", "EP"),
    "•": ("EDP", "LDEP"),
    "§": ("EP", "EDP"),
    "°": ("EDP", "EDP"),
    "‰": ("D", "EP"),
}
#: Two signs in a row that are none of the usual pairs, as characters of two bytes read.
_ODD_SIGNS: Final = re.compile(
    "(?!…[”“»«’]|[”“„»«’‘™®€²°½]…|’[”’]|”[’™®–]|“‘|[½¼¾][”’]|[™®]”|¿¡|¡¿|[«“][¿¡]|——|––|……|»–|–[“„«])[\xa1-\xbf×÷‐-™]{2}"
)
#: Signs in other places: German closing quotes, dashes between names, units, ordinals, Catalan, apostrophes.
_IN_PLACE: Final = re.compile(
    r"(?<=[^\W_])[“‘](?!\w)|(?<=[^\W\d_])[–—](?=[A-ZÀ-Þ]|\W|\d|$)|(?<=[\dmM])[²³¹](?!\w)|(?<=[\dnN.])[ºª](?!\w)|(?<=\b[CDFM])ª(?!\w)|"
    r"(?<![^\W\d])°(?=[CFK]\b)|(?<=\b[nN])°|(?<![^\W\d])µ(?=[mgFlsAVHW])|(?<=l)·(?=l)|"
    r"(?i:\b(?:[cdjlmnosty]|qu|[dns]?ell|all|dall|sull|un|jusqu|lorsqu|puisqu|quelqu|aujourd))[’´](?=\w)|"
    r"(?<=\d)’(?=\d{3}(?!\d))|(?<=\w)[’´](?=(?i:s|t|d|m|ll|re|ve|em|n)\b)|(?<!\w)’(?=(?i:[nst]|em)\b)"
)
#: Letters that are words, signs or abbreviations of Western languages.
_ALONE: Final = "ØøÀàÈèÉéÅåÖöÄäÁáÍíÓóÚúÆæ"
#: Letters of names that are in texts of all languages: Würth, Citroën, Škoda.
_IN_NAMES: Final = frozenset("äöüßëšž")
#: Words that are in all kinds of texts: a diameter, a fraction, Italian è, an ordinal, a brand of cars.
_SAYS_NOTHING: Final = re.compile(
    rf"^[!-/:-@[-`{{-~]*(?:[{_ALONE}½¼¾]|°[CFK])[!-/:-@[-`{{-~]*$|[\dnN.][ºª](?!\w)|\b[CDFM]ª|^±\d|^(?:Škoda|ŠKODA)\b"
)
#: What is in no Western text: other letters alone, or small ones with a point; letters alone beside a sign.
_NOT_ALONE: Final = re.compile(
    rf"^\W*(?![{_ALONE}])[À-ÿŠšŽžŒœŸ]\W*$|(?<!\w)(?![åäö])[ß-ÿšžœ]\.|"
    r"(?<![^\W\d_])[À-ÖØ-öø-ÿŠšŽžŒœŸ][\xa1-\xbf×÷‐-™]|[\xa1-\xbf×÷‐-™][À-ÖØ-öø-ÿŠšŽžŒœŸ](?![^\W\d_])|"
    r"[“„‘«][])}]"
)
# Letters beyond ASCII in a row: of the languages in Windows-1252, and of others.
_LONGEST_RUN: Final = 2
_LONGEST_RUN_ELSEWHERE: Final = 4
_LETTERS: Final = re.compile(r"[^\W\d_]+")
#: Final letters of Hebrew before another letter.
_FINAL_WITHIN: Final = re.compile("[ךםןףץ][א-ת]")


def is_western(words: Iterable[bytes]) -> bool:
    """Whether all words read as languages that are written in Windows-1252."""
    return all(_reads(word, WINDOWS) for word in words)


def rivals_of(words: Sequence[bytes]) -> list[str]:
    """List the encodings in which the words read as a language, too, but as another text than in Windows-1252.

    One language has to explain as many words as any does in Windows-1252. A single foreign name in a text says little.
    """
    words = [word for word in words if not _SAYS_NOTHING.search(_decoded(word, WINDOWS) or "")]
    here = [_decoded(word, WINDOWS) or "" for word in words]
    found = [name for name in _LATIN if _is_rival(name, words, here)]
    return found + [name for name, word in _EAST_ASIAN.items() if words and all(map(word.fullmatch, words))]


def amounts_in(lines: bytes) -> set[bytes]:
    """Return values that are an amount with a byte beyond ASCII, such as a sign of a currency, as if all had one digit.

    Blanks part them from their signs, so the words do not show what these belong to.
    """
    return {amount.translate(_ONE_DIGIT) for amount in _AMOUNT.findall(lines)}


def is_usual(words: Sequence[bytes], rivals: Iterable[str]) -> bool:
    """Whether Windows-1252 is likelier than its rivals, since few words show these.

    Most have only signs, or letters of names that are in texts of all languages; or nearly all read alike in both.
    """
    here = [_decoded(word, WINDOWS) or "" for word in words]
    alike = [sum(mine == _decoded(word, name) for mine, word in zip(here, words, strict=True)) for name in rivals]
    plain = sum(_letters_of(mine) <= _IN_NAMES for mine in here)
    return 2 * plain > len(here) or 6 * min(alike, default=0) >= 5 * len(here)


def share_read(words: Sequence[bytes], encoding: str) -> float:
    """Return the share of words that read as a language of an encoding; of one without Latin letters, as its script."""
    if usual := _USUAL.get(encoding):
        return sum(bool(usual.fullmatch(word)) for word in words) / max(len(words), 1)
    return sum(_reads(word, encoding) for word in words) / max(len(words), 1)


def _is_rival(encoding: str, words: Sequence[bytes], here: Sequence[str]) -> bool:
    there = [_decoded(word, encoding) or "" for word in words]
    if here == there:
        return False
    if not _LATIN[encoding]:
        return all(_reads(word, encoding) for word in words)
    named = [
        (mine, its, word)
        for mine, its, word in zip(here, there, words, strict=True)
        if mine != its or not _letters_of(mine) <= _IN_NAMES
    ]
    most = _most_explained([mine for mine, _, _ in named], _WESTERN)
    letters = [_letters_of(its) for _, its, _ in named if its]
    languages = [_LANGUAGES[name] for name in _LATIN[encoding]]
    languages = [each for each in languages if sum(its <= each.letters for its in letters) >= most]  # mostly none
    pairs = [(mine, its) for mine, its, word in named if languages and its and _reads(word, encoding)]
    return any(_explains(language, pairs, most) for language in languages)


def _explains(language: _Language, words: Iterable[tuple[str, str]], most: int) -> bool:
    """Whether a language has so many of the words, and in one of them a common letter in place of a Western one."""
    pairs = [
        (mine, its)
        for mine, its in words
        if _letters_of(its) <= language.letters and (mine == its or not language.misplaced.search(its.lower()))
    ]
    differing = {its for mine, other in pairs for my, its in zip(mine, other, strict=False) if my != its}
    return len(pairs) >= most and bool(set("".join(differing).lower()) & language.common)


def _most_explained(texts: Iterable[str], languages: Iterable[frozenset[str]]) -> int:
    """Count the words of the language that has the letters of the most."""
    letters = [_letters_of(text) for text in texts]
    return max(sum(each <= language for each in letters) for language in languages)


def _letters_of(text: str) -> frozenset[str]:
    """Return the letters beyond ASCII, small."""
    return frozenset(letter for letter in text.lower() if letter > "\x7f" and letter.isalpha()) - set("ªºµ")


def _decoded(word: bytes, encoding: str) -> str | None:
    try:
        return word.decode(encoding)
    except UnicodeDecodeError:
        return None


def _reads(word: bytes, encoding: str) -> bool:
    text = _decoded(word, encoding)
    if text is None or _IN_AMOUNT.search(text):
        return False
    parts = text.split()
    if encoding != WINDOWS and encoding not in _LATIN:
        return all(map(_is_of_one_script, parts))
    languages = _LATIN.get(encoding, ())
    known = [_LANGUAGES[name].letters for name in languages] if languages else _WESTERN
    return all(
        _is_well_formed(part, is_rival=bool(languages)) and _is_of_a_language(part, known, bool(languages))
        for part in parts
    )


def _is_of_a_language(word: str, languages: Iterable[frozenset[str]], is_rival: bool) -> bool:
    letters = _letters_of(word)
    if letters and not any(letters <= language for language in languages):
        return False
    if not letters or not is_rival:
        return True
    parts = [part for part in _LETTERS.findall(word.lower()) if not part.isascii()]
    return all(not _CLUSTER.search(part) and (len(part) <= _ABBREVIATION or _CORE.search(part)) for part in parts)


def _is_well_formed(word: str, *, is_rival: bool) -> bool:
    """Whether letters and signs beyond ASCII stand where they can stand in a word."""
    if not _signs_are_in_place(word) or (not is_rival and _NOT_ALONE.search(word)):
        return False
    if len(word) > 1 and min(word) > "\x7f" and any(map(str.isalpha, word)):
        return False
    run = 0
    for part in _LETTERS.findall(word):
        lower = part.lower()
        if not _has_its_case(part) or _MISPLACED.search(lower):
            return False
        if not is_rival and _NOT_WESTERN.search(lower):
            return False
        run = max(run, *map(len, re.findall(r"[^\x00-\x7f]+", part) or [""]))
        if run > (_LONGEST_RUN_ELSEWHERE if is_rival else _LONGEST_RUN) or (
            len(part) > 1 and all(letter > "\x7f" for letter in part)
        ):
            return False
    return True


def _signs_are_in_place(word: str) -> bool:
    if _ODD_SIGNS.search(word):
        return False
    in_place = {at for match in _IN_PLACE.finditer(word) for at in range(*match.span())}
    kinds = "E" + "".join(map(_kind, word)) + "E"
    for at, sign in enumerate(word):
        if sign <= "\x7f" or (sign.isalpha() and sign not in "ªºµ") or combining(sign) or at in in_place:
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
    capital_behind = any(letter.isupper() and letter > "\x7f" for letter in part[1:])
    small_behind = any(
        letter > "\x7f" and letter.islower() and part[:at].isupper() for at, letter in enumerate(part) if at > 1
    )
    return not capital_behind and not small_behind


def _is_of_one_script(word: str) -> bool:
    """Whether all letters beyond ASCII are of one script, with capitals at the beginning or throughout."""
    letters = [letter for letter in word if letter > "\x7f"]
    blocks = {ord(letter) >> 8 for letter in letters if letter.isalpha()}
    if not blocks:
        return _signs_are_in_place(word)
    if len(blocks) != 1 or blocks & {0, 1} or 2 * sum(map(str.isalpha, letters)) <= len(letters):
        return False
    if _FINAL_WITHIN.search(word):
        return False
    parts = _LETTERS.findall(word)
    is_mixed = any(not part.isascii() and re.search("[A-Za-z]", part) for part in parts)
    return not is_mixed and all(
        len(part) == 1 or part.isupper() or part[1:].islower() or part == part.swapcase() for part in parts
    )
