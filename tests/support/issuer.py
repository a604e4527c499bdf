"""An issuer of tokens in memory: RS256 keys, a key set, and valid and forged tokens."""

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
    """Return the key of a name, generated once because that is slow."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def key_set() -> dict[str, Any]:
    """Return the JWKS that the issuer serves."""
    public = RSAAlgorithm.to_jwk(private_key(KEY_ID).public_key(), as_dict=True)
    return {"keys": [{**public, "kid": KEY_ID, "use": "sig", "alg": "RS256"}]}


def claims(**changed: Any) -> dict[str, Any]:
    """Return the claims of a valid token, some of them changed; ``None`` omits a claim."""
    now = int(time.time())
    valid = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "ann",
        "iat": now,
        "exp": now + 86_400,  # longer than any run: parametrized tests take their tokens when they are collected
        "tenant": "acme",
        "scope": "imports:read imports:write",
    }
    return {name: value for name, value in (valid | changed).items() if value is not None}


def token(key: str = KEY_ID, kid: str | None = KEY_ID, **changed: Any) -> str:
    """Return a token that is signed with the issuer's key unless another one is given."""
    headers = {"kid": kid} if kid else {}
    return jwt.encode(claims(**changed), private_key(key), algorithm="RS256", headers=headers)


def with_claims(odd: dict[str, Any]) -> str:
    """Return a token that is signed with the issuer's key, whatever its claims are; PyJWT would not write some."""
    signed = f"{_part({'alg': 'RS256', 'kid': KEY_ID, 'typ': 'JWT'})}.{_part(odd)}"
    return f"{signed}.{_base64(RSAAlgorithm(RSAAlgorithm.SHA256).sign(signed.encode(), private_key(KEY_ID)))}"


def token_with_null(claim: str, **changed: Any) -> str:
    """Return a token whose issuer writes null for a claim."""
    return with_claims(claims(**changed) | {claim: None})


def expired(**changed: Any) -> str:
    """Return a token that expired an hour ago."""
    now = int(time.time())
    return token(iat=now - 7200, exp=now - 3600, **changed)


def unsigned() -> str:
    """Return a token whose header says that it is not signed."""
    return f"{_part({'alg': 'none', 'kid': KEY_ID, 'typ': 'JWT'})}.{_part(claims())}."


def signed_with_the_public_key() -> str:
    """Return a token whose HMAC secret is the public key, as an attack on the algorithm header does."""
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
