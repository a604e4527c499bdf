"""JSON bodies: read after the caller is authorized, and strictly (RFC 8259, RFC 7493)."""

from __future__ import annotations

import base64
import json
import math
from collections import Counter
from typing import Any, NoReturn

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.middlewares.openapi_validation import OpenAPIRequestValidationMiddleware
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from functions.api import auth

# The recipe of a job with hundreds of columns, with the evidence of each. What is stored of a body goes into an item of
# DynamoDB, which holds 400 KB, beside what is there.
_MOST_BYTES = 256 * 1024
# File names and headers have at most half of this.
_MOST_CHARACTERS = 2048
# A recipe as a job shows it has eight levels; DynamoDB stores 32 (DynamoDB Developer Guide, "Constraints").
_MOST_LEVELS = 20


class AuthorizedValidation(OpenAPIRequestValidationMiddleware):
    """Powertools' validation of a request, behind the authorization: no request without a token is parsed."""

    def handler(self, app: Any, next_middleware: NextMiddleware) -> Response[Any]:
        """Authorize, validate, and go on."""
        auth.authorize(app)
        return super().handler(app, next_middleware)

    def _get_body(self, app: Any) -> Any:
        """Read the body of a request, which Powertools would read as lenient as Python's `json` is."""
        event = app.current_event
        kind = (event.headers.get("Content-Type") or "application/json").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise RequestUnsupportedContentType("wrong content type", errors=[])
        content = _content_of(event)
        return read_json(content) if content else None


def read_json(content: bytes) -> Any:
    """Read a JSON text.

    Raises
    ------
    RequestValidationError
        If it is no JSON in UTF-8, or what readers of JSON understand in several ways or not at all: a name twice in an
        object, NaN and infinity, half of a surrogate pair, a number of thousands of digits, endless nesting.
    """
    if len(content) > _MOST_BYTES:
        raise invalid_body(f"has more than {_MOST_BYTES:,} bytes")
    try:
        found = json.loads(content.decode(), object_pairs_hook=_object, parse_constant=_no_number, parse_float=_finite)
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeDecodeError:
        raise invalid_body("is not UTF-8") from None
    except UnicodeEncodeError:
        raise invalid_body("has half of a surrogate pair") from None
    except RecursionError:
        raise invalid_body("is nested too deep") from None
    except json.JSONDecodeError as error:
        raise invalid_body(f"is no JSON: {error.msg} at character {error.pos + 1}") from None
    except ValueError:  # more digits than Python converts
        raise invalid_body("has a number that is too long") from None
    _check(found, _MOST_LEVELS)
    return found


def invalid_body(reason: str) -> RequestValidationError:
    """Build the error of a body as a whole."""
    return RequestValidationError([{"loc": ("body",), "msg": reason}])


def _content_of(event: APIGatewayProxyEvent) -> bytes:
    body = event.body or ""
    try:
        return base64.b64decode(body, validate=True) if event.is_base64_encoded else body.encode()
    except ValueError:
        raise invalid_body("did not arrive as it was sent") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        (twice, _), *_ = Counter(name for name, _ in pairs).most_common(1)
        raise invalid_body(f"has the name {twice[:100]!a} twice in one object")
    return found


def _no_number(constant: str) -> NoReturn:
    raise invalid_body(f"has {constant}, which is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise invalid_body("has a number that is too large")
    return number


def _check(value: Any, levels: int) -> None:
    """Reject a JSON value with more levels, or longer texts, than any body has."""
    if isinstance(value, str) and len(value) > _MOST_CHARACTERS:
        raise invalid_body(f"has a text of more than {_MOST_CHARACTERS:,} characters")
    if not isinstance(value, dict | list):
        return
    if levels == 0:
        raise invalid_body("is nested too deep")
    for inner in [*value, *value.values()] if isinstance(value, dict) else value:
        _check(inner, levels - 1)
