"""The ways a file as a whole is rejected: one title for each stable type.

::

    not-a-spreadsheet   another kind of file, or binary junk
    empty-file          no byte, or no row with a value
    no-header           no row carries a header that the importer knows
    missing-header      the header row lacks required columns
    duplicate-header    two columns of the file mean the same field
    bad-mapping         the caller's mapping names what is not there
    too-large           more bytes than the importer takes
    too-many-rows       more rows than the importer takes
    encrypted-workbook  a password is needed to open it
    zip-bomb            far more comes out of the archive than went in
    unsafe-file         XML that declares entities
    unknown-encoding    text in an encoding that is not read, or in two at once
    damaged-file        cut short, or otherwise not what its format says
"""

from __future__ import annotations

from typing import Final

from sluice.model.errors import FileRejected

TITLES: Final = {
    "not-a-spreadsheet": "The file is not a spreadsheet",
    "empty-file": "The file has no rows",
    "no-header": "No header row was found",
    "missing-header": "Required columns are missing",
    "duplicate-header": "Two columns mean the same",
    "bad-mapping": "The mapping does not fit the file",
    "too-large": "The file is too large",
    "too-many-rows": "The file has too many rows",
    "encrypted-workbook": "The workbook is protected by a password",
    "zip-bomb": "The file unpacks to far too much",
    "unsafe-file": "The file declares XML entities",
    "unknown-encoding": "The text encoding is not clear",
    "damaged-file": "The file is damaged",
}


def rejection(type: str, detail: str, **extra: object) -> FileRejected:
    """Make the rejection of a type, with its constant title.

    Parameters
    ----------
    type
        One of `TITLES`.
    detail
        What was found in this file, and what the person who sent it can do.
    extra
        JSON values for programs.
    """
    return FileRejected(type, TITLES[type], detail, **extra)


def damaged(what: str) -> FileRejected:
    """Reject a file that breaks its own format; ``what`` is a clause such as ``it ends too early``."""
    return rejection(
        "damaged-file",
        f"The file cannot be read: {what}. Open it in the program that made it, save it again and upload that copy.",
    )


def too_many_rows(limit: int) -> FileRejected:
    """Reject a file with more than ``limit`` rows below the header."""
    return rejection(
        "too-many-rows",
        f"At most {limit:,} rows can be imported at once. Split the file and upload the parts.",
        limit=limit,
    )
