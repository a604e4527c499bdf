"""Signing in at an OpenID Connect issuer, as a native app does.

The authorization code comes back to a page on loopback (RFC 8252) and is bound to this process by PKCE (RFC 7636). On a
machine without a browser, a person types a code in another one (RFC 8628). The client is public: it has no secret.
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from threading import Thread
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

from sluice_cli.errors import LoginFailed, Unreachable

REDIRECT: Final = "http://127.0.0.1/"
"""Redirect address without a port: any free one, which issuers have to allow (RFC 8252, section 7.3)."""

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost"})
_DEVICE_GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
_PATIENCE: Final = 300.0
"""Seconds that a person has to sign in."""
_LIFETIME: Final = 300.0
"""Seconds that a token is used whose issuer does not say when it expires."""


@dataclass(frozen=True)
class Tokens:
    """What the issuer gave: the access token, its expiry in epoch seconds, and a refresh token if there is one."""

    access_token: str = field(repr=False)
    expires_at: float
    refresh_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Issuer:
    """An issuer by its metadata (OpenID Connect Discovery 1.0, section 3), and our client there.

    Parameters
    ----------
    http
        The client that its endpoints are called with; it never has a token of ours.
    """

    metadata: Mapping[str, Any]
    client_id: str
    scopes: str
    http: httpx.Client = field(repr=False)

    @classmethod
    def discover(cls, url: str, client_id: str, scopes: str, http: httpx.Client) -> "Issuer":
        """Fetch the metadata of the issuer at `url`.

        Raises
        ------
        LoginFailed
            When its metadata is another issuer's (section 4.3), or none.
        Unreachable
            When it does not respond, as of every call below.
        """
        metadata = _fetch(http, f"{secure(url).rstrip('/')}/.well-known/openid-configuration")
        if metadata.get("issuer") != url:
            raise LoginFailed(f"The metadata of {url} names another issuer: {metadata.get('issuer')}")
        return cls(metadata, client_id, scopes, http)

    def sign_in(self, redirect: str, show: Callable[[str], object], *, patience: float = _PATIENCE) -> Tokens:
        """Let a person sign in with a browser, and return the tokens.

        Parameters
        ----------
        redirect
            Loopback address that the issuer sends the browser back to; without a port, a free one is taken.
        show
            Opens the issuer's page, given its address.

        Raises
        ------
        LoginFailed
            When the person or the issuer says no, or nothing comes within `patience` seconds.
        """
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        with _listening(redirect, state) as (address, replies):
            asked = {
                "response_type": "code",
                "client_id": self.client_id,
                "redirect_uri": address,
                "scope": self.scopes,
                "state": state,
                "code_challenge": _base64(hashlib.sha256(verifier.encode()).digest()),
                "code_challenge_method": "S256",
            }
            page = self._endpoint("authorization_endpoint")
            show(f"{page}{'&' if urlsplit(page).query else '?'}{urlencode(asked)}")
            try:
                reply = replies.get(timeout=patience)
            except Empty:
                raise LoginFailed(f"Not signed in within {patience:.0f} s. Start again.") from None
        if reply.get("iss", self.metadata["issuer"]) != self.metadata["issuer"]:  # RFC 9207
            raise LoginFailed("The reply came from another issuer. Start again.")
        if "code" not in reply:
            raise LoginFailed(f"The issuer did not sign you in: {_reason(reply)}")
        exchange = {"code": reply["code"], "redirect_uri": address, "code_verifier": verifier}
        return self._tokens({"grant_type": "authorization_code", **exchange})

    def sign_in_elsewhere(
        self, show: Callable[[str, str], object], *, sleep: Callable[[float], None] = time.sleep
    ) -> Tokens:
        """Let a person sign in with a browser of another machine, and return the tokens (RFC 8628).

        Parameters
        ----------
        show
            Tells the person the address of a page, and the code to type there.

        Raises
        ------
        LoginFailed
            When the issuer has no such flow, the person or the issuer says no, or the code expires.
        """
        if "device_authorization_endpoint" not in self.metadata:
            raise LoginFailed(
                "This issuer has no sign-in by code. Sign in without --device, on a machine with a browser."
            )
        endpoint = self._endpoint("device_authorization_endpoint")
        device = _fetch(self.http, endpoint, {"client_id": self.client_id, "scope": self.scopes})
        show(str(device["verification_uri"]), str(device["user_code"]))
        interval, until = float(device.get("interval", 5)), time.monotonic() + float(device["expires_in"])
        grant = {"grant_type": _DEVICE_GRANT, "device_code": str(device["device_code"])}
        while time.monotonic() < until:
            sleep(interval)
            reply = self._token_reply(grant)
            if "access_token" in reply:
                return _read(reply, None)
            if reply.get("error") == "slow_down":
                interval += 5  # section 3.5
            elif reply.get("error") != "authorization_pending":
                raise LoginFailed(f"The issuer did not sign you in: {_reason(reply)}")
        raise LoginFailed("The code has expired. Start again.")

    def refresh(self, refresh_token: str) -> Tokens:
        """Exchange a refresh token for new tokens; the old one stays valid if the issuer gives no other."""
        return self._tokens({"grant_type": "refresh_token", "refresh_token": refresh_token}, refresh_token)

    def revoke(self, refresh_token: str) -> bool:
        """Revoke a refresh token (RFC 7009); return whether the issuer has done so."""
        if "revocation_endpoint" not in self.metadata:
            return False
        body = {"token": refresh_token, "token_type_hint": "refresh_token", "client_id": self.client_id}
        try:
            return self.http.post(self._endpoint("revocation_endpoint"), data=body).is_success
        except httpx.HTTPError:
            return False

    def _tokens(self, grant: Mapping[str, str], refresh_token: str | None = None) -> Tokens:
        reply = self._token_reply(grant)
        if "access_token" not in reply:
            raise LoginFailed(f"The issuer did not sign you in: {_reason(reply)}")
        return _read(reply, refresh_token)

    def _token_reply(self, grant: Mapping[str, str]) -> dict[str, Any]:
        return _fetch(self.http, self._endpoint("token_endpoint"), {**grant, "client_id": self.client_id})

    def _endpoint(self, name: str) -> str:
        if not isinstance(self.metadata.get(name), str):
            raise LoginFailed(f"The metadata of the issuer has no {name}.")
        return secure(self.metadata[name])


def secure(address: str) -> str:
    """Return an address that a token may be sent to: https, or on this machine.

    Raises
    ------
    LoginFailed
        For any other.
    """
    parts = urlsplit(address)
    if parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)):
        return address
    raise LoginFailed(f"{address!r} cannot be used to sign in: it has to begin with https://")


def claims(token: str) -> dict[str, Any]:
    """Return what a token says of itself, to show it; empty if it is no JWT. Only the API verifies it."""
    try:
        body = token.split(".")[1]
        found = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (IndexError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _read(reply: Mapping[str, Any], refresh_token: str | None) -> Tokens:
    try:
        expires_at = time.time() + float(reply["expires_in"])
    except (KeyError, TypeError, ValueError):  # the field is only recommended (RFC 6749, section 5.1)
        expires_at = float(claims(str(reply["access_token"])).get("exp") or time.time() + _LIFETIME)
    return Tokens(str(reply["access_token"]), expires_at, reply.get("refresh_token") or refresh_token)


def _fetch(http: httpx.Client, address: str, form: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the JSON object at an address; an error of OAuth is one too, with its status 400 or 401."""
    try:
        response = http.get(address) if form is None else http.post(address, data=dict(form))
    except httpx.HTTPError as error:  # its text may quote the form
        raise Unreachable(f"No response from the issuer at {address} ({type(error).__name__}). Try again.") from None
    if response.is_server_error:
        raise Unreachable(f"The issuer responded with {response.status_code} at {address}. Try again.")
    try:
        body = response.json()
    except ValueError:
        body = None
    if isinstance(body, dict) and (response.is_success or "error" in body):
        return body
    raise LoginFailed(f"The issuer responded with {response.status_code} at {address}, and without what is needed.")


def _reason(reply: Mapping[str, Any]) -> str:
    return str(reply.get("error_description") or reply.get("error") or "it gave no reason")


@contextmanager
def _listening(redirect: str, state: str) -> Iterator[tuple[str, "Queue[dict[str, str]]"]]:
    """Serve the redirect address during a ``with`` block; yield it and the queue of replies with our `state`."""
    parts = urlsplit(redirect)
    if parts.scheme != "http" or parts.hostname not in _LOOPBACK:
        raise LoginFailed(f"{redirect!r} is no loopback address, such as {REDIRECT}")
    replies: Queue[dict[str, str]] = Queue()

    class Page(BaseHTTPRequestHandler):
        timeout = 10  # browsers open connections that they do not use

        def do_GET(self) -> None:
            reply = dict(parse_qsl(urlsplit(self.path).query))
            ours = hmac.compare_digest(reply.get("state", "").encode(), state.encode())
            said = "You are signed in to Sluice." if "code" in reply else f"Not signed in: {_reason(reply)}"
            text = f"{said} You can close this page." if ours else "This page does not belong to a sign-in."
            body = f"<!doctype html><meta charset=utf-8><title>Sluice</title><p>{escape(text)}".encode()
            self.send_response(200 if ours else 400)
            for name, value in {
                "Content-Type": "text/html; charset=utf-8",
                "Content-Length": str(len(body)),
                "Content-Security-Policy": "default-src 'none'",
                "Referrer-Policy": "no-referrer",
                "Connection": "close",
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            if ours:
                replies.put(reply)

        def log_message(self, format: str, *arguments: object) -> None:
            pass  # the address has the code

    try:
        server = ThreadingHTTPServer(("127.0.0.1", parts.port or 0), Page)
    except OSError:
        raise LoginFailed(
            f"Port {parts.port} is in use by another program, and the redirect address needs it."
        ) from None
    server.daemon_threads = True
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://{parts.hostname}:{server.server_port}{parts.path or '/'}", replies
    finally:
        server.shutdown()
        server.server_close()


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
