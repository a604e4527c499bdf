"""Cursors."""

from __future__ import annotations

import base64
import json

import pytest

from sluice.model.errors import RequestRejected
from sluice.model.page import decode_cursor, encode_cursor


@pytest.mark.parametrize("position", [("A",), (15, "ä/ö?#"), ("000001-a-parse.jsonl", 7), ("",)])
def test_a_cursor_decodes_to_its_position(position: tuple[str | int, ...]) -> None:
    cursor = encode_cursor(*position)
    assert cursor.isascii()
    assert not set(cursor) & set("+/?&#")
    assert decode_cursor(cursor) == list(position)


@pytest.mark.parametrize("value", ["none", None, 7, {"a": 1}, True])
def test_a_cursor_without_a_position_is_invalid(value: object) -> None:
    with pytest.raises(RequestRejected) as error:
        decode_cursor(base64.urlsafe_b64encode(json.dumps(value).encode()).decode())
    assert error.value.problem.type == "invalid-cursor"


@pytest.mark.parametrize(
    "cursor",
    ["", "?", "ä", "A", "bm9wZQ==", base64.b64encode(b"[" * 5000).decode(), base64.b64encode(b'["\\ud800"]').decode()],
)
def test_any_other_text_is_an_invalid_cursor(cursor: str) -> None:
    with pytest.raises(RequestRejected):
        decode_cursor(cursor)
