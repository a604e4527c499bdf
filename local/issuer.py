"""The token issuer of local stacks: OIDC discovery and a key set on loopback, and tokens signed with its key.

It takes the place of Cognito or any OIDC provider; Sluice sees no difference. Every process that can read the key file
mints its own tokens, so the server has no token endpoint.
"""

import argparse
import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from local.errors import LocalProblem
from local.processes import LOOPBACK, BackgroundProcess

AUDIENCE: Final = "sluice"
SCOPES: Final = ("imports:read", "imports:write", "imports:admin")


@dataclass(frozen=True)
class Issuer:
    """An issuer whose private key is in `folder` and whose public documents are served at `url`."""

    folder: Path
    url: str

    def mint(
        self,
        tenant: str = "demo",
        scopes: Sequence[str] = SCOPES,
        *,
        subject: str = "you@example.com",
        lifetime: timedelta = timedelta(hours=12),
        audience: str = AUDIENCE,
        **claims: Any,
    ) -> str:
        """Return a signed token. A negative `lifetime` makes it expired; `claims` adds or replaces any claim."""
        now = datetime.now(UTC)
        payload = {
            "iss": self.url,
            "aud": audience,
            "sub": subject,
            "iat": min(now, now + lifetime),
            "exp": now + lifetime,
            "tenant": tenant,
            "scope": " ".join(scopes),
            **claims,
        }
        key = _key(self.folder)
        return jwt.encode(payload, key, algorithm="RS256", headers={"kid": _public(key)["kid"]})

    def documents(self) -> dict[str, Any]:
        """Return the documents that `serve` serves, by path."""
        keys = f"{self.url}/.well-known/jwks.json"
        return {
            "/.well-known/openid-configuration": {
                "issuer": self.url,
                "jwks_uri": keys,
                "id_token_signing_alg_values_supported": ["RS256"],
            },
            "/.well-known/jwks.json": self.key_set(),
        }

    def key_set(self) -> dict[str, Any]:
        """Return the public key as a JSON Web Key Set."""
        return {"keys": [_public(_key(self.folder))]}


def start(folder: Path, port: int) -> Issuer:
    """Return the issuer of `folder`; starts it on `port` unless it runs already."""
    url = BackgroundProcess(folder, "issuer").serve(
        "local.issuer", "--folder", folder, title="token issuer", port=port, probe="/.well-known/jwks.json"
    )
    return Issuer(folder, url)


def stop(folder: Path) -> bool:
    """Stop the issuer of `folder`; return whether it ran."""
    return BackgroundProcess(folder, "issuer").stop()


def _key(folder: Path) -> RSAPrivateKey:
    """Return the key of `folder`; the first call generates it."""
    path = folder / "issuer-key.pem"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        made = generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.touch(mode=0o600)
        path.write_bytes(made)
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise LocalProblem(f"{path} holds no RSA key. Delete it, and the next start generates one.")
    return key


def _public(key: RSAPrivateKey) -> dict[str, str]:
    """Return the public key as a JWK whose ``kid`` is its thumbprint (RFC 7638)."""
    jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    named = json.dumps({name: jwk[name] for name in ("e", "kty", "n")}, separators=(",", ":"), sort_keys=True)
    kid = base64.urlsafe_b64encode(hashlib.sha256(named.encode()).digest()).rstrip(b"=").decode()
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": jwk["n"], "e": jwk["e"]}


def serve(issuer: Issuer, port: int) -> None:
    """Serve the issuer's two documents until the process is stopped."""
    answers = {path: json.dumps(body).encode() for path, body in issuer.documents().items()}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = answers.get(self.path)
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

    ThreadingHTTPServer((LOOPBACK, port), Handler).serve_forever()


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--folder", type=Path, required=True)
    options.add_argument("--port", type=int, required=True)
    chosen = options.parse_args()
    serve(Issuer(chosen.folder, f"http://{LOOPBACK}:{chosen.port}"), chosen.port)
