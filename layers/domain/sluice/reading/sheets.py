"""The sheets of a file: which of them are read, and how each is.

A sheet fits an importer if its header has every column that the mode requires. One that a spreadsheet program hides is
read only if a caller names it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from sluice.model.errors import FileRejected, Problem
from sluice.model.job import SheetOfFile
from sluice.model.recipe import ALL_SHEETS, SHEETS, Choice, Decision, Question
from sluice.model.rejection import REPORT_TITLES
from sluice.reading.cells import fill_merged, fill_spans, is_blank, read_merged
from sluice.reading.header import Header, described
from sluice.reading.matching import normal
from sluice.reading.types import FileLayout, Table, Workspace
from sluice.schema.cells import BrokenRow, Cell, Record
from sluice.schema.rejections import as_text

#: Sheets that a question offers, and that a rejection names.
NAMED: Final = 50
# First rows of a sheet that a question shows, cells of each, and characters of a cell.
_ROWS, _CELLS, _LONGEST = 2, 8, 40
# Columns with a title that are kept for the reports on a sheet, and columns behind all of those.
_TITLED, _BEHIND = 1_000, 100


@dataclass(frozen=True)
class SheetPlan:
    """How a sheet is read.

    Parameters
    ----------
    first_chunk
        Index of its first chunk; a chunk holds rows of one sheet.
    layout, header
        Its layout, and which cell of a row belongs to which field.
    merged
        Indexes of the chunks whose rows have merged cells.
    spans
        Of titles that are merged over several columns: first and last place.
    hidden
        Numbers of the hidden rows, unless the slices of the sheet tell which they are.
    """

    first_chunk: int
    layout: FileLayout
    header: Header
    merged: tuple[int, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()
    hidden: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """Name of the sheet; empty if the file has none."""
        return self.layout.sheet

    def narrowed(self, records: Iterable[Record]) -> Iterator[Record]:
        """Cut records behind the columns that are read and reported.

        One cell in the last column of a sheet makes a list of 16,384, and a chunk has 10,000 rows. A row that has
        nothing in those columns keeps the first cell behind them, which says that it is not blank.
        """
        titles = self.header.titles
        read = max([*self.header.fields, *(at for at, title in enumerate(titles) if title in REPORT_TITLES)], default=0)
        width = max(read + 1, min(len(titles), _TITLED)) + _BEHIND
        for number, cells in records:
            if len(cells) <= width:
                yield number, cells
            elif isinstance(cells, BrokenRow):
                yield number, BrokenRow(cells.code, cells[:width], **cells.params)
            else:
                kept = cells[:width]
                yield number, [*kept, *_first_filled(cells[width:])] if is_blank(kept) else kept

    def count_untitled(self, records: Iterable[Record]) -> int:
        """Count the rows with a value behind the last title, where no column is read; broken rows are rejected."""
        width = max((at for at, title in enumerate(self.header.titles, 1) if title), default=0)
        longer = (cells[width:] for _, cells in records if len(cells) > width and type(cells) is not BrokenRow)
        return sum(not is_blank(behind) for behind in longer)

    def filled(self, index: int, records: Iterable[Record], workspace: Workspace) -> Iterator[Record]:
        """Return the records of a chunk as a person sees them: with the values of merged cells."""
        if self.spans:
            records = (fill_spans(record, self.spans) for record in records)
        if index in self.merged:
            records = fill_merged(records, read_merged(index, workspace))
        return iter(records)


@dataclass(frozen=True)
class FilePlan:
    """The sheets of a file that are read, in the order of their tabs."""

    sheets: tuple[SheetPlan, ...]

    def of(self, index: int) -> SheetPlan:
        """Return the sheet of a chunk."""
        return self.sheets[max(0, bisect_right(self.sheets, index, key=lambda each: each.first_chunk) - 1)]

    @property
    def first(self) -> SheetPlan:
        """The first sheet; the others have the same fields."""
        return self.sheets[0]

    @property
    def has_several(self) -> bool:
        """Whether a row number alone names no row."""
        return len(self.sheets) > 1

    @property
    def names(self) -> list[str]:
        """Names of the sheets."""
        return [each.name for each in self.sheets]

    def place_of(self, name: str) -> int:
        """Return the place of a sheet among those that are read; 0 if it is not among them."""
        return next((place for place, each in enumerate(self.sheets) if each.name == name), 0)

    def aligned(self, sheet: str, cells: list[Cell]) -> list[Cell]:
        """Return the cells of a row of a sheet in the order of the first sheet's header, those without a place last."""
        places = self._places.get(sheet)
        if places is None:
            return cells
        own: list[Cell] = [None] * len(self.first.header.titles)
        beyond: list[Cell] = []
        for place, cell in enumerate(cells):
            if place in places:
                own[places[place]] = cell
            else:
                beyond.append(cell)
        return own + beyond

    @cached_property
    def _places(self) -> dict[str, dict[int, int]]:
        """Places in the first sheet by those in another one whose header differs."""
        first = _named_places(self.first.header)
        return {
            each.name: {at: first[name] for name, at in _named_places(each.header).items() if name in first}
            for each in self.sheets
            if (each.header.titles, each.header.fields) != (self.first.header.titles, self.first.header.fields)
        }


def _named_places(header: Header) -> dict[tuple[str, bool], int]:
    """Return the places of columns by field, and of the others by title."""
    found = {(field, True): place for place, field in header.fields.items()}
    for place, title in enumerate(header.titles):
        if title and place not in header.fields:
            found.setdefault((normal(title), False), place)
    return found


def _first_filled(cells: list[Cell]) -> list[Cell]:
    return next(([cell] for cell in cells if not is_blank([cell])), [])


def to_plan(kept: Iterable[Mapping[str, Any]]) -> FilePlan:
    """Read the sheets of a plan that `dataclasses.asdict` has written, from JSON."""
    sheets = []
    for each in kept:
        fields = {int(place): field for place, field in each["header"]["fields"].items()}
        header = Header(**{**each["header"], "fields": fields})
        spans = tuple((first, last) for first, last in each.get("spans", ()))
        merged, hidden = (tuple(each.get(name, ())) for name in ("merged", "hidden"))
        sheets.append(SheetPlan(each["first_chunk"], FileLayout(**each["layout"]), header, merged, spans, hidden))
    return FilePlan(tuple(sheets))


@dataclass(frozen=True)
class Candidate:
    """A sheet of a file, and its header.

    Parameters
    ----------
    table, head
        The sheet, and its first rows that are not blank.
    header
        ``None`` if none was found.
    problem
        Why it has none, or lacks a required column; ``None`` if the sheet fits.
    """

    table: Table
    head: list[Record]
    header: Header | None = None
    problem: FileRejected | None = None

    @property
    def name(self) -> str:
        """Name of the sheet; empty if the file has none."""
        return self.table.sheet

    @property
    def fits(self) -> bool:
        """Whether its header has every required column."""
        return self.header is not None and self.problem is None

    @property
    def has_rows(self) -> bool:
        """Whether a row with a value is below its header."""
        below = self.header.row if self.header else 0
        # the header may be the last row of the first ones
        return any(number > below for number, _ in self.head) or self.table.count_rows(below) > 0

    @property
    def fields(self) -> frozenset[str]:
        """The fields of its header; sheets of the same fields have the same head."""
        return frozenset(self.header.fields.values()) if self.header else frozenset()


def choose_sheets(
    found: Sequence[Candidate], decision: Decision | None, *, mirrors: bool
) -> tuple[list[Candidate], Question | None]:
    """Choose the sheets that are read.

    Parameters
    ----------
    found
        Every sheet of the file.
    decision
        About the sheets: `ALL_SHEETS`, or their names; ``None`` if there is none.
    mirrors
        Whether the keys that the sheets lack are deleted: then no other sheet that fits is left out without an answer.

    Returns
    -------
    tuple
        The sheets, one that does not fit only if no other does; and the question that has to be answered first.

    Raises
    ------
    FileRejected
        ``no-such-sheet`` or ``different-sheets``, if a caller has named such.
    """
    fits = _with_rows([each for each in found if each.fits])
    shown = [each for each in fits if not each.table.is_hidden]
    named = _named(found, decision) if decision and found[0].name and decision.value != ALL_SHEETS else []
    if not fits and not named:
        return [_most_alike(found)], None
    if named and not named[0].fits:
        return named, None
    takes_all = decision is not None and decision.value == ALL_SHEETS
    chosen = named or (shown if takes_all or len(shown) == 1 else [])
    is_final = decision is not None and decision.how == "answered"
    if chosen and (named or _are_alike(chosen)) and (is_final or not mirrors or len(chosen) >= len(fits)):
        return chosen, None
    return chosen, _ask(fits if mirrors or not shown else shown)


def _with_rows(fits: list[Candidate]) -> list[Candidate]:
    """Leave out sheets without a row below their header, unless all are so: nothing is lost, so nothing is asked."""
    return [each for each in fits if each.has_rows] or fits


def _named(found: Sequence[Candidate], decision: Decision) -> list[Candidate]:
    """Return the sheets that are named; none if what an earlier file had does not fit this one."""
    chosen = [each for each in found if each.name in decision.value]
    if not decision.is_strict:
        there = len(chosen) == len(decision.value) and all(each.fits for each in chosen)
        return chosen if there and _are_alike(chosen) else []
    if absent := sorted({*decision.value} - {each.name for each in chosen}):
        raise FileRejected("no-such-sheet", absent=absent[:NAMED], sheets=[each.name for each in found][:NAMED])
    misfits = [each for each in chosen if not each.fits]
    if not misfits and not _are_alike(chosen):
        heads = [{"sheet": each.name, "headers": _titles(each)} for each in chosen[:NAMED]]
        raise FileRejected("different-sheets", heads=heads)
    return misfits[:1] or chosen


def _are_alike(chosen: Sequence[Candidate]) -> bool:
    return len({each.fields for each in chosen}) == 1


def _titles(candidate: Candidate) -> list[str]:
    return list(candidate.header.matched.values()) if candidate.header else []


def _most_alike(found: Sequence[Candidate]) -> Candidate:
    """Return the sheet that has most columns of the importer; if none has any, the one whose problem says most."""
    shown = [each for each in found if not each.table.is_hidden]
    best = max(shown, key=lambda each: len(each.fields))
    if best.header is not None:
        return best
    return next((each for each in shown if each.problem and each.problem.problem.type != "no-header"), shown[0])


def with_sheets(candidate: Candidate, found: Sequence[Candidate], *, shows_data: bool) -> FileRejected:
    """Return the problem of a sheet as `described`, with the names of all sheets of the workbook."""
    problem = candidate.problem.problem if candidate.problem else Problem("no-header", {"expected": []})
    problem = described(problem, candidate.table.layout, shows_data=shows_data)
    if len(found) == 1:
        return FileRejected.of(problem)
    return FileRejected.of(
        replace(
            problem, params={**problem.params, "sheet": candidate.name, "sheets": [each.name for each in found][:NAMED]}
        )
    )


def _ask(pool: list[Candidate]) -> Question:
    """Ask which sheets are read: those of one head together, or one of them."""
    rows = {each.name: each.table.count_rows(each.header.row if each.header else 0) for each in pool}
    by_head: dict[frozenset[str], list[str]] = {}
    for each in pool:
        by_head.setdefault(each.fields, []).append(each.name)
    together: list[Any] = [names for names in by_head.values() if len(names) > 1]
    if len(by_head) == 1 and together and not any(each.table.is_hidden for each in pool):
        together = [ALL_SHEETS]
    choices = [
        *(_choice(value, by_head[pool[0].fields] if value == ALL_SHEETS else value, rows) for value in together),
        *(_choice([each.name], [each.name], rows) for each in pool[:NAMED]),
    ]
    shown = [_shown(each, rows[each.name]) for each in pool[:NAMED]]
    return Question(SHEETS, "sheet", tuple(choices), params={"sheets": shown})


def _shown(sheet: Candidate, rows: int) -> dict[str, Any]:
    row, is_hidden = sheet.header.row if sheet.header else None, sheet.table.is_hidden
    first = _first_rows(sheet)
    return {"sheet": sheet.name, "header_row": row, "rows": rows, "is_hidden": is_hidden, "first_rows": first}


def _choice(value: Any, names: list[str], rows: dict[str, int]) -> Choice:
    params = {"sheets": names[:NAMED], "count": len(names), "rows": sum(rows[name] for name in names)}
    return Choice(value, "read-sheets", params)


def _first_rows(candidate: Candidate) -> list[dict[str, Any]]:
    after = candidate.header.row if candidate.header else 0
    below = [(number, cells) for number, cells in candidate.head if number > after][:_ROWS]
    return [
        {"row": number, "cells": ["" if cell is None else as_text(cell, _LONGEST) for cell in cells[:_CELLS]]}
        for number, cells in below
    ]


def describe_sheets(found: Iterable[Candidate], read: Container[str]) -> tuple[SheetOfFile, ...]:
    """Describe the sheets of a workbook: those that are read, and those that are not, with their rows."""
    return tuple(
        _read_sheet(each, each.header)
        if each.name in read and each.header
        else SheetOfFile(each.name, None, _rows_of(each), each.table.is_hidden)
        for each in found
    )


def _read_sheet(sheet: Candidate, header: Header) -> SheetOfFile:
    """Describe a sheet that is read, with what a person may not see of it, or see otherwise."""
    facts = sheet.table.facts
    places = {place for place, title in enumerate(header.titles) if title}
    hidden, merged = facts.hidden_columns, facts.merged
    return SheetOfFile(
        sheet.name,
        header.row,
        None,
        sheet.table.is_hidden,
        facts.is_filtered,
        facts.hidden_rows,
        None if hidden is None else sum(any(first <= at <= last for first, last in hidden) for at in places),
        None if merged is None else sum(last > header.row for _, last, _, _ in merged),
    )


def _rows_of(unread: Candidate) -> int | None:
    """Count the rows of a sheet that is not read, below its header if it has one; ``None`` if they cannot be read."""
    try:
        return unread.table.count_rows(unread.header.row if unread.header and unread.fits else 0)
    except FileRejected:
        return None
