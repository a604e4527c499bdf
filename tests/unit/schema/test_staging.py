"""Good rows in an object between parsing and loading."""

from __future__ import annotations

import json

from hypothesis import example, given
from hypothesis import strategies as st

from sluice.schema.staging import dump_staged, load_staged
from sluice.schema.validation import GoodRow
from tests.unit.schema.sample import good

# A key may be any text that can be stored as UTF-8.
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
VALUES = st.dictionaries(KEYS, st.one_of(KEYS, st.integers(), st.booleans(), st.none())).map(
    lambda values: json.dumps(values, ensure_ascii=False).encode()
)
ROWS = st.builds(
    GoodRow,
    number=st.integers(1, 2**31),
    key=KEYS,
    hash=st.binary(min_size=16, max_size=16).map(bytes.hex),
    values=VALUES,
)


@given(st.lists(ROWS))
@example([GoodRow(1, 'tab\there "quoted"\r\nnext', "0" * 32, b'{"a":"\\t"}')])
@example([GoodRow(1, "\u2028\u2029\x85\x1c\x0b\x0c", "0" * 32, '{"a":"\u2028\x85"}'.encode())])
@example([])
def test_staged_rows_are_read_back_unchanged(rows: list[GoodRow]) -> None:
    """Keys and values may contain tabs, quotes, line ends of every kind and any script."""
    assert load_staged(dump_staged(rows)) == rows


def test_a_checked_row_is_read_back_unchanged() -> None:
    """Its values are those that pydantic writes."""
    row = good(code="tab\tend", currency="EUR", phone="0812")
    assert load_staged(dump_staged([row])) == [row]


def test_the_same_rows_make_the_same_file() -> None:
    """A chunk that is parsed twice writes the same object."""
    assert dump_staged([good(code="A"), good(code="B")]) == dump_staged([good(code="A"), good(code="B")])
