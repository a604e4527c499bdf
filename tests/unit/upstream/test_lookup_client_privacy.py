"""A key may be personal data: it is in the address of its request and nowhere else."""

from __future__ import annotations

import logging
import traceback

import httpx
import pytest

from sluice.model.errors import SluiceError
from sluice.upstream.lookup import LookupBatch
from tests.unit.upstream.scripted import SECRET, Scripted
from tests.unit.upstream.scripted_lookup import KEYS, Roll, voter

KEY = KEYS[7]
FAILURES: list[Scripted] = [
    httpx.Response(400, json={"message": f"{KEY} is not an ID number"}),
    httpx.Response(404, text=f"There is no voter {KEY}"),
    httpx.Response(301, headers={"location": f"https://upstream.example/elsewhere/{KEY}"}),
    httpx.Response(401),
    httpx.Response(500, text=f"{KEY} broke it"),
    httpx.Response(429, headers={"retry-after": "900"}),
    httpx.Response(200, text=f"<p>{KEY}</p>"),
    httpx.Response(200, text=f'{{"id_number": "{KEY}", "status":'),
    httpx.Response(200, json=[KEY]),
    httpx.Response(200, json={"id_number": KEY, "status": KEY}),
    httpx.Response(200, json={"id_number": KEY, "status": "registered", "ward": KEY}),
    voter(KEYS[8]),
    httpx.ConnectError(f"no answer at /voters/{KEY}"),
    httpx.ReadTimeout(f"/voters/{KEY} takes too long"),
    httpx.InvalidURL(f"/voters/{KEY}"),
    httpx.UnsupportedProtocol(f"/voters/{KEY}"),
]


@pytest.mark.parametrize("failure", FAILURES, ids=range(len(FAILURES)))
def test_no_error_or_log_of_a_failed_lookup_contains_the_key(
    failure: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    roll = Roll({KEY: [failure] * 3})
    with caplog.at_level(logging.DEBUG):
        try:
            batch: LookupBatch | None = roll.ask([KEY], seconds=60)
            shown = ""
        except SluiceError as error:
            batch = None
            shown = "".join(traceback.format_exception(error)) + repr(error) + repr(error.problem)
    assert roll.sought[0] == KEY
    for text in (shown, repr(batch), str(batch), caplog.text, *(str(vars(record)) for record in caplog.records)):
        assert not any(word in text for word in (KEY, KEY[6:], KEYS[8], SECRET, "token-1"))


def test_a_lookup_with_a_result_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """httpx would log the address of each request."""
    with caplog.at_level(logging.DEBUG):
        assert Roll().ask(KEYS).failed == []
    assert [record.name for record in caplog.records if record.name.startswith("http")] == []
