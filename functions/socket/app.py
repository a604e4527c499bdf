"""WebSocket connections: authorize watchers, and remove those that disconnect."""

from __future__ import annotations

import time
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from sluice import bootstrap
from sluice.auth import READ, identify, issuer_of
from sluice.config import SocketSettings, load_settings
from sluice.model.errors import SluiceError
from sluice.model.event import Connection
from sluice.observability import count_error, logger
from sluice.usecases.watchers import connect, redeem_ticket


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Accept or reject a connection (``$connect``), or remove it (``$disconnect``).

    On AWS, API Gateway itself ignores messages of clients; an emulator passes them on.

    A client connects with the bearer token of the API in the header ``Authorization``, and watches all jobs of its
    tenant, or one with ``?job=ID``. A browser cannot send the header and connects with ``?ticket=`` instead.
    """
    settings = load_settings(SocketSettings)
    route, connection_id = event["requestContext"]["routeKey"], event["requestContext"]["connectionId"]
    status = 200
    if route == "$connect":
        status = _connect(event, connection_id, settings)
    elif route == "$disconnect":
        bootstrap.connections(settings.jobs_table).remove(connection_id)
    logger.info("socket", route=route, status=status)
    return {"statusCode": status}


def _connect(event: dict[str, Any], connection_id: str, settings: SocketSettings) -> int:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    asked, now = event.get("queryStringParameters") or {}, int(time.time())
    try:
        if "ticket" in asked:
            ticket = redeem_ticket(asked["ticket"], now=now, tickets=bootstrap.tickets(settings.jobs_table))
            watcher = Connection(connection_id, ticket.tenant, ticket.job_id, since=now, until=ticket.until)
        else:
            caller = identify(headers.get("authorization"), issuer_of(settings))
            caller.need(READ)
            watcher = Connection(connection_id, caller.tenant, asked.get("job"), since=now, until=caller.until)
        connect(
            watcher,
            now=now,
            jobs=bootstrap.services(settings).jobs,
            connections=bootstrap.connections(settings.jobs_table),
        )
    except SluiceError as rejected:
        if rejected.status >= 500:  # no fault of the watcher; the API's own metric does not see it
            count_error("CaughtErrors", "a watcher cannot be connected", rejected)
        return rejected.status
    return 200
