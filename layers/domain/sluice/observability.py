"""One logger and one set of metrics for all functions; JSON lines with the job's id in each."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.utilities.typing import LambdaContext

T = TypeVar("T")

# A South African ID number: a day of birth, then what tells people of that day apart.
_PERSON = re.compile(r"(?<![0-9])([0-9]{6})[0-9]{7}(?![0-9])")
# What of a line of JSON can be one: a text, or a number, which Powertools makes of a message of digits alone.
_PART = re.compile(r'"(?:[^"\\]|\\.)*"|(?<![-+.\w])[0-9]{13}(?![.\w])')


class _Discreet(LambdaPowertoolsFormatter):
    """Formats log lines without ID numbers, whichever exception or library brought them there."""

    def serialize(self, log: Any) -> str:
        return _PART.sub(_masked, super().serialize(log))


def _masked(part: re.Match[str]) -> str:
    masked = _PERSON.sub(r"\1*******", part[0])
    return masked if masked == part[0] or masked.startswith('"') else f'"{masked}"'


logger = Logger(service="sluice", logger_formatter=_Discreet())
metrics = Metrics(namespace="Sluice", service="sluice")


def discreet(handler: Callable[[dict[str, Any], LambdaContext], T]) -> Callable[[dict[str, Any], LambdaContext], T]:
    """Let a handler's errors leave it by their kind alone, and log what they say.

    Lambda prints what a handler raises past the logger, and Step Functions keeps it with the execution: both as it
    is, and an error may quote whatever it met.
    """

    @wraps(handler)
    def wrapped(event: dict[str, Any], context: LambdaContext) -> T:
        try:
            return handler(event, context)
        except Exception as error:
            logger.exception("the function failed")
            raise type(type(error).__name__, (Exception,), {})("The function's log says more.") from None

    return wrapped
