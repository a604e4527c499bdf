"""The gateway of the tests has the limits of API Gateway and Lambda."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.gateway import PAYLOAD_BYTES, REQUEST_BYTES, Gateway, Passed


def gateway(*, response: Any = None, seconds: float = 0) -> Gateway:
    """Return a gateway before a function that takes so long and answers so, or fails."""
    times = iter([0.0, seconds])

    def handler(_: dict[str, Any]) -> dict[str, Any]:
        if response is None:
            raise OSError("no")
        return {"statusCode": 200, "body": response}

    return Gateway(handler, lambda: next(times))


def test_a_response_is_passed_on_as_a_whole() -> None:
    assert gateway(response="data: 1\n\ndata: 2\n\n").call({}) == Passed(200, "data: 1\n\ndata: 2\n\n")


@pytest.mark.parametrize(
    ("made", "body", "status"),
    [
        pytest.param({"response": "x"}, "x" * (REQUEST_BYTES + 1), 413, id="a request of more than 10 MB"),
        pytest.param({"response": "x"}, "x" * PAYLOAD_BYTES, 413, id="an event of more than 6 MB"),
        pytest.param({"response": "x" * PAYLOAD_BYTES}, "", 502, id="a response of more than 6 MB"),
        pytest.param({"response": '"' * (PAYLOAD_BYTES // 2)}, "", 502, id="one that JSON makes that long"),
        pytest.param({"response": "x", "seconds": 29.5}, "", 504, id="more than 29 seconds"),
        pytest.param({}, "", 502, id="a function that fails"),
        pytest.param({"response": "x" * (PAYLOAD_BYTES - 1000), "seconds": 28.5}, "", 200, id="just within"),
    ],
)
def test_what_exceeds_a_limit_gets_an_answer_of_the_gateways_own(made: dict[str, Any], body: str, status: int) -> None:
    passed = gateway(**made).call({"body": body})
    assert passed.status == status
    assert status == 200 or passed.body.startswith('{"message": ')
