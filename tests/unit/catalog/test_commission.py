"""What the electoral commission answers, and what it means."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.catalog.elections.commission import commission
from sluice.upstream.lookup import LookupResult

WARD = "79800001"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["registered", "deceased", WARD]),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["status", "ward", "id_number"]) | st.text(), inner)
    ),
)


@pytest.mark.parametrize(
    ("answer", "category"),
    [
        ({"status": "registered", "ward": WARD}, "registered-here"),
        ({"status": "registered", "ward": "79800002"}, "registered-elsewhere"),
        ({"status": "not-registered", "ward": None}, "not-registered"),
        ({"status": "not-registered"}, "not-registered"),
        ({"status": "deceased", "ward": None}, "deceased"),
        ({"status": "deceased", "ward": WARD}, "deceased"),
    ],
)
def test_an_answer_has_a_category(answer: dict[str, Any], category: str) -> None:
    assert commission.category_of(commission.read(answer), {"ward": WARD}) == category


def test_in_a_job_that_knows_no_ward_nobody_is_registered_here() -> None:
    assert commission.category_of(LookupResult("registered", WARD), {}) == "registered-elsewhere"


def test_categories_are_those_of_the_result_in_their_order() -> None:
    assert [category.title for category in commission.categories] == [
        "Registered in this ward",
        "Registered in another ward",
        "Not registered",
        "Deceased",
        "Invalid ID number",
        "Lookup failed",
    ]


@given(answer=JSON)
def test_any_answer_is_read_to_one_of_the_categories_or_is_none(answer: Any) -> None:
    try:
        found = commission.read(answer)
    except ValueError:
        return
    assert commission.category_of(found, {"ward": WARD}) in {category.slug for category in commission.categories}


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (None, "an answer that is no JSON object"),
        (["registered"], "an answer that is no JSON object"),
        ({}, "an answer without a known 'status'"),
        ({"status": "Registered"}, "an answer without a known 'status'"),
        ({"status": ["registered"]}, "an answer without a known 'status'"),
        ({"status": "registered"}, "an answer without the eight digits of a 'ward'"),
        ({"status": "registered", "ward": None}, "an answer without the eight digits of a 'ward'"),
        ({"status": "registered", "ward": 79800001}, "an answer without the eight digits of a 'ward'"),
        ({"status": "registered", "ward": "7980000１"}, "an answer without the eight digits of a 'ward'"),
    ],
)
def test_an_answer_of_another_form_is_named_by_its_form(answer: Any, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        commission.read(answer)


def test_an_id_number_that_is_none_is_not_asked_for() -> None:
    assert commission.rejects("8001015009088") == "has a wrong check digit; one of its digits is mistyped"
    assert commission.rejects("8001015009087") is None
