"""Every HTTP route: the resolver, its authorization and idempotency, its OpenAPI description and its errors."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.api import (
    actions,
    auth,
    datasets,
    description,
    files,
    idempotency,
    importers,
    imports,
    jobs,
    live,
    problems,
    queues,
    recipes,
    rows,
    syncs,
    uploads,
)
from functions.api.parameters import only_known_parameters
from sluice import bootstrap
from sluice.observability import logger

app = description.DescribedResolver(enable_validation=True, response_validation_error_http_code=500, cors=auth.CORS)
app.use(middlewares=[auth.only_known_callers, only_known_parameters, idempotency.once_for_each_key])
problems.answer_with_problems(app)
description.describe(app)
for routes in (imports, uploads, jobs, rows, live, actions, files, importers, recipes, datasets, queues, syncs):
    app.include_router(routes.router, prefix="/v1")
# described here; `functions.api.stream` serves it where it is deployed
app.include_router(live.stream_routes(), prefix="/v1")


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request."""
    answer = app.resolve(event, context)
    bootstrap.release_connections()  # idle environments of the API are many, and would hold one each
    answer["body"] = answer.get("body") or ""  # a 304 has no body, and not every gateway accepts null
    logger.info("answered", method=event["httpMethod"], path=event["path"], status=answer["statusCode"])
    return answer
