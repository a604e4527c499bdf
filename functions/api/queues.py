"""``/v1/queues`` and ``/v1/health``: depths of the queues, and the health check."""

from __future__ import annotations

from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from functions.api.services import services

router = APIGatewayRouter()


@router.get("/queues")
def queues() -> dict[str, dict[str, int]]:
    """Count the chunks in each queue that wait, are being processed, or wait for their next attempt."""
    return services().queue.depths()


@router.get("/health")
def health() -> dict[str, str]:
    """Answer that the API is up."""
    return {"status": "ok"}
