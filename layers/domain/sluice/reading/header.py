"""The header row of a file, matched to the columns of an importer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from sluice.reading.headerrow import Match, find_header, normal
from sluice.reading.refusals import refusal
from sluice.rows.cell import Record
from sluice.rows.column import Column


@dataclass(frozen=True)
class Header:
    """Where the columns of an importer are in a file.

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
        Headers that no column knows.
    """

    row: int
    fields: dict[int, str]
    titles: list[str]
    matched: dict[str, str]
    ignored: list[str]


def match_header(head: list[Record], columns: Sequence[Column], mapping: Mapping[str, str] | None) -> Header:
    """Find the header among the first rows, see `find_header`, and match it to the columns.

    Where no row has every required column, the refusal speaks of the row a person would call the header.

    Parameters
    ----------
    head
        First rows of the file that are not blank.
    columns
        Of the importer.
    mapping
        Header in the file to field name or title; wins over what the columns say of themselves.

    Raises
    ------
    FileRefused
        ``no-header``, ``missing-header``, ``duplicate-header`` or ``bad-mapping``.
    """
    names = _names(columns)
    chosen = _resolved(mapping or {}, names)
    found = find_header(head, names, chosen, {column.field for column in columns if column.required})
    if found is None:
        raise _no_header(columns)
    header = _header(found)
    _check_mapping(header, mapping or {})
    _check_duplicates(header, columns)
    _check_required(header, columns)
    return header


def _names(columns: Sequence[Column]) -> dict[str, str]:
    names: dict[str, str] = {}
    for column in columns:
        for title in (column.field, *column.titles):
            names.setdefault(normal(title), column.field)
    return names


def _resolved(mapping: Mapping[str, str], names: dict[str, str]) -> dict[str, str]:
    """The mapping as normal header to field name."""
    chosen = {normal(title): names.get(normal(target)) for title, target in mapping.items()}
    unknown = sorted(target for target in mapping.values() if normal(target) not in names)
    if unknown:
        known = ", ".join(sorted(set(names.values())))
        raise refusal(
            "bad-mapping", f"There is no column {_listed(unknown)}; the columns are {known}.", unknown=unknown
        )
    return {title: field for title, field in chosen.items() if field is not None}


def _header(found: Match) -> Header:
    return Header(
        row=found.row,
        fields=found.fields,
        titles=found.titles,
        matched={field: found.titles[index] for index, field in found.fields.items()},
        ignored=[title for index, title in enumerate(found.titles) if title and index not in found.fields],
    )


def _no_header(columns: Sequence[Column]) -> Exception:
    titles = [column.title for column in columns]
    return refusal(
        "no-header",
        f"None of the first rows has a known header. The first row should read {_listed(titles)}.",
        expected=titles,
    )


def _check_mapping(header: Header, mapping: Mapping[str, str]) -> None:
    found = {normal(title) for title in header.titles}
    absent = sorted(title for title in mapping if normal(title) not in found)
    if absent:
        raise refusal(
            "bad-mapping",
            f"The mapping names {_listed(absent)}, which row {header.row:,} does not have; its headers are "
            f"{_listed([title for title in header.titles if title])}.",
            absent=absent,
        )


def _check_duplicates(header: Header, columns: Sequence[Column]) -> None:
    for column in columns:
        found = [header.titles[index] for index, field in header.fields.items() if field == column.field]
        if len(found) > 1:
            raise refusal(
                "duplicate-header",
                f"The columns {_listed(found)} all mean '{column.title}'. Remove or rename all but one.",
                field=column.field,
                found=found,
            )


def _check_required(header: Header, columns: Sequence[Column]) -> None:
    missing = [column for column in columns if column.required and column.field not in header.matched]
    if not missing:
        return
    nearest = {column.title: _nearest(column, header.ignored) for column in missing}
    said = [f"'{title}'" + (f" (nearest: '{near}')" if near else "") for title, near in nearest.items()]
    raise refusal(
        "missing-header",
        f"Row {header.row:,} lacks {', '.join(said)}. Add or rename the columns, or map them.",
        missing=list(nearest),
        nearest=nearest,
    )


def _nearest(column: Column, titles: list[str]) -> str | None:
    by_normal = {normal(title): title for title in titles}
    for title in (*column.titles, column.field):
        if close := get_close_matches(normal(title), by_normal, 1):
            return by_normal[close[0]]
    return None


def _listed(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
