"""Refused rows of a job: one object for each chunk and phase, read page by page."""

from __future__ import annotations

import json
import re
from dataclasses import asdict

from sluice.model import paths
from sluice.model.chunk import ChunkRef, JobRef
from sluice.model.errors import RequestRefused
from sluice.model.page import Page
from sluice.model.refusal import Refusal
from sluice.usecases.ports import Files

# What `paths.refusals_of` calls an object; nothing for the first of all.
_NAME = re.compile(r"(?:\d{6,}-[ab]-[a-z]+\.jsonl)?")
# More than any chunk has rows.
_LINE_DIGITS = 9


def write_refusals(ref: ChunkRef, refusals: list[Refusal], files: Files) -> None:
    """Keep the refusals of a chunk; none, no object."""
    if refusals:
        lines = "".join(json.dumps(asdict(refusal)) + "\n" for refusal in refusals)
        files.write(paths.refusals_of(ref.job, ref.index, ref.phase), lines.encode())


def list_refusals(ref: JobRef, *, limit: int, cursor: str | None, files: Files) -> Page[Refusal]:
    """A page of a job's refusals, chunk by chunk.

    Parameters
    ----------
    limit
        Refusals at most.
    cursor
        Where the page before ended, ``{object}:{line}``: a name and not a place in the list, for while the job runs
        objects come up between others.
    """
    folder = paths.refusals(ref)
    first, line = _place(cursor)
    names = [name for name in files.names(folder) if name.removeprefix(folder) >= first]
    if names and names[0].removeprefix(folder) != first:
        line = 0
    items: list[Refusal] = []
    for name in names:
        lines = files.read(name).splitlines()
        taken = lines[line : line + limit - len(items)]
        items += [Refusal(**json.loads(text)) for text in taken]
        line += len(taken)
        if line < len(lines) or (len(items) == limit and name != names[-1]):
            return Page(items, f"{name.removeprefix(folder)}:{line}")
        line = 0
    return Page(items, None)


def _place(cursor: str | None) -> tuple[str, int]:
    name, _, line = (cursor or ":0").rpartition(":")
    if not _NAME.fullmatch(name) or not line.isdecimal() or len(line) > _LINE_DIGITS:
        raise RequestRefused("bad-cursor", "The cursor does not hold", "Ask for the list again from its beginning.")
    return name, int(line)
