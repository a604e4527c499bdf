"""Stand-in upstreams on loopback: real HTTP, with the tokens, limits and bad days of one.

``POST /oauth2/token`` gives a token for client credentials, a ``GET`` is the stand-in's own. For tests, ``GET /_seen``
tells what came, ``POST /_set`` changes settings by name, ``POST /_reset`` begins anew.
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
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl, urlsplit

import httpx

from local.background import LOOPBACK, Background, port_in_use
from local.errors import LocalProblem
from local.upstreams.settings import Behaviour
from local.upstreams.standin import Reply, Request, StandIn

_HTML = b"<!doctype html><title>Maintenance</title><p>We will be back soon.</p>"

T = TypeVar("T", bound=StandIn[Any])


@dataclass(frozen=True)
class Served(Generic[T]):
    """A stand-in that runs in this process, and its address."""

    url: str
    stand_in: T


@contextmanager
def serving(stand_in: T, port: int = 0) -> Iterator[Served[T]]:
    """Serve a stand-in within the block, on a port of its own unless one is named."""
    server = _Server(stand_in, port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield Served(f"http://{LOOPBACK}:{server.server_address[1]}", stand_in)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def start(name: str, folder: Path, port: int, *, patience: float = 15.0) -> str:
    """Return the address of `folder`'s stand-in of that name, started on `port` unless it runs already.

    Its module has that name too, and serves it when it is run.
    """
    process = Background(folder, name)
    facts = process.facts()
    if facts is None:
        if port_in_use(port):
            raise LocalProblem(f"Port {port}, which the stand-in {name} needs, is in use by another program.")
        facts = {"port": port}
        process.start([sys.executable, "-m", f"local.upstreams.{name}", "--port", str(port)], os.environ, **facts)
    url = f"http://{LOOPBACK}:{facts['port']}"
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and process.alive():
        try:
            httpx.get(f"{url}/_seen", timeout=2, trust_env=False).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return url
    raise LocalProblem(f"The stand-in {name} does not answer. Its log, {process.log}, ends:\n{process.tail()}")


def stop(name: str, folder: Path) -> bool:
    """Stop `folder`'s stand-in of that name; tell whether it ran."""
    return Background(folder, name).stop()


def secret(url: str) -> dict[str, str]:
    """Return what the functions have to know of the stand-in at `url`."""
    known = Behaviour()
    return {"url": url, "client_id": known.client_id, "client_secret": known.client_secret}


def serve_for_ever(stand_in: StandIn[Any]) -> None:
    """Serve a stand-in on the port that the command line names."""
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, required=True)
    _Server(stand_in, options.parse_args().port).serve_forever()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # of socketserver's 5, a burst of workers would be turned away by the kernel

    def __init__(self, stand_in: StandIn[Any], port: int) -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self.stand_in = stand_in

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
        stand_in, address = self.server.stand_in, urlsplit(self.path)
        path, query = address.path.strip("/"), dict(parse_qsl(address.query))
        if path == "_seen":
            self._send(Reply(200, stand_in.seen(query)))
        else:
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            self._send(stand_in.answer(Request(path, query), token))

    def do_POST(self) -> None:
        stand_in = self.server.stand_in
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        match self.path.strip("/"):
            case "oauth2/token":
                self._send(stand_in.token(*_credentials(self.headers.get("Authorization", ""))))
            case "_set":
                self._send(_set(stand_in, body))
            case "_reset":
                stand_in.reset()
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


def _set(stand_in: StandIn[Any], body: bytes) -> Reply:
    try:
        stand_in.change(dict(json.loads(body)))
    except (ValueError, TypeError) as error:
        return Reply(400, {"message": str(error)})
    return Reply(200, {})
