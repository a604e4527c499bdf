"""Titles of columns: which column each means by itself, which header could stand for a column, how alike two files are.

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
from functools import lru_cache
from itertools import pairwise, zip_longest
from typing import Final

from sluice.schema.cells import Cell, Record
from sluice.schema.importer import Column
from sluice.schema.vocabulary import BESIDE, NOTES, OTHER, UNITS

#: A row that may be the header: its row number, and its titles.
TitleRow = tuple[int, list[str]]
#: Suggestions for a column.
SUGGESTED: Final = 20

# Likeness of two titles from which one is likely the other renamed, as in `difflib.get_close_matches`.
_RENAMED = 0.6
# Pairs of titles that are compared for that; beyond, files have too little in common.
_PAIRS = 2_500
# Titles of a file for which suggestions are made; no file with more has headers that a person chooses from.
_TITLES = 400
# Characters of the longest header that a recipe can name.
_LONGEST = 100
# Likeness from which a header is a misspelt name, and letters that the name must have.
_MISSPELT = 0.88
_MISSPELT_LETTERS = 5
# Letters of a name that may be part of a longer word, as in German; of scripts without spaces, less are a word.
_COMPOUND_LETTERS = 4
_COMPOUND_SIGNS = 2
# Least score of a header that is preselected, and of one that is suggested.
_LIKELY = 0.85
_POSSIBLE = 0.3
# Least score of a header that is preselected if no other one is like the column, and that counts as like it.
_LIKELY_ALONE = 0.8
_LIKE = 0.42

_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|（[^（）]*）|【[^【】]*】")
_NOTED = re.compile(r"[(\[{（【#]")
_LETTERED = re.compile(r"(.+) \[([A-Z]{1,3})\]")
_WORD = re.compile(r"[^\W\d_]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LATIN = re.compile(r"[a-z0-9]*")
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


@dataclass(frozen=True)
class Suggestion:
    """Headers that could stand for a column.

    Parameters
    ----------
    headers
        The likely ones first.
    likely
        The one to preselect; ``None`` if no header is likely enough.
    """

    headers: tuple[str, ...]
    likely: str | None = None


def normal(title: str) -> str:
    """Reduce a header to what is compared: letters and digits, without case or accents."""
    letters = unicodedata.normalize("NFKD", title).casefold()
    return "".join(letter for letter in letters if letter.isalnum())


def words_of(title: str) -> tuple[str, ...]:
    """Return the words and numbers of a header without a unit in brackets; ``unitPrice [EUR]`` has two."""
    spaced = _CAMEL.sub(" ", _without(title, UNITS | NOTES))
    return tuple(normal(word) for word in _WORD.findall(unicodedata.normalize("NFKC", spaced)))


def title_rows(head: list[Record]) -> tuple[list[TitleRow], list[TitleRow]]:
    """Return the titles of each row with its number, and those of each two consecutive rows, joined, with the lower's.

    White space is reduced; empty cells are ``""``.
    """
    single = [(row, _titles(cells)) for row, cells in head]
    double = [(row, _stacked(above, below)) for (before, above), (row, below) in pairwise(single) if before + 1 == row]
    return single, double


def _titles(cells: list[Cell]) -> list[str]:
    return ["" if cell is None else " ".join(str(cell).split()) for cell in cells]


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
    which names the row. Several synonyms of the key, or one synonym twice, match nothing.

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
    names, taken = _by_text(_key_of(columns)), set(fields.values())
    found: dict[str, list[tuple[Name, int]]] = defaultdict(list)
    for at, text in enumerate(texts):
        name = next(filter(None, map(names.get, (text, *_readings(titles[at])))), None)
        if text and at not in fields and name and name.field not in taken:
            found[name.field].append((name, at))
    for field, candidates in found.items():
        fields |= dict.fromkeys(_strongest(candidates), field)
    return dict(sorted(fields.items()))


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


def suggest(columns: Sequence[Column], titles: Sequence[str]) -> dict[str, Suggestion]:
    """Suggest headers for columns.

    Parameters
    ----------
    columns
        Those that have no header yet; a header is preselected for the one that it fits best.
    titles
        Headers that no column has yet.

    Returns
    -------
    dict
        By field. Headers that have nothing in common with a column are not among its suggestions.
    """
    named = [title for title in dict.fromkeys(titles) if title and len(title) <= _LONGEST]
    headers = [(title, normal(title), words_of(title)) for title in named[:_TITLES]]
    names = _names(_key_of(columns))
    scored = [
        (score, -at, column.field)
        for column in columns
        for at, header in enumerate(headers)
        if (score := _score(header, names[column.field])) >= _POSSIBLE
    ]
    by_field: dict[str, list[str]] = defaultdict(list)
    likely: dict[str, str] = {}
    like = Counter(field for score, _, field in scored if score >= _LIKE)
    for score, at, field in sorted(scored, reverse=True):
        title = headers[-at][0]
        by_field[field].append(title)
        is_sure = score >= _LIKELY or (score >= _LIKELY_ALONE and like[field] == 1)
        if is_sure and field not in likely and title not in likely.values():
            likely[field] = title
    return {
        column.field: _suggestion(by_field[column.field], likely.get(column.field), set(likely.values()))
        for column in columns
    }


def _suggestion(titles: list[str], likely: str | None, taken: set[str]) -> Suggestion:
    """Order the headers of a column: its likely one, those that are free, those that are likely another column's."""
    ordered = sorted(titles, key=lambda title: (title != likely, title in taken))
    return Suggestion(tuple(ordered[:SUGGESTED]), likely)


def _score(header: tuple[str, str, tuple[str, ...]], names: Sequence[Name]) -> float:
    """Score a header for a column, from 0 to 1."""
    _, text, words = header
    if not text:
        return 0.0
    bare = "".join(words)
    own = [word for word in words if word not in BESIDE]
    core, beside = "".join(own), len(words) - len(own)
    other = 0.15 * any(word in OTHER for word in words)
    return max(max(_alike(text, bare, core, beside, name), _contained(text, words, name) - other) for name in names)


def _alike(text: str, bare: str, core: str, beside: int, name: Name) -> float:
    if name.text == text:
        return name.score
    if name.text == bare:
        return name.score - 0.01
    if name.text == core:
        return name.score - 0.06 - 0.01 * beside
    if min(len(text), len(name.text)) < _MISSPELT_LETTERS or text[0] != name.text[0] or _ends_otherwise(text, name):
        return 0.0
    least = _RENAMED if name.level <= Level.ALIAS else _MISSPELT
    share = SequenceMatcher(None, text, name.text, autojunk=False)
    if share.real_quick_ratio() < least or share.quick_ratio() < least or (found := share.ratio()) < least:
        return 0.0
    return name.score - 0.2 * (1 - found) - 0.1 if found >= _MISSPELT else 0.42 * found


def _ends_otherwise(text: str, name: Name) -> bool:
    """Whether one of the two is numbered, as ``Price 2`` is, or they have other numbers."""
    return text[-1] != name.text[-1] and not (text[-1] + name.text[-1]).isalpha()


def _contained(text: str, words: tuple[str, ...], name: Name) -> float:
    if name.text not in text:
        return 0.0
    worth, size = 0.25 * len(name.text) / len(text) + name.score - 0.98, len(name.words)
    if any(words[at : at + size] == name.words for at in range(len(words) - size + 1)):
        return 0.5 + worth
    least = _COMPOUND_LETTERS if _LATIN.fullmatch(name.text) else _COMPOUND_SIGNS
    return 0.42 + worth if len(name.text) >= least else 0.0


def _readings(title: str) -> Iterator[str]:
    """Yield what else a header says as `normal` text: without a note in brackets, and ``#`` as a number."""
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


def _key_of(columns: Sequence[Column]) -> _Key:
    """Return what the names of columns are cached by."""
    return tuple((each.field, each.titles, each.synonyms, each.hints, each.key) for each in columns)


@lru_cache(maxsize=64)
def _names(columns: _Key) -> dict[str, list[Name]]:
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
    for names in _names(columns).values():
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
    shares = ((SequenceMatcher(None, old, other, autojunk=False).ratio(), old, other) for old in gone for other in new)
    pairs: list[tuple[float, str, str]] = []
    for share, old, other in sorted(shares, key=lambda each: (-each[0], each[1:])):
        taken = any(old == pair[1] or other == pair[2] for pair in pairs)
        if share >= _RENAMED and not taken:
            pairs.append((share, old, other))
    return pairs
