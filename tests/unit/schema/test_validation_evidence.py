"""What the rows of a chunk show of the decisions about their columns, and on which decisions they depend."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.model.recipe import Decision, Evidence, How, Recipe, Shown, merge_evidence
from sluice.schema.cell_types import Conventions, Date, Money, Number, Whole
from sluice.schema.cells import Cell, CellError
from sluice.schema.importer import Importer, Row, column
from sluice.schema.validation import Checked, check_rows, read_keys


class Offer(Row):
    """A column of each type whose cells may be ambiguous."""

    code: str = column("Code", key=True)
    price: Money | None = column("Price", default=None, ge=0)
    weight: Number | None = column("Weight", default=None)
    stock: Whole = column("Stock", default=0)
    start: Date | None = column("From", default=None, ge=date(2020, 1, 1))
    brand: str | None = column("Brand", default=None)
    note: str | None = column("Note", default=None)


offers = Importer("offers", row=Offer, dataset="offers", title="Offers", blanks="clear")
FIELDS = dict(enumerate(Offer.model_fields))


def recipe(how: How = "default", /, **values: str) -> Recipe:
    """Make a recipe of decisions about fields."""
    made = {}
    for name, value in values.items():
        kind = "date_order" if name == "start" else "decimal"
        made[f"{kind}.{name}"] = Decision(value, how)
    return Recipe(1, made)


def check(*rows: list[Cell], by: Recipe | None = None, importer: Importer = offers) -> Checked:
    """Check rows from row 2 on."""
    return check_rows(importer, FIELDS, "Sheet1", enumerate(rows, start=2), by)


def value_of(checked: Checked, name: str) -> Any:
    """Return a value of the one good row."""
    (row,) = checked.good
    return json.loads(row.values)[name]


def test_evidence_names_the_first_cells_of_each_kind() -> None:
    rows: list[list[Cell]] = [["A", cell] for cell in ("1.250", "12,50", "7", "1,5 ", "2,5", "9,25", "€ 1.250", "x")]
    checked = check(*rows)
    assert checked.evidence == {
        "decimal.price": Evidence(
            {"either": 2, ",": 4},
            (
                Shown(2, "1.250", "either", "Sheet1"),
                Shown(3, "12,50", ",", "Sheet1"),
                Shown(5, "1,5 ", ",", "Sheet1"),
                Shown(6, "2,5", ",", "Sheet1"),
                Shown(8, "€ 1.250", "either", "Sheet1"),
            ),
        )
    }


def test_each_column_shows_its_own() -> None:
    checked = check(["A", "12,50", "12.5", "1.000", "31/12/2025"], ["B", 12.5, 1, 2, date(2025, 3, 1)])
    assert {key: dict(found.counts) for key, found in checked.evidence.items()} == {
        "decimal.price": {",": 1},
        "decimal.weight": {".": 1},
        "decimal.stock": {"either": 1},
        "date_order.start": {"dmy": 1, "swappable": 1},
    }


def test_rejected_rows_show_something_and_totals_rows_do_not() -> None:
    """A row with a wrong cell was written in the same format, also one with an error of the spreadsheet."""
    checked = check(
        ["A", "12,50", None, "much"],
        [None, "13,50", None, None, None, "Bosch"],
        ["B", "14,50", CellError("#N/A")],
        ["C", "-15,50"],
        ["TOTAL", "16,50"],
    )
    assert (checked.good, checked.ignored) == ([], 1)
    assert checked.evidence["decimal.price"].counts == {",": 4}


@pytest.mark.parametrize("how", ["default", "declared", "remembered", "proven"])
def test_a_cell_with_one_possible_reading_is_read_so_unless_a_caller_decided(how: How) -> None:
    rows: list[Cell] = ["A", "12,50", "12.5", "1,5e3", "12/31/2025"]
    checked = check(rows, by=recipe(how, price=".", weight=",", stock=".", start="dmy"))
    assert [value_of(checked, name) for name in ("price", "weight", "stock", "start")] == [
        "12.5",
        "12.5",
        1500,
        "2025-12-31",
    ]


@pytest.mark.parametrize("how", ["given", "answered"])
@pytest.mark.parametrize(
    ("cells", "values", "code", "params"),
    [
        ({"price": "12,50"}, {"price": "."}, "other-decimal-mark", {"shown": ",", "mark": "."}),
        ({"weight": "1.5"}, {"weight": ","}, "other-decimal-mark", {"shown": ".", "mark": ","}),
        ({"stock": "1.000.000"}, {"stock": "."}, "other-decimal-mark", {"shown": ",", "mark": "."}),
        ({"start": "12/31/2025"}, {"start": "dmy"}, "month-first", {}),
        ({"start": "31/12/2025"}, {"start": "mdy-swapped"}, "day-first", {}),
        ({"start": date(2025, 12, 31)}, {"start": "dmy-swapped"}, "not-swapped", {}),
    ],
)
def test_a_cell_that_shows_another_value_than_a_caller_decided_is_rejected(
    how: How, cells: dict[str, Cell], values: dict[str, str], code: str, params: dict[str, str]
) -> None:
    """It is shown in the evidence all the same."""
    checked = check(["A", *(cells.get(name) for name in [*FIELDS.values()][1:])], by=recipe(how, **values))
    (rejection,) = checked.rejections
    assert (rejection.code, dict(rejection.params)) == (code, params)
    ((key, found),) = checked.evidence.items()
    assert checked.depends == {key, f"{key}={found.rows[0].shows}"}
    assert sum(found.counts.values()) == 1


@pytest.mark.parametrize("how", ["default", "answered"])
@pytest.mark.parametrize(
    ("cells", "values", "expected"),
    [
        ({"price": "1.250"}, {"price": "."}, "1.25"),
        ({"price": "1.250"}, {"price": ","}, "1250"),
        ({"stock": "1,000"}, {"stock": "."}, 1000),
        ({"start": "03/04/2025"}, {"start": "dmy"}, "2025-04-03"),
        ({"start": "03/04/2025"}, {"start": "mdy-swapped"}, "2025-03-04"),
        ({"start": date(2025, 4, 3)}, {"start": "dmy"}, "2025-04-03"),
        ({"start": date(2025, 4, 3)}, {"start": "dmy-swapped"}, "2025-03-04"),
        ({"start": 45750}, {"start": "mdy-swapped"}, "2025-03-04"),
        ({"start": date(2025, 4, 4)}, {"start": "dmy-swapped"}, "2025-04-04"),
    ],
)
def test_an_ambiguous_cell_is_read_by_the_decision(
    how: How, cells: dict[str, Cell], values: dict[str, str], expected: Any
) -> None:
    checked = check(["A", *(cells.get(name) for name in [*FIELDS.values()][1:])], by=recipe(how, **values))
    assert value_of(checked, next(iter(values))) == expected


def test_without_a_decision_an_ambiguous_cell_is_read_by_the_conventions_of_the_importer() -> None:
    european = replace(offers, conventions=Conventions(decimal=",", dates="mdy"))
    rows: list[Cell] = ["A", "1.250", None, None, "03/04/2025"]
    assert value_of(check(rows), "price") == "1.25"
    assert value_of(check(rows, importer=european), "price") == "1250"
    assert value_of(check(rows, importer=european), "start") == "2025-03-04"
    assert value_of(check(rows, importer=european, by=recipe(price=".")), "price") == "1.25"


def test_a_key_is_read_by_the_decision_too() -> None:
    class Day(Row):
        day: Date = column("Day", key=True)

    days = Importer("days", row=Day, dataset="days", title="Days")
    by = Recipe(1, {"date_order.day": Decision("mdy", "proven")})
    records: list[tuple[int, list[Cell]]] = [(2, ["03/04/2025"]), (3, ["31/12/2025"]), (4, ["soon"])]
    assert [*read_keys(days, {0: "day"}, records, by)] == [(2, "2025-03-04"), (3, "2025-12-31"), (4, None)]
    assert [row.key for row in check_rows(days, {0: "day"}, "S", records, by).good] == ["2025-03-04", "2025-12-31"]


@pytest.mark.parametrize(
    ("cells", "depends"),
    [
        (["A", "1.250", "12", "7"], {"decimal.price"}),
        (["A", "12,50", "12.5"], {"decimal.price=,", "decimal.weight=."}),
        (["A", "much", None, "7.5"], {"decimal.price", "decimal.stock", "decimal.stock=."}),
        (["A", CellError("#N/A"), "1.250"], {"decimal.price", "decimal.weight"}),
        (["A", None, None, None, "31/12/2025"], {"date_order.start=dmy"}),
        (["A", None, None, None, date(2025, 12, 31)], {"date_order.start=typed"}),
        (["A", None, None, None, date(2025, 12, 1)], {"date_order.start"}),
        (["A", None, None, None, "01/02/2019"], {"date_order.start"}),
        (["A", 12.5, "7", 7, "2025-03-01"], set()),
        ([None, "7", "7", 7], set()),
    ],
)
def test_a_chunk_depends_on_decisions_about_ambiguous_and_rejected_cells(cells: list[Cell], depends: set[str]) -> None:
    """On others only as far as an answer could reject what its cells show."""
    assert check(cells).depends == depends


PRICES = st.one_of(
    st.none(),
    st.sampled_from(
        [
            "1.250",
            "1,250",
            "12,50",
            "12.5",
            "7",
            "0,125",
            "1.250,-",
            "-1.250",
            "-1,250",
            "much",
            "1.234,5",
            CellError("#N/A"),
        ]
    ),
    st.floats(-100, 100, width=16),
)
STARTS = st.one_of(
    st.none(),
    st.sampled_from(["31/12/2025", "12/31/2025", "03/04/2025", "02/01/2020", "01/02/2019", "2025-03-04", 45750]),
    st.dates(date(2019, 12, 1), date(2020, 12, 31)),
)
CELLS = st.tuples(st.just("A"), PRICES, st.just(None), PRICES, STARTS).map(list)
ROWS = st.lists(CELLS, max_size=8)
VALUES = {
    "price": st.sampled_from([".", ","]),
    "stock": st.sampled_from([".", ","]),
    "start": st.sampled_from(["dmy", "mdy", "dmy-swapped", "mdy-swapped"]),
}
DECISIONS = st.fixed_dictionaries(VALUES)
CHANGES = st.sampled_from([*VALUES]).flatmap(lambda name: st.fixed_dictionaries({name: VALUES[name]}))
HOWS: st.SearchStrategy[How] = st.sampled_from(["default", "answered"])


@settings(deadline=None)  # a test that waits for the processor is not slow
@given(st.lists(CELLS, min_size=1, max_size=2), DECISIONS, HOWS, CHANGES, HOWS)
def test_rows_of_a_chunk_that_is_not_stale_are_read_as_before(
    rows: list[list[Cell]], before: dict[str, str], how: How, after: dict[str, str], now: How
) -> None:
    """This is why such a chunk is loaded as it is."""
    old = recipe(how, **before)
    new = old.with_decisions({key: (each.value, now) for key, each in recipe(now, **after).decisions.items()})
    first, again = check(*rows, by=old), check(*rows, by=new)
    assert first.evidence == again.evidence
    if not new.is_stale(old.version, first.depends):
        assert (first.good, first.rejections) == (again.good, again.rejections)


@settings(deadline=None)  # a test that waits for the processor is not slow
@given(ROWS, st.data())
def test_merged_evidence_of_chunks_is_the_evidence_of_the_whole(rows: list[list[Cell]], data: st.DataObject) -> None:
    """This holds wherever the rows are split."""
    numbered = [*enumerate(rows, start=2)]
    ends = sorted(data.draw(st.sets(st.integers(1, max(1, len(rows))))) | {len(rows)})
    chunks = [numbered[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    parts = [check_rows(offers, FIELDS, "Sheet1", chunk) for chunk in chunks]
    whole = check(*rows)
    assert merge_evidence(part.evidence for part in parts) == whole.evidence
    assert frozenset[str]().union(*(part.depends for part in parts)) == whole.depends
