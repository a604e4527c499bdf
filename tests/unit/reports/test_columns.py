"""Columns of a row model, described in facts and in words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, create_model

from sluice.catalog.registry import IMPORTERS
from sluice.reports.columns import ColumnFacts, Kind, Limits, describe, format_value
from sluice.schema.cell_types import Context, Conventions, Date, Digits, Flag, Money, Number, Whole
from sluice.schema.importer import Importer, Row, column
from tests.unit.reports.sample import PROVINCES, orders

FACTS = {facts.field: facts for facts in describe(orders)}


class Colour(Enum):
    """An enumeration, as a plain pydantic model might have one."""

    RED = "red"
    GREEN = "green"


def of_type(kind: Any) -> ColumnFacts:
    """Describe a column of this type."""
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
def test_the_kind_of_a_column_follows_from_its_type(type_: Any, kind: Kind) -> None:
    """An optional column, and one with constraints inside, have the same kind."""
    assert of_type(type_).kind == of_type(type_ | None).kind == of_type(Annotated[type_, "note"]).kind == kind


def test_a_column_is_described_by_the_facts_of_its_declaration() -> None:
    """A column with every option, and one with none."""
    assert FACTS["number"] == ColumnFacts(
        field="number",
        title="Order Number",
        aliases=("Order",),
        kind="text",
        required=True,
        key=True,
        choices=(),
        limits=Limits(max_length=20),
        form="",
        default=None,
        example="O-1",
        description="As on the form",
    )
    assert FACTS["note"].example is None
    assert not FACTS["note"].required


def test_columns_are_described_in_the_order_of_the_model() -> None:
    """Templates and documentation follow this order."""
    assert list(FACTS) == list(orders.row.model_fields)


def test_limits_are_found_at_the_column_and_inside_its_type() -> None:
    """An importer may write them in either place."""
    assert FACTS["fee"].limits == Limits(ge=0, le=10**9)
    assert FACTS["weight"].limits == Limits(gt=-1000, lt=1000)
    assert FACTS["phone"].limits == Limits(min_length=3, max_length=15)
    assert of_type(Annotated[int, Field(gt=1)] | None).limits == Limits(gt=1)
    assert of_type(Annotated[str, Field(pattern="^[A-Z]$")]).limits == Limits(pattern="^[A-Z]$")


def test_choices_are_the_words_of_a_literal_or_an_enumeration() -> None:
    """A flag has no choices."""
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
def test_allowed_values_are_described_in_words(field: str, allowed: str) -> None:
    """Patterns are left out, because clerks read this."""
    assert FACTS[field].allowed == allowed


@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda importer: importer.name)
def test_every_importer_can_be_described(importer: Importer) -> None:
    """Each column has a kind, words for it and an example."""
    for facts in describe(importer):
        assert facts.holds
        assert facts.example is not None


@given(
    st.decimals(-(10**9), 10**9, places=4) | st.dates(date(1970, 1, 1), date(2060, 1, 1)),
    st.sampled_from([".", ","]),
    st.sampled_from(["dmy", "mdy", None]),
)
def test_a_formatted_value_reads_back_as_the_same_value(
    value: Decimal | date, decimal: Literal[".", ","], dates: Literal["dmy", "mdy"] | None
) -> None:
    """The importer that reads it has the same conventions."""
    conventions = Conventions(decimal=decimal, dates=dates)
    kind = Money if isinstance(value, Decimal) else Date
    model = create_model("One", cell=(kind, ...))
    read = model.model_validate({"cell": format_value(value, conventions)}, context=Context(conventions))
    assert read.cell == value  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (True, "yes"), (False, "no"), (3, "3"), (2.5, "2,5"), ("a", "a"), (Colour.RED, "red")],
)
def test_values_other_than_numbers_and_dates_have_one_format(value: Any, text: str) -> None:
    """Only the decimal mark depends on the conventions."""
    assert format_value(value, Conventions(decimal=",")) == text
