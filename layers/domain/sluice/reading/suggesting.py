"""Headers that could stand for a column, the likely ones first: shown to a person, deciding nothing."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from sluice.reading.matching import LONGEST, RENAMED, Level, Name, key_of, names_by_field, normal, words_of
from sluice.schema.importer import Column
from sluice.schema.vocabulary import BESIDE, NUMBERS, OTHER

#: Suggestions for a column.
SUGGESTED: Final = 20

# Titles of a file for which suggestions are made; no file with more has headers that a person chooses from.
_TITLES = 400
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

_LATIN = re.compile(r"[a-z0-9]*")
# A word that ends in a point, or in none where the next one begins: ``Cat.`` is the beginning of ``Categoria``.
_SHORT = re.compile(r"[^\W\d_]{2}\.")
# Letters of all words of a header that are needed to know by them what it abbreviates.
_SHORT_LETTERS = 6


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
    named = [title for title in dict.fromkeys(titles) if title and len(title) <= LONGEST]
    headers = [(title, normal(title), words_of(title)) for title in named[:_TITLES]]
    names = names_by_field(key_of(columns))
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
    title, text, words = header
    if not text:
        return 0.0
    bare = "".join(words)
    own = [word for word in words if word not in BESIDE]
    core, beside = "".join(own), len(words) - len(own)
    other = 0.15 * any(word in OTHER for word in words)
    is_short = len(text) >= _SHORT_LETTERS and bool(_SHORT.search(title))
    return max(
        max(
            _alike(text, bare, core, beside, name),
            _contained(text, words, name) - other,
            name.score - 0.15 if is_short and _abbreviates(words, name.words) else 0.0,
        )
        for name in names
    )


def _abbreviates(words: Sequence[str], name: Sequence[str]) -> bool:
    """Whether each word is the beginning of one of a name, in its order."""
    return len(words) == len(name) and all(map(str.startswith, name, words))


def _alike(text: str, bare: str, core: str, beside: int, name: Name) -> float:
    if name.text == text:
        return name.score
    if name.text == bare:
        return name.score - 0.01
    if name.text == core and (core == bare or core not in NUMBERS):
        return name.score - 0.06 - 0.01 * beside
    if min(len(text), len(name.text)) < _MISSPELT_LETTERS or text[0] != name.text[0] or _ends_otherwise(text, name):
        return 0.0
    least = RENAMED if name.level <= Level.ALIAS else _MISSPELT
    share = SequenceMatcher(None, text, name.text, autojunk=False)
    if share.real_quick_ratio() < least or share.quick_ratio() < least or (found := share.ratio()) < least:
        return 0.0
    return name.score - 0.2 * (1 - found) - 0.1 if found >= _MISSPELT else 0.42 * found


def _ends_otherwise(text: str, name: Name) -> bool:
    """Whether one of the two is numbered, as ``Price 2`` is, they have other numbers, or one has a word less."""
    if text[-1] != name.text[-1] and not (text[-1] + name.text[-1]).isalpha():
        return True
    shorter, longer = sorted((text, name.text), key=len)
    return len(longer) - len(shorter) > 1 and longer.startswith(shorter)


def _contained(text: str, words: tuple[str, ...], name: Name) -> float:
    if name.text not in text:
        return 0.0
    worth, size = 0.25 * len(name.text) / len(text) + name.score - 0.98, len(name.words)
    if any(words[at : at + size] == name.words for at in range(len(words) - size + 1)):
        return 0.5 + worth
    least = _COMPOUND_LETTERS if _LATIN.fullmatch(name.text) else _COMPOUND_SIGNS
    return 0.42 + worth if len(name.text) >= least else 0.0
