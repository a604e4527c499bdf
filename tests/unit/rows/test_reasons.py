"""Reasons are in words a clerk understands: each finishes the sentence "this value …"."""

from __future__ import annotations

import re
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from sluice.schema.cells import Cell
from sluice.schema.column import Row, column
from sluice.schema.rejections import reason_for
from tests.unit.rows.sample import check, row_of
from tests.unit.rows.test_check import CELLS

PREDICATE = re.compile(r"(is|must|has|repeats)\b")
JARGON = re.compile(
    r"input|valid|string|integer|decimal object|pydantic|python|type|none\b|instance|unicode", re.IGNORECASE
)


def reasons(**cells: Cell) -> list[str]:
    """Why a row with these cells is rejected."""
    return [rejection.reason for rejection in check(row_of(**cells)).rejections]


def detail(type_: str, msg: str = "Input should be something else", **ctx: object) -> ErrorDetails:
    """An error as pydantic describes it."""
    return {"type": type_, "loc": ("a",), "msg": msg, "input": "x", "ctx": ctx}


@pytest.mark.parametrize(
    ("field", "cell", "reason"),
    [
        ("code", None, "is required"),
        ("code", "123456789", "is longer than 8 characters"),
        ("code", "\ud800", "has characters that cannot be stored"),
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
        ("updated", "soon", "is not a date"),
        ("updated", "30/02/2026", "is not a date of the calendar"),
        ("active", "perhaps", "must be yes or no"),
        ("tier", "tin", "must be one of 'gold' or 'silver'"),
        ("currency", "Euro", "is not written in the expected form"),
    ],
)
def test_a_clerk_is_told_what_is_wrong(field: str, cell: Cell, reason: str) -> None:
    """The sentences that the error workbook will show."""
    assert reasons(**{field: cell}) == [reason]


@given(st.lists(CELLS, max_size=9))
def test_every_reason_finishes_the_sentence(row: list[Cell]) -> None:
    """Whatever is in the cells, and without a word of pydantic's."""
    for rejection in check(row).rejections:
        assert PREDICATE.match(rejection.reason), rejection
        assert not JARGON.search(rejection.reason), rejection


@pytest.mark.parametrize("kind", ["url_parsing", "uuid_parsing", "is_instance_of", "list_type", "extra_forbidden"])
def test_an_error_that_has_no_words_of_ours_says_nothing_of_pydantic(kind: str) -> None:
    """A row model may use any type that pydantic knows."""
    assert reason_for(detail(kind)) == "is not what this column holds"


@pytest.mark.parametrize(
    ("kind", "annotation", "cell"),
    [
        ("int", int, "x"),
        ("float", float, "x"),
        ("bool", bool, "perhaps"),
        ("list", list[int], "x"),
    ],
)
def test_plain_types_in_a_row_model_have_reasons_too(kind: str, annotation: Any, cell: str) -> None:
    """Not every column needs a cell type of ours."""
    with pytest.raises(ValidationError) as rejected:
        _model(annotation).model_validate({"key": "k", "other": cell})
    reason = reason_for(rejected.value.errors()[0])
    assert PREDICATE.match(reason)
    assert not JARGON.search(reason)


def test_an_importers_own_validator_speaks_for_itself() -> None:
    """By a ValueError, or by an error type of its own."""

    def odd(value: int) -> int:
        if value % 2 == 0:
            raise ValueError("must be odd")
        if value > 5:
            raise PydanticCustomError("too_odd", "is too odd")
        return value

    for cell, reason in (("2", "must be odd"), ("7", "is too odd")):
        with pytest.raises(ValidationError) as rejected:
            _model(Annotated[int, AfterValidator(odd)]).model_validate({"key": "k", "other": cell})
        assert reason_for(rejected.value.errors()[0]) == reason


def _model(annotation: Any) -> type[Row]:
    namespace: dict[str, Any] = {
        "__annotations__": {"key": str, "other": annotation},
        "__module__": __name__,
        "key": column("Key", key=True),
        "other": column("Other"),
    }
    return type("Model", (Row,), namespace)
