"""Errors as problem details (RFC 9457); never a stack trace."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sluice.model.errors import InProgress, Problem, SluiceError, TryLater, Unauthorized

CONTENT_TYPE = "application/problem+json"

BROKEN = Problem(
    "internal-error", "Something went wrong on our side", "The request was not carried out, or only in part. Try again."
)
NO_ROUTE = Problem("not-found", "Not found", "There is nothing at this address. The API is described at /v1/docs.")


def shown(problem: Problem, base_url: str) -> dict[str, Any]:
    """A problem as callers see it; one about another job links to that."""
    link = {"link": f"{base_url}/v1/jobs/{problem.extra['job']}"} if "job" in problem.extra else {}
    return {**problem.as_dict(), **link}


def body_of(problem: Problem, status: int, base_url: str = "") -> str:
    """The JSON of a problem."""
    return json.dumps({**shown(problem, base_url), "status": status})


def headers_of(error: SluiceError) -> dict[str, str]:
    """Headers that go with an error's answer."""
    match error:
        case Unauthorized():
            return {"WWW-Authenticate": "Bearer"}
        case TryLater() | InProgress():
            return {"Retry-After": str(error.seconds)}
        case _:
            return {}


def invalid(errors: Iterable[Mapping[str, Any]]) -> Problem:
    """The problem of a request that pydantic rejected; values are not repeated."""
    found = [{"at": ".".join(str(part) for part in error["loc"]), "reason": error["msg"]} for error in errors]
    detail = "; ".join(f"{each['at']}: {each['reason']}" for each in found)
    return Problem("invalid-request", "The request is not as described", detail, {"errors": found})
