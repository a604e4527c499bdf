"""Titles of columns: which column each means by itself, and how alike the titles of two files are.

A header means a column by itself if its letters and digits are those of a title or a synonym of that column. Whatever
else is alike is a suggestion: it is shown to a person, and decides nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import IntEnum
from functools import cache, lru_cache
from itertools import pairwise, zip_longest
from typing import Final

from sluice.schema.cells import CELL_CHARACTERS, Cell, Record
from sluice.schema.currencies import signs_of
from sluice.schema.importer import Column
from sluice.schema.vocabulary import NOTES, PIECES, PIECES_BEHIND, UNITS, ZONES

#: A row that may be the header: its row number, and its titles.
TitleRow = tuple[int, list[str]]
#: Likeness of two titles from which one is likely the other renamed, as in `difflib.get_close_matches`.
RENAMED = 0.6
# Pairs of titles that are compared for that; beyond, files have too little in common.
_PAIRS = 2_500
#: Characters of the longest header that a question offers.
LONGEST: Final = 100
# Characters of a title that are compared; what is longer is no title, and a cell of a text file can have a megabyte.
_TITLE = 500

_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|（[^（）]*）|【[^【】]*】")
_NOTED = re.compile(r"[(\[{（【#]")
_LETTERED = re.compile(r"(.+) \[([A-Z]{1,3})\]")
_WORD = re.compile(r"[^\W\d_]+|\d+")
# What separates the words of a title, the last of which may be a unit, as in ``Price EUR`` and ``Preis in €``.
_BETWEEN = re.compile(r"[\s_,–-]+")
_IN = frozenset({"in", "en", "em", "w", "dalam"})
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# The number of a column before its title, as in ``3. Price``.
_NUMBERED = re.compile(r"(\d{1,3})\s?[.):]\s?(?=[^\W\d_])")
# Letters that no normal form takes apart, and how they are written where a keyboard lacks them.
_PLAIN = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"})
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


class Level(IntEnum):
    """How a header names a column; the lower, the stronger."""

    TITLE = 0
    ALIAS = 1
    SYNONYM = 2
    HINT = 3


_SCORES: Final = {Level.TITLE: 1.0, Level.ALIAS: 0.99, Level.SYNONYM: 0.98, Level.HINT: 0.84}
# What a name further down in its list is worth less.
_STEP = 1e-5


@dataclass(frozen=True)
class Name:
    """A name of a column: its letters and digits (`normal`), its `words_of`, and its place in its list."""

    field: str
    text: str
    words: tuple[str, ...]
    level: Level
    rank: int
    is_key: bool

    @property
    def score(self) -> float:
        """Score of a header that is this name."""
        return _SCORES[self.level] - self.rank * _STEP


def normal(title: str) -> str:
    """Reduce a header to what is compared: letters and digits, without case or accents, and signs that say what of.

    Those are signs of currencies and of per cent: a price in dollars or in cents is no price, and ``Stock %`` no stock.
    """
    letters = unicodedata.normalize("NFKD", title).casefold()
    return "".join(each for each in letters if each.isalnum() or each in "%‰" or unicodedata.category(each) == "Sc")


def words_of(title: str) -> tuple[str, ...]:
    """Return the words and numbers of a header without a unit in brackets; ``unitPrice [EUR]`` has two."""
    spaced = _CAMEL.sub(" ", _without(title, UNITS | NOTES).replace("#", " no "))
    return tuple(normal(word) for word in _WORD.findall(unicodedata.normalize("NFKC", spaced)))


def title_rows(head: list[Record]) -> tuple[list[TitleRow], list[TitleRow]]:
    """Return the titles of each row with its number, and those of each two consecutive rows, joined, with the lower's.

    White space is reduced; empty cells are ``""``.
    """
    single = [(row, _titles(cells)) for row, cells in head]
    double = [(row, _stacked(above, below)) for (before, above), (row, below) in pairwise(single) if before + 1 == row]
    return single, double


def _titles(cells: list[Cell]) -> list[str]:
    return ["" if cell is None else " ".join(str(cell)[:CELL_CHARACTERS].split())[:_TITLE] for cell in cells]


def _stacked(upper: list[str], lower: list[str]) -> list[str]:
    """Join the titles of two rows: the lower cell where it has text, because the upper one names its group."""
    return [below or above for above, below in zip_longest(upper, lower, fillvalue="")]


def names_of(columns: Sequence[Column]) -> dict[str, str]:
    """Return fields by all titles of their columns, in the form of `normal`."""
    names: dict[str, str] = {}
    for column in columns:
        for title in (column.field, *column.titles):
            names.setdefault(normal(title), column.field)
    return names


def assign(titles: Sequence[str], columns: Sequence[Column], chosen: Mapping[str, str]) -> dict[int, str]:
    """Match titles to columns.

    What a caller chose takes precedence. Of several headers that name a column by itself, the one with the strongest
    name is the column: its own title, then another title, then a synonym, the preferred one first. Several headers of
    equally strong titles are all returned, because only the sender knows which is meant. So are all titles of the key,
    which names the row. Several synonyms of the key, or one synonym twice, match nothing. If none is a name alone, it
    may be one beside the unit that the column has anyway, see `_units_of`.

    Parameters
    ----------
    titles
        Of the file, in its order.
    chosen
        Header to field name, as a caller gave it.

    Returns
    -------
    dict
        Place in `titles` to field name.
    """
    texts = [normal(title) for title in titles]
    fields = {at: field for header, field in chosen.items() for at in places_of(header, titles)}
    names, taken = _by_text(key_of(columns)), set(fields.values())
    units = {column.field: _units_of(column) for column in columns}
    every = frozenset[str]().union(*units.values())
    found: dict[str, list[tuple[Name, int]]] = defaultdict(list)
    measured: dict[str, list[tuple[Name, int]]] = defaultdict(list)
    for at, text in enumerate(texts):
        if not text or at in fields:
            continue
        if name := next(filter(None, map(names.get, (text, *_readings(titles[at], at + 1)))), None):
            found[name.field].append((name, at))
            continue
        beside = ((names.get(bare), unit) for bare, unit in _measured(titles[at], every))
        if name := next((name for name, unit in beside if name and unit in units[name.field]), None):
            measured[name.field].append((name, at))
    for field, candidates in found.items():
        fields |= dict.fromkeys(_strongest(candidates) if field not in taken else (), field)
    for field in measured.keys() - found.keys() - taken:
        if len(strongest := _strongest(measured[field])) == 1:
            fields[strongest[0]] = field
    return dict(sorted(fields.items()))


def currencies_of(titles: Sequence[str], fields: Mapping[int, str], columns: Sequence[Column]) -> dict[str, str]:
    """Return the currencies that titles name, by field, as far as they are those of their columns: ``Price (EUR)``."""
    known = {column.field: column.currency for column in columns if column.currency}
    named = ((field, titles[at], known[field]) for at, field in fields.items() if field in known and at < len(titles))
    return {field: code for field, title, code in named if any(_measured(title, _signs_of(code)))}


def _units_of(column: Column) -> frozenset[str]:
    """Return what may stand beside the title of a column, because its values are so anyway, as `normal` text.

    Those are units of count beside a whole number, zones of time beside a date, and the currency of its amounts. Units
    that scale, and other currencies, are not among them.
    """
    if column.key:
        return frozenset()
    if column.currency:
        return _signs_of(column.currency)
    if column.decided_by == "date_order":
        return ZONES
    return PIECES if column.decided_by and column.decimals == 0 else frozenset()


@cache
def _signs_of(code: str) -> frozenset[str]:
    return frozenset(map(normal, signs_of(code)))


def _measured(title: str, units: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield what a header says without one of some units, in brackets or as its last word, and the unit.

    Both are `normal` text.
    """
    title = title[:LONGEST]
    for found in _BRACKETS.findall(title):
        if (unit := normal(found)) in units:
            yield normal(_without(title.replace(found, " "), NOTES)), unit
    words = _BETWEEN.split(title.rstrip(" *:"))
    if len(words) > 1 and (unit := normal(words.pop())) in units - (PIECES - PIECES_BEHIND):
        yield normal(" ".join(words[:-1] if words[-1].casefold() in _IN else words)), unit


def places_of(header: str, titles: Sequence[str]) -> list[int]:
    """Find a header that a caller names: as it is written, else by its letters and digits.

    The letter of a column behind it, as in ``Price [D]``, names one of several headers with the same text.
    """
    header = " ".join(header.split())
    found = [at for at, title in enumerate(titles) if title == header]
    if not found and (lettered := _LETTERED.fullmatch(header)):
        found = [at for at in places_of(lettered[1], titles) if letter_of(at) == lettered[2]]
    return found or [at for at, title in enumerate(titles) if title and normal(title) == normal(header)]


def letter_of(place: int) -> str:
    """Return the letter of a column: ``A`` for 0, ``AA`` for 26."""
    before, last = divmod(place, 26)
    return (letter_of(before - 1) if before else "") + chr(ord("A") + last)


def _strongest(candidates: list[tuple[Name, int]]) -> list[int]:
    titles = [(name, at) for name, at in candidates if name.level is not Level.SYNONYM]
    if titles:
        best = max(name.level for name, _ in titles) if titles[0][0].is_key else min(name.level for name, _ in titles)
        return [at for name, at in titles if name.level <= best]
    best_rank = min(name.rank for name, _ in candidates)
    places = [at for name, at in candidates if name.is_key or name.rank == best_rank]
    return places if len(places) == 1 else []


def _readings(title: str, number: int) -> Iterator[str]:
    """Yield what else a header says as `normal` text: without a note in brackets, ``#`` as a number, and without the
    `number` of its column.
    """
    numbered = _NUMBERED.match(title)
    if numbered and int(numbered[1]) == number:
        title = title[numbered.end() :]
        yield normal(title)
    if _NOTED.search(title):
        yield normal(_without(title, NOTES).replace("#", " no "))


def _without(title: str, words: frozenset[str]) -> str:
    """Drop what is in brackets, if it is one of some words, or a list of signs such as ``0/1``."""

    def kept(found: re.Match[str]) -> str:
        signs = _WORD.findall(found[0])
        is_list = len(signs) > 1 and all(len(sign) == 1 for sign in signs)
        return " " if is_list or normal(found[0]) in words else found[0]

    return _BRACKETS.sub(kept, title)


_Key = tuple[tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...], bool], ...]


def key_of(columns: Sequence[Column]) -> _Key:
    """Return what the names of columns are cached by."""
    return tuple((each.field, each.titles, each.synonyms, each.hints, each.key) for each in columns)


@lru_cache(maxsize=64)
def names_by_field(columns: _Key) -> dict[str, list[Name]]:
    """Return all names of each column, by field."""
    return {column[0]: list(_names_of_one(*column)) for column in columns}


def _names_of_one(
    field: str, titles: tuple[str, ...], synonyms: tuple[str, ...], hints: tuple[str, ...], is_key: bool
) -> Iterator[Name]:
    levels = {Level.TITLE: (titles[0], field), Level.ALIAS: titles[1:], Level.SYNONYM: synonyms, Level.HINT: hints}
    seen: set[str] = set()
    for level, texts in levels.items():
        for rank, title in enumerate(texts):
            for spelling in dict.fromkeys((title, title.translate(_PLAIN), title.translate(_GERMAN))):
                if (text := normal(spelling)) and text not in seen:
                    seen.add(text)
                    yield Name(field, text, words_of(spelling), level, rank, is_key)


@lru_cache(maxsize=64)
def _by_text(columns: _Key) -> dict[str, Name]:
    """Return what each text means by itself; a synonym of two columns means neither of them."""
    found: dict[str, Name] = {}
    shared: set[str] = set()
    for names in names_by_field(columns).values():
        for name in (each for each in names if each.level is not Level.HINT):
            other = found.setdefault(name.text, name)
            if name.level < other.level:
                found[name.text] = name
            elif other is not name and name.level == other.level == Level.SYNONYM:
                shared.add(name.text)
    return {text: name for text, name in found.items() if text not in shared or name.level is not Level.SYNONYM}


# ---------------------------------------------------------------------- titles of two files


def fingerprint(titles: Iterable[str]) -> tuple[str, ...]:
    """Return what titles are recognised by: their letters and digits, sorted; the order of columns is of no account."""
    return tuple(sorted(filter(None, map(normal, titles))))


def likeness(before: Sequence[str], now: Sequence[str]) -> float:
    """Return how alike two fingerprints are, from 0 to 1: twice the titles in common, of the titles of both.

    Likely renamed titles count by the share of their letters that is the same.
    """
    if before == now:
        return 1.0
    gone, new = differences(before, now)
    common = len(before) - len(gone) + sum(share for share, _, _ in renamed(gone, new))
    return 2 * common / (len(before) + len(now))


def differences(before: Sequence[str], now: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return what only the first of two fingerprints has, and what only the second has."""
    left, right = Counter(before), Counter(now)
    return sorted((left - right).elements()), sorted((right - left).elements())


def renamed(gone: Sequence[str], new: Sequence[str]) -> list[tuple[float, str, str]]:
    """Pair titles that are alike, the most alike first; each is in one pair at most."""
    if len(gone) * len(new) > _PAIRS:
        return []
    gone, new = ([title for title in titles if len(title) <= LONGEST] for titles in (gone, new))
    shares = ((SequenceMatcher(None, old, other, autojunk=False).ratio(), old, other) for old in gone for other in new)
    pairs: list[tuple[float, str, str]] = []
    for share, old, other in sorted(shares, key=lambda each: (-each[0], each[1:])):
        taken = any(old == pair[1] or other == pair[2] for pair in pairs)
        if share >= RENAMED and not taken:
            pairs.append((share, old, other))
    return pairs
