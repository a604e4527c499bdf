"""What is an answer with a page, and what is none."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.upstream.source import SourcePage, read_page


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ([], "a JSON list in place of an object"),
        (None, "a JSON null in place of an object"),
        ("x", "a JSON text in place of an object"),
        ({}, "an answer without a list of rows in 'data'"),
        ({"data": {}, "total": 1}, "an answer without a list of rows in 'data'"),
        ({"data": [1], "total": 1}, "an answer without a list of rows in 'data'"),
        ({"data": [{}]}, "an answer without a number in 'total'"),
        ({"data": [{}], "total": "1"}, "an answer without a number in 'total'"),
        ({"data": [{}], "total": True}, "an answer without a number in 'total'"),
        ({"data": [{}], "total": -1}, "an answer without a number in 'total'"),
        ({"data": [{}, {}, {}], "total": 3}, "3 rows where 2 were asked for"),
    ],
)
def test_an_answer_of_another_form_is_named_by_its_form(body: Any, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        read_page(body, 0, 2, has_total=True)


def test_a_total_that_is_not_wanted_is_not_looked_at() -> None:
    assert read_page({"data": [], "total": "many"}, 4, 2, has_total=False) == SourcePage(4, [], None)
