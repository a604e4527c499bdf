"""Uploaded files: what kind a file is, its header, the segments it is split into, and the records of a segment.

`plan` opens a file with `open_table`, chooses its sheets and splits them. A worker reads its segment with
`read_segment`.

A file as a whole is rejected (`sluice.model.errors.FileRejected`) as

::

    not-a-spreadsheet   another kind of file, or binary data
    empty-file          no byte, or no row with a value
    no-header           no row has half of the headers that the importer requires
    missing-header      the header row lacks required columns
    duplicate-header    two columns of the file mean the same field
    bad-mapping         the caller's mapping names what is not there
    no-such-sheet       the caller names a sheet that is not there
    different-sheets    the caller names sheets whose headers have different columns
    too-large           more bytes than the importer takes, or more memory or time than reading may
    too-many-rows       more rows than the importer takes
    encrypted-workbook  it opens with a password only
    zip-bomb            far more comes out of the archive than went in
    unsafe-file         XML that declares entities
    unknown-encoding    text in an encoding that is not read, or in two at once
    damaged-file        cut off, or otherwise not what its format requires

Each name is imported on its first use (PEP 562): the process that reads a whole file needs few of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sluice.reading.cells import read_cells, shortened, write_cells
    from sluice.reading.detect import open_table, read_segment
    from sluice.reading.header import (
        Header,
        ask_for_header,
        ask_for_mapping,
        check_required,
        described,
        fit,
        locate_header,
        match_header,
    )
    from sluice.reading.types import FileLayout, HeaderFit, Limits, Reading, Segment, Table, TabularFile, Workspace

_NAMES_OF_MODULES = {
    "cells": ("read_cells", "shortened", "write_cells"),
    "detect": ("open_table", "read_segment"),
    "header": (
        *("Header", "ask_for_header", "ask_for_mapping", "check_required", "described", "fit", "locate_header"),
        "match_header",
    ),
    "types": ("FileLayout", "HeaderFit", "Limits", "Reading", "Segment", "Table", "TabularFile", "Workspace"),
}
_MODULES = {name: module for module, names in _NAMES_OF_MODULES.items() for name in names}

__all__ = [
    "FileLayout",
    "Header",
    "HeaderFit",
    "Limits",
    "Reading",
    "Segment",
    "Table",
    "TabularFile",
    "Workspace",
    "ask_for_header",
    "ask_for_mapping",
    "check_required",
    "described",
    "fit",
    "locate_header",
    "match_header",
    "open_table",
    "read_cells",
    "read_segment",
    "shortened",
    "write_cells",
]

if not TYPE_CHECKING:  # a type checker would take any misspelled name to be there

    def __getattr__(name: str) -> object:
        """Import a name of this package, and keep it for the next use."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        return value
