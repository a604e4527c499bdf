"""Names of sheets that Excel accepts."""

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
def test_a_title_becomes_a_name_that_excel_accepts(name: str, number: int, expected: str) -> None:
    """It has none of the characters that references need, at most 31 characters, and is not Excel's own."""
    assert sheet_name(name, number) == expected


def test_sheets_can_be_numbered_in_another_form() -> None:
    """The title is shortened to make room."""
    assert sheet_name("Not registered", 2, numbered=" {}") == "Not registered 2"
    assert sheet_name("x" * 40, 12, numbered=" {}") == "x" * 28 + " 12"


@given(st.text(max_size=60), st.integers(1, 99))
def test_xlsxwriter_accepts_every_name(name: str, number: int) -> None:
    """XlsxWriter knows the rules of Excel."""
    made = sheet_name(name, number)
    made.encode()
    assert not re.search(r"[\[\]:*?/\\\ufffe\uffff]", made)
    book = xlsxwriter.Workbook("unused.xlsx")
    assert book.add_worksheet(made).name == made
    book.fileclosed = True
