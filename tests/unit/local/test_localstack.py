"""Another local AWS: what it is found to be, and what a stack needs there."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from local import localstack
from local.errors import LocalProblem
from local.processes import free_port

LOCALSTACK = {"session_id": "s1", "is_docker": False}
IN_DOCKER = {"session_id": "s1", "is_docker": True}
Start = Callable[..., str]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start local AWSs; each has what ``/_localstack/info`` answers, or is another emulator without it."""
    servers = []

    def started(info: dict[str, Any] | None, *, sockets: int = 200, stored: dict[str, bytes] | None = None) -> str:
        class Aws(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/_localstack/info":
                    self.answer(404 if info is None else 200, info or {})
                else:
                    self.answer(sockets, {"items": []})

            def do_PUT(self) -> None:
                if stored is not None:
                    stored[self.path] = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.answer(200, {})

            def answer(self, status: int, body: dict[str, Any]) -> None:
                content = json.dumps(body).encode() if self.command == "GET" else b""
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:
                """Log nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Aws)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://localhost:{server.server_address[1]}"

    yield started
    for server in servers:
        server.shutdown()
        server.server_close()


def test_without_websocket_apis_the_stack_gets_none(start: Start) -> None:
    """CloudFormation of LocalStack would report placeholders as created, and links would lead nowhere."""
    assert localstack.find(start(LOCALSTACK, sockets=501)).parameters == {"EnableWebSocket": "false"}
    assert localstack.find(start(LOCALSTACK)).parameters == {}


def test_in_docker_functions_and_links_use_a_name_that_is_right_in_containers_too(start: Start) -> None:
    """The processor is that of this machine, for which the layer is built."""
    address = start(IN_DOCKER)
    found = localstack.find(address)
    assert found.endpoint == address.replace("localhost", "127.0.0.1")
    assert found.parameters["LocalEndpoint"] == address.replace("localhost", localstack.NAME)
    assert found.parameters["Architecture"] in {"x86_64", "arm64"}
    assert found.in_containers
    assert not localstack.find(start(LOCALSTACK)).in_containers


def test_an_address_of_another_machine_stays_as_it_is() -> None:
    assert localstack._with_host("http://aws.test:4566", localstack.NAME) == "http://aws.test:4566"
    assert localstack._with_host("http://127.0.0.1:4566", localstack.NAME) == "http://localhost.localstack.cloud:4566"


def test_localhost_is_written_as_a_number_because_few_machines_know_the_names_below_it(start: Start) -> None:
    """A bucket's address would be ``BUCKET.localhost``; the function that signs uploads puts it there."""
    address = start(LOCALSTACK)
    assert localstack.find(address).endpoint == address.replace("localhost", "127.0.0.1")


def test_a_restart_is_another_instance(start: Start) -> None:
    """A stack that was deployed before it is gone."""
    assert localstack.find(start({**LOCALSTACK, "session_id": "s2"})).instance == "s2"
    assert localstack.find(start(None)).instance == ""


def test_localstack_gets_the_keys_of_the_issuer_where_its_functions_reach_them(start: Start) -> None:
    stored: dict[str, bytes] = {}
    address = start(IN_DOCKER, stored=stored)
    parameters = localstack.find(address).with_keys("sluice", {"keys": [{"kid": "k1"}]})
    inside = address.replace("localhost", localstack.NAME)
    assert parameters["JwksUrl"] == f"{inside}/sluice-issuer/jwks.json"
    assert b'{"keys": [{"kid": "k1"}]}' in stored["/sluice-issuer/jwks.json"]


def test_functions_of_another_emulator_ask_the_issuer_itself(start: Start) -> None:
    stored: dict[str, bytes] = {}
    assert localstack.find(start(None, stored=stored)).with_keys("sluice", {"keys": []}) == {}
    assert stored == {}


def test_an_address_where_nothing_responds_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(LocalProblem, match="unset AWS_ENDPOINT_URL"):
        localstack.find(f"http://127.0.0.1:{free_port()}")
