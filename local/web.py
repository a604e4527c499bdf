"""The web pages of local stacks: `web/` served on loopback, with the headers that CloudFront adds on AWS."""

import argparse
import json
from collections.abc import Sequence
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from local.issuer import Issuer
from local.paths import ROOT
from local.processes import LOOPBACK, BackgroundProcess

WEB: Final = ROOT / "web"


def headers(connect: Sequence[str]) -> dict[str, str]:
    """Return the headers of every page; its scripts can reach the page's own host and `connect` only.

    Text never becomes markup: Trusted Types reject it (W3C Trusted Types, ``require-trusted-types-for``).
    """
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": " ".join(["'self'", *connect]),
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }


def start(folder: Path, port: int, api_url: str, issuer_url: str) -> str:
    """Return the address of `folder`'s pages; starts their server on `port` unless it runs already.

    Parameters
    ----------
    api_url
        The API that the console calls; the console reads it from ``/config.json``.
    issuer_url
        The issuer of the console's token. ``/config.json`` holds one, so that a developer does not have to sign in.
    """
    process = BackgroundProcess(folder, "web")
    facts = process.facts()
    if facts is not None and facts["api"] != api_url:  # a restarted local AWS has another API address
        process.stop()
    options = ("--api", api_url, "--folder", folder, "--issuer", issuer_url)
    return process.serve("local.web", *options, title="web console", port=port, probe="/config.json", api=api_url)


def stop(folder: Path) -> bool:
    """Stop serving `folder`'s pages; return whether they were served."""
    return BackgroundProcess(folder, "web").stop()


class _Pages(SimpleHTTPRequestHandler):
    """Serves the files of `web/` and the console's settings, with `headers`."""

    def __init__(self, *arguments: Any, api_url: str, issuer: Issuer, **options: Any) -> None:
        self.api_url, self.issuer, at = api_url, issuer, urlsplit(api_url)
        self.ours = headers([f"http://{at.netloc}", f"ws://{at.netloc}"])
        super().__init__(*arguments, directory=str(WEB), **options)

    def end_headers(self) -> None:
        for name, value in self.ours.items():
            self.send_header(name, value)
        if self.path.startswith(("/elements/", "/shared/")):  # pages of other origins load these modules, no token
            self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()

    def do_GET(self) -> None:
        if self.path.partition("?")[0] != "/config.json":
            super().do_GET()
            return
        # a foreign page whose name resolves to this address must not read the token (DNS rebinding)
        if (self.headers.get("Host") or "").partition(":")[0] != LOOPBACK:
            self.send_error(403)
            return
        config = {"api_url": self.api_url, "issuer": None, "client_id": None, "scopes": None}
        body = json.dumps({**config, "token": self.issuer.mint()}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def list_directory(self, path: Any) -> None:  # noqa: ARG002 - the base class calls it with one
        self.send_error(404)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass  # a token in an address must not reach a log


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--api", required=True)
    options.add_argument("--folder", type=Path, required=True)
    options.add_argument("--issuer", required=True)
    chosen = options.parse_args()
    pages = partial(_Pages, api_url=chosen.api, issuer=Issuer(chosen.folder, chosen.issuer))
    ThreadingHTTPServer((LOOPBACK, chosen.port), pages).serve_forever()
