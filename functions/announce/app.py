"""The jobs table's stream: tell those who watch that a job has changed."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBStreamEvent
from aws_lambda_powertools.utilities.typing import LambdaContext

from sluice import bootstrap
from sluice.config import AnnounceSettings, settings
from sluice.edge.answers import event_message
from sluice.observability import logger
from sluice.stores.items import to_job
from sluice.usecases.announce import announce


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Post each change of a job.

    News that cannot be delivered are dropped and never hold up the stream: whoever missed them sees the job's state
    with the next change, or by asking.
    """
    told = settings(AnnounceSettings)
    posted = 0
    for record in DynamoDBStreamEvent(event).records:
        images = record.dynamodb
        after = images.new_image if images else None
        if images is None or not after or "kind" not in after:
            continue
        before = images.old_image
        try:
            posted += announce(
                to_job(before) if before else None,
                to_job(after),
                show=lambda name, job: event_message(name, job, told.base_url),
                connections=bootstrap.connections(told.jobs_table),
                sockets=bootstrap.sockets(told.socket_endpoint),
            )
        except Exception:  # noqa: BLE001 - whatever it is, the stream must go on: a shard waits for each of its records
            logger.exception("news were dropped", job_id=after["sk"])
    logger.info("announced", posted=posted)
