"""``errors.csv``: rejected rows as text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import pytest

from sluice.model.rejection import JOB_TITLE, ROW_TITLE
from sluice.reports.csv_files import write_errors_csv
from sluice.reports.rejected_rows import REASONS_TITLE, RejectedRow
from sluice.schema.cells import Cell, CellError
from tests.unit.reports.sample import JOB, PLACES, TITLES, csv_of, records_of, rejected

MARK = f"'{JOB}"


def test_errors_csv_has_the_columns_of_the_errors_workbook() -> None:
    """The row number is first, then the file's own columns, then the reasons; cells beyond the header follow."""
    rows = [
        rejected(13, ["A-1", "-1", "x", "4"], Price="must be 0 or more"),
        rejected(14, ["A-2"], Price="is required", whole="is odd"),
        rejected(15, ["A", "1", None, "2", "more"], whole="is odd"),
    ]
    assert records_of(csv_of(rows)) == [
        [ROW_TITLE, JOB_TITLE, "Part", "Price", "", "Stock", REASONS_TITLE],
        ["13", MARK, "A-1", "-1", "x", "4", "Price: must be 0 or more"],
        ["14", MARK, "A-2", "", "", "", "Price: is required; is odd"],
        ["15", MARK, "A", "1", "", "2", "is odd", "more"],
    ]


def test_errors_csv_is_utf_8_with_a_byte_order_mark_and_quoted_as_in_rfc_4180() -> None:
    """Excel reads a file without the mark as Windows-1252."""
    row = rejected(2, ['Grüße, "Welt"', "two\nlines"], whole="is odd")
    assert (
        csv_of([row])
        == (
            "\ufeffOriginal row,Original job,Part,Price,,Stock,What is wrong\r\n"
            f'2,{MARK},"Grüße, ""Welt""","two\nlines",,,is odd\r\n'
        ).encode()
    )


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (-5.0, "-5"),
        (12.5, "12.5"),
        (1e-7, "0.0000001"),
        (1e16, "10000000000000000"),
        (2**60, "1152921504606846976"),
        (True, "TRUE"),
        (False, "FALSE"),
        (date(2026, 1, 31), "2026-01-31"),
        (datetime.fromisoformat("2026-01-31T08:30:15"), "2026-01-31 08:30:15"),
        (time(8, 30), "08:30:00"),
        (timedelta(hours=30, minutes=5, seconds=1), "30:05:01"),
        (timedelta(seconds=3599.9999999), "1:00:00"),
        (timedelta(hours=-2), "-2:00:00"),
        (CellError("#N/A"), "#N/A"),
        (None, ""),
        ("=1+1", "'=1+1"),
        ("'=1+1", "''=1+1"),
        ("half \ud800 a pair", "half ? a pair"),
        ("a\0b", "a�b"),
        ("x" * 40_000, "x" * 40_000),
    ],
    ids=str,
)
def test_a_cell_is_written_in_full_as_escaped_text(cell: Cell, text: str) -> None:
    """Dates are ISO, numbers plain; text is escaped, and numbers never are, because they begin no formula."""
    assert records_of(csv_of([rejected(2, [cell], whole="is odd")]))[1][2] == text


def test_headers_are_escaped_too() -> None:
    """Headers come from the file as well."""
    assert records_of(csv_of([], titles=["=1+1", "@x"]))[0] == [ROW_TITLE, JOB_TITLE, "'=1+1", "'@x", REASONS_TITLE]


def test_columns_of_an_earlier_report_are_replaced() -> None:
    """The same holds in the workbook."""
    titles = [ROW_TITLE, JOB_TITLE, *TITLES, REASONS_TITLE]
    row = rejected(2, ["13", "another", "A-1", "-2", "x", "4", "Price: must be 0 or more"], Price="is wrong")
    assert records_of(csv_of([row], titles, {title: place + 2 for title, place in PLACES.items()})) == [
        [ROW_TITLE, JOB_TITLE, *TITLES, REASONS_TITLE],
        ["2", MARK, "A-1", "-2", "x", "4", "Price: is wrong"],
    ]


def test_rows_are_counted_and_written_in_blocks() -> None:
    """Only some rows are in memory at a time."""

    class Blocks:
        count = 0

        def write(self, data: bytes) -> int:
            self.count += 1
            return len(data)

    def rows() -> Iterator[RejectedRow]:
        for number in range(2, 10_002):
            yield rejected(number, ["x"], whole="is odd")
            assert out.count >= (number - 2) // 2_000

    out = Blocks()
    assert write_errors_csv(out, job=JOB, sheets=[""], titles=TITLES, places=PLACES, rows=rows()) == 10_000  # type: ignore[arg-type]
    assert out.count < 20
