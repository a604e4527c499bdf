"""``/v1/queues``, ``/v1/health`` and ``/v1/problems``: depths of the queues, the health check, types of problems."""

from __future__ import annotations

from functions.api.routes import Routes, ok
from functions.api.services import services
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
