"""A report of errors that is imported again gives back the cells of its rows."""

from __future__ import annotations

import re
import string
from datetime import date, datetime, time, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sluice.model.rejection import JOB_TITLE, ROW_TITLE
from sluice.reading import match_header
from sluice.reports.cells import unescape_formula
from sluice.reports.errors_workbook import write_errors_workbook
from sluice.reports.rejected_rows import REASONS_TITLE, JobMark
from sluice.schema.cells import Cell, Record
from sluice.schema.validation import check_rows
from tests.unit.reading.driving import head_of, read_all
from tests.unit.reports.sample import JOB, Pipe, csv_of, orders, rejected, workbook_of

TITLES = ["a", "b", "c"]
# A file in which these are many is not text, and is rejected as a whole.
BINARY = re.compile("[\0-\x08\x0e-\x1f]")
# Text of files: without halves of surrogate pairs, and without the two characters that no XML has.
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff") | st.sampled_from("=+-@';\t\r\n_x0"),
    min_size=1,
    max_size=12,
) | st.sampled_from(["_x0041_", "<r>x</r>", "&amp;", "]]>", "'=1", "0812", "1e5", "2026-01-01", "TRUE", "#N/A", " a "])
MOMENTS = st.datetimes(datetime(1900, 3, 1), datetime(9999, 12, 31))  # noqa: DTZ001 - cells have no zones
# Of a number beyond 1e99 a workbook keeps no exact value, so reading it gives an error in any file.
CELLS: st.SearchStrategy[Cell] = st.one_of(
    st.none(),
    TEXTS.filter(str.strip),
    st.booleans(),
    st.floats(-9e98, 9e98).map(lambda number: number + 0.0),
    st.dates(date(1900, 3, 1)),
    MOMENTS.map(lambda moment: moment.replace(microsecond=0)).filter(lambda moment: moment.time() != time()),
    st.integers(1, 9999).map(lambda minutes: timedelta(minutes=minutes)).filter(lambda span: span.days > 0),
)
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=3).filter(lambda cells: cells[0] is not None), max_size=4)


def back(records: list[Record]) -> list[list[Cell]]:
    """Undo what the report did to the cells of its rows."""
    texts = []
    for _, cells in records[1:]:
        mark = JobMark.read(cells[1])
        assert mark is not None
        assert mark.job == JOB
        texts.append(
            [unescape_formula(cell) if mark.escaped and isinstance(cell, str) else cell for cell in cells[2:5]]
        )
    for cells in texts:
        while cells and cells[-1] is None:
            cells.pop()
    return texts


def without_end(rows: list[list[Cell]]) -> list[list[Cell]]:
    """Leave out the empty cells at the ends of rows."""
    return [cells[: max(at for at, cell in enumerate(cells, 1) if cell is not None)] for cells in rows]


@settings(deadline=None, max_examples=60)
@given(ROWS)
@example([["a\rb", "\0", "\x1f"]])
@example([["_x0041_x0042_", "__x005F_x0041_", "_x005f_"]])
def test_an_errors_workbook_gives_back_its_cells(rows: list[list[Cell]]) -> None:
    """Values and types are the same after our own reading."""
    file = workbook_of([rejected(at, cells, a="is odd") for at, cells in enumerate(rows, 2)], TITLES, {"a": 0})
    assert back(read_all(file)) == without_end(rows)


@settings(deadline=None)
@given(
    st.lists(
        st.lists(TEXTS.map(lambda text: BINARY.sub("", text)).filter(str.strip), min_size=1, max_size=3),
        min_size=1,
        max_size=4,
    )
)
def test_an_errors_csv_gives_back_its_text(rows: list[list[str]]) -> None:
    """All cells of a CSV file are text."""
    cells: list[list[Cell]] = [[*row] for row in rows]
    file = csv_of([rejected(at, row, a="is odd") for at, row in enumerate(cells, 2)], TITLES, {"a": 0})
    assert back(read_all(file, "errors.csv")) == cells


def test_the_corrected_workbook_is_matched_and_imported() -> None:
    """No importer has columns of the number and the reasons, so both are ignored."""
    titles = ["Nomor", "Order", "Fee"]
    row = rejected(7, ["-", "O-1", "Rp 5.000,-"], Fee="must be 0 or more")
    file = workbook_of([row], titles, {"Order Number": 1, "Fee": 2})
    header = match_header(head_of(file), orders.columns, None)
    assert header.ignored == [ROW_TITLE, JOB_TITLE, "Nomor", REASONS_TITLE]
    checked = check_rows(orders, header.fields, "Parts", read_all(file, after_row=header.row))
    assert [good.key for good in checked.good] == ["O-1"]


def test_a_report_on_corrected_rows_has_the_same_columns() -> None:
    """A row may be rejected any number of times."""
    first = workbook_of([rejected(7, ["x", 1.0, "z"], a="is odd")], TITLES, {"a": 0})
    header, (number, cells) = read_all(first)
    titles = [str(cell) for cell in header[1] if cell is not None]
    second = workbook_of([rejected(number, cells, a="is odd")], titles, {"a": 2})
    assert read_all(second)[0][1] == header[1]
    assert read_all(second)[1] == (2, [2.0, JOB, "x", 1.0, "z", "a: is odd"])
    assert set(titles) == {ROW_TITLE, JOB_TITLE, REASONS_TITLE, *string.ascii_lowercase[:3]}


def test_a_workbook_that_was_streamed_can_be_imported() -> None:
    """A zip file that is written without seeking has the sizes of its parts behind them."""
    out = Pipe()
    rows = [rejected(7, ["x", 1.0, "z"], a="is odd")]
    write_errors_workbook(out, job=JOB, sheets=["Parts"], titles=TITLES, places={"a": 0}, rows=rows)  # type: ignore[arg-type]
    assert read_all(bytes(out.body))[1] == (2, [7.0, JOB, "x", 1.0, "z", "a: is odd"])
