"""``/v1/queues`` and ``/v1/health``: is everything moving?"""

from __future__ import annotations

from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from functions.api.services import services

router = APIGatewayRouter()


@router.get("/queues")
def queues() -> dict[str, dict[str, int]]:
    """How many chunks wait, are being worked on, or wait for their next attempt, in each queue."""
    return services().queue.depths()


@router.get("/health")
def health() -> dict[str, str]:
    """The API is there."""
    return {"status": "ok"}
