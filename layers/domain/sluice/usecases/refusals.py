"""Refused rows of a job: one object for each chunk and phase, read page by page."""

from __future__ import annotations

import json
from dataclasses import asdict

from sluice.model import paths
from sluice.model.chunk import ChunkRef, JobRef
from sluice.model.errors import RequestRefused
from sluice.model.page import Page
from sluice.model.refusal import Refusal
from sluice.usecases.ports import Files


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
        Where the page before ended, ``{object}:{line}``.
    """
    names = files.names(paths.refusals(ref))
    at, line = _place(cursor, len(names))
    items: list[Refusal] = []
    while at < len(names):
        lines = files.read(names[at]).splitlines()
        taken = lines[line : line + limit - len(items)]
        items += [Refusal(**json.loads(text)) for text in taken]
        line += len(taken)
        if line < len(lines):
            return Page(items, f"{at}:{line}")
        at, line = at + 1, 0
        if len(items) == limit:
            break
    return Page(items, f"{at}:0" if at < len(names) else None)


def _place(cursor: str | None, objects: int) -> tuple[int, int]:
    try:
        at, line = (int(part) for part in (cursor or "0:0").split(":"))
    except ValueError:
        at, line = -1, 0
    if not 0 <= at <= objects or line < 0:
        raise RequestRefused("bad-cursor", "The cursor does not hold", "Ask for the list again from its beginning.")
    return at, line
