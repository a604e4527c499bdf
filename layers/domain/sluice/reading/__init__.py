"""Uploaded files become tables, cuts and records."""

from sluice.reading.cells import read_cells, write_cells
from sluice.reading.detect import open_table, read_segment
from sluice.reading.header import Header, match_header
from sluice.reading.types import FileLayout, Limits, Segment, TabularFile, Workspace

__all__ = [
    "FileLayout",
    "Header",
    "Limits",
    "Segment",
    "TabularFile",
    "Workspace",
    "match_header",
    "open_table",
    "read_cells",
    "read_segment",
    "write_cells",
]
