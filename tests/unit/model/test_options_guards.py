"""The guards of a load: which of them its effects trip, and what the problem of each says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sluice.model.options import Effects, Guards, tripped_guards

MANY = 1_000


def names(guards: Guards, **effects: Any) -> list[str]:
    return [problem.params["guard"] for problem in tripped_guards(guards, Effects(**effects))]


def test_without_guards_any_rejection_and_any_change_passes() -> None:
    """Only `max_deleted` has a default."""
    assert names(Guards(), total=10, rejected=10) == []


@pytest.mark.parametrize("percent", range(1, 100))
def test_a_share_that_is_reached_exactly_does_not_trip(percent: int) -> None:
    """A share such as 0.29 has no exact float, so a product with it would be off by a hair."""
    guards = Guards(max_rejected=percent / 100)
    assert names(guards, total=100, rejected=percent) == []
    assert names(guards, total=MANY, rejected=10 * percent + 1) == ["max_rejected"]


def test_a_limit_of_none_allowed_trips_at_the_first_rejection() -> None:
    """0 is a limit, unlike no limit."""
    assert names(Guards(max_rejected=0.0), total=MANY, rejected=1) == ["max_rejected"]
    assert names(Guards(max_rejected=0.0), total=MANY) == []


@pytest.mark.parametrize(
    ("limit", "deleted", "scope", "trips"),
    [
        (0.1, 100, MANY, False),
        (0.1, 101, MANY, True),
        (100, 100, MANY, False),
        (100, 101, MANY, True),
        (1, 2, MANY, True),
        (1.0, MANY, MANY, False),
        (0, 1, MANY, True),
        (0.1, 0, 0, False),
    ],
)
def test_what_mirror_deletes_is_limited_by_a_share_or_a_number(
    limit: float, deleted: int, scope: int, trips: bool
) -> None:
    """A whole number such as 1 counts records; 1.0 is all of them."""
    assert names(Guards(max_deleted=limit), deleted=deleted, scope=scope) == ["max_deleted"] * trips


def test_a_problem_names_guard_limit_and_finding_with_examples_and_all_of_it_can_be_stored() -> None:
    """DynamoDB takes no floats, so a limit is JSON text."""
    row = {"row": 5, "column": "price", "before": "100", "after": "10"}
    effects = Effects(total=MANY, rejected=2, changed=3, enough={"price": 1.5}, examples={"max_change": [row]})
    [rejected, changed] = tripped_guards(Guards(max_rejected=0.001, max_change={"price": 0.5}), effects)
    assert (rejected.type, rejected.code) == ("guard", "guard/max_rejected")
    assert rejected.params["limit"] == "0.001"
    assert (rejected.params["found"], rejected.params["total"], rejected.params["examples"]) == (2, MANY, [])
    assert json.loads(changed.params["limit"]) == {"price": 0.5}
    assert json.loads(changed.params["enough"]) == {"price": 1.5}
    assert (changed.params["found"], changed.params["examples"]) == (3, [row])
