"""Errors as HTTP responses; `sluice.api.problems` builds their bodies."""

from __future__ import annotations

from collections.abc import Mapping

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
from sluice.observability import count_error


def answer_with_problems(app: APIGatewayRestResolver) -> None:
    """Register the handlers that answer every error of every route with problem details."""

    def answer(problem: Problem, status: int, headers: Mapping[str, str]) -> Response[str]:
        base_url = auth.base_url(app)
        help_ = {"Link": f'<{base_url}/v1/problems/{problem.type}>; rel="help"'}
        body = problems.body_of(problem, status, base_url)
        return Response(status, problems.CONTENT_TYPE, body, {**headers, **help_})

    def rejected(error: SluiceError) -> Response[str]:
        if error.problem.params.get("case") == "issuer-away":  # other calls that can be repeated are no faults
            count_error("CaughtErrors", "the issuer's keys cannot be fetched", error)
        return answer(error.problem, error.status, problems.headers_of(error))

    def broken(error: Exception) -> Response[str]:
        """Answer any other error without details, and count it: API Gateway's metric has planned ones beside it."""
        count_error("CaughtErrors", "request failed", error)
        return answer(problems.BROKEN, 500, {})

    def invalid(error: ValidationException) -> Response[str]:
        if isinstance(error, RequestUnsupportedContentType):
            return answer(problems.WRONG_CONTENT_TYPE, 415, {})
        return answer(problems.invalid(error.errors()), 422, {})

    def no_route(_: NotFoundError) -> Response[str]:
        return answer(problems.NO_ROUTE, 404, {})

    app.exception_handler(SluiceError)(rejected)
    app.exception_handler([RequestValidationError, RequestUnsupportedContentType])(invalid)
    app.exception_handler(Exception)(broken)
    app.not_found(no_route)
