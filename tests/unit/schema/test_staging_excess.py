"""Changes of numbers that exceed a limit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.schema.staging import EXAMPLES, Change, excess_of, is_beyond

HALF = 0.5


@pytest.mark.parametrize(
    ("before", "after", "beyond"),
    [
        ("100", "150", False),
        ("100", "150.01", True),
        ("100", "50", False),
        ("100", "49.99", True),
        (100, 151, True),
        (0.1, 0.16, True),
        (0.1, 0.15, False),
        ("-10", "-16", True),
        ("-10", "10", True),
        ("100", None, True),
        ("0", "5", False),
        ("0.00", "5", False),
        (0, 5, False),
        (None, "5", False),
        ("", "5", False),
        ("about 5", "5", False),
        ("NaN", "5", False),
        ("Infinity", "5", False),
    ],
)
def test_a_number_is_beyond_its_limit_if_it_changes_by_more_than_a_share_of_its_old_value(
    before: Any, after: Any, beyond: bool
) -> None:
    """An old value of 0, none, or no number trips nothing; clearing a number takes all of it."""
    assert is_beyond(HALF, before, after) is beyond


def test_every_row_beyond_a_limit_counts_once_and_the_first_ones_are_kept_with_those_numbers_only() -> None:
    """A row may exceed the limits of several columns, and change others within theirs."""
    before = {"price": "10", "stock": 4, "name": "a"}
    far = {"price": "20", "stock": 40, "name": "b"}
    near = {"price": "11", "stock": 5, "name": "b"}
    changes = [Change(row, str(row), before, far if row % 2 else near) for row in range(2, 102)]
    found = excess_of({"price": HALF, "stock": 1.0, "weight": HALF}, iter(changes))
    assert found.rows == 50
    assert [each.row for each in found.examples] == list(range(3, 3 + 2 * EXAMPLES, 2))
    assert found.examples[0] == Change(3, "3", {"price": "10", "stock": 4}, {"price": "20", "stock": 40})


def test_the_limit_that_lets_all_rows_through_is_named_by_field() -> None:
    """In tenths of a percent, rounded up; a share of a third is no decimal number."""
    pairs = [("10", "25"), ("9.5", "950"), ("3", "10"), ("10", "11")]
    changes = [
        Change(row, str(row), {"price": old, "stock": 3}, {"price": new, "stock": 7})
        for row, (old, new) in enumerate(pairs, start=2)
    ]
    found = excess_of({"price": HALF, "stock": HALF, "weight": HALF}, changes)
    assert found.enough == {"price": 99.0, "stock": 1.334}
    assert excess_of(found.enough, changes).rows == 0


@given(st.decimals(allow_nan=False, places=6), st.decimals(allow_nan=False, places=6))
def test_whatever_the_numbers_the_limit_that_is_named_lets_them_through(before: Decimal, after: Decimal) -> None:
    changes = [Change(2, "a", {"price": str(before)}, {"price": str(after)})]
    found = excess_of({"price": HALF}, changes)
    assert excess_of({"price": HALF, **found.enough}, changes).rows == 0


def test_without_limits_no_change_is_beyond_one() -> None:
    assert excess_of({}, [Change(2, "a", {"price": 1}, {"price": 100})]).rows == 0
