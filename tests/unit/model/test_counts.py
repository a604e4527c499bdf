"""Counts always add up."""

from __future__ import annotations

from dataclasses import fields

from hypothesis import given
from hypothesis import strategies as st

from sluice.model.counts import Counts

COUNTS = st.builds(Counts, **{field.name: st.integers(0, 10**6) for field in fields(Counts)})


@st.composite
def courses(draw: st.DrawFn) -> tuple[int, list[Counts]]:
    """Rows that were cut, and what the chunks of an import add: some parsed, some of those loaded."""
    cut, added = 0, []
    for rows in draw(st.lists(st.integers(0, 50), max_size=8)):
        cut += rows
        if draw(st.booleans()):
            continue  # given up
        blank = draw(st.integers(0, rows))
        rejected = draw(st.integers(0, rows - blank))
        added.append(Counts(total=-blank, checked=rows - blank, rejected=rejected))
        if draw(st.booleans()):
            continue
        staged = rows - blank - rejected
        inserted = draw(st.integers(0, staged))
        updated = draw(st.integers(0, staged - inserted))
        unchanged = draw(st.integers(0, staged - inserted - updated))
        added.append(
            Counts(
                inserted=inserted,
                updated=updated,
                unchanged=unchanged,
                rejected=staged - inserted - updated - unchanged,
            )
        )
    return cut, draw(st.permutations(added))


@given(COUNTS)
def test_loaded_rejected_and_unprocessed_add_up_to_the_total(counts: Counts) -> None:
    """Three disjoint sets of rows, always."""
    assert counts.loaded + counts.rejected + counts.unprocessed == counts.total
    assert counts.inserted + counts.updated + counts.unchanged == counts.loaded


@given(COUNTS, COUNTS, COUNTS)
def test_the_order_in_which_chunks_close_does_not_matter(one: Counts, two: Counts, three: Counts) -> None:
    """They close as they please."""
    assert one + two == two + one
    assert (one + two) + three == one + (two + three)
    assert one + Counts() == one


@given(COUNTS, COUNTS)
def test_what_is_derived_adds_up_as_well(one: Counts, two: Counts) -> None:
    """Loaded and unprocessed rows are never counted on their own."""
    both = one + two
    assert both.loaded == one.loaded + two.loaded
    assert both.unprocessed == one.unprocessed + two.unprocessed
    assert both.compared == one.compared + two.compared
    assert both.undone == one.undone + two.undone


@given(courses())
def test_no_row_of_an_import_is_lost_or_counted_twice(steps: tuple[int, list[Counts]]) -> None:
    """At every moment of it, whichever chunks are closed, given up or still to come."""
    cut, added = steps
    counts = Counts(total=cut)
    for step in added:
        counts += step
    assert 0 <= counts.unprocessed <= counts.total <= cut
    assert counts.loaded + counts.rejected + counts.unprocessed == counts.total


def test_rows_that_were_left_out_compared_or_undone_are_in_none_of_the_three_sets() -> None:
    """They are told beside them."""
    beside = Counts(ignored=1, to_insert=2, to_update=3, to_leave=4, reversed=5, conflicts=6, rollback_failed=7)
    assert (beside.total, beside.loaded, beside.unprocessed) == (0, 0, 0)
    assert (beside.compared, beside.undone) == (9, 18)


def test_stored_counts_go_by_their_names() -> None:
    """Those of the items in the jobs table."""
    names = [field.name for field in fields(Counts)]
    numbers = range(1, len(names) + 1)
    assert Counts(*numbers).as_dict() == dict(zip(names, numbers, strict=True))
    assert names[:3] == ["total", "checked", "ignored"]
