"""The event streams alone: a function of its own, so that open streams do not hold environments of the whole API."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.api import auth, description, live, problems
from functions.api.parameters import only_known_parameters
from sluice.observability import logger

app = description.DescribedResolver(enable_validation=True, response_validation_error_http_code=500, cors=auth.CORS)
app.use(middlewares=[auth.only_known_callers, only_known_parameters])
problems.answer_with_problems(app)
app.include_router(live.stream_routes(), prefix="/v1")


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request for the next event of a job."""
    answer = app.resolve(event, context)
    answer["body"] = answer.get("body") or ""  # as in `functions.api.app`
    logger.info("streamed", status=answer["statusCode"])
    return answer
