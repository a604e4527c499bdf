"""Problem details (RFC 9457) of errors; they never contain a stack trace."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sluice.model.errors import InProgress, Problem, SluiceError, TryLater, Unauthorized
from sluice.wording import word_problem

CONTENT_TYPE = "application/problem+json"

BROKEN = Problem("internal-error")
NO_ROUTE = Problem("not-found", {"case": "address"})

#: Parameters of a problem that callers get as extension members; the others are only used in its sentences.
MEMBERS = frozenset(
    {
        *("absent", "bytes", "chunks", "columns", "errors", "expected", "field", "found", "job", "limit", "missing"),
        *("nearest", "parameter", "row", "scope", "status_now", "unknown"),
    }
)


def shown(problem: Problem, base_url: str) -> dict[str, Any]:
    """Build the problem details that callers see; a problem about another job links to it."""
    title, detail = word_problem(problem)
    members = {name: value for name, value in problem.params.items() if name in MEMBERS}
    link = {"link": f"{base_url}/v1/jobs/{members['job']}"} if "job" in members else {}
    return {"type": f"/problems/{problem.type}", "title": title, "detail": detail, **members, **link}


def body_of(problem: Problem, status: int, base_url: str = "") -> str:
    """Write the problem details of a response as JSON."""
    return json.dumps({**shown(problem, base_url), "status": status})


def headers_of(error: SluiceError) -> dict[str, str]:
    """Return the headers of an error's response."""
    match error:
        case Unauthorized():
            return {"WWW-Authenticate": "Bearer"}
        case TryLater() | InProgress():
            return {"Retry-After": str(error.seconds)}
        case _:
            return {}


def invalid(errors: Iterable[Mapping[str, Any]]) -> Problem:
    """Build the problem of a request that pydantic rejected; it does not repeat the values."""
    found = [{"at": ".".join(str(part) for part in error["loc"]), "reason": error["msg"]} for error in errors]
    return Problem("invalid-request", {"errors": found})
