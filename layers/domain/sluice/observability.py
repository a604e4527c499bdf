"""Logging and metrics of all functions: JSON lines with the job's id, without personal ID numbers."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Literal, TypeVar

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import MetricUnit, single_metric
from aws_lambda_powertools.utilities.typing import LambdaContext

from sluice.model.errors import TryLater

T = TypeVar("T")

# A South African ID number: a date of birth of six digits, then seven digits that identify the person.
_PERSON = re.compile(r"(?<![0-9])([0-9]{6})[0-9]{7}(?![0-9])")
# JSON tokens that can contain one: a string, or a number, which Powertools makes of a message that is all digits.
_PART = re.compile(r'"(?:[^"\\]|\\.)*"?|(?<![-+.\w])[0-9]{13}(?![.\w])')


class _Discreet(LambdaPowertoolsFormatter):
    """Formats log lines and masks ID numbers in them, also those in the messages of exceptions and libraries."""

    def serialize(self, log: Any) -> str:
        return _PART.sub(_masked, super().serialize(log))


def _masked(part: re.Match[str]) -> str:
    masked = _PERSON.sub(r"\1*******", part[0])
    return masked if masked == part[0] or masked.startswith('"') else f'"{masked}"'


#: The stack's name, a dimension of each metric: stacks of one account do not ring each other's alarms.
SERVICE = os.environ.get("POWERTOOLS_SERVICE_NAME", "sluice")

# under this name, so that the loggers of modules, such as sluice.postgres, write by it
logger = Logger(service=SERVICE, logger_formatter=_Discreet())
metrics = Metrics(namespace="Sluice", service=SERVICE)

#: Metrics of errors that a function catches, each with an alarm: of chunks, whose messages come again, and all others.
ErrorMetric = Literal["ChunkErrors", "CaughtErrors"]


def count_error(metric: ErrorMetric, message: str, error: Exception | None = None, **keys: Any) -> None:
    """Log an error that no handler raises, and count it: the metric ``Errors`` of Lambda does not.

    The metric is written at once, so that an error also counts if the function dies later in the same call.
    """
    logger.error(message, exc_info=error, stacklevel=3, **keys)
    service = {"service": SERVICE}
    with single_metric(metric, MetricUnit.Count, 1, namespace=metrics.namespace, default_dimensions=service):
        pass


@contextmanager
def chunk_errors(message: str) -> Iterator[None]:
    """Log and count the error of a message that its batch reports as failed; raise it again.

    `TryLater` gives the message back in order, and is not counted.
    """
    try:
        yield
    except TryLater:
        raise
    except Exception as error:
        count_error("ChunkErrors", message, error)
        raise


def discreet(handler: Callable[[dict[str, Any], LambdaContext], T]) -> Callable[[dict[str, Any], LambdaContext], T]:
    """Log a handler's errors, and raise them without their messages.

    Lambda prints the error of a handler without the logger, and Step Functions stores it with the execution. Neither
    masks it, and the message of an error may quote any value of a file.
    """

    @wraps(handler)
    def wrapped(event: dict[str, Any], context: LambdaContext) -> T:
        try:
            return handler(event, context)
        except Exception as error:
            logger.exception("the function failed")
            raise type(type(error).__name__, (Exception,), {})("The function's log says more.") from None

    return wrapped
