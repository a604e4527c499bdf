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
    too-large           more bytes than the importer takes
    too-many-rows       more rows than the importer takes
    encrypted-workbook  it opens with a password only
    zip-bomb            far more comes out of the archive than went in
    unsafe-file         XML that declares entities
    unknown-encoding    text in an encoding that is not read, or in two at once
    damaged-file        cut off, or otherwise not what its format requires
"""

from sluice.reading.cells import read_cells, write_cells
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
    "write_cells",
]
