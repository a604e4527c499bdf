"""``/v1/queues``, ``/v1/health`` and ``/v1/problems``: depths of the queues, the health check, types of problems."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response

from functions.api.routes import Routes, ok, other, problems
from functions.api.services import services
from sluice.api.problems import page_of
from sluice.api.responses import HealthResponse, QueueResponse

router = Routes("Service")


@router.get("/queues", responses=ok(200, "The depth of each queue."))
def get_queues() -> dict[str, QueueResponse]:
    """Count the chunks in each queue.

    Those that wait, are being processed, or wait for their next attempt, as SQS counts them.
    """
    return {name: QueueResponse(**depths) for name, depths in services().queue.depths().items()}


@router.get("/health", responses=ok(200, "The API is up."))
def get_health() -> HealthResponse:
    """Answer that the API is up.

    It looks at nothing else.
    """
    return HealthResponse(status="ok")


@router.get(
    "/problems/<problem>",
    responses=other(200, "A page for people.", type="text/html") | problems("not-found"),
    enable_validation=False,  # it would write the page as JSON
)
def explain_problem(problem: str) -> Response[str]:
    """Explain a type of problem.

    When it occurs, and which members it has; the header `Link` of a problem leads here.
    """
    return Response(200, "text/html; charset=utf-8", page_of(problem), {"Cache-Control": "max-age=3600"})
