"""Dates without a declared order: the format evidence of a column, and rows that are read again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sluice.model.job import DateOrder
from sluice.schema.cell_types import Conventions, Date, Money
from sluice.schema.cells import Cell, CellError
from sluice.schema.dates import DateEvidence, merge_evidence, settle_date_order
from sluice.schema.importer import Importer, Row, column
from sluice.schema.validation import Checked, check_rows, with_orders


class Stay(Row):
    """Two dates, one of them with a limit, beside values of every other kind."""

    code: str = column("Code", key=True)
    first: Date = column("First")
    last: Date | None = column("Last", default=None, ge=date(2020, 1, 1))
    rent: Money | None = column("Rent", default=None)
    note: str | None = column("Note", default=None)
    rate: float | None = column("Rate", default=None)


stays = Importer("stays", row=Stay, dataset="stays", title="Stays", conventions=Conventions(decimal=","))
FIELDS = dict(enumerate(Stay.model_fields))


def check(*rows: list[Cell], importer: Importer = stays, date_orders: Mapping[str, DateOrder] | None = None) -> Checked:
    """Check rows from row 2 on."""
    return check_rows(importer, FIELDS, "Sheet1", enumerate(rows, start=2), date_orders)


def test_each_column_proves_its_own_order() -> None:
    """A part above twelve proves an order; equal parts need none."""
    checked = check(
        ["A", "31/12/2025", "12/31/2025"],
        ["B", "03/04/2025", "3-4-25 10:00"],
        ["C", "05/05/2025", None],
        ["D", "04/03/2025", "01/13/2025"],
    )
    assert checked.dates == {"first": DateEvidence(1, 0, [3, 5]), "last": DateEvidence(0, 2, [3])}


@pytest.mark.parametrize(
    "cell",
    [
        "2025-04-03",
        "3 April 2025",
        "3-Apr-25",
        "05/05/2025",
        date(2025, 4, 3),
        45750,
        "45750",
        "20250403",
        "soon",
        "13/13/25",
    ],
)
def test_a_cell_with_one_possible_reading_proves_nothing(cell: Cell) -> None:
    """Neither does a cell that is not a date."""
    assert check(["A", cell]).dates == {}


def test_a_rejected_row_is_never_ambiguous_but_may_prove_an_order() -> None:
    """Its dates were written in the same format."""
    checked = check(
        ["A", "03/04/2025", None, "much"],
        ["B", "31/12/2025", None, "much"],
        ["C", "03/04/2019", "03/04/2019"],
        [CellError("#N/A"), "03/04/2025"],
        ["TOTAL", None, None, 5],
    )
    assert checked.good == []
    assert checked.dates["first"] == DateEvidence(1, 0, [])


def test_a_declared_order_needs_no_evidence() -> None:
    """The importer may declare an order, or the caller may have answered the question."""
    american = replace(stays, conventions=Conventions(decimal=",", dates="mdy"))
    rows: list[list[Cell]] = [["A", "03/04/2025", "12/13/2025"]]
    assert check(*rows, importer=american).dates == {}
    known = check(*rows, date_orders={"first": "mdy"})
    assert known.dates == {"last": DateEvidence(0, 1, [])}
    assert b'"first":"2025-03-04"' in known.good[0].values


def test_an_answer_applies_to_ambiguous_dates_only() -> None:
    """In a file whose rows contradict each other, rows that prove an order keep it when they are parsed again."""
    rows: list[list[Cell]] = [["A", "31/12/2025"], ["B", "12/31/2025"], ["C", "03/04/2025"]]
    first, again = check(*rows), check(*rows, date_orders={"first": "mdy"})
    assert settle_date_order(first.dates["first"]) is None
    assert again.good == [*first.good[:2], with_orders(stays, first.good[2], ["first"])]
    assert again.dates == {}


def test_an_answer_takes_precedence_over_the_importers_conventions() -> None:
    """It does so in its column alone."""
    european = replace(stays, conventions=Conventions(decimal=",", dates="dmy"))
    (row,) = check(["A", "03/04/2025", "03/04/2025"], importer=european, date_orders={"last": "mdy"}).good
    assert b'"first":"2025-04-03","last":"2025-03-04"' in row.values


@pytest.mark.parametrize(
    ("evidence", "order"),
    [
        (DateEvidence(), "dmy"),
        (DateEvidence(dmy=5, mdy=5), "dmy"),
        (DateEvidence(mdy=5), "dmy"),
        (DateEvidence(dmy=1, rows=[2]), "dmy"),
        (DateEvidence(mdy=1, rows=[2]), "mdy"),
        (DateEvidence(rows=[2]), None),
        (DateEvidence(dmy=700, mdy=1, rows=[2]), None),
    ],
)
def test_an_order_is_decided_by_proof_alone(evidence: DateEvidence, order: DateOrder | None) -> None:
    """A majority does not count; without an ambiguous date, no row has to be read again."""
    assert settle_date_order(evidence) == order


def test_the_evidence_of_all_chunks_is_merged() -> None:
    """Evidence of single chunks does not change."""
    chunks = [{"a": DateEvidence(1, 0, [2])}, {}, {"a": DateEvidence(0, 2, [9]), "b": DateEvidence(rows=[8])}]
    assert merge_evidence(chunks) == {"a": DateEvidence(1, 2, [2, 9]), "b": DateEvidence(rows=[8])}
    assert chunks[0] == {"a": DateEvidence(1, 0, [2])}


AMBIGUOUS = st.builds(date, st.integers(2020, 2068), st.integers(1, 12), st.integers(1, 12)).filter(
    lambda found: found.day != found.month
)
CELLS = st.fixed_dictionaries(
    {
        "code": st.text("aé\u20ac\t\"'0 ", min_size=1, max_size=5).filter(str.strip),
        "first": AMBIGUOUS.map("{0.day}/{0.month}/{0.year}".format),
        "last": st.one_of(st.none(), AMBIGUOUS.map("{0.month:02}-{0.day:02}-{0.year}".format)),
        "rent": st.one_of(
            st.none(), st.floats(1e-18, 1e15), st.integers(0, 10**37), st.just("Rp 1.250,50"), st.just("5,-")
        ),
        "note": st.one_of(st.none(), st.just("12.5"), st.floats(-1e9, 1e9), st.just("\u2028 'x")),
        "rate": st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
    }
)


@given(CELLS)
def test_a_row_that_is_read_again_is_the_row_of_the_declared_order(cells: dict[str, Any]) -> None:
    """It is equal byte for byte, so that its hash changes only with its values."""
    row = [cells[field] for field in FIELDS.values()]
    provisional = check(row)
    fields = [field for field, evidence in provisional.dates.items() if evidence.rows]
    (direct,) = check(row, date_orders=dict.fromkeys(fields, "mdy")).good
    assert with_orders(stays, provisional.good[0], fields) == direct
    (first,) = check(row, date_orders={"first": "mdy", "last": "dmy"}).good
    assert with_orders(stays, provisional.good[0], ["first"]) == first


def test_normalise_changes_a_row_that_is_read_again() -> None:
    """A value that is derived from a date follows the new date."""

    def dated(row: Row) -> Row:
        assert isinstance(row, Stay)
        return row.model_copy(update={"note": f"in {row.first:%B}"})

    noted = replace(stays, normalise=dated, blanks="clear")
    (row,) = check(["A", "03/04/2025"], importer=noted).good
    assert b"in April" in row.values
    assert b"in March" in with_orders(noted, row, ["first"]).values


def test_a_key_may_be_a_date() -> None:
    """Its row then changes its key."""

    class Day(Row):
        day: Date = column("Day", key=True)

    days = Importer("days", row=Day, dataset="days", title="Days")
    (row,) = check_rows(days, {0: "day"}, "S", [(2, ["03/04/2025"])]).good
    assert (row.key, with_orders(days, row, ["day"]).key) == ("2025-04-03", "2025-03-04")


def test_a_date_that_cannot_be_swapped_is_an_error() -> None:
    """Its column has no evidence that names the row."""
    (row,) = check(["A", "31/12/2025"]).good
    for field in ("first", "last"):
        with pytest.raises(ValueError, match=r"month must be in|Invalid isoformat"):
            with_orders(stays, row, [field])


def test_swapped_dates_are_checked_against_the_limits_of_their_column() -> None:
    """A row that passed with one order need not pass with the other."""

    class Late(Row):
        code: str = column("Code", key=True)
        day: Date = column("Day", ge=date(2025, 6, 1))

    late = Importer("late", row=Late, dataset="late", title="Late")
    (row,) = check_rows(late, {0: "code", 1: "day"}, "S", [(2, ["A", "01/07/2025"])]).good
    with pytest.raises(ValidationError):
        with_orders(late, row, ["day"])
