"""A fake OpenID Connect provider: discovery, a sign-in page, and codes with PKCE."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

CLIENT = "console"
SCOPES = "openid imports:read imports:write"
_PLACES = ("/.well-known/openid-configuration", "/authorize", "/token")
_ASKED = {"response_type": "code", "client_id": CLIENT, "scope": SCOPES, "code_challenge_method": "S256"}


class Provider:
    """State of the provider: unused codes, and `redirect_uri`, the only address it redirects to.

    Parameters
    ----------
    mint
        Makes the access token.
    """

    def __init__(self, mint: Callable[[], str]) -> None:
        self.mint = mint
        self.challenges: dict[str, str] = {}
        self.asked_for_tokens: list[dict[str, str]] = []
        self.url = self.redirect_uri = ""

    def wrong_with(self, asked: dict[str, str]) -> str:
        """Return the error of a sign-in request, or an empty text."""
        for name, value in {**_ASKED, "redirect_uri": self.redirect_uri}.items():
            if asked.get(name) != value:
                return f"{name} is {asked.get(name)!r}"
        short = [name for name in ("state", "code_challenge") if len(asked.get(name, "")) < 43]
        return f"{short[0]} is missing or too short" if short else ""

    def code_for(self, asked: dict[str, str]) -> str:
        """Return a new code, bound to the challenge."""
        code = secrets.token_urlsafe()
        self.challenges[code] = asked["code_challenge"]
        return code

    def token_for(self, asked: dict[str, str]) -> dict[str, str]:
        """Return a token, or an error, for a code and the verifier of its challenge (RFC 7636, section 4.6)."""
        self.asked_for_tokens.append(asked)
        challenge = self.challenges.pop(asked.get("code", ""), None)
        digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        proven = challenge == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        rightly = (asked.get("grant_type"), asked.get("client_id"), asked.get("redirect_uri")) == (
            "authorization_code",
            CLIENT,
            self.redirect_uri,
        )
        if not (proven and rightly):
            return {"error": "invalid_grant"}
        return {"access_token": self.mint(), "token_type": "Bearer"}

    def back(self, **answer: str) -> str:
        """Return the redirect address with an answer."""
        return f"{self.redirect_uri}?{urlencode(answer)}"


@contextmanager
def serving(server: Provider) -> Iterator[Provider]:
    """Serve the provider's pages during a ``with`` block."""

    class Pages(_Pages):
        provider = server

    with in_background(Pages) as server.url:
        yield server


@contextmanager
def in_background(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve pages on a free port of loopback; yield their address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _Pages(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        path, asked = urlsplit(self.path).path, dict(parse_qsl(urlsplit(self.path).query))
        configuration, authorize, token = _PLACES
        if path == configuration:
            ends = {"authorization_endpoint": authorize, "token_endpoint": token}
            metadata = {"issuer": self.provider.url} | {name: self.provider.url + end for name, end in ends.items()}
            self._answer(200, json.dumps(metadata), "application/json")
        elif path != authorize:
            self._answer(404, "", "text/plain")
        elif wrong := self.provider.wrong_with(asked):
            self._answer(400, wrong, "text/plain")
        else:
            yes = self.provider.back(code=self.provider.code_for(asked), state=asked["state"])
            no = self.provider.back(error="access_denied", state=asked["state"])
            links = "".join(f'<a href="{escape(href)}">{text}</a> ' for text, href in {"Yes": yes, "No": no}.items())
            self._answer(200, f"<!doctype html><title>Provider</title><p>Sign in? {links}", "text/html")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        answer = self.provider.token_for(dict(parse_qsl(body)))
        self._answer(400 if "error" in answer else 200, json.dumps(answer), "application/json")

    def _answer(self, status: int, body: str, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body.encode())))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *arguments: object) -> None:
        pass
