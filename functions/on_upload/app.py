"""S3 ObjectCreated: start the job of the file that has arrived."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.utilities.data_classes import S3Event
from aws_lambda_powertools.utilities.typing import LambdaContext

from sluice import bootstrap
from sluice.config import FinishSettings, load_settings
from sluice.observability import discreet, logger
from sluice.usecases.start_import import Arrival, start_job


@logger.inject_lambda_context(clear_state=True)
@discreet
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Start a job for each record; an exception makes Lambda deliver the event again."""
    settings = load_settings(FinishSettings)
    for record in S3Event(event).records:
        arrival = Arrival(
            # AWS writes a space as +, LocalStack as %20
            key=unquote_plus(record.s3.get_object.key),
            bytes=record.s3.get_object.size,
            etag=record.s3.get_object.etag,
            at=datetime.fromisoformat(record.event_time),
        )
        job = start_job(arrival, bootstrap.services(settings))
        if job is None:
            logger.warning("a file without a job was left alone", key=arrival.key)
        else:
            logger.info("file arrived", tenant=job.ref.tenant, job_id=job.ref.id, status=job.status)
