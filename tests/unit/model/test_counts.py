"""Counts always add up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sluice.model.counts import Counts

COUNTS = st.builds(
    Counts,
    total=st.integers(0, 10**6),
    checked=st.integers(0, 10**6),
    inserted=st.integers(0, 10**6),
    updated=st.integers(0, 10**6),
    unchanged=st.integers(0, 10**6),
    refused=st.integers(0, 10**6),
)


@st.composite
def courses(draw: st.DrawFn) -> tuple[int, list[Counts]]:
    """Rows that were cut, and what the chunks of an import add: some parsed, some of those loaded."""
    cut, added = 0, []
    for rows in draw(st.lists(st.integers(0, 50), max_size=8)):
        cut += rows
        if draw(st.booleans()):
            continue  # given up
        blank = draw(st.integers(0, rows))
        refused = draw(st.integers(0, rows - blank))
        added.append(Counts(total=-blank, checked=rows - blank, refused=refused))
        if draw(st.booleans()):
            continue
        staged = rows - blank - refused
        inserted = draw(st.integers(0, staged))
        updated = draw(st.integers(0, staged - inserted))
        unchanged = draw(st.integers(0, staged - inserted - updated))
        added.append(
            Counts(
                inserted=inserted,
                updated=updated,
                unchanged=unchanged,
                refused=staged - inserted - updated - unchanged,
            )
        )
    return cut, draw(st.permutations(added))


@given(COUNTS)
def test_loaded_refused_and_unprocessed_add_up_to_the_total(counts: Counts) -> None:
    """Three disjoint sets of rows, always."""
    assert counts.loaded + counts.refused + counts.unprocessed == counts.total
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
    assert (one + two).loaded == one.loaded + two.loaded
    assert (one + two).unprocessed == one.unprocessed + two.unprocessed


@given(courses())
def test_no_row_of_an_import_is_lost_or_counted_twice(course: tuple[int, list[Counts]]) -> None:
    """At every moment of it, whichever chunks are closed, given up or still to come."""
    cut, added = course
    counts = Counts(total=cut)
    for step in added:
        counts += step
    assert 0 <= counts.unprocessed <= counts.total <= cut
    assert counts.loaded + counts.refused + counts.unprocessed == counts.total


def test_stored_counts_go_by_their_names() -> None:
    """Those of the items in the jobs table."""
    assert Counts(1, 2, 3, 4, 5, 6).as_dict() == {
        "total": 1,
        "checked": 2,
        "inserted": 3,
        "updated": 4,
        "unchanged": 5,
        "refused": 6,
    }
