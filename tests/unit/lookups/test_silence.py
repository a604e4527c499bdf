"""A key may be an ID number: it is in the address of its request and nowhere else."""

from __future__ import annotations

import logging
import traceback

import httpx
import pytest

from sluice.model.errors import SluiceError
from sluice.upstream.lookup import LookupBatch
from tests.unit.lookups.scripted import KEYS, Roll, voter
from tests.unit.upstream.scripted import SECRET, Said

KEY = KEYS[7]
TROUBLE: list[Said] = [
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
    httpx.ConnectError(f"nobody answers at /voters/{KEY}"),
    httpx.ReadTimeout(f"/voters/{KEY} takes too long"),
    httpx.InvalidURL(f"/voters/{KEY}"),
    httpx.UnsupportedProtocol(f"/voters/{KEY}"),
]


@pytest.mark.parametrize("trouble", TROUBLE, ids=range(len(TROUBLE)))
def test_nothing_that_is_said_of_a_look_up_names_the_key(trouble: Said, caplog: pytest.LogCaptureFixture) -> None:
    roll = Roll({KEY: [trouble] * 3})
    with caplog.at_level(logging.DEBUG):
        try:
            asked: LookupBatch | None = roll.ask([KEY], seconds=60)
            said = ""
        except SluiceError as error:
            asked = None
            said = "".join(traceback.format_exception(error)) + repr(error) + repr(error.problem)
    assert roll.sought[0] == KEY
    for text in (said, repr(asked), str(asked), caplog.text, *(str(vars(record)) for record in caplog.records)):
        assert not any(word in text for word in (KEY, KEY[6:], KEYS[8], SECRET, "token-1"))


def test_a_look_up_that_goes_well_leaves_no_trace_either(caplog: pytest.LogCaptureFixture) -> None:
    """httpx would log the address of each request."""
    with caplog.at_level(logging.DEBUG):
        assert Roll().ask(KEYS).failed == []
    assert [record.name for record in caplog.records if record.name.startswith("http")] == []
