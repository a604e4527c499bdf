"""Text that begins a formula is escaped, and unescaped without a loss."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.reports.cells import escape_formula, unescape_formula

SIGNS = "=+-@＝＋－＠\N{SMALL EQUALS SIGN}"
DANGEROUS = SIGNS + "\t\r\n\0"
#: Space, NBSP, ideographic and zero-width space, BOM, VT, FF, NEL, line separator, a mark of direction.
BLANKS = " \xa0\u3000\u200b\ufeff\x0b\x0c\x85\u2028\u202e\x01\x7f\xad"
TEXTS = st.text() | st.text("';" + DANGEROUS + BLANKS + "a1", max_size=6)


@pytest.mark.parametrize("first", DANGEROUS, ids=repr)
def test_text_that_begins_a_formula_gets_an_apostrophe(first: str) -> None:
    """OWASP names each of these characters."""
    assert escape_formula(f"{first}1+1") == f"'{first}1+1"


@pytest.mark.parametrize(
    "text", ["", "a", "1-1", "'", "''", "'a", " a=1", "Rp 5", "#N/A", "a=1", "5.000,-", "a\r\n\r\nb"]
)
def test_other_text_is_not_changed(text: str) -> None:
    """Text with an apostrophe before any other character is not changed either."""
    assert escape_formula(text) == text == unescape_formula(text)


@pytest.mark.parametrize("blank", [*BLANKS, " \u200b \xa0"], ids=ascii)
@pytest.mark.parametrize("sign", SIGNS)
def test_a_formula_behind_blanks_gets_an_apostrophe(blank: str, sign: str) -> None:
    """A program may trim them, and a person does not see them."""
    assert escape_formula(f"{blank}{sign}1+1") == f"'{blank}{sign}1+1"
    assert escape_formula(f"x;{blank}{sign}1+1") == f"x;'{blank}{sign}1+1"
    assert escape_formula(f"x\n{blank}{sign}1+1") == f"x\n'{blank}{sign}1+1"
    assert unescape_formula(f"'{blank}{sign}1+1") == f"{blank}{sign}1+1"


@pytest.mark.parametrize("separator", [";", "\n", "\r\n", "\t"], ids=repr)
def test_a_formula_behind_a_separator_gets_an_apostrophe(separator: str) -> None:
    """Excel of a language that separates lists by semicolons begins a cell there, whatever separates the fields."""
    assert escape_formula(f"a{separator}=1") == f"a{separator}'=1"
    assert escape_formula(f"=1{separator}'@x") == f"'=1{separator}''@x"


def test_text_that_looks_escaped_is_escaped_once_more() -> None:
    """Otherwise an apostrophe that a person typed would be lost."""
    assert escape_formula("'=1") == "''=1"
    assert unescape_formula("''=1") == "'=1"
    assert unescape_formula("'=1") == "=1"


@given(TEXTS)
def test_unescaping_undoes_escaping_exactly(text: str) -> None:
    """This holds of every text."""
    assert unescape_formula(escape_formula(text)) == text


@given(TEXTS)
def test_no_escaped_text_begins_a_formula(text: str) -> None:
    """Only a number with its sign still begins with a character that a formula begins with."""
    written = escape_formula(text)
    if not re.fullmatch(r" *[+-][0-9 ().,]*", written):
        assert not written.startswith(tuple(DANGEROUS))
        cells = [cell.lstrip(BLANKS) for cell in re.split(r"[;\t\r\n]", written)]
        assert not any(cell.startswith(tuple(SIGNS)) for cell in cells)


@pytest.mark.parametrize("text", ["+27 82 123 4567", "-1", "+27(0)82", "-", "-1.234,5", "  +27 82"])
def test_a_number_with_a_sign_is_not_changed(text: str) -> None:
    """Telephone numbers are written as they came."""
    assert escape_formula(text) == text == unescape_formula(text)
    assert escape_formula(f"'{text}") == f"''{text}"


@given(TEXTS, TEXTS)
def test_different_texts_stay_different(one: str, other: str) -> None:
    """Two texts with the same escaped form could not both be unescaped."""
    assert (escape_formula(one) == escape_formula(other)) == (one == other)
