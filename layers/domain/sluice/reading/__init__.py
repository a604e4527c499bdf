"""Uploaded files become tables, cuts and records."""

from sluice.reading.cells import read_cells, write_cells
from sluice.reading.contract import Cut, Layout, Limits, Table, Workspace
from sluice.reading.cutting import read_cut
from sluice.reading.header import Header, match_header
from sluice.reading.opening import open_table

__all__ = [
    "Cut",
    "Header",
    "Layout",
    "Limits",
    "Table",
    "Workspace",
    "match_header",
    "open_table",
    "read_cells",
    "read_cut",
    "write_cells",
]
