"""SQS: process one chunk of any phase."""

from __future__ import annotations

import time
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from sluice import bootstrap
from sluice.config import WorkSettings, load_settings
from sluice.model.chunk import from_message
from sluice.model.errors import TryLater
from sluice.observability import chunk_errors, count_error, logger
from sluice.usecases.worker import process_chunk, seconds_until_retry

# Seconds by which a message outlasts the lease, which begins a moment later: an earlier redelivery would find the chunk
# leased, and SQS would count it as an attempt.
_MARGIN = 2

# A batch that fails as a whole is also reported message by message, so that each message keeps its own delay.
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Process the chunks of a batch and report exactly the messages that failed."""
    return process_partial_response(event=event, record_handler=_process, processor=processor, context=context)


@chunk_errors("chunk failed")
def _process(record: SQSRecord) -> None:
    settings = load_settings(WorkSettings)
    services = bootstrap.services(settings)
    queue = services.queue
    arn, receipt = record.event_source_arn, record.receipt_handle
    try:
        ref = from_message(record.body)
    except (ValueError, KeyError):
        count_error("ChunkErrors", "a message that names no chunk was dropped", body=record.body[:200])
        return
    logger.append_keys(tenant=ref.job.tenant, job_id=ref.job.id, phase=ref.phase, chunk=ref.index)
    # if this process dies, SQS redelivers the message just after the lease ends, not after the queue's longer time-out
    queue.delay(arn, receipt, settings.lease_seconds + _MARGIN)
    try:
        process_chunk(ref, now=int(time.time()), lease_seconds=settings.lease_seconds, services=services)
    except TryLater as busy:  # attempts are counted in the chunk, so its message may come any number of times
        queue.delay(arn, receipt, busy.seconds)
        raise
    except Exception:
        queue.delay(arn, receipt, seconds_until_retry(ref, services))
        raise
    logger.info("chunk done")
