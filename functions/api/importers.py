"""``/v1/importers``: what can be imported."""

from __future__ import annotations

from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from sluice.edge.answers import ImporterAnswer, ListAnswer, importer_answer
from sluice.importers.registry import IMPORTERS, importer_named

router = APIGatewayRouter()


@router.get("/importers")
def every() -> ListAnswer[ImporterAnswer]:
    """All importers."""
    return ListAnswer(items=[importer_answer(importer) for importer in IMPORTERS], next=None)


@router.get("/importers/<name>")
def one(name: str) -> ImporterAnswer:
    """One importer."""
    return importer_answer(importer_named(name))
