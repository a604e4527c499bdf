"""The header of a file: which of the first rows it is, and what to say or ask where it does not fit the importer."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sluice.model.errors import FileRejected, Problem
from sluice.model.recipe import UPDATE_ONLY, Choice, Question
from sluice.reading.matching import LONGEST, assign, letter_of, names_of, normal, places_of, title_rows
from sluice.reading.suggesting import suggest
from sluice.reading.types import FileLayout, HeaderFit
from sluice.schema.cells import Record
from sluice.schema.importer import Column

# Headers that a question about a missing column names.
_ASKED = 20
# Titles of a row that a problem quotes, and characters of each.
_QUOTED, _LONGEST = 12, 60
# First rows that are searched for titles like those of the importer, if no row has them.
_SEARCHED = 10
# Characters that some program separates columns with; the first ones are read.
_READ_DELIMITERS = (",", ";", "\t", "|")
_SIGNS = re.compile(r"[^\w\s]+|_")  # what may be a delimiter


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
    """Find the header that has every required column; rejects the file as `locate_header` and `check_required` do."""
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
        ``no-header`` if no row has half of the required columns, at least likely ones; ``duplicate-header`` or
        ``bad-mapping``.
    """
    chosen = _resolved(mapping or {}, names_of(columns))
    if (found := find_header(head, columns, chosen, row)) is None or not found.fits(columns):
        found = _likely_header(head, columns, chosen, row)
    if found is None:
        raise FileRejected.of(_no_header(head, columns, row))
    header = _header(found)
    if is_strict:
        _check_mapping(header, mapping or {})
    _check_duplicates(header, columns)
    return header


def fit(
    head: list[Record], columns: Sequence[Column], mapping: Mapping[str, str] | None, row: int | None = None
) -> HeaderFit:
    """Return how well the header fits the importer under one of several ways to read a file; rejects nothing."""
    names = names_of(columns)
    chosen = {title: names[normal(target)] for title, target in (mapping or {}).items() if normal(target) in names}
    found = find_header(head, columns, chosen, row)
    if found is None:
        return HeaderFit()
    width = max(at for at, title in enumerate(found.titles, 1) if title)
    return HeaderFit(found.has(_required(columns)), len(found.known), found.row, width)


def ask_for_header(head: list[Record], columns: Sequence[Column], mapping: Mapping[str, str] | None) -> Question | None:
    """Ask which row is the header, if two different ones have all required columns.

    A row that has each column in the same place as the one above it names them once more, perhaps in another language;
    so it is no other header.
    """
    chosen = _resolved(mapping or {}, names_of(columns))
    rows = [Match(row, titles, assign(titles, columns, chosen)) for row, titles in title_rows(head)[0]]
    complete = [each for each in rows if each.has(_required(columns))]
    # a row of data may hold the name of a column
    most = max((len(each.known) for each in complete), default=0)
    complete = [each for each in complete if 2 * len(each.known) > most]
    different = list({tuple(each.fields.items()): each for each in reversed(complete)}.values())[::-1]
    if len(different) < 2:
        return None
    choices = (
        Choice(each.row, "header-row", {"row": each.row, "titles": _quotable(each.titles)}) for each in different
    )
    return Question("header", "header", tuple(choices))


def ask_for_mapping(header: Header, columns: Sequence[Column], *, can_update: bool) -> Question | None:
    """Ask which header stands for a missing column; ``None`` if none is missing, or the file has no unmatched header.

    Parameters
    ----------
    columns
        Of the importer, as far as the job's mode searches for them.
    can_update
        Whether the file could update records by the columns that it has.
    """
    missing = _missing(header, columns)
    named = [title for title in header.ignored if len(title) <= LONGEST]
    if not missing or not named:
        return None
    suggested = suggest([column for column in columns if column.field not in header.matched], named)
    choices = [
        Choice({title: column.field}, "match-header", {"header": title, "column": column.title})
        for column in missing
        for title in list(dict.fromkeys([*suggested[column.field].headers, *named]))[:_ASKED]
    ]
    likely = {title: column for column in missing if (title := suggested[column.field].likely)}
    if len(likely) == len(missing) > 1:
        pairs = {title: column.title for title, column in likely.items()}
        choices.insert(
            0, Choice({title: each.field for title, each in likely.items()}, "match-headers", {"pairs": pairs})
        )
    if can_update and not any(column.key for column in missing):
        choices.append(Choice(UPDATE_ONLY, "update-only"))
    params = {
        "missing": [column.title for column in missing],
        "fields": [column.field for column in missing],
        "header_row": header.row,
        "headers": named[:_ASKED],
        "likely": {title: column.field for title, column in likely.items()},
    }
    return Question("columns", "mapping", tuple(choices), params=params)


def _resolved(mapping: Mapping[str, str], names: dict[str, str]) -> dict[str, str]:
    """Return the mapping with fields in place of titles."""
    unknown = sorted(target for target in mapping.values() if normal(target) not in names)
    if unknown:
        raise FileRejected("bad-mapping", case="unknown", unknown=unknown, known=sorted(set(names.values())))
    return {title: names[normal(target)] for title, target in mapping.items()}


def _header(found: Match) -> Header:
    return Header(
        row=found.row,
        fields=found.fields,
        titles=found.titles,
        matched={field: found.titles[index] for index, field in found.fields.items()},
        ignored=[title for index, title in enumerate(found.titles) if title and index not in found.fields],
    )


def _check_mapping(header: Header, mapping: Mapping[str, str]) -> None:
    absent = sorted(title for title in mapping if not places_of(title, header.titles))
    if absent:
        headers = [title for title in header.titles if title]
        raise FileRejected("bad-mapping", case="absent", absent=absent, header_row=header.row, headers=headers)


def _check_duplicates(header: Header, columns: Sequence[Column]) -> None:
    for column in columns:
        places = [index for index, field in header.fields.items() if field == column.field]
        if len(places) > 1:
            found, letters = [header.titles[at] for at in places], [letter_of(at) for at in places]
            named = {"field": column.field, "column": column.title, "header_row": header.row}
            raise FileRejected("duplicate-header", found=found, letters=letters, **named)


def check_required(header: Header, columns: Sequence[Column]) -> None:
    """Reject a file that lacks a required column: ``missing-header``, with the nearest of its unmatched headers."""
    missing = _missing(header, columns)
    if not missing:
        return
    raise FileRejected(
        "missing-header",
        missing=[column.title for column in missing],
        nearest=_nearest([column for column in columns if column.field not in header.matched], missing, header.ignored),
        header_row=header.row,
        first_row=_quotable(header.titles),
        has_key=not any(column.key for column in missing),
    )


def _missing(header: Header, columns: Sequence[Column]) -> list[Column]:
    return [column for column in columns if column.required and column.field not in header.matched]


def _nearest(columns: Sequence[Column], missing: Sequence[Column], titles: Sequence[str]) -> dict[str, str | None]:
    """Return the header that is most like each missing column, by title; each header is that of one column at most."""
    suggested, nearest = suggest(columns, titles), dict[str, str | None]()
    for column in missing:
        free = (header for header in suggested[column.field].headers if header not in nearest.values())
        nearest[column.title] = next(free, None)
    return nearest


# ---------------------------------------------------------------------- what a file without a header looks like


def described(problem: Problem, layout: FileLayout, *, shows_data: bool = True) -> Problem:
    """Add to a problem about headers the sheet and the delimiter; `shows_data`: quote a first row that may be data."""
    if problem.type not in {"no-header", "missing-header", "duplicate-header"}:
        return problem
    read = {"sheet": layout.sheet, "delimiter": layout.delimiter}
    params = {**problem.params, **{name: value for name, value in read.items() if value}}
    if params.get("cause") == "data" and not shows_data:
        del params["first_row"]
    return replace(problem, params=params)


def _no_header(head: list[Record], columns: Sequence[Column], row: int | None) -> Problem:
    """Say what was read in place of a header, why it may be none, and which titles come nearest."""
    rows = title_rows([each for each in head if row in {None, each[0]}])[0]
    required = [column for column in columns if column.required]
    params: dict[str, Any] = {
        "expected": [column.title for column in columns],
        "required": [column.title for column in required],
        "nearest": {},
    }
    if not rows:
        return Problem("no-header", {**params, "cause": "blank-row", "header_row": row} if row else params)
    params |= {"header_row": rows[0][0], "first_row": _quotable(rows[0][1])}
    params |= _cause([titles for _, titles in rows], columns)
    if "character" not in params:  # else the whole row is one value
        found = [(number, _nearest(columns, required, titles)) for number, titles in rows[:_SEARCHED]]
        number, nearest = max(found, key=lambda each: sum(map(bool, each[1].values())))
        params |= {"nearest": nearest, "nearest_row": number}
    return Problem("no-header", params)


def _cause(rows: list[list[str]], columns: Sequence[Column]) -> dict[str, Any]:
    """Guess why the first rows have no header; empty if nothing points to a cause."""
    filled = [title for title in rows[0] if title]
    filled_cells = [sum(map(bool, titles)) for titles in rows]
    if filled and filled[0].startswith("<"):
        return {"cause": "markup"}
    sign, known = _split(filled[0], columns) if len(filled) == 1 else ("", 0)
    if known > 1 or (filled and max(filled_cells) == 1):
        cause = "quoted-lines" if sign in _READ_DELIMITERS else "delimiter"
        return {"cause": cause, "character": sign} if known or cause == "quoted-lines" else {"cause": "one-column"}
    if 2 * sum(_is_number(title) for title in filled) >= len(filled):
        return {"cause": "data"}
    return {"cause": "title-block"} if filled_cells[0] == 1 else {}


def _split(text: str, columns: Sequence[Column]) -> tuple[str, int]:
    """Return the sign that splits a text into the titles of most columns, and their number."""
    signs = dict.fromkeys([*filter(text.__contains__, _READ_DELIMITERS), *_SIGNS.findall(text)])
    counted = {sign: len(set(assign(text.split(sign), columns, {}).values())) for sign in [*signs][:_QUOTED]}
    return max(counted.items(), key=lambda each: (each[1], text.count(each[0])), default=("", 0))


def _is_number(text: str) -> bool:
    return any(letter.isdigit() for letter in text) and not any(letter.isalpha() for letter in text)


def _quotable(titles: Sequence[str]) -> list[str]:
    """Return the first titles of a row, as far as a person needs them to recognise it."""
    filled = [title if len(title) <= _LONGEST else f"{title[:_LONGEST]}…" for title in titles if title]
    return filled[:_QUOTED] if len(filled) <= _QUOTED else [*filled[:_QUOTED], "…"]


# ---------------------------------------------------------------------- rows


@dataclass(frozen=True)
class Match:
    """A row, or two consecutive ones with the number of the lower one, read as the header; as in `Header`."""

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

    def says_otherwise(self, other: Match) -> bool:
        """Whether it names the same columns in the same places by other titles, such as those of another language."""
        return self.fields == other.fields and [*map(normal, self.titles)] != [*map(normal, other.titles)]

    def fits(self, columns: Sequence[Column], likely: Collection[str] = ()) -> bool:
        """Whether it has half of the required columns, some of them likely; or lacks the only one beside two others."""
        required, found = _required(columns), self.known.union(likely)
        return 2 * len(required & found) >= len(required) or (len(required) == 1 and len(found) > 1)


def find_header(
    head: list[Record], columns: Sequence[Column], chosen: Mapping[str, str], row: int | None = None
) -> Match | None:
    """Find the header among the first rows.

    It is the first row that has every required field; if the row below names the same columns once more, as headers in
    two languages do, it is that one. If there is none, it is the first two consecutive rows that have them together:
    some headers are merged over both rows, others stand in the lower one under the name of their group. A row with
    every required field is joined with a row next to it, too, if that adds fields. Otherwise it is the row or pair that
    matches most fields, and ``None`` when nothing matches.

    Parameters
    ----------
    head
        First rows of the file that are not blank.
    columns
        Of the importer.
    chosen
        Header to field name, as the caller gave it; takes precedence.
    row
        Row number of the header, if a caller has named it.
    """
    single, double = (
        [
            Match(number, titles, assign(titles, columns, chosen))
            for number, titles in rows
            if row is None or number == row
        ]
        for rows in title_rows(head)
    )
    return _best(single, double, _required(columns))


def _likely_header(
    head: list[Record], columns: Sequence[Column], chosen: Mapping[str, str], row: int | None
) -> Match | None:
    """Find the first row that has half of the required columns, and two in all, if likely headers count."""
    for number, titles in title_rows([each for each in head if row in {None, each[0]}])[0][:_SEARCHED]:
        found = Match(number, titles, assign(titles, columns, chosen))
        suggested = suggest([each for each in columns if each.field not in found.known], _header(found).ignored)
        likely = [field for field, each in suggested.items() if each.likely]
        if len(found.known) + len(likely) > 1 and found.fits(columns, likely):
            return found
    return None


def _best(single: list[Match], double: list[Match], required: set[str]) -> Match | None:
    found = next((match for match in single if match.has(required)), None)
    if found is None:
        found = next((match for match in double if match.has(required)), None)
        # of several that match as many, max returns the first: a row before a pair
        return found or max((match for match in single + double if match.fields), key=_size, default=None)
    again = [each for each in single if each.row == found.row + 1 and each.says_otherwise(found)]
    pairs = [match for match in double if match.row in (found.row, found.row + 1)]
    # in a pair that has a field twice, the name of a group was matched as a column
    return max([*again, found, *(match for match in pairs if match.is_distinct)], key=_size)


def _required(columns: Sequence[Column]) -> set[str]:
    return {column.field for column in columns if column.required}


def _size(match: Match) -> int:
    return len(match.known)
