"""Errors as HTTP responses; `sluice.api.problems` builds their bodies."""

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
    """Register the handlers that answer every error of every route with problem details."""

    def invalid(error: ValidationException) -> Response[str]:
        # Powertools validates a request before it is authorized, and an unauthorized caller must not see the errors
        try:
            auth.authorize(app)
        except SluiceError as unauthorized:
            return rejected(unauthorized)
        if isinstance(error, RequestUnsupportedContentType):
            return _answer(problems.WRONG_CONTENT_TYPE, 415, {})
        return _answer(problems.invalid(error.errors()), 422, {})

    def unreadable(error: UnicodeDecodeError) -> Response[str]:
        if "caller" in app.context:
            return broken(error)
        # no route has run yet, so the error is in the request: Powertools decodes every body as UTF-8
        try:
            auth.authorize(app)
        except SluiceError as unauthorized:
            return rejected(unauthorized)
        return _answer(problems.invalid([{"loc": ["body"], "msg": "is not UTF-8"}]), 422, {})

    app.exception_handler(SluiceError)(lambda error: rejected(error, auth.base_url(app)))
    app.exception_handler(UnicodeDecodeError)(unreadable)
    app.exception_handler([RequestValidationError, RequestUnsupportedContentType])(invalid)
    app.exception_handler(Exception)(broken)
    app.not_found(no_route)


def rejected(error: SluiceError, base_url: str = "") -> Response[str]:
    """Answer an error that Sluice raises on purpose; a problem about another job links to it."""
    return _answer(error.problem, error.status, problems.headers_of(error), base_url)


def broken(error: Exception) -> Response[str]:
    """Answer any other error as ``internal-error`` without details, and log it."""
    logger.exception("request failed", exc_info=error)
    return _answer(problems.BROKEN, 500, {})


def no_route(_: NotFoundError) -> Response[str]:
    """Answer an address that has no route."""
    return _answer(problems.NO_ROUTE, 404, {})


def _answer(problem: Problem, status: int, headers: dict[str, str], base_url: str = "") -> Response[str]:
    return Response(status, problems.CONTENT_TYPE, problems.body_of(problem, status, base_url), headers)
