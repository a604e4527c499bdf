"""``/v1/openapi.json`` and ``/v1/docs``: the OpenAPI description of the API."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer, Server

from functions.api import auth


def describe(app: APIGatewayRestResolver) -> None:
    """Add the two routes; the description contains all routes of the app, also those that are added later."""
    app.configure_openapi(
        title="Sluice",
        description="Spreadsheet and CSV imports. Every POST takes the header `Idempotency-Key`: a repeated call with "
        "the same key is carried out once and gets the same response.",
        security_schemes={"token": HTTPBearer(bearerFormat="JWT")},
        security=[{"token": []}],
    )
    app.enable_swagger(path="/v1/docs", persist_authorization=True)

    def document() -> Response[str]:
        servers = [Server(url=auth.base_url(app) or "/")]
        return Response(200, "application/json", app.get_openapi_json_schema(servers=servers))

    app.get("/v1/openapi.json", include_in_schema=False)(document)
