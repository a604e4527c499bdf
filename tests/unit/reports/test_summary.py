"""Counts of categories, as programs read them."""

from __future__ import annotations

import json

from sluice.reports.summary import CategoryCount, summarise
from tests.unit.reports.results import CATEGORIES, FACTS


def test_a_summary_is_json_with_counts_and_shares() -> None:
    """Shares are of all rows."""
    made = summarise(CATEGORIES[:2], {"here": 2, "elsewhere": 1}, FACTS)
    assert json.loads(json.dumps(made)) == {
        "total": 3,
        "categories": [
            {"slug": "here", "title": "Registered in this ward", "count": 2, "share": 0.666667},
            {"slug": "elsewhere", "title": "Registered in another ward", "count": 1, "share": 0.333333},
        ],
        "facts": {"File": "members.xlsx", "Ward": "79800001"},
    }
    assert summarise(CATEGORIES[:1], {}, {})["categories"] == [
        CategoryCount(slug="here", title="Registered in this ward", count=0, share=0.0)
    ]
