"""Text that begins a formula is made harmless, and comes back as it was."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.reports.formula_injection import escape_formula, unescape_formula

DANGEROUS = "=+-@\t\r\n\0＝＋－＠"
TEXTS = st.text() | st.text("'" + DANGEROUS + "a1", max_size=6)


@pytest.mark.parametrize("first", DANGEROUS, ids=repr)
def test_text_that_begins_a_formula_gets_an_apostrophe(first: str) -> None:
    """Each character that OWASP names."""
    assert escape_formula(f"{first}1+1") == f"'{first}1+1"


@pytest.mark.parametrize("text", ["", "a", "1-1", "'", "''", "'a", " =1", "Rp 5", "#N/A", "a=1\n=2"])
def test_other_text_is_left_alone(text: str) -> None:
    """An apostrophe of one's own before anything else, too."""
    assert escape_formula(text) == text == unescape_formula(text)


def test_text_that_looks_neutralised_is_told_from_text_that_is() -> None:
    """Else the apostrophe that somebody wrote would be lost."""
    assert escape_formula("'=1") == "''=1"
    assert unescape_formula("''=1") == "'=1"
    assert unescape_formula("'=1") == "=1"


@given(TEXTS)
def test_restoring_takes_back_exactly_what_was_done(text: str) -> None:
    """Whatever the text is."""
    assert unescape_formula(escape_formula(text)) == text


@given(TEXTS)
def test_nothing_that_is_written_begins_a_formula(text: str) -> None:
    """After neutralising, no text begins with a character that does, but for a number with its sign."""
    written = escape_formula(text)
    assert not written.startswith(tuple(DANGEROUS)) or re.fullmatch(r"[+-][0-9 ().,]*", written)


@pytest.mark.parametrize("text", ["+27 82 123 4567", "-1", "+27(0)82", "-", "-1.234,5"])
def test_a_number_with_a_sign_is_left_alone(text: str) -> None:
    """Telephone numbers go out as they came."""
    assert escape_formula(text) == text == unescape_formula(text)
    assert escape_formula(f"'{text}") == f"''{text}"


@given(TEXTS, TEXTS)
def test_different_texts_stay_different(one: str, other: str) -> None:
    """Two texts that are one in the report could not both be restored."""
    assert (escape_formula(one) == escape_formula(other)) == (one == other)
