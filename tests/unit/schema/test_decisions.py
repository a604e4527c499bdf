"""What a file needs to be decided, what its cells prove, and what is asked."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.model.recipe import Decision, Evidence, How, Question, Recipe, Shown, merge_evidence
from sluice.schema.cell_types import Conventions, Coordinate, Date, Money, Number, Whole
from sluice.schema.cells import Cell
from sluice.schema.decisions import decisions_for, settle
from sluice.schema.importer import Importer, Row, column
from sluice.schema.validation import Checked, check_rows


class Offer(Row):
    """Columns with a decision about their cells, and some without."""

    code: str = column("Code", key=True)
    price: Money = column("Price")
    weight: Number | None = column("Weight", default=None)
    stock: Whole = column("Stock", default=0)
    start: Date | None = column("From", default=None)
    latitude: Coordinate | None = column("Latitude", default=None)
    rate: float | None = column("Rate", default=None)


offers = Importer("offers", row=Offer, dataset="offers", title="Offers")
FIELDS = dict(enumerate(Offer.model_fields))

CELLS = {".": "12.50", ",": "12,50", "dmy": "31/12/2025", "mdy": "12/31/2025", "swappable": "2025-03-01"}
EITHER = {"decimal.price": "1.250", "date_order.start": "03/04/2025"}


def evidence_of(key: str, counts: dict[str, int]) -> dict[str, Evidence]:
    """Make evidence with one cell of each kind."""
    cells = CELLS | {"either": EITHER[key], "typed": "2025-03-31"}
    return {key: Evidence(counts, tuple(Shown(row, cells[each], each) for row, each in enumerate(counts, start=2)))}


def settled(key: str, value: str, how: How, counts: dict[str, int]) -> tuple[Decision, list[Question]]:
    """Settle one decision."""
    recipe, questions = settle(Recipe(3, {key: Decision(value, how, 2)}), evidence_of(key, counts), offers)
    return recipe.decisions[key], questions


def test_a_file_needs_decisions_about_its_columns_of_numbers_and_dates() -> None:
    assert decisions_for(offers, FIELDS) == {
        "decimal.price": (".", "default"),
        "decimal.weight": (".", "default"),
        "decimal.stock": (".", "default"),
        "date_order.start": ("dmy", "default"),
    }
    assert decisions_for(offers, {0: "code", 3: "stock"}) == {"decimal.stock": (".", "default")}


def test_decisions_begin_with_what_the_importer_declares() -> None:
    declared = replace(offers, conventions=Conventions(decimal=",", dates="mdy"))
    found = decisions_for(declared, {1: "price", 2: "start"})
    assert found == {"decimal.price": (",", "declared"), "date_order.start": ("mdy", "declared")}


MARKS: list[tuple[How, dict[str, int], str, How, list[str]]] = [
    # a mark proves nothing unless a cell is ambiguous
    ("default", {}, ".", "default", []),
    ("default", {",": 5}, ".", "default", []),
    ("declared", {",": 5, ".": 5}, ".", "declared", []),
    # without a proof, what is known holds; what nothing says is asked
    ("default", {"either": 5}, ".", "default", [",", "."]),
    ("declared", {"either": 5}, ".", "declared", []),
    ("remembered", {"either": 5}, ".", "remembered", []),
    # what is proven goes before
    ("default", {"either": 5, ",": 1}, ",", "proven", []),
    ("default", {"either": 5, ".": 1}, ".", "proven", []),
    ("declared", {"either": 5, ",": 1}, ",", "proven", []),
    ("remembered", {"either": 5, ",": 1}, ",", "proven", []),
    ("proven", {"either": 5, ",": 1}, ",", "proven", []),
    # proofs of both are a question, the mark of more cells first
    ("default", {"either": 5, ",": 700, ".": 1}, ".", "default", [",", "."]),
    ("declared", {"either": 1, ",": 1, ".": 1}, ".", "declared", [".", ","]),
    ("proven", {"either": 1, ",": 1, ".": 2}, ".", "proven", [".", ","]),
    # a caller's own
    ("given", {"either": 5, ",": 1}, ".", "given", [",", "."]),
    ("given", {"either": 5, ",": 1, ".": 3}, ".", "given", [".", ","]),
    ("given", {"either": 5, ".": 3}, ".", "given", []),
    ("given", {"either": 5}, ".", "given", []),
    ("given", {",": 5}, ".", "given", []),
    ("answered", {"either": 5, ",": 1, ".": 1}, ".", "answered", []),
]


@pytest.mark.parametrize(("how", "counts", "value", "made", "asked"), MARKS)
def test_a_decimal_mark_is_settled_by_what_cells_show(
    how: How, counts: dict[str, int], value: str, made: How, asked: list[str]
) -> None:
    decision, questions = settled("decimal.price", ".", how, counts)
    assert (decision.value, decision.how, decision.evidence.counts) == (value, made, counts)
    assert [choice.value for question in questions for choice in question.choices] == asked
    assert decision.version == (2 if value == "." else 4)


ORDERS: list[tuple[str, How, dict[str, int], str, How, list[str]]] = [
    ("dmy", "default", {"mdy": 5}, "dmy", "default", []),
    ("dmy", "default", {"either": 5}, "dmy", "default", ["dmy", "mdy"]),
    ("mdy", "declared", {"either": 5}, "mdy", "declared", []),
    ("mdy", "remembered", {"either": 5}, "mdy", "remembered", []),
    ("mdy", "given", {"either": 5}, "mdy", "given", []),
    ("dmy", "default", {"either": 5, "mdy": 1}, "mdy", "proven", []),
    ("dmy", "declared", {"either": 5, "mdy": 1}, "mdy", "proven", []),
    ("dmy", "default", {"either": 5, "mdy": 2, "dmy": 1}, "dmy", "default", ["mdy", "dmy"]),
    ("dmy", "given", {"either": 5, "mdy": 1}, "dmy", "given", ["mdy", "dmy"]),
    ("dmy", "given", {"mdy": 1}, "dmy", "given", []),
    ("dmy", "answered", {"either": 5, "mdy": 1, "dmy": 1}, "dmy", "answered", []),
    # typed dates beside texts
    ("dmy", "default", {"swappable": 5, "typed": 3}, "dmy", "default", []),
    ("dmy", "default", {"swappable": 5}, "dmy", "default", []),
    ("dmy", "default", {"swappable": 5, "typed": 1, "dmy": 5}, "dmy", "default", []),
    ("dmy", "default", {"swappable": 3, "dmy": 3}, "dmy", "default", ["dmy-swapped", "dmy"]),
    ("dmy", "declared", {"swappable": 3, "mdy": 3}, "dmy", "declared", ["mdy-swapped", "mdy", "dmy-swapped", "dmy"]),
    ("dmy", "remembered", {"swappable": 3, "dmy": 3}, "dmy", "remembered", ["dmy-swapped", "dmy"]),
    ("dmy", "given", {"swappable": 3, "dmy": 3}, "dmy", "given", ["dmy-swapped", "dmy"]),
    ("dmy", "answered", {"swappable": 3, "dmy": 3}, "dmy", "answered", []),
    # dates that were swapped in the last file
    ("dmy-swapped", "remembered", {"swappable": 3, "dmy": 3}, "dmy-swapped", "remembered", []),
    ("dmy-swapped", "remembered", {"swappable": 3}, "dmy-swapped", "remembered", ["dmy-swapped", "dmy"]),
    ("dmy-swapped", "remembered", {"swappable": 3, "typed": 1}, "dmy", "proven", []),
    ("dmy-swapped", "remembered", {"dmy": 3}, "dmy-swapped", "remembered", []),
    ("dmy-swapped", "remembered", {"either": 3, "swappable": 2, "typed": 1}, "dmy", "proven", []),
    ("dmy-swapped", "given", {"swappable": 3}, "dmy-swapped", "given", []),
    ("dmy-swapped", "given", {"swappable": 3, "typed": 1}, "dmy-swapped", "given", ["dmy-swapped", "dmy"]),
    ("dmy-swapped", "given", {"typed": 1}, "dmy-swapped", "given", []),
    ("dmy-swapped", "answered", {"swappable": 3, "typed": 1}, "dmy-swapped", "answered", []),
]


@pytest.mark.parametrize(("value", "how", "counts", "then", "made", "asked"), ORDERS)
def test_an_order_of_dates_is_settled_by_what_cells_show(
    value: str, how: How, counts: dict[str, int], then: str, made: How, asked: list[str]
) -> None:
    decision, questions = settled("date_order.start", value, how, counts)
    assert (decision.value, decision.how) == (then, made)
    assert [choice.value for question in questions for choice in question.choices] == asked


def test_a_question_shows_the_cells_and_what_each_answer_would_do() -> None:
    rows: list[list[Cell]] = [["A", "1.250"], ["B", "12,50"], ["C", "12.5"], ["D", "€ 2.500"], ["E", "13,50"]]
    recipe = Recipe().with_decisions(decisions_for(offers, {0: "code", 1: "price"}))
    found = check_rows(offers, FIELDS, "S", enumerate(rows, start=2), recipe).evidence
    (question,) = settle(recipe, found, offers)[1]
    assert (question.key, question.kind, question.params) == ("decimal.price", "decimal", {"column": "Price"})
    assert question.evidence == found["decimal.price"]
    comma, point = question.choices
    assert (comma.value, comma.effect) == (",", "read-decimal")
    assert comma.params == {
        "mark": ",",
        "row": 2,
        "cell": "1.250",
        "reads": "1250",
        "rejected": 1,
        "cells": [
            {"row": 2, "cell": "1.250", "reads": "1250"},
            {"row": 5, "cell": "€ 2.500", "reads": "2500"},
        ],
    }
    assert (point.params["reads"], point.params["rejected"]) == ("1.25", 2)


def test_the_question_about_a_half_swapped_column_shows_its_typed_dates_swapped() -> None:
    days: list[Cell] = [date(2025, 1, 3), date(2025, 12, 6), "31/01/2025", "25/06/2025"]
    rows: list[list[Cell]] = [["A", 1, None, None, day] for day in days]
    recipe = Recipe().with_decisions(decisions_for(offers, FIELDS))
    found = check_rows(offers, FIELDS, "S", enumerate(rows, start=2), recipe).evidence
    (question,) = settle(recipe, found, offers)[1]
    swap, keep = question.choices
    assert (swap.value, swap.effect, keep.value, keep.effect) == ("dmy-swapped", "swap-dates", "dmy", "read-dates")
    assert [cell["reads"] for cell in swap.params["cells"]] == ["2025-03-01", "2025-06-12"]
    assert [cell["reads"] for cell in keep.params["cells"]] == ["2025-01-03", "2025-12-06"]
    assert (swap.params["rejected"], keep.params["rejected"]) == (0, 0)


def test_a_cell_that_is_too_long_to_show_does_not_keep_a_question_from_being_asked() -> None:
    rows: list[list[Cell]] = [["A", "€" + " " * 300 + "1.250"], ["B", "12,50"], ["C", "12.5"]]
    recipe = Recipe().with_decisions(decisions_for(offers, FIELDS))
    found = check_rows(offers, FIELDS, "S", enumerate(rows, start=2), recipe).evidence
    (question,) = settle(recipe, found, offers)[1]
    assert question.choices[0].params["reads"] == question.choices[0].params["cell"] == "€" + " " * 58 + "…"


def test_decisions_of_other_kinds_are_left_as_they_are() -> None:
    recipe = Recipe(2, {"columns": Decision({"Preis": "price"}, "given"), "header": Decision(3, "answered", 2)})
    assert settle(recipe, {}, offers) == (recipe, [])


def test_a_column_without_a_decision_is_settled_as_one_with_that_of_the_importer() -> None:
    """Rows of a source have no header from which a plan could tell their columns."""
    found = evidence_of("decimal.price", {",": 1, "either": 1})
    recipe, questions = settle(Recipe(1), found, offers)
    assert (recipe.decisions, questions) == ({"decimal.price": Decision(",", "proven", 2, found["decimal.price"])}, [])
    assert recipe.is_stale(1, {"decimal.price"})


@settings(deadline=None)  # a test that waits for the processor is not slow
@given(st.sampled_from([*MARKS, *(each[1:] for each in ORDERS)]))
def test_settling_once_more_changes_nothing(case: tuple[How, dict[str, int], str, How, list[str]]) -> None:
    how, counts, *_ = case
    key = "decimal.price" if {".", ","} & counts.keys() else "date_order.start"
    found = evidence_of(key, counts)
    recipe, questions = settle(Recipe(1, {key: Decision("." if key == "decimal.price" else "dmy", how)}), found, offers)
    assert settle(recipe, found, offers) == (recipe, questions)


def read(cells: list[str], chunk_rows: int) -> tuple[list[Decimal | None], list[Question], list[int]]:
    """Read a column of prices in chunks as a job does: once, and once more where a proof bears on it."""
    records = list(enumerate([[f"K{place}", cell] for place, cell in enumerate(cells)], start=2))
    chunks = [records[at : at + chunk_rows] for at in range(0, len(records), chunk_rows)]
    recipe = Recipe().with_decisions(decisions_for(offers, {0: "code", 1: "price"}))

    def check(chunk: list[tuple[int, list[Cell]]], by: Recipe) -> Checked:
        return check_rows(offers, {0: "code", 1: "price"}, "S", chunk, by)

    first = [check(chunk, recipe) for chunk in chunks]  # type: ignore[arg-type]  # a str is a Cell
    proven, questions = settle(recipe, merge_evidence(each.evidence for each in first), offers)
    times, good = [], []
    for chunk, known in zip(chunks, first, strict=True):
        is_stale = proven.is_stale(recipe.version, known.depends)
        good += (check(chunk, proven) if is_stale else known).good  # type: ignore[arg-type]  # a str is a Cell
        times.append(1 + is_stale)
    values = {row.number: Decimal(json.loads(row.values)["price"]) for row in good}
    return [values.get(number) for number, _ in records], questions, times


def test_a_comma_that_one_cell_of_the_last_chunk_proves_is_read_in_all() -> None:
    cells = ["1.250", "173,900", "7"] * 19 + ["7"] * 30 + ["12,50", "much", "1.500"]
    values, questions, times = read(cells, 3)
    assert questions == []
    expected = [Decimal(1250), Decimal("173.9"), Decimal(7)] * 19
    assert values == [*expected, *[Decimal(7)] * 30, Decimal("12.5"), None, Decimal(1500)]
    assert times == [2] * 19 + [1] * 10 + [2]


AMOUNTS = st.lists(st.tuples(st.decimals(0, 10**6, places=3), st.booleans(), st.integers(0, 3)), min_size=1, max_size=9)


@settings(deadline=None)  # a test that waits for the processor is not slow
@given(AMOUNTS, st.sampled_from([".", ","]), st.integers(1, 4))
def test_a_column_that_is_written_with_one_mark_is_read_by_it_or_asked_about(
    amounts: list[tuple[Decimal, bool, int]], mark: str, chunk_rows: int
) -> None:
    """No value is wrong in silence, and nothing is asked that a cell proves."""
    numbers = [round(amount, places) for amount, _, places in amounts]
    cells = [f"{each:,f}" if grouped else f"{each:f}" for each, (_, grouped, _) in zip(numbers, amounts, strict=True)]
    cells = cells if mark == "." else [cell.translate(str.maketrans(".,", ",.")) for cell in cells]
    values, questions, _ = read(cells, chunk_rows)
    proofs = [
        cell for cell in cells if check_rows(offers, {0: "price"}, "S", [(2, [cell])]).depends - {"decimal.price"}
    ]
    assert values == numbers or questions
    assert not (questions and proofs)
