"""Notes on a file: what its readers may not see, or see otherwise than in a spreadsheet program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from sluice.model.job import SheetOfFile

# Sheets that a note names.
_SAID: Final = 10


class Note(NamedTuple):
    """What a reader of a job may not see of its file, or see otherwise: a code and its parameters.

    ``sheets`` are the first sheets that it is about, and ``more`` the number of the others; ``count`` is what there is
    of it in all of them.
    """

    code: str
    params: dict[str, Any]


def notes_on(sheets: Sequence[SheetOfFile], *, skips_hidden: bool, untitled: int = 0) -> list[Note]:
    """Return what is said of the sheets of a job.

    Parameters
    ----------
    sheets
        Those of the job's file; none before it is split.
    skips_hidden
        Whether the recipe leaves hidden rows out.
    untitled
        Rows with values behind the last header, of all sheets that are read.
    """
    counted: dict[str, Callable[[SheetOfFile], int | None]] = {
        "hidden-rows-skipped" if skips_hidden else "hidden-rows": lambda each: each.hidden_rows,
        "filter": lambda each: each.is_filtered,
        "hidden-columns": lambda each: each.hidden_columns,
        "merged-ranges": lambda each: each.merged_ranges,
    }
    notes = []
    for code, count in counted.items():
        if about := [each for each in sheets if each.is_read and count(each)]:
            names, more = [each.name for each in about[:_SAID]], len(about) - _SAID
            params = {"count": sum(count(each) or 0 for each in about), "sheets": names, "more": max(0, more)}
            notes.append(Note(code, params))
    if unread := [each for each in sheets if not each.is_read]:
        named = [{"sheet": each.name, "rows": each.rows, "is_hidden": each.is_hidden} for each in unread[:_SAID]]
        params = {"count": len(unread), "sheets": named, "more": max(0, len(unread) - _SAID)}
        notes.append(Note("sheets-not-read", params))
    if untitled:
        notes.append(Note("untitled-values", {"count": untitled, "sheets": [], "more": 0}))
    return notes
