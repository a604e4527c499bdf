"""Names of sheets are such as Excel takes."""

from __future__ import annotations

import re

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from sluice.reports.workbook import sheet_name


@pytest.mark.parametrize(
    ("name", "number", "expected"),
    [
        ("Parts", 1, "Parts"),
        ("Parts", 2, "Parts (2)"),
        ("x" * 40, 1, "x" * 31),
        ("x" * 40, 12, "x" * 26 + " (12)"),
        ("😀" * 40, 1, "😀" * 15),
        ("a/b:c", 1, "a_b_c"),
        ("'quoted'", 1, "quoted"),
        ("History", 1, "Sheet"),
        ("", 3, "Sheet (3)"),
    ],
)
def test_a_name_is_made_to_fit(name: str, number: int, expected: str) -> None:
    """Without the characters that references need, no longer than 31, and not Excel's own."""
    assert sheet_name(name, number) == expected


def test_the_number_can_be_written_in_another_way() -> None:
    """The name is cut for it all the same."""
    assert sheet_name("Not registered", 2, numbered=" {}") == "Not registered 2"
    assert sheet_name("x" * 40, 12, numbered=" {}") == "x" * 28 + " 12"


@given(st.text(max_size=60), st.integers(1, 99))
def test_excel_takes_any_of_them(name: str, number: int) -> None:
    """As far as XlsxWriter knows its rules."""
    made = sheet_name(name, number)
    made.encode()
    assert not re.search(r"[\[\]:*?/\\\ufffe\uffff]", made)
    book = xlsxwriter.Workbook("unused.xlsx")
    assert book.add_worksheet(made).name == made
    book.fileclosed = True
