"""An issuer of tokens in memory: RS256 keys, a key set, and the tokens that a forger would make of them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

ISSUER = "https://issuer.example"
AUDIENCE = "sluice"
KEY_ID = "key-1"


@cache
def private_key(name: str) -> rsa.RSAPrivateKey:
    """The key of a name, made once: making one takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def key_set() -> dict[str, Any]:
    """What the issuer serves as its JWKS."""
    public = RSAAlgorithm.to_jwk(private_key(KEY_ID).public_key(), as_dict=True)
    return {"keys": [{**public, "kid": KEY_ID, "use": "sig", "alg": "RS256"}]}


def claims(**changed: Any) -> dict[str, Any]:
    """The claims of a good token, some of them changed; ``None`` leaves one out."""
    now = int(time.time())
    told = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "ann",
        "iat": now,
        "exp": now + 600,
        "tenant": "acme",
        "scope": "imports:read imports:write",
    }
    return {name: value for name, value in (told | changed).items() if value is not None}


def token(key: str = KEY_ID, kid: str | None = KEY_ID, **changed: Any) -> str:
    """A token, signed as it should be unless another key is asked for."""
    headers = {"kid": kid} if kid else {}
    return jwt.encode(claims(**changed), private_key(key), algorithm="RS256", headers=headers)


def expired(**changed: Any) -> str:
    """A token that was good an hour ago."""
    now = int(time.time())
    return token(iat=now - 7200, exp=now - 3600, **changed)


def unsigned() -> str:
    """A token that says of itself that it has no signature."""
    return f"{_part({'alg': 'none', 'kid': KEY_ID, 'typ': 'JWT'})}.{_part(claims())}."


def signed_with_the_public_key() -> str:
    """A token whose "secret" is the public key, in the hope that it is checked with the algorithm it names."""
    pem = (
        private_key(KEY_ID)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    body = f"{_part({'alg': 'HS256', 'kid': KEY_ID, 'typ': 'JWT'})}.{_part(claims())}"
    return f"{body}.{_base64(hmac.digest(pem, body.encode(), hashlib.sha256))}"


def _part(content: dict[str, Any]) -> str:
    return _base64(json.dumps(content).encode())


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
