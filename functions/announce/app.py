"""The jobs table's stream: notify watchers of changed jobs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBStreamEvent
from aws_lambda_powertools.utilities.typing import LambdaContext

from sluice import bootstrap
from sluice.api.events import job_message, queue_message
from sluice.aws.stored import to_job
from sluice.config import AnnounceSettings, load_settings
from sluice.observability import count_error, logger
from sluice.usecases.watchers import Change, announce, announce_queues, is_new_state, worth_telling


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Post each change of a job, and the depths of the queues after a change of state.

    A message that cannot be delivered is dropped and never blocks the stream: its watcher sees the state of the job
    with the next change or by polling.
    """
    settings = load_settings(AnnounceSettings)
    queue = bootstrap.services(settings).queue
    connections, sockets = bootstrap.connections(settings.jobs_table), bootstrap.sockets(settings.socket_endpoint)
    to: dict[str, Any] = {"now": int(time.time()), "connections": connections, "sockets": sockets}
    changes = worth_telling(list(_changes(event)))
    show = partial(job_message, base_url=settings.base_url)
    posted = sum(_post_or_drop(announce, *change, show=show, **to) for change in changes)
    for tenant in {change[1].ref.tenant for change in changes if is_new_state(*change)}:
        _post_or_drop(announce_queues, tenant, show=lambda: queue_message(queue.depths()), **to)
    logger.info("announced", posted=posted)


def _post_or_drop(announcing: Callable[..., int], *news: Any, **to: Any) -> int:
    try:
        return announcing(*news, **to)
    except Exception as error:  # noqa: BLE001 - it must not block the stream: a shard waits for each of its records
        count_error("CaughtErrors", "a message was dropped", error)
        return 0


def _changes(event: dict[str, Any]) -> Iterator[Change]:
    for record in DynamoDBStreamEvent(event).records:
        before, after = (record.dynamodb.old_image, record.dynamodb.new_image) if record.dynamodb else ({}, {})
        if "kind" not in after:
            continue
        try:
            yield to_job(before) if before else None, to_job(after)
        except Exception as error:  # noqa: BLE001 - as above: an unreadable job must not block the others
            count_error("CaughtErrors", "a job cannot be read", error, job_id=after.get("sk"))
