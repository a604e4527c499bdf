"""Slices of typed cells: every kind of cell survives storage with its type."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sluice.reading.cells import read_cells, write_cells
from sluice.schema.cells import Cell, CellError, FormattedNumber

CELLS: st.SearchStrategy[Cell] = st.one_of(
    st.none(),
    st.text(),
    st.booleans(),
    st.floats(allow_nan=False),
    st.datetimes(),
    st.dates(),
    st.times(),
    st.timedeltas(timedelta(0), timedelta(10_000)),
    st.text(max_size=5).map(CellError),
    st.builds(FormattedNumber, st.floats(allow_nan=False), st.none() | st.text(min_size=1, max_size=5)),
)


@given(rows=st.lists(st.lists(CELLS)))
def test_every_kind_of_cell_survives_storage(rows: list[list[Cell]]) -> None:
    """Its type and its microseconds are kept."""
    records = list(enumerate(rows, 1))
    again = list(read_cells(write_cells(records)))
    assert again == records
    assert [[type(cell) for cell in row] for _, row in again] == [[type(cell) for cell in row] for row in rows]


def test_similar_values_keep_their_types() -> None:
    """A date is neither a datetime at midnight nor text that looks like one."""
    cells: list[Cell] = [date(2024, 1, 2), datetime(2024, 1, 2), time(1), timedelta(1), "2024-01-02"]  # noqa: DTZ001 - cells know no zone
    assert list(read_cells(write_cells([(1, cells)]))) == [(1, cells)]


def test_a_slice_of_an_earlier_version_is_read() -> None:
    """It knew no number that is shown as something else."""
    stored = b'[2, ["a", 1.5, {"date": "2025-01-31"}, {"error": "#N/A"}, null]]\n'
    assert list(read_cells(stored)) == [(2, ["a", 1.5, date(2025, 1, 31), CellError("#N/A"), None])]
