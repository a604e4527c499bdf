"""Responses of the electoral commission, and the category of each."""

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
    ("body", "category"),
    [
        ({"status": "registered", "ward": WARD}, "registered-here"),
        ({"status": "registered", "ward": "79800002"}, "registered-elsewhere"),
        ({"status": "not-registered", "ward": None}, "not-registered"),
        ({"status": "not-registered"}, "not-registered"),
        ({"status": "deceased", "ward": None}, "deceased"),
        ({"status": "deceased", "ward": WARD}, "deceased"),
    ],
)
def test_a_response_has_a_category(body: dict[str, Any], category: str) -> None:
    assert commission.category_of(commission.read(body), {"ward": WARD}) == category


def test_without_a_ward_every_registration_is_elsewhere() -> None:
    assert commission.category_of(LookupResult("registered", WARD), {}) == "registered-elsewhere"


def test_categories_are_in_the_order_of_the_result() -> None:
    assert [category.title for category in commission.categories] == [
        "Registered in this ward",
        "Registered in another ward",
        "Not registered",
        "Deceased",
        "Invalid ID number",
        "Lookup failed",
    ]


@given(body=JSON)
def test_any_json_has_a_category_or_is_an_error(body: Any) -> None:
    try:
        found = commission.read(body)
    except ValueError:
        return
    assert commission.category_of(found, {"ward": WARD}) in {category.slug for category in commission.categories}


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (None, "JSON that is not an object"),
        (["registered"], "JSON that is not an object"),
        ({}, "an object without a known 'status'"),
        ({"status": "Registered"}, "an object without a known 'status'"),
        ({"status": ["registered"]}, "an object without a known 'status'"),
        ({"status": "registered"}, "an object without the eight digits of a 'ward'"),
        ({"status": "registered", "ward": None}, "an object without the eight digits of a 'ward'"),
        ({"status": "registered", "ward": 79800001}, "an object without the eight digits of a 'ward'"),
        ({"status": "registered", "ward": "7980000１"}, "an object without the eight digits of a 'ward'"),
    ],
)
def test_json_of_another_form_is_an_error_that_names_the_form(body: Any, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        commission.read(body)


def test_an_invalid_id_number_is_not_looked_up() -> None:
    assert commission.rejects("8001015009088") == "has a wrong check digit; one of its digits is mistyped"
    assert commission.rejects("8001015009087") is None
