"""Counts of rows: every sum adds up."""

from __future__ import annotations

from dataclasses import fields

from hypothesis import given
from hypothesis import strategies as st

from sluice.model.counts import Counts

COUNTS = st.builds(Counts, **{field.name: st.integers(0, 10**6) for field in fields(Counts)})


@st.composite
def executions(draw: st.DrawFn) -> tuple[int, list[Counts]]:
    """Draw the number of split rows, and what the chunks add: some are parsed, and some of those are loaded."""
    split, added = 0, []
    for rows in draw(st.lists(st.integers(0, 50), max_size=8)):
        split += rows
        if draw(st.booleans()):
            continue  # given up
        blank = draw(st.integers(0, rows))
        skipped = draw(st.integers(0, rows - blank))
        rejected = draw(st.integers(0, rows - blank - skipped))
        added.append(Counts(total=-blank, checked=rows - blank - skipped, skipped=skipped, rejected=rejected))
        if draw(st.booleans()):
            continue
        staged = rows - blank - skipped - rejected
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
    return split, draw(st.permutations(added))


@given(COUNTS)
def test_loaded_rejected_skipped_and_unprocessed_add_up_to_the_total(counts: Counts) -> None:
    """The four sets of rows are disjoint."""
    assert counts.loaded + counts.rejected + counts.skipped + counts.unprocessed == counts.total
    assert counts.inserted + counts.updated + counts.unchanged + counts.deleted == counts.loaded


@given(COUNTS, COUNTS, COUNTS)
def test_the_order_in_which_chunks_close_does_not_matter(one: Counts, two: Counts, three: Counts) -> None:
    """Chunks close in any order."""
    assert one + two == two + one
    assert (one + two) + three == one + (two + three)
    assert one + Counts() == one


@given(COUNTS, COUNTS)
def test_derived_counts_add_up_as_well(one: Counts, two: Counts) -> None:
    """Loaded and unprocessed rows are never stored."""
    both = one + two
    assert both.loaded == one.loaded + two.loaded
    assert both.unprocessed == one.unprocessed + two.unprocessed
    assert both.compared == one.compared + two.compared
    assert both.undone == one.undone + two.undone


@given(executions())
def test_no_row_of_an_import_is_lost_or_counted_twice(steps: tuple[int, list[Counts]]) -> None:
    """The sums hold after every step, whichever chunks are closed, given up or open."""
    split, added = steps
    counts = Counts(total=split)
    for step in added:
        counts += step
    assert 0 <= counts.unprocessed <= counts.total <= split
    assert counts.loaded + counts.rejected + counts.skipped + counts.unprocessed == counts.total


def test_ignored_compared_and_undone_rows_are_in_none_of_the_four_sets() -> None:
    """They are counted separately."""
    beside = Counts(ignored=1, to_insert=2, to_update=3, to_leave=4, reversed=5, conflicts=6, rollback_failed=7)
    assert (beside.total, beside.loaded, beside.skipped, beside.unprocessed) == (0, 0, 0, 0)
    assert (beside.compared, beside.undone) == (9, 18)


def test_stored_counts_have_their_names() -> None:
    """Items of the jobs table have the same names."""
    names = [field.name for field in fields(Counts)]
    numbers = range(1, len(names) + 1)
    assert Counts(*numbers).as_dict() == dict(zip(names, numbers, strict=True))
    assert names[:4] == ["total", "checked", "skipped", "ignored"]
