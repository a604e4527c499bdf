"""What a row model says of its columns, in facts and in words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, create_model

from sluice.importers.registry import IMPORTERS
from sluice.reports.columns import ColumnFacts, Kind, Limits, describe, format_value
from sluice.rows.celltypes import Date, Digits, Flag, Money, Number, Whole
from sluice.rows.column import column
from sluice.rows.context import Context
from sluice.rows.conventions import Conventions
from sluice.rows.importer import Importer
from sluice.rows.row import Row
from tests.unit.reports.sample import PROVINCES, orders

FACTS = {facts.field: facts for facts in describe(orders)}


class Colour(Enum):
    """An enumeration, as a plain pydantic model might have one."""

    RED = "red"
    GREEN = "green"


def of_type(kind: Any) -> ColumnFacts:
    """The facts of a column of this type."""
    row: type[Row] = create_model("One", __base__=Row, id=(str, column("Id", key=True)), cell=(kind, column("Cell")))
    return describe(Importer("one", row=row, dataset="one", title="One"))[1]


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        (str, "text"),
        (Digits, "digits"),
        (Number, "number"),
        (float, "number"),
        (Decimal, "number"),
        (Whole, "whole"),
        (int, "whole"),
        (Money, "money"),
        (Date, "date"),
        (date, "date"),
        (Flag, "flag"),
        (bool, "flag"),
        (Literal["a", "b"], "choice"),
        (Colour, "choice"),
        (list[str], "text"),
    ],
)
def test_the_kind_of_a_column_is_told_by_its_type(type_: Any, kind: Kind) -> None:
    """An optional one, and one with constraints inside, are of the same kind."""
    assert of_type(type_).kind == of_type(type_ | None).kind == of_type(Annotated[type_, "note"]).kind == kind


def test_a_column_has_the_facts_of_its_declaration() -> None:
    """Those of the first and those of a plain one."""
    assert FACTS["number"] == ColumnFacts(
        field="number",
        title="Order Number",
        aliases=("Order",),
        kind="text",
        required=True,
        key=True,
        choices=(),
        limits=Limits(max_length=20),
        default=None,
        example="O-1",
        description="As on the form",
    )
    assert FACTS["note"].example is None
    assert not FACTS["note"].required


def test_columns_come_in_their_order() -> None:
    """As the model declares them."""
    assert list(FACTS) == list(orders.row.model_fields)


def test_limits_are_those_of_the_declaration() -> None:
    """Wherever they are format_value: at the column or inside its type."""
    assert FACTS["fee"].limits == Limits(ge=0, le=10**9)
    assert FACTS["weight"].limits == Limits(gt=-1000, lt=1000)
    assert FACTS["phone"].limits == Limits(min_length=3, max_length=15)
    assert of_type(Annotated[int, Field(gt=1)] | None).limits == Limits(gt=1)
    assert of_type(Annotated[str, Field(pattern="^[A-Z]$")]).limits == Limits(pattern="^[A-Z]$")


def test_choices_are_the_words_of_the_type() -> None:
    """Of a literal or an enumeration."""
    assert FACTS["speed"].choices == ("slow", "fast, very")
    assert of_type(PROVINCES | None).choices == FACTS["province"].choices
    assert of_type(Colour).choices == ("red", "green")
    assert of_type(Literal[1, 2]).choices == ("1", "2")
    assert FACTS["active"].choices == ()


@pytest.mark.parametrize(
    ("field", "allowed"),
    [
        ("number", "at most 20 characters"),
        ("fee", "0 or more, 1000000000 or less"),
        ("weight", "more than -1000, less than 1000"),
        ("phone", "at least 3 characters, at most 15 characters"),
        ("speed", "one of slow, fast, very"),
        ("active", ""),
        ("note", ""),
    ],
)
def test_what_is_allowed_is_said_in_words(field: str, allowed: str) -> None:
    """For people, so patterns are left out."""
    assert FACTS[field].allowed == allowed


@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda importer: importer.name)
def test_every_importer_can_be_described(importer: Importer) -> None:
    """With a kind, words for it and an example for each column."""
    for facts in describe(importer):
        assert facts.holds
        assert facts.example is not None


@given(
    st.decimals(-(10**9), 10**9, places=4) | st.dates(date(1970, 1, 1), date(2060, 1, 1)),
    st.sampled_from([".", ","]),
    st.sampled_from(["dmy", "mdy", None]),
)
def test_a_value_is_written_so_that_it_is_read_back(
    value: Decimal | date, decimal: Literal[".", ","], dates: Literal["dmy", "mdy"] | None
) -> None:
    """By an importer of the same conventions."""
    conventions = Conventions(decimal=decimal, dates=dates)
    kind = Money if isinstance(value, Decimal) else Date
    model = create_model("One", cell=(kind, ...))
    read = model.model_validate({"cell": format_value(value, conventions)}, context=Context(conventions))
    assert read.cell == value  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (True, "yes"), (False, "no"), (3, "3"), (2.5, "2,5"), ("a", "a"), (Colour.RED, "red")],
)
def test_other_values_are_written_in_one_way(value: Any, text: str) -> None:
    """Wherever the file comes from, but for the decimal mark."""
    assert format_value(value, Conventions(decimal=",")) == text
