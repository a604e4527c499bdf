"""``/v1/queues`` and ``/v1/health``: is everything moving?"""

from __future__ import annotations

from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from sluice import bootstrap
from sluice.config import ApiSettings, load_settings

router = APIGatewayRouter()


@router.get("/queues")
def queues() -> dict[str, dict[str, int]]:
    """How many chunks wait, are being worked on, or wait for their next attempt, in each queue."""
    settings = load_settings(ApiSettings)
    return bootstrap.queue(
        urgent=settings.urgent_queue_url, standard=settings.standard_queue_url, dead=settings.dead_letter_queue_url
    ).depths()


@router.get("/health")
def health() -> dict[str, str]:
    """The API is there."""
    return {"status": "ok"}
