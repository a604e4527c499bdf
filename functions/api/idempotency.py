"""``Idempotency-Key``: a repeated POST is carried out once and gets the same response."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig, exceptions, idempotent_function
from aws_lambda_powertools.utilities.idempotency.serialization.custom_dict import CustomDictSerializer

from functions.api.auth import TICKETS
from functions.api.forms import without_boundary
from sluice import bootstrap
from sluice.config import ApiSettings, load_settings
from sluice.model.errors import InProgress, KeyReused, RequestRejected
from sluice.observability import count_error

# Longer than clients retry. The form in a response of POST /v1/imports expires after an hour; a shorter term for that
# call would let a retry after two hours create a second job, which is worse than an expired form.
_KEPT_SECONDS = 24 * 3600
_KEY = re.compile(r"[ -~]{1,255}")


class _NotKeptError(Exception):
    """Carries a response past Powertools, which stores no call that raises."""

    def __init__(self, answer: Response[Any]) -> None:
        super().__init__(answer.status_code)
        self.answer = answer


def once_for_each_key(app: APIGatewayRestResolver, next_middleware: NextMiddleware) -> Response[Any]:
    """Carry out a POST unless its key was used before; runs after authorization, because keys belong to callers.

    Raises
    ------
    RequestRejected, KeyReused, InProgress
        If the key is invalid, was sent with another request, or its request is still in progress.
    """
    event, caller = app.current_event, app.context.get("caller")
    key = event.headers.get("Idempotency-Key")
    # a ticket expires after a minute and must not be stored here for a day
    if event.http_method != "POST" or key is None or caller is None or TICKETS.fullmatch(event.path):
        return next_middleware(app)
    if not _KEY.fullmatch(key):
        raise RequestRejected("bad-idempotency-key")
    body = hashlib.sha256(without_boundary(event)).hexdigest()
    request = [event.path, event.resolved_query_string_parameters, body]
    # only hashes of both are stored
    return _answer(app, next_middleware, {"key": [caller.tenant, caller.subject, key], "request": request})


def _answer(app: APIGatewayRestResolver, next_middleware: NextMiddleware, asked: dict[str, Any]) -> Response[Any]:
    given: list[Response[Any]] = []

    def carry_out(*, asked: dict[str, Any]) -> Response[Any]:
        given.append(next_middleware(app))
        if given[0].status_code not in range(200, 300):
            raise _NotKeptError(given[0])
        return given[0]

    once = idempotent_function(
        carry_out,
        data_keyword_argument="asked",
        persistence_store=bootstrap.idempotency_store(load_settings(ApiSettings).idempotency_table),
        config=IdempotencyConfig(
            event_key_jmespath="key",
            payload_validation_jmespath="request",
            expires_after_seconds=_KEPT_SECONDS,
            hash_function="sha256",
            lambda_context=app.lambda_context,  # if the function dies, the key is free after the function's time-out
        ),
        output_serializer=CustomDictSerializer(_kept, lambda kept: Response(**kept)),
        key_prefix="api",
    )
    try:
        answer: Response[Any] = once(asked=asked)
    except _NotKeptError as error:
        return error.answer
    except exceptions.IdempotencyValidationError:
        raise KeyReused from None
    except (exceptions.IdempotencyAlreadyInProgressError, exceptions.IdempotencyInconsistentStateError):
        raise InProgress from None
    except exceptions.IdempotencyPersistenceLayerError as error:
        if not given:
            raise
        # the request was carried out; a caller who sees an error would send it again
        count_error("CaughtErrors", "a response was not stored", error)
        return given[0]
    return answer


def _kept(answer: Response[Any]) -> dict[str, Any]:
    # as text: Powertools sorts the keys of what it stores, and both responses must be equal byte by byte
    body = answer.body if isinstance(answer.body, str) else json.dumps(answer.body, separators=(",", ":"))
    return {"status_code": answer.status_code, "headers": answer.headers, "body": body}
