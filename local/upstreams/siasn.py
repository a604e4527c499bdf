"""A stand-in for the civil-service register, on loopback: real HTTP, with the tokens, limits and bad days of one.

``POST /oauth2/token`` gives a token for client credentials, ``GET /{list}?offset=&limit=`` a page. For tests,
``GET /_seen`` tells what came, ``POST /_set`` changes `Settings` by name, ``POST /_reset`` begins anew.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import httpx

from local.background import LOOPBACK, Background, port_in_use
from local.errors import LocalProblem
from local.upstreams.register import Register, Reply
from local.upstreams.settings import Settings

_NAME: Final = "siasn"
_HTML = b"<!doctype html><title>Maintenance</title><p>Sistem sedang dalam pemeliharaan.</p>"


@dataclass(frozen=True)
class Siasn:
    """A stand-in that runs in this process."""

    url: str
    register: Register


@contextmanager
def serving(settings: Settings | None = None, port: int = 0) -> Iterator[Siasn]:
    """Serve a stand-in within the block, on a port of its own unless one is given."""
    register = Register(settings or Settings())
    server = _Server(register, port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield Siasn(f"http://{LOOPBACK}:{server.server_address[1]}", register)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def start(folder: Path, port: int, *, patience: float = 15.0) -> str:
    """Return the address of the stand-in of `folder`, started on `port` unless it runs already."""
    process = Background(folder, _NAME)
    facts = process.facts()
    if facts is None:
        if port_in_use(port):
            raise LocalProblem(f"Port {port}, which the stand-in upstream needs, is in use by another program.")
        facts = {"port": port}
        process.start([sys.executable, "-m", "local.upstreams.siasn", "--port", str(port)], os.environ, **facts)
    url = f"http://{LOOPBACK}:{facts['port']}"
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and process.alive():
        try:
            httpx.get(f"{url}/_seen", timeout=2, trust_env=False).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return url
    raise LocalProblem(f"The stand-in upstream does not answer. Its log, {process.log}, ends:\n{process.tail()}")


def secret(url: str) -> dict[str, str]:
    """Return what the functions have to know of the upstream at `url`."""
    known = Settings()
    return {"url": url, "client_id": known.client_id, "client_secret": known.client_secret}


def stop(folder: Path) -> bool:
    """Stop the stand-in of `folder`; tell whether it ran."""
    return Background(folder, _NAME).stop()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # of socketserver's 5, a burst of workers would be turned away by the kernel

    def __init__(self, register: Register, port: int) -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self.register = register

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Leave a client that has gone away unmentioned."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 30
    server: _Server

    def do_GET(self) -> None:
        register, address = self.server.register, urlsplit(self.path)
        path = address.path.strip("/")
        if path == "_seen":
            self._send(Reply(200, register.seen()))
        else:
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            self._send(register.page(path, dict(parse_qsl(address.query)), token))

    def do_POST(self) -> None:
        register = self.server.register
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        match self.path.strip("/"):
            case "oauth2/token":
                self._send(register.token(*_credentials(self.headers.get("Authorization", ""))))
            case "_set":
                self._send(_set(register, body))
            case "_reset":
                register.reset()
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
        """Print nothing: `seen` tells."""


def _credentials(header: str) -> tuple[str, str]:
    """Name and secret of a Basic header (RFC 7617); empty ones if it is none."""
    try:
        told = base64.b64decode(header.removeprefix("Basic "), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    name, _, secret = told.partition(":")
    return name, secret


def _set(register: Register, body: bytes) -> Reply:
    try:
        register.change(dict(json.loads(body)))
    except (ValueError, TypeError) as error:
        return Reply(400, {"message": str(error)})
    return Reply(200, {})


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, required=True)
    _Server(Register(Settings()), options.parse_args().port).serve_forever()
