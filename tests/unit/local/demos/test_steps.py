"""Steps that the demos share."""

import json

import httpx
import pytest

from local.demos.steps import configure, exit_code, run
from local.errors import LocalProblem


def upstream(status: int, calls: list[str]) -> httpx.Client:
    """Return a client of an upstream that responds with this status, and collects the calls."""

    def respond(request: httpx.Request) -> httpx.Response:
        calls.append(f"{request.url.path} {json.loads(request.content or b'null')}")
        return httpx.Response(status)

    return httpx.Client(base_url="http://127.0.0.1", transport=httpx.MockTransport(respond))


def test_configure_resets_before_it_changes_settings() -> None:
    calls: list[str] = []
    configure(upstream(200, calls), {"rate": 5}, reset=True)
    configure(upstream(200, calls), {"rate": 6})
    assert calls == ["/_reset None", "/_set {'rate': 5}", "/_set {'rate': 6}"]


def test_configure_raises_when_a_setting_is_rejected() -> None:
    with pytest.raises(LocalProblem, match="make down"):
        configure(upstream(400, []), {"rat": 5})


def test_exit_code_is_1_when_the_outcome_is_not_as_expected(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code([]) == 0
    assert exit_code(["a sync is failed"]) == 1
    assert capsys.readouterr().err == "Not as expected: a sync is failed.\n"


def test_run_prints_a_problem_and_exits_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    def demo() -> int:
        raise LocalProblem("Port 4566 is in use")

    with pytest.raises(SystemExit) as ended:
        run(demo)
    assert ended.value.code == 1
    assert capsys.readouterr().err == "Port 4566 is in use\n"
