"""SQS: do one chunk of any phase."""

from __future__ import annotations

import time
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from sluice import bootstrap
from sluice.config import WorkSettings, load_settings
from sluice.model.chunk import from_message
from sluice.model.errors import NotYet, TryLater
from sluice.observability import logger
from sluice.usecases.worker import process_chunk

# The lease is taken a moment after this; a message that is back before it ends comes for nothing, and SQS counts that.
_MARGIN = 2

# A batch that fails as a whole is reported message by message too, so that each keeps its own waiting time.
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Do the chunks of a batch and report exactly the messages that failed."""
    return process_partial_response(event=event, record_handler=_do, processor=processor, context=context)


def _do(record: SQSRecord) -> None:
    settings = load_settings(WorkSettings)
    services = bootstrap.services(settings)
    queue = services.queue
    arn, receipt, ref = record.event_source_arn, record.receipt_handle, from_message(record.body)
    logger.append_keys(tenant=ref.job.tenant, job_id=ref.job.id, phase=ref.phase, chunk=ref.index)
    # if this process dies, the message is back just after its lease has run out, not after the queue's long time-out
    queue.delay(arn, receipt, settings.lease_seconds + _MARGIN)
    try:
        process_chunk(ref, now=int(time.time()), lease_seconds=settings.lease_seconds, services=services)
    except NotYet as waiting:  # not an attempt of this message, of which there are three
        queue.put_back(ref, arn, waiting.seconds)
        return
    except TryLater as busy:
        queue.delay(arn, receipt, busy.seconds)
        raise
    except Exception:
        logger.exception("chunk failed")
        queue.delay(arn, receipt, 2 ** int(record.attributes.approximate_receive_count))
        raise
    logger.info("chunk done")
