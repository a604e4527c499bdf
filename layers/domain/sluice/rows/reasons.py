"""pydantic's errors in words a clerk understands; each finishes the sentence "this value …"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

_REASONS: dict[str, Callable[[dict[str, Any]], str]] = {
    "missing": lambda _: "is required",
    "greater_than_equal": lambda ctx: f"must be {ctx['ge']} or more",
    "greater_than": lambda ctx: f"must be more than {ctx['gt']}",
    "less_than_equal": lambda ctx: f"must be {ctx['le']} or less",
    "less_than": lambda ctx: f"must be less than {ctx['lt']}",
    "string_too_long": lambda ctx: f"is longer than {ctx['max_length']} characters",
    "string_too_short": lambda ctx: f"is shorter than {ctx['min_length']} characters",
    "too_long": lambda ctx: f"is longer than {ctx['max_length']} characters",
    "too_short": lambda ctx: f"is shorter than {ctx['min_length']} characters",
    "string_type": lambda _: "must be text",
    "string_unicode": lambda _: "has characters that cannot be stored",
    "string_pattern_mismatch": lambda _: "is not written in the expected form",
    "literal_error": lambda ctx: f"must be one of {ctx['expected']}",
    "enum": lambda ctx: f"must be one of {ctx['expected']}",
    "int_type": lambda _: "is not a whole number",
    "int_parsing": lambda _: "is not a whole number",
    "int_from_float": lambda _: "is not a whole number",
    "int_parsing_size": lambda _: "has too many digits",
    "float_type": lambda _: "is not a number",
    "float_parsing": lambda _: "is not a number",
    "decimal_type": lambda _: "is not a number",
    "decimal_parsing": lambda _: "is not a number",
    "finite_number": lambda _: "is not a number",
    "decimal_max_digits": lambda ctx: f"has more than {ctx['max_digits']} digits",
    "decimal_max_places": lambda ctx: f"has more than {ctx['decimal_places']} decimal places",
    "date_type": lambda _: "is not a date",
    "date_parsing": lambda _: "is not a date",
    "date_from_datetime_parsing": lambda _: "is not a date",
    "bool_type": lambda _: "must be yes or no",
    "bool_parsing": lambda _: "must be yes or no",
    "value_error": lambda ctx: str(ctx["error"]),
    "assertion_error": lambda ctx: str(ctx["error"]),
}
_OF_PYDANTIC = frozenset(get_args(ErrorType))


def reason_for(error: ErrorDetails) -> str:
    """Say in words what pydantic found; an error type of an own validator keeps its sentence."""
    if say := _REASONS.get(error["type"]):
        return say(error.get("ctx", {}))
    if error["type"] in _OF_PYDANTIC:
        return "is not what this column holds"  # pydantic's own sentence would speak of inputs and types
    return error["msg"]
