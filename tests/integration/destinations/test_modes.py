"""What jobs of every mode do to a dataset, and what their rollbacks do: each destination is like the model."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.model.options import MODES
from sluice.schema.importer import Importer
from sluice.schema.staging import Applied
from tests.integration.destinations.conftest import Target
from tests.integration.destinations.sample import OFFERS, RULED
from tests.integration.destinations.side_by_side import SideBySide
from tests.support.destination import MemoryDestination

ALL = ("low", "high", "label", "stock")
FULL: dict[str, dict[str, Any]] = {
    "A": {"low": "1", "high": "2", "label": "one", "stock": 5},
    "B": {"low": "12.5", "high": None, "label": None, "stock": 6},
    "C": {"low": "3", "high": "9", "label": "three", "stock": 0},
}

_numbers = itertools.count()


@pytest.fixture(params=[OFFERS, RULED], ids=["plain", "ruled"])
def loaded(request: pytest.FixtureRequest, target: Target) -> SideBySide:
    """Return a dataset of three records."""
    both = SideBySide(target, request.param)
    both.apply("01JOB", FULL, ALL)
    return both


def test_an_update_of_some_columns_leaves_the_others(loaded: SideBySide) -> None:
    """A price list says the price; label, stock and the upper price stay."""
    before = loaded.values()
    applied = loaded.apply("02JOB", {"A": {"low": "1.5"}, "B": {"low": "12.50"}, "D": {"low": "4"}}, ["low"])
    assert (applied.inserted, applied.updated, applied.unchanged) == (1, 1, 1)
    assert loaded.values()["A"] == before["A"] | {"low": loaded.values()["A"]["low"]}
    loaded.undo("02JOB")
    assert loaded.values() == before


@pytest.mark.parametrize("blanks", ["keep", "clear"])
def test_a_blank_cell_keeps_or_clears(loaded: SideBySide, blanks: str) -> None:
    rows = {"A": {"low": "1", "high": None, "label": None, "stock": None}}
    applied = loaded.apply("02JOB", rows, ALL, blanks=blanks)
    assert applied == (Applied(0, 0, 1, kept_blank=3) if blanks == "keep" else Applied(0, 1, 0))
    assert (loaded.values()["A"]["high"] is None) == (blanks == "clear")
    loaded.undo("02JOB")


@pytest.mark.parametrize("deletes", ["mark", "remove"])
@pytest.mark.parametrize("mode", MODES)
def test_each_mode_does_to_known_and_new_keys_what_it_says(loaded: SideBySide, mode: str, deletes: str) -> None:
    """Its rollback restores the dataset, also after a later job has changed another column."""
    rows = {"A": {"low": "1.75", "high": "2.75"}, "C": {"low": "3", "high": "9"}, "N": {"low": "7", "high": "8"}}
    applied = loaded.apply("02JOB", rows, ["low", "high"], mode=mode, deletes=deletes)
    assert applied.inserted + applied.updated + applied.unchanged + applied.deleted + len(applied.rejections) == 3
    before = loaded.values()
    loaded.apply("03JOB", {"A": {"stock": 9}, "N": {"stock": 9}, "B": {"stock": 9}}, ["stock"], mode="update")
    loaded.undo("02JOB")
    loaded.undo("03JOB")
    assert before.keys() != {"A", "B", "C"} or mode not in {"insert", "delete"}


@pytest.mark.parametrize("deletes", ["mark", "remove"])
def test_a_deleted_record_is_unknown_until_it_is_inserted_again(loaded: SideBySide, deletes: str) -> None:
    """It begins as new: what it was before comes back with the rollback of its deletion only."""
    loaded.apply("02JOB", {"A": {}}, [], mode="delete", deletes=deletes)
    assert "A" not in loaded.values()
    loaded.apply("03JOB", {"A": {"low": "5"}}, ["low"], mode="update")
    loaded.apply("04JOB", {"A": {}}, [], mode="delete", deletes=deletes)
    loaded.apply("05JOB", {"A": {"low": "5"}}, ["low"])
    assert (loaded.values()["A"]["high"], loaded.values()["A"]["stock"]) == (None, 0)
    assert [row.key for row in loaded.undo("02JOB").kept] == ["A"]
    loaded.undo("05JOB")
    assert "A" not in loaded.values()


def test_deletions_are_rolled_back_in_any_order(loaded: SideBySide) -> None:
    """Of a key that was deleted, inserted and deleted again, only the last deletion is reversed first."""
    before = loaded.values()
    for mode in ("mark", "remove"):
        loaded.apply(f"1{mode}", {"A": {}, "B": {}}, [], mode="delete", deletes=mode)
        loaded.apply(f"2{mode}", {"A": {"low": "5"}}, ["low"], mode="insert")
        loaded.apply(f"3{mode}", {"A": {}}, [], mode="delete", deletes=mode)
        assert loaded.undo(f"3{mode}").reversed == 1
        assert loaded.undo(f"2{mode}").reversed == 1
        assert loaded.undo(f"1{mode}").reversed == 2
        assert loaded.values() == before


def test_a_column_that_was_changed_since_is_a_conflict_and_the_others_are_restored(loaded: SideBySide) -> None:
    loaded.apply("02JOB", {"A": {"low": "1.5", "stock": 7}}, ["low", "stock"])
    loaded.apply("03JOB", {"A": {"low": "1.5", "stock": 8}}, ["low", "stock"])
    [left] = loaded.undo("02JOB").kept
    assert (left.key, left.job_id, left.columns) == ("A", "03JOB", ("stock",))
    assert float(loaded.values()["A"]["low"]) == 1
    assert loaded.undo("03JOB").reversed == 1


def test_an_inserted_record_that_was_changed_since_stays(loaded: SideBySide) -> None:
    loaded.apply("02JOB", {"D": {"low": "1", "stock": 3}}, ["low", "stock"])
    loaded.apply("03JOB", {"D": {"stock": 4}}, ["stock"], mode="update")
    [left] = loaded.undo("02JOB").kept
    assert (left.key, left.job_id, left.columns) == ("D", "03JOB", ("stock",))


def test_a_rule_over_several_columns_sees_the_merged_row(target: Target) -> None:
    """What the rules change is written; a row that they reject changes nothing."""
    both = SideBySide(target, RULED)
    both.apply("01JOB", FULL, ALL)
    applied = both.apply("02JOB", {"A": {"low": "5"}, "B": {"low": "99"}}, ["low"])
    assert (applied.updated, [(each.row, each.code) for each in applied.rejections]) == (1, [(2, "custom")])
    both.apply("03JOB", {"B": {"stock": 0}}, ["stock"], mode="update")
    assert both.values()["B"]["label"] == "SOLD OUT"
    both.undo("03JOB")
    assert both.values()["B"]["label"] is None


def test_two_jobs_with_different_columns_take_turns(loaded: SideBySide) -> None:
    """Whichever is rolled back, the columns of the other one stay."""
    keys = ["A", "B", "C"]
    loaded.apply("02JOB", {key: {"low": "0.5"} for key in keys}, ["low"])
    loaded.apply("03JOB", {key: {"stock": 77} for key in keys}, ["stock"], mode="update")
    assert {(float(each["low"]), each["stock"]) for each in loaded.values().values()} == {(0.5, 77)}
    loaded.undo("02JOB")
    assert [float(each["low"]) for each in loaded.values().values()] == [1, 12.5, 3]
    assert {each["stock"] for each in loaded.values().values()} == {77}
    loaded.undo("03JOB")


_cells = st.fixed_dictionaries(
    {
        "low": st.sampled_from(["1", "2.5", "2.50", "8"]),
        "high": st.sampled_from([None, "2", "5", "5.0"]),
        "label": st.sampled_from([None, "x", "Y"]),
        "stock": st.sampled_from([None, 0, 7]),
    }
)
_options = st.fixed_dictionaries(
    {
        "mode": st.sampled_from(MODES),
        "blanks": st.sampled_from(["keep", "clear"]),
        "deletes": st.sampled_from(["mark", "remove", None]),
    }
)


def _job(rows: Any, columns: set[str], options: Any, has_low: bool) -> tuple[Any, list[str], Any]:
    """Return rows, columns and options of a job; only a file of updates may lack the required column."""
    return rows, sorted({*columns, "low"} if has_low or options["mode"] != "update" else columns), options


#: Any job of three keys: rows, columns and options.
any_job = st.builds(
    _job,
    st.dictionaries(st.sampled_from("ABC"), _cells, min_size=1),
    st.sets(st.sampled_from(ALL[1:])),
    _options,
    st.booleans(),
)


_runs = given(
    importer=st.sampled_from([OFFERS, RULED]),
    jobs=st.lists(any_job, min_size=2, max_size=4),
    backs=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=4),
)


def _run(target: Target, importer: Importer, jobs: list[Any], backs: list[tuple[int, int]]) -> None:
    both = SideBySide(target, importer, tenant=f"t{next(_numbers)}")
    undone: set[int] = set()
    for number, (rows, columns, options) in enumerate(jobs):
        both.apply(f"{number}JOB", rows, columns, **options)
        for after, job in backs:
            if after == number and job <= number and job not in undone:
                undone.add(job)
                both.undo(f"{job}JOB")


def test_a_record_is_what_it_was_before_overlaid_with_what_the_file_says(target: Target) -> None:
    """Over all modes, columns, blank cells and rules, with rollbacks of any job after any other."""
    in_memory = isinstance(target.destination, MemoryDestination)
    settings(max_examples=200 if in_memory else 12, deadline=None)(_runs(_run))(target)
