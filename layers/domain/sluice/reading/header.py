"""The header of a file: which of the first rows it is, and which column of the importer each of its titles means."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise, zip_longest

from sluice.model.errors import FileRejected
from sluice.schema.cells import Cell, Record
from sluice.schema.importer import Column


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
    """Find the header among the first rows, see `find_header`, and match it to the columns.

    Where no row has every required column, the rejection is about the row that matches most columns.

    Parameters
    ----------
    head
        First rows of the file that are not blank.
    columns
        Of the importer.
    mapping
        Header in the file to field name or title; takes precedence over the titles of the columns.

    Raises
    ------
    FileRejected
        ``no-header``, ``missing-header``, ``duplicate-header`` or ``bad-mapping``.
    """
    names = names_of(columns)
    chosen = _resolved(mapping or {}, names)
    found = find_header(head, names, chosen, {column.field for column in columns if column.required})
    if found is None:
        raise FileRejected("no-header", expected=[column.title for column in columns])
    header = _header(found)
    _check_mapping(header, mapping or {})
    _check_duplicates(header, columns)
    _check_required(header, columns)
    return header


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


def _check_required(header: Header, columns: Sequence[Column]) -> None:
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
    head: list[Record], names: Mapping[str, str], chosen: Mapping[str, str], required: set[str]
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
    """
    single = []
    for row, cells in head:
        titles = _titles(cells)
        single.append(Match(row, titles, _fields(titles, names, chosen)))
    double = []
    for upper, lower in pairwise(single):
        if upper.row + 1 == lower.row:
            titles = _stacked(upper.titles, lower.titles)
            double.append(Match(lower.row, titles, _fields(titles, names, chosen)))
    return _best(single, double, required)


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
    taken = set(chosen.values())
    fields: dict[int, str] = {}
    for index, title in enumerate(titles):
        key = normal(title)
        field = chosen.get(key)
        if field is None and (known := names.get(key)) not in taken:
            field = known
        if key and field is not None:
            fields[index] = field
    return fields
