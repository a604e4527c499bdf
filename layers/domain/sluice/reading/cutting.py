"""A cut becomes records, in a process that has only its bytes, the layout and the workspace."""

from __future__ import annotations

from collections.abc import Iterator

from sluice.reading.contract import Cut, Layout, Workspace
from sluice.reading.csvtable import read_records
from sluice.reading.rowparse import read_slice
from sluice.rows.cell import Record


def read_cut(layout: Layout, cut: Cut, body: bytes, workspace: Workspace) -> Iterator[Record]:
    """Read the records of one cut; blank rows are dropped.

    Parameters
    ----------
    layout
        The table's, once `Table.cut` was exhausted.
    cut
        Its ``first_row`` matters.
    body
        The slice as it was stored, or bytes ``start`` to ``end`` of the upload.
    workspace
        The one the table was opened with.

    Yields
    ------
    Record
        Row number as a person sees it in the file, and its cells from column A on; trailing empty cells may lack.

    Raises
    ------
    FileRefused
        ``damaged-file``, when a row of the slice breaks its format.
    """
    if layout.format == "csv":
        return read_records(layout, cut.first_row, body)
    return read_slice(layout, cut.first_row, body, workspace)
