"""A fake OpenID Connect provider: discovery, a sign-in page, codes with PKCE, refresh tokens, and sign-in by code."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape, unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

CLIENT = "console"
SCOPES = "openid imports:read imports:write"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_ENDS = {
    "authorization_endpoint": "/authorize",
    "token_endpoint": "/token",
    "device_authorization_endpoint": "/device",
    "revocation_endpoint": "/revoke",
}
_ASKED = {"response_type": "code", "client_id": CLIENT, "scope": SCOPES, "code_challenge_method": "S256"}


class Provider:
    """State of the provider: unused codes, valid refresh tokens, and `redirect_uri`, the only address it redirects to.

    A redirect address on loopback without a port allows any port (RFC 8252, section 7.3).

    Parameters
    ----------
    mint
        Makes the access token.
    lifetime
        Seconds that an access token is said to be valid.
    """

    def __init__(self, mint: Callable[[], str], *, lifetime: int = 3600) -> None:
        self.mint, self.lifetime = mint, lifetime
        self.challenges: dict[str, str] = {}
        self.refresh_tokens: set[str] = set()
        self.asked_for_tokens: list[dict[str, str]] = []
        self.device_replies: list[str] = []
        self.without: set[str] = set()
        self.url = self.redirect_uri = ""

    def metadata(self) -> dict[str, str]:
        """Return the metadata, less the fields `without`."""
        known = {"issuer": self.url} | {name: self.url + end for name, end in _ENDS.items()}
        return {name: value for name, value in known.items() if name not in self.without}

    def wrong_with(self, asked: dict[str, str]) -> str:
        """Return the error of a sign-in request, or an empty text."""
        for name, value in _ASKED.items():
            if asked.get(name) != value:
                return f"{name} is {asked.get(name)!r}"
        if not self._may_redirect(asked.get("redirect_uri", "")):
            return f"redirect_uri is {asked.get('redirect_uri')!r}"
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
        if asked.get("client_id") != CLIENT:
            return {"error": "invalid_client"}
        if asked.get("grant_type") == DEVICE_GRANT:
            reply = self.device_replies.pop(0)
            return {"error": reply} if reply else self._tokens()
        if asked.get("grant_type") == "refresh_token":
            used = asked.get("refresh_token", "")
            if used not in self.refresh_tokens:
                return {"error": "invalid_grant", "error_description": "The refresh token is not valid."}
            self.refresh_tokens.discard(used)  # each is valid for one use
            return self._tokens()
        challenge = self.challenges.pop(asked.get("code", ""), None)
        digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        proven = challenge == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        rightly = asked.get("grant_type") == "authorization_code" and self._may_redirect(asked.get("redirect_uri", ""))
        return self._tokens() if proven and rightly else {"error": "invalid_grant"}

    def device(self) -> dict[str, str]:
        """Return the code that a person types elsewhere; the token endpoint then gives `device_replies` in order."""
        there = {"verification_uri": f"{self.url}/activate", "expires_in": "600", "interval": "1"}
        return {"device_code": secrets.token_urlsafe(), "user_code": "WDJB-MJHT", **there}

    def back(self, **answer: str) -> str:
        """Return the redirect address with an answer."""
        return f"{self.redirect_uri}?{urlencode(answer)}"

    def _tokens(self) -> dict[str, str]:
        refresh_token = secrets.token_urlsafe()
        self.refresh_tokens.add(refresh_token)
        more = {"token_type": "Bearer", "expires_in": str(self.lifetime)}
        return {"access_token": self.mint(), "refresh_token": refresh_token, **more}

    def _may_redirect(self, address: str) -> bool:
        parts = urlsplit(address)
        on_loopback = f"{parts.scheme}://{parts.hostname}{parts.path}" if parts.hostname == "127.0.0.1" else None
        return self.redirect_uri in {address, on_loopback}


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
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def click(page: str, link: str) -> httpx.Response:
    """Open the provider's sign-in page as a browser does, and follow one of its links."""
    shown = httpx.get(page, trust_env=False)
    assert shown.status_code == 200, shown.text
    href = re.search(rf'href="([^"]+)">{link}<', shown.text)
    assert href, shown.text
    return httpx.get(unescape(href[1]), trust_env=False)


def _back(asked: dict[str, str], **answer: str) -> str:
    """Return the redirect address with an answer."""
    return f"{asked['redirect_uri']}?{urlencode({**answer, 'state': asked['state']})}"


class _Pages(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        path, asked = urlsplit(self.path).path, dict(parse_qsl(urlsplit(self.path).query))
        if path == "/.well-known/openid-configuration":
            self._answer(200, json.dumps(self.provider.metadata()), "application/json")
        elif path != _ENDS["authorization_endpoint"]:
            self._answer(404, "", "text/plain")
        elif wrong := self.provider.wrong_with(asked):
            self._answer(400, wrong, "text/plain")
        else:
            yes = _back(asked, code=self.provider.code_for(asked))
            no = _back(asked, error="access_denied")
            links = "".join(f'<a href="{escape(href)}">{text}</a> ' for text, href in {"Yes": yes, "No": no}.items())
            self._answer(200, f"<!doctype html><title>Provider</title><p>Sign in? {links}", "text/html")

    def do_POST(self) -> None:
        body = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        if self.path == _ENDS["revocation_endpoint"]:
            self.provider.refresh_tokens.discard(body["token"])
            self._answer(200, "", "text/plain")
            return
        at_device = self.path == _ENDS["device_authorization_endpoint"]
        answer = self.provider.device() if at_device else self.provider.token_for(body)
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
