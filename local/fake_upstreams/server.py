"""Serves a `StubUpstream` over HTTP on loopback, in this process or in the background.

``POST /oauth2/token`` issues a token for client credentials; every other ``GET`` is the stub's own. Tests and demos use
``GET /_seen`` to read its counts, ``POST /_set`` to change settings by name, and ``POST /_reset`` to start over.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl, urlsplit

from local.fake_upstreams.settings import Behaviour
from local.fake_upstreams.stub import Reply, Request, StubUpstream
from local.processes import LOOPBACK, BackgroundProcess

_HTML = b"<!doctype html><title>Maintenance</title><p>We will be back soon.</p>"

T = TypeVar("T", bound=StubUpstream[Any])


@dataclass(frozen=True)
class Served(Generic[T]):
    """A stub upstream that is served from this process, and its address."""

    url: str
    stub: T


@contextmanager
def serving(stub: T, port: int = 0) -> Iterator[Served[T]]:
    """Serve a stub upstream within the block; port 0 is a free one."""
    server = _Server(stub, port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield Served(f"http://{LOOPBACK}:{server.server_address[1]}", stub)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def start(name: str, folder: Path, port: int) -> str:
    """Return the address of `folder`'s fake upstream `name`; starts it on `port` unless it runs already.

    `name` is also that of the module here that serves it when run.
    """
    return BackgroundProcess(folder, name).serve(
        f"local.fake_upstreams.{name}", title=f"fake upstream {name}", port=port, probe="/_seen"
    )


def stop(name: str, folder: Path) -> bool:
    """Stop `folder`'s fake upstream `name`; return whether it ran."""
    return BackgroundProcess(folder, name).stop()


def secret(url: str) -> dict[str, str]:
    """Return the secret with which the functions reach the fake upstream at `url`."""
    known = Behaviour()
    return {"url": url, "client_id": known.client_id, "client_secret": known.client_secret}


def serve_for_ever(stub: StubUpstream[Any]) -> None:
    """Serve a stub upstream on the port of the command line's ``--port``."""
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, required=True)
    _Server(stub, options.parse_args().port).serve_forever()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # with socketserver's 5, the kernel rejects connections of a burst of workers

    def __init__(self, stub: StubUpstream[Any], port: int) -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self.stub = stub

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing about a client that closed its connection."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 30
    server: _Server

    def do_GET(self) -> None:
        stub, address = self.server.stub, urlsplit(self.path)
        path, query = address.path.strip("/"), dict(parse_qsl(address.query))
        if path == "_seen":
            self._send(Reply(200, stub.seen(query)))
        else:
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            self._send(stub.respond(Request(path, query), token))

    def do_POST(self) -> None:
        stub = self.server.stub
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        match self.path.strip("/"):
            case "oauth2/token":
                self._send(stub.token(*_credentials(self.headers.get("Authorization", ""))))
            case "_set":
                self._send(_set(stub, body))
            case "_reset":
                stub.reset()
                self._send(Reply(200, {}))
            case _:
                self._send(Reply(404, {}))

    def _send(self, reply: Reply) -> None:
        time.sleep(reply.late)
        if reply.fault == "broken":
            self.close_connection = True
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return
        body = _HTML if reply.fault == "garbled" else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "text/html" if reply.fault == "garbled" else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if reply.fault == "cut":
            self.close_connection = True
            body = body[: len(body) // 2]
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing; `seen` counts requests."""


def _credentials(header: str) -> tuple[str, str]:
    """Return name and secret of a Basic header (RFC 7617); empty ones if it is invalid."""
    try:
        credentials = base64.b64decode(header.removeprefix("Basic "), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    name, _, secret = credentials.partition(":")
    return name, secret


def _set(stub: StubUpstream[Any], body: bytes) -> Reply:
    try:
        stub.change(dict(json.loads(body)))
    except (ValueError, TypeError) as error:
        return Reply(400, {"message": str(error)})
    return Reply(200, {})
