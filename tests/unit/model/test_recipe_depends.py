"""Which chunks a decision that changes bears on."""

from __future__ import annotations

import pytest

from sluice.model.recipe import AGREEING, Decision, Recipe, depends_on

READ_AT = 2


@pytest.mark.parametrize(
    ("key", "decision", "depends", "is_stale"),
    [
        ("decimal.price", Decision(",", "proven", 3), {"decimal.price"}, True),
        ("decimal.price", Decision(",", "proven", 2), {"decimal.price"}, False),
        ("decimal.price", Decision(",", "proven", 3), {"decimal.weight", "date_order.price"}, False),
        ("decimal.price", Decision(",", "proven", 3), {"decimal.price=."}, False),
        ("decimal.price", Decision(",", "answered", 3), {"decimal.price=."}, True),
        ("decimal.price", Decision(",", "answered", 3), {"decimal.price=,"}, False),
        ("decimal.price", Decision(",", "answered", 2), {"decimal.price=."}, False),
        ("date_order.day", Decision("dmy", "given", 3), {"date_order.day=mdy"}, True),
        ("date_order.day", Decision("dmy", "given", 3), {"date_order.day=dmy", "date_order.day=typed"}, False),
        ("date_order.day", Decision("dmy-swapped", "answered", 3), {"date_order.day=typed"}, True),
        ("date_order.day", Decision("dmy-swapped", "answered", 3), {"date_order.day=dmy"}, False),
        ("constants.ward", Decision("7980", "answered", 3), set(), True),
        ("header", Decision(4, "answered", 3), {"decimal.price"}, False),  # it splits the file anew
    ],
)
def test_a_chunk_is_stale_if_a_newer_decision_could_read_or_reject_a_cell_of_it(
    key: str, decision: Decision, depends: set[str], is_stale: bool
) -> None:
    assert Recipe(3, {key: decision}).is_stale(READ_AT, depends) is is_stale


def test_a_dependence_names_the_decision_and_what_cells_show() -> None:
    assert (depends_on("decimal.price"), depends_on("decimal.price", ",")) == ("decimal.price", "decimal.price=,")


@pytest.mark.parametrize(
    ("shown", "values"),
    [
        ("either", [".", ","]),
        ("either", ["dmy", "mdy", "dmy-swapped", "mdy-swapped"]),
        ("dotted", ["dmy", "mdy", "dmy-swapped", "mdy-swapped"]),
        ("dotted-rarely-ymd", ["dmy", "mdy", "ymd", "dmy-swapped", "mdy-swapped"]),
        ("swappable", ["dmy", "mdy", "ymd", "dmy-swapped", "mdy-swapped"]),
        ("dmy-or-ymd", ["dmy", "ymd", "dmy-swapped"]),
        ("any-order", ["dmy", "mdy", "ymd", "dmy-swapped", "mdy-swapped"]),
        ("dmy-rarely-ymd", ["dmy", "ymd", "dmy-swapped"]),
        ("either-rarely-ymd", ["dmy", "mdy", "ymd", "dmy-swapped", "mdy-swapped"]),
        ("rarely-ymd", ["dmy", "mdy", "ymd", "dmy-swapped", "mdy-swapped"]),
        ("point-groups", [","]),
        ("comma-groups", ["."]),
    ],
)
def test_a_decision_rejects_no_ambiguous_cell_that_can_be_read_by_it(shown: str, values: list[str]) -> None:
    kind = {".", ","} if values[0] in ".," else AGREEING.keys() - {".", ","}
    assert {value for value in kind if not Decision(value, "answered").rejects(shown)} == {*values}
