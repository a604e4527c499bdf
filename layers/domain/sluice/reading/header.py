"""The header of a file: which of the first rows it is, which column of the importer each of its titles means, and how
alike the titles of two files are.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from itertools import pairwise, zip_longest

from sluice.model.errors import FileRejected
from sluice.model.recipe import UPDATE_ONLY, Choice, Question
from sluice.schema.cells import Cell, Record
from sluice.schema.importer import Column

#: A row that may be the header: its row number, and its titles.
TitleRow = tuple[int, list[str]]

# Likeness of two titles from which one is likely the other renamed; `difflib.get_close_matches` has the same.
_RENAMED = 0.6
# Pairs of titles that are compared for that; beyond, files have too little in common.
_PAIRS = 2_500
# Headers that a question about a missing column names.
_ASKED = 20


@dataclass(frozen=True)
class Header:
    """The columns of an importer in a file.

    Parameters
    ----------
    row
        Row number of the header; of the lower row, when it has two. The data begins below it.
    fields
        Column index, from 0, to field name.
    titles
        The header row as found; empty cells are ``""``. Of two rows, the titles that columns were matched by.
    matched
        Field name to the header as found.
    ignored
        Headers that match no column.
    """

    row: int
    fields: dict[int, str]
    titles: list[str]
    matched: dict[str, str]
    ignored: list[str]


def match_header(head: list[Record], columns: Sequence[Column], mapping: Mapping[str, str] | None) -> Header:
    """Find the header that has every required column, as `locate_header` does.

    Raises
    ------
    FileRejected
        As `locate_header`; ``missing-header``, about the row that matches most columns.
    """
    header = locate_header(head, columns, mapping)
    check_required(header, columns)
    return header


def locate_header(
    head: list[Record],
    columns: Sequence[Column],
    mapping: Mapping[str, str] | None,
    row: int | None = None,
    *,
    is_strict: bool = True,
) -> Header:
    """Find the header among the first rows, see `find_header`, and match it to the columns.

    Parameters
    ----------
    head
        First rows of the file that are not blank.
    columns
        Of the importer.
    mapping
        Header in the file to field name or title; takes precedence over the titles of the columns.
    row
        Row number of the header, of the lower row if it has two; ``None`` if it is not known.
    is_strict
        Whether each header of the mapping must be there.

    Raises
    ------
    FileRejected
        ``no-header``, ``duplicate-header`` or ``bad-mapping``.
    """
    names = names_of(columns)
    chosen = _resolved(mapping or {}, names)
    found = find_header(head, names, chosen, {column.field for column in columns if column.required}, row)
    if found is None:
        raise FileRejected("no-header", expected=[column.title for column in columns])
    header = _header(found)
    if is_strict:
        _check_mapping(header, mapping or {})
    _check_duplicates(header, columns)
    return header


def ask_for_mapping(header: Header, columns: Sequence[Column], *, can_update: bool) -> Question | None:
    """Ask which header stands for a missing column.

    ``None`` if no required column is missing; if more than half of them are, since then it is another file; or if the
    file has no header that no column matches.

    Parameters
    ----------
    header
        As `locate_header` finds it.
    columns
        Of the importer, as far as the job's mode searches for them.
    can_update
        Whether the file could update records by the columns that it has.
    """
    required = [column for column in columns if column.required]
    missing = [column for column in required if column.field not in header.matched]
    if not missing or not header.ignored or 2 * len(missing) > len(required):
        return None
    choices = [
        Choice({title: column.field}, "match-header", {"header": title, "column": column.title})
        for column in missing
        for title in _by_likeness(column, header.ignored)
    ]
    if can_update and not any(column.key for column in missing):
        choices.append(Choice(UPDATE_ONLY, "update-only"))
    params = {
        "missing": [column.title for column in missing],
        "fields": [column.field for column in missing],
        "header_row": header.row,
        "headers": header.ignored[:_ASKED],
    }
    return Question("columns", "mapping", tuple(choices), params=params)


def _by_likeness(column: Column, titles: list[str]) -> list[str]:
    """List the headers that could stand for a column, the most alike first."""
    nearest = _nearest(column, titles)
    return ([nearest] if nearest else []) + [title for title in titles[:_ASKED] if title != nearest]


def names_of(columns: Sequence[Column]) -> dict[str, str]:
    """Return fields by all names of their columns, in the form of `normal`."""
    names: dict[str, str] = {}
    for column in columns:
        for title in (column.field, *column.titles):
            names.setdefault(normal(title), column.field)
    return names


def _resolved(mapping: Mapping[str, str], names: dict[str, str]) -> dict[str, str]:
    """Return the mapping as normal header to field name."""
    chosen = {normal(title): names.get(normal(target)) for title, target in mapping.items()}
    unknown = sorted(target for target in mapping.values() if normal(target) not in names)
    if unknown:
        raise FileRejected("bad-mapping", case="unknown", unknown=unknown, known=sorted(set(names.values())))
    return {title: field for title, field in chosen.items() if field is not None}


def _header(found: Match) -> Header:
    return Header(
        row=found.row,
        fields=found.fields,
        titles=found.titles,
        matched={field: found.titles[index] for index, field in found.fields.items()},
        ignored=[title for index, title in enumerate(found.titles) if title and index not in found.fields],
    )


def _check_mapping(header: Header, mapping: Mapping[str, str]) -> None:
    found = {normal(title) for title in header.titles}
    absent = sorted(title for title in mapping if normal(title) not in found)
    if absent:
        headers = [title for title in header.titles if title]
        raise FileRejected("bad-mapping", case="absent", absent=absent, header_row=header.row, headers=headers)


def _check_duplicates(header: Header, columns: Sequence[Column]) -> None:
    for column in columns:
        found = [header.titles[index] for index, field in header.fields.items() if field == column.field]
        if len(found) > 1:
            raise FileRejected("duplicate-header", field=column.field, found=found, column=column.title)


def check_required(header: Header, columns: Sequence[Column]) -> None:
    """Reject a file that lacks a required column.

    Raises
    ------
    FileRejected
        ``missing-header``, with the most alike of its headers that no column matches.
    """
    missing = [column for column in columns if column.required and column.field not in header.matched]
    if not missing:
        return
    nearest = {column.title: _nearest(column, header.ignored) for column in missing}
    raise FileRejected(
        "missing-header",
        missing=list(nearest),
        nearest=nearest,
        header_row=header.row,
        has_key=not any(column.key for column in missing),
    )


def _nearest(column: Column, titles: list[str]) -> str | None:
    by_normal = {normal(title): title for title in titles}
    for title in (*column.titles, column.field):
        if close := get_close_matches(normal(title), by_normal, 1):
            return by_normal[close[0]]
    return None


@dataclass(frozen=True)
class Match:
    """A row, or two consecutive ones, read as the header.

    Parameters
    ----------
    row
        Its row number; that of the lower one of two.
    titles
        As found, white space reduced; empty cells are ``""``.
    fields
        Column index, from 0, to field name.
    """

    row: int
    titles: list[str]
    fields: dict[int, str]

    @property
    def known(self) -> set[str]:
        """The fields that have a column."""
        return set(self.fields.values())

    @property
    def is_distinct(self) -> bool:
        """Whether no two columns mean the same field."""
        return len(self.fields) == len(self.known)

    def has(self, required: set[str]) -> bool:
        """Whether it has every required field."""
        return bool(required) and required <= self.known


def normal(title: str) -> str:
    """Reduce a header to what is compared: letters and digits, without case or accents."""
    letters = unicodedata.normalize("NFKD", title).casefold()
    return "".join(letter for letter in letters if letter.isalnum())


def find_header(
    head: list[Record],
    names: Mapping[str, str],
    chosen: Mapping[str, str],
    required: set[str],
    row: int | None = None,
) -> Match | None:
    """Find the header among the first rows.

    It is the first row that has every required field. If there is none, it is the first two consecutive rows that have
    them together: some headers are merged over both rows, others stand in the lower one under the name of their group.
    A row with every required field is joined with a row next to it, too, if that adds fields. Otherwise it is the row
    or pair that matches most fields, and ``None`` when nothing matches.

    Parameters
    ----------
    head
        First rows of the file that are not blank.
    names, chosen
        Normal header to field name: of the columns, and of the caller, which takes precedence.
    required
        Names of the fields that a file must have.
    row
        Row number of the header, if a caller has named it.
    """
    single, double = (
        [
            Match(number, titles, _fields(titles, names, chosen))
            for number, titles in rows
            if row is None or number == row
        ]
        for rows in title_rows(head)
    )
    return _best(single, double, required)


def title_rows(head: list[Record]) -> tuple[list[TitleRow], list[TitleRow]]:
    """Return the titles of each row with its number, and those of each two consecutive rows, joined, with the lower's.

    White space is reduced; empty cells are ``""``.
    """
    single = [(row, _titles(cells)) for row, cells in head]
    double = [(row, _stacked(above, below)) for (before, above), (row, below) in pairwise(single) if before + 1 == row]
    return single, double


def _best(single: list[Match], double: list[Match], required: set[str]) -> Match | None:
    found = next((match for match in single if match.has(required)), None)
    if found is None:
        found = next((match for match in double if match.has(required)), None)
        # of several that match as many, max returns the first: a row before a pair
        return found or max((match for match in single + double if match.fields), key=_size, default=None)
    pairs = [match for match in double if match.row in (found.row, found.row + 1)]
    # in a pair that has a field twice, the name of a group was matched as a column
    return max([found, *(match for match in pairs if match.is_distinct)], key=_size)


def _size(match: Match) -> int:
    return len(match.known)


def _titles(cells: list[Cell]) -> list[str]:
    return ["" if cell is None else " ".join(str(cell).split()) for cell in cells]


def _stacked(upper: list[str], lower: list[str]) -> list[str]:
    """Join the titles of two rows: the lower cell where it has text, because the upper one names its group."""
    return [below or above for above, below in zip_longest(upper, lower, fillvalue="")]


def _fields(titles: list[str], names: Mapping[str, str], chosen: Mapping[str, str]) -> dict[int, str]:
    keys = [normal(title) for title in titles]
    taken = {chosen[key] for key in keys if key in chosen}
    fields: dict[int, str] = {}
    for index, key in enumerate(keys):
        field = chosen.get(key)
        if field is None and (known := names.get(key)) not in taken:
            field = known
        if key and field is not None:
            fields[index] = field
    return fields


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
