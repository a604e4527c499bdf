"""Every HTTP route: the resolver, who may call, and how errors are answered."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.api import datasets, gate, importers, imports, jobs, queues
from sluice.edge import problems
from sluice.model.errors import Problem, SluiceError
from sluice.observability import logger

app = APIGatewayRestResolver(enable_validation=True, response_validation_error_http_code=500, cors=gate.CORS)
app.enable_swagger(
    path="/v1/docs", title="Sluice", description="Spreadsheet and CSV imports.", persist_authorization=True
)
app.use(middlewares=[gate.only_known_callers])
for routes in (imports, jobs, importers, datasets, queues):
    app.include_router(routes.router, prefix="/v1")


@app.exception_handler(SluiceError)
def refused(error: SluiceError) -> Response[str]:
    """An error that was raised on purpose."""
    return _answer(error.problem, error.status, problems.headers_of(error))


@app.exception_handler(RequestValidationError)
def invalid(error: RequestValidationError) -> Response[str]:
    """A request that is not as the API describes it."""
    return _answer(problems.invalid(error.errors()), 422, {})


@app.exception_handler(Exception)
def broken(error: Exception) -> Response[str]:
    """Anything else is ours; the caller learns no more than that."""
    logger.exception("request failed", exc_info=error)
    return _answer(problems.BROKEN, 500, {})


@app.not_found
def no_route(_: NotFoundError) -> Response[str]:
    """An address that nothing is at."""
    return _answer(problems.NO_ROUTE, 404, {})


def _answer(problem: Problem, status: int, headers: dict[str, str]) -> Response[str]:
    return Response(status, problems.CONTENT_TYPE, problems.body_of(problem, status), headers)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request."""
    answer = app.resolve(event, context)
    answer["body"] = answer.get("body") or ""  # a 304 has none, and not every gateway takes null for it
    logger.info("answered", method=event["httpMethod"], path=event["path"], status=answer["statusCode"])
    return answer
