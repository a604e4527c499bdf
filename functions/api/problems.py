"""Errors as HTTP answers; their bodies are made in `sluice.api.problems`."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
    ValidationException,
)

from functions.api import auth
from sluice.api import problems
from sluice.model.errors import Problem, SluiceError
from sluice.observability import logger


def answer_with_problems(app: APIGatewayRestResolver) -> None:
    """Let every error of every route be answered as a problem."""

    def invalid(error: ValidationException) -> Response[str]:
        # Powertools looks at a request before it asks the auth, and a stranger must not learn what it found
        try:
            auth.authorize(app)
        except SluiceError as stranger:
            return rejected(stranger)
        status = 415 if isinstance(error, RequestUnsupportedContentType) else 422
        return _answer(problems.invalid(error.errors()), status, {})

    def unreadable(error: UnicodeDecodeError) -> Response[str]:
        if "caller" in app.context:
            return broken(error)
        # nothing but the request was looked at so far: Powertools takes every body for text in UTF-8
        try:
            auth.authorize(app)
        except SluiceError as stranger:
            return rejected(stranger)
        return _answer(problems.invalid([{"loc": ["body"], "msg": "is not UTF-8"}]), 422, {})

    app.exception_handler(SluiceError)(lambda error: rejected(error, auth.base_url(app)))
    app.exception_handler(UnicodeDecodeError)(unreadable)
    app.exception_handler([RequestValidationError, RequestUnsupportedContentType])(invalid)
    app.exception_handler(Exception)(broken)
    app.not_found(no_route)


def rejected(error: SluiceError, base_url: str = "") -> Response[str]:
    """An error that was raised on purpose; one about another job links to that."""
    return _answer(error.problem, error.status, problems.headers_of(error), base_url)


def broken(error: Exception) -> Response[str]:
    """Anything else is ours; the caller learns no more than that."""
    logger.exception("request failed", exc_info=error)
    return _answer(problems.BROKEN, 500, {})


def no_route(_: NotFoundError) -> Response[str]:
    """Answer an address that has no route."""
    return _answer(problems.NO_ROUTE, 404, {})


def _answer(problem: Problem, status: int, headers: dict[str, str], base_url: str = "") -> Response[str]:
    return Response(status, problems.CONTENT_TYPE, problems.body_of(problem, status, base_url), headers)
