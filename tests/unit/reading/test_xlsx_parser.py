"""References of rows and cells that no spreadsheet program writes."""

from __future__ import annotations

import pytest

from sluice.model.errors import FileRejected
from tests.support.factories_files import sheet_part, workbook
from tests.unit.reading.driving import read_all


def cell(reference: str) -> str:
    """Make a cell with this reference."""
    return f'<c r="{reference}"><v>1</v></c>'


@pytest.mark.parametrize(
    "rows",
    [
        f'<row r="1">{cell("A1")}</row><row r="2">{cell("A2")}</row><row r="2">{cell("A2")}</row>',
        f'<row r="1">{cell("A1")}</row><row r="5">{cell("A5")}</row><row r="3">{cell("A3")}</row>',
    ],
    ids=["twice", "backwards"],
)
def test_rows_that_share_a_number_or_go_backwards_are_rejected(rows: str) -> None:
    """Otherwise they would be read as one row, and the other would be lost."""
    with pytest.raises(FileRejected) as rejected:
        read_all(workbook({"Data": sheet_part(rows)}))
    assert rejected.value.problem.type == "damaged-file"


@pytest.mark.parametrize("column", ["XFE", "ZZZZ", "ZZZZZZ"])
def test_a_column_beyond_the_limit_is_rejected_before_memory_is_allocated(column: str) -> None:
    """A file of a few hundred bytes would ask for gigabytes."""
    rows = f'<row r="1">{cell("A1")}</row><row r="2">{cell("A2")}{cell(column + "2")}</row>'
    with pytest.raises(FileRejected) as rejected:
        read_all(workbook({"Data": sheet_part(rows)}))
    assert rejected.value.problem.type == "damaged-file"


def test_the_last_column_of_a_sheet_is_read() -> None:
    rows = f'<row r="1">{cell("A1")}{cell("XFD1")}</row>'
    (number, cells), *more = read_all(workbook({"Data": sheet_part(rows)}))
    assert (number, len(cells), cells[-1], more) == (1, 16_384, 1.0, [])
