"""Rejections of cells: their codes, parameters and sentences."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from sluice.model.rejection import Rejection
from sluice.schema.cell_types import Date, Money
from sluice.schema.cells import Cell
from sluice.schema.importer import Importer, Row, column
from sluice.schema.validation import check_rows
from sluice.wording import word_rejection
from tests.unit.schema.sample import check, row_of
from tests.unit.schema.test_validation import CELLS

NO_VALUE = (
    "is what people write for no value, or for 0. Write the value, empty the cell, or name it among the null markers"
)
PREDICATE = re.compile(r"(is|must|has|repeats)\b")
JARGON = re.compile(
    r"input|valid|string|integer|decimal object|pydantic|python|type|none\b|instance|unicode", re.IGNORECASE
)


def reasons(**cells: Cell) -> list[str]:
    """Return the reasons why a row with these cells is rejected."""
    return [word_rejection(rejection) for rejection in check(row_of(**cells)).rejections]


@pytest.mark.parametrize(
    ("field", "cell", "reason"),
    [
        ("code", None, "is required"),
        ("code", "123456789", "is longer than 8 characters"),
        ("code", "\ud800", "has characters that cannot be stored. Write it anew without them"),
        ("price", "free", "is not a number"),
        ("price", "-0.01", "must be 0 or more"),
        ("price", 2 * 10**9, "must be 1000000000 or less"),
        ("price", float("nan"), "is not a number"),
        ("weight", -1000, "must be more than -1000"),
        ("weight", "1000", "must be less than 1000"),
        ("stock", "2.5", "is not a whole number"),
        ("stock", 1e300, "has too many digits"),
        ("stock", "1e300", "has too many digits"),
        ("phone", "12", "is shorter than 3 characters"),
        ("phone", "+12", "must be digits only"),
        ("stock", "-", NO_VALUE),
        ("price", "N/A", NO_VALUE),
        ("price", "Rp -", NO_VALUE),
        ("weight", " –  ", NO_VALUE),
        ("phone", "none", NO_VALUE),
        ("updated", "--", NO_VALUE),
        ("active", "n.a.", NO_VALUE),
        ("currency", "?", NO_VALUE),
        ("stock", "-a-", "is not a number"),
        ("updated", "25031", "is a number that can be several dates. Write day, month and year with separators"),
        ("updated", "Mon 31/12/2025", "has a day of the week that its date is not. Correct the one or the other"),
        (
            *("updated", "4 listopada 2025"),
            "has the month 'listopada', which is one month here and another elsewhere. Write it as a number",
        ),
        ("updated", "soon", "is not a date"),
        ("updated", "30/02/2026", "is not a date of the calendar"),
        ("active", "perhaps", "must be yes or no, such as yes, no, 1 or 0"),
        ("tier", "tin", "must be one of 'gold' or 'silver'"),
        ("currency", "Pfund", "is not written in the expected form"),
    ],
)
def test_each_wrong_cell_has_its_sentence(field: str, cell: Cell, reason: str) -> None:
    """The errors workbook shows these sentences."""
    assert reasons(**{field: cell}) == [reason]


@given(st.lists(CELLS, max_size=9))
def test_every_reason_finishes_the_sentence(row: list[Cell]) -> None:
    """This holds for any cells, and no sentence is pydantic's own."""
    for rejection in check(row).rejections:
        assert PREDICATE.match(word_rejection(rejection)), rejection
        assert not JARGON.search(word_rejection(rejection)), rejection


@pytest.mark.parametrize(
    ("annotation", "cell"), [(int, "x"), (float, "x"), (bool, "perhaps"), (list[int], "x"), (UUID, "x"), (Decimal, "x")]
)
def test_any_type_that_pydantic_knows_can_be_a_column_and_has_a_reason(annotation: Any, cell: str) -> None:
    """A column does not need a cell type of Sluice."""
    reason = word_rejection(rejection_of(annotation, cell))
    assert PREDICATE.match(reason)
    assert not JARGON.search(reason)


class Tier(Enum):
    """Choices as an enumeration."""

    GOLD = "gold"
    SILVER = "silver"


@pytest.mark.parametrize(
    ("annotation", "choices", "reason"),
    [
        (Literal["gold"], ["gold"], "must be one of 'gold'"),
        (Literal["gold", 2, "tin"] | None, ["gold", 2, "tin"], "must be one of 'gold', 2 or 'tin'"),
        (Tier, ["gold", "silver"], "must be one of 'gold' or 'silver'"),
        (Tier | None, ["gold", "silver"], "must be one of 'gold' or 'silver'"),
    ],
)
def test_a_value_outside_the_choices_is_rejected_with_the_list_of_them(
    annotation: Any, choices: list[Any], reason: str
) -> None:
    """A program gets a list, a person a sentence."""
    rejection = rejection_of(annotation, "wood")
    assert (rejection.code, rejection.params) == ("not-a-choice", {"choices": choices})
    assert word_rejection(rejection) == reason


def test_amounts_in_parameters_are_numbers_or_text_that_json_can_hold() -> None:
    """A limit can be a Decimal or a date."""
    assert rejection_of(Annotated[int, Field(ge=3)], "2").params == {"minimum": 3}
    assert rejection_of(Annotated[Decimal, Field(le=Decimal("2.50"))], "3").params == {"maximum": "2.50"}
    assert rejection_of(Annotated[date, Field(gt=date(2026, 1, 2))], "2026-01-02").params == {"limit": "2026-01-02"}


def test_the_sentence_of_an_importers_own_rule_is_stored_unchanged() -> None:
    """A ValueError has the sentence; an error type of its own has a code and parameters too."""

    def odd(value: int) -> int:
        if value % 2 == 0:
            raise ValueError("must be odd")
        if value > 5:
            raise PydanticCustomError("too_odd", "is more odd than {limit}", {"limit": 5})
        return value

    own = Annotated[int, AfterValidator(odd)]
    plain, typed = rejection_of(own, "2"), rejection_of(own, "7")
    assert (plain.code, plain.params) == ("custom", {"text": "must be odd"})
    assert (typed.code, typed.params) == ("too_odd", {"limit": 5, "text": "is more odd than 5"})
    assert [word_rejection(plain), word_rejection(typed)] == ["must be odd", "is more odd than 5"]


def rejection_of(annotation: Any, cell: Cell) -> Rejection:
    """Return the rejection of a row whose column ``Other`` has this type."""
    namespace: dict[str, Any] = {
        "__annotations__": {"key": str, "other": annotation},
        "__module__": __name__,
        "key": column("Key", key=True),
        "other": column("Other"),
    }
    importer = Importer(name="any", row=type("Model", (Row,), namespace), dataset="any", title="Any")
    (rejection,) = check_rows(importer, {0: "key", 1: "other"}, "Sheet", [(2, ["k", cell])]).rejections
    assert json.dumps(rejection.params)
    return rejection


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"currency": "EURO"}, "must be three capital letters, such as EUR"),
        ({"email": "not at home"}, "is not written in the expected form, such as a@b.example"),
        ({"price": "free"}, "is not a number, such as 12.50"),
        ({"tier": "Glod"}, "must be one of 'gold' or 'silver'. Is 'gold' meant?"),
        ({"tier": "platinum"}, "must be one of 'gold' or 'silver'"),
        ({"day": "15/01/2568"}, "has the year 2568, and this column takes years from 1900 to 2100"),
        ({"note": "bad\a"}, "has characters that cannot be stored. Write it anew without them"),
    ],
)
def test_a_reason_says_what_to_do(cells: dict[str, Cell], sentence: str) -> None:
    """Its column declares the form, or an example; a word is compared with those that are allowed."""

    class Offer(Row):
        key: str = column("Key", key=True)
        currency: str | None = column(
            "Currency", default=None, pattern="^[A-Z]{3}$", form="three capital letters, such as EUR", examples=["EUR"]
        )
        email: str | None = column("Email", default=None, pattern="^[^ ]+@[^ ]+$", examples=["a@b.example"])
        price: Money | None = column("Price", default=None, examples=["12.50"])
        tier: Literal["gold", "silver"] | None = column("Tier", default=None)
        day: Date | None = column("Day", default=None)
        note: str | None = column("Note", default=None)

    importer = Importer(name="offers", row=Offer, dataset="offers", title="Offers")
    fields = dict(enumerate(Offer.model_fields))
    row = [{"key": "k", **cells}.get(field) for field in fields.values()]
    (rejection,) = check_rows(importer, fields, "Sheet", [(2, row)]).rejections
    assert word_rejection(rejection) == sentence
