"""Dead-letter queue: close chunks whose messages failed for good."""

from __future__ import annotations

import time
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from sluice import bootstrap
from sluice.config import GiveUpSettings, load_settings
from sluice.model.chunk import from_message
from sluice.model.errors import NotFound, TryLater
from sluice.observability import chunk_errors, count_error, discreet, logger, metrics
from sluice.usecases.finish import give_up

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
@discreet
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Close the chunks of a batch as failed and report exactly the messages that could not be handled."""
    return process_partial_response(event=event, record_handler=_give_up, processor=processor, context=context)


@chunk_errors("cannot give up the chunk; the dead letter comes again")
def _give_up(record: SQSRecord) -> None:
    settings = load_settings(GiveUpSettings)
    try:
        ref = from_message(record.body)
    except (ValueError, KeyError):
        count_error("ChunkErrors", "a message that names no chunk was dropped", body=record.body[:200])
        return
    logger.append_keys(tenant=ref.job.tenant, job_id=ref.job.id, phase=ref.phase, chunk=ref.index)
    services = bootstrap.services(settings)
    try:
        given_up = give_up(ref, now=int(time.time()), services=services)
    except NotFound:
        logger.warning("a dead letter of a deleted job was dropped")
        return
    except TryLater as busy:
        services.queue.delay(record.event_source_arn, record.receipt_handle, busy.seconds)
        raise
    metrics.add_metric(name="ChunksGivenUp", unit=MetricUnit.Count, value=int(given_up))
    logger.error("chunk given up", given_up=given_up)
