"""Problem details (RFC 9457) of errors; they never contain a stack trace."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Final

from pydantic import BaseModel, Field

from sluice.model import errors
from sluice.model.errors import InProgress, NotFound, QuotaReached, SluiceError, TryLater, Unauthorized
from sluice.wording import word_problem, word_reason, word_type

CONTENT_TYPE = "application/problem+json"

BROKEN = errors.Problem("internal-error")
WRONG_CONTENT_TYPE = errors.Problem("wrong-content-type")
NO_ROUTE = errors.Problem("not-found", {"case": "address"})

#: Status of each type of problem that a call can be answered with.
STATUSES: Final[Mapping[str, int]] = {
    "unauthorized": 401,
    "forbidden": 403,
    "not-found": 404,
    "invalid-request": 422,
    "wrong-content-type": 415,
    "invalid-cursor": 400,
    "too-large": 422,
    "too-large-for-this-call": 413,
    "form-too-large": 413,
    "invalid-form": 400,
    "unreadable-body": 400,
    "wrong-file-type": 422,
    "invalid-parameter": 400,
    "invalid-option": 422,
    "invalid-decision": 422,
    "illegal-transition": 409,
    "questions-open": 409,
    "answered-otherwise": 409,
    "already-delivered": 409,
    "same-file": 409,
    "precondition-failed": 412,
    "not-in-parts": 409,
    "parts-missing": 409,
    "file-not-wanted": 409,
    "upload-over": 409,
    "cannot-correct": 409,
    "guard": 409,
    "not-retryable": 409,
    "importer-busy": 409,
    "nothing-to-roll-back": 409,
    "expired": 409,
    "overtaken": 409,
    "rolling-back": 409,
    "not-parsed": 409,
    "file-not-made": 409,
    "request-in-progress": 409,
    "idempotency-key-reused": 422,
    "bad-idempotency-key": 400,
    "quota": 429,
    "try-later": 503,
    "unusable-secret": 500,
    "unusable-database": 500,
    "unusable-table": 500,
    "newer-format": 500,
    "internal-error": 500,
}


def _is_none(value: object) -> bool:
    return value is None


def _member(description: str) -> Any:
    return Field(default=None, description=description, exclude_if=_is_none)


class RequestError(BaseModel):
    """A part of a request that does not fit the description."""

    at: str = Field(description="Its place, such as `query.limit` or `body.bytes`.")
    reason: str


class ChangedNumber(BaseModel):
    """A number that would change by more than a guard allows; null is no value."""

    column: str
    before: str | None
    after: str | None


class Example(BaseModel):
    """One of the first rows, or records of the dataset, that are wrong or that a guard counts."""

    row: int | None = _member("Row number that a spreadsheet shows; absent for a record that the file lacks.")
    key: str | None = _member("Key of the record.")
    column: str | None = _member("Title of the column; absent if the row as a whole is rejected.")
    reason: str | None = _member("Why the row is rejected.")
    changes: list[ChangedNumber] | None = _member("Numbers that would change by more than their limit.")


class Problem(BaseModel):
    """What is wrong and what to do next (RFC 9457); members after ``status`` depend on the type."""

    type: str = Field(
        description="`/problems/` and a name that never changes; `/v1/problems/{problem}` explains it.",
        examples=["/problems/same-file"],
    )
    title: str = Field(description="The same for every problem of the type.")
    detail: str = Field(description="For people: what was found, and what to do.")
    status: int | None = _member("Status of the response; absent in the problem of a job.")
    absent: list[str] | None = _member("Headers that the recipe names and the file lacks.")
    bytes: int | None = _member("Size of the file.")
    chunks: int | None = _member("Number of chunks that could not be processed.")
    errors: list[RequestError] | None = _member("Parts of the request that do not fit its description.")
    examples: list[Example] | None = _member("The first rows or records that are counted in `found`.")
    expected: list[str] | None = _member("Headers that the first row should have.")
    expired_at: str | None = _member("Until when what the call needs was kept (RFC 3339).")
    field: str | None = _member("The column that several headers match.")
    found: list[str] | int | None = _member("Headers that match the same column; or a number of rows or records.")
    guard: str | None = _member("Name of the guard.")
    holds: dict[str, Any] | None = _member("Decisions that hold instead of the answers, by key.")
    job: str | None = _member("Id of the job that the problem is about.")
    key: str | None = _member("Key of the decision.")
    keys: list[str] | None = _member("Keys of the questions that are open.")
    known: list[str] | None = _member("Decisions, values or columns that there are.")
    limit: int | float | dict[str, float] | None = _member("The most that is allowed; of `max_change`, by field.")
    link: str | None = _member("Address of that job.")
    missing: list[str | int] | None = _member("Required columns, or numbers of parts, that are missing.")
    nearest: dict[str, str | None] | None = _member("Nearest headers of the file by missing column.")
    option: str | None = _member("Option that cannot be given so.")
    overtaken_by: str | None = _member("Job that has loaded a newer file of the drop folder.")
    parameter: str | None = _member("Parameter that was not given.")
    row: int | None = _member("Row near which the text changes its encoding.")
    scope: str | None = _member("Scope that the token lacks.")
    status_now: str | None = _member("State of the job.")
    total: int | None = _member("Rows of the file, or records that could be deleted, that `found` is a part of.")
    unknown: list[str] | None = _member("Columns that do not exist.")
    version: int | None = _member("Version of the job's recipe.")


#: Parameters of a problem that callers get as extension members; the others are only used in its sentences.
MEMBERS = frozenset(Problem.model_fields) - {"type", "title", "detail", "status", "link"}


def shown(problem: errors.Problem, base_url: str) -> dict[str, Any]:
    """Build the problem details that callers see; a problem about another job links to it."""
    title, detail = word_problem(problem)
    members = {name: member_of(name, value) for name, value in problem.params.items() if name in MEMBERS}
    link = {"link": f"{base_url}/v1/jobs/{members['job']}"} if "job" in members else {}
    return {"type": f"/problems/{problem.type}", "title": title, "detail": detail, **members, **link}


def member_of(name: str, value: Any) -> Any:
    """Return a parameter as callers get it: a limit as a number, a reason in words."""
    match name, value:
        case "limit", str():
            return json.loads(value)
        case "examples", list():
            return [_example(each) for each in value]
        case _:
            return value


def _example(kept: Mapping[str, Any]) -> dict[str, Any]:
    reason = kept.get("reason")
    worded = {"reason": word_reason(reason["code"], reason["params"])} if reason else {}
    return {name: value for name, value in {**kept, **worded}.items() if value is not None}


def body_of(problem: errors.Problem, status: int, base_url: str = "") -> str:
    """Write the problem details of a response as JSON."""
    return json.dumps({**shown(problem, base_url), "status": status})


def page_of(type: str) -> str:
    """Write the page about a type of problem, in HTML.

    Raises
    ------
    NotFound
        If there is no such type.
    """
    words = word_type(type)
    if words is None:
        raise NotFound("problem", type)
    title, meaning = (re.sub("`([^`]+)`", r"<code>\1</code>", escape(text)) for text in words)
    status = f"<p>Status of the response: {STATUSES[type]}.</p>" if type in STATUSES else "<p>Of a job.</p>"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<h1>{title}</h1><p><code>/problems/{type}</code></p><p>{meaning}</p>{status}</html>"
    )


def headers_of(error: SluiceError) -> dict[str, str]:
    """Return the headers of an error's response."""
    match error:
        case Unauthorized():
            return {"WWW-Authenticate": "Bearer"}
        case TryLater() | InProgress() | QuotaReached():
            return {"Retry-After": str(error.seconds)}
        case _:
            return {}


def invalid(found: Iterable[Mapping[str, Any]]) -> errors.Problem:
    """Build the problem of a request that pydantic rejected; it does not repeat the values."""
    wrong = [{"at": ".".join(str(part) for part in error["loc"]), "reason": error["msg"]} for error in found]
    return errors.Problem("invalid-request", {"errors": wrong})
