"""The tree of errors, and their problems."""

from __future__ import annotations

import re

import pytest

from sluice.model import errors
from sluice.model.errors import (
    Conflict,
    DatabaseDown,
    DependencyDown,
    FileRejected,
    Forbidden,
    ImagesGone,
    InProgress,
    InvalidDecision,
    InvalidOption,
    KeyReused,
    NewerFormat,
    NotFound,
    NotYet,
    PreconditionFailed,
    Problem,
    QuotaReached,
    RequestRejected,
    SluiceError,
    TooLarge,
    TryLater,
    Unauthorized,
    UpstreamDown,
    UpstreamRejected,
)

ERRORS = sorted(
    (kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SluiceError)),
    key=lambda kind: kind.__name__,
)


def drawn() -> dict[str, str | None]:
    """Read the tree at the top of the file: each class with its parent."""
    above: list[str] = []
    found: dict[str, str | None] = {}
    for line in (errors.__doc__ or "").splitlines():
        if match := re.match(r"^    ([│ ├└─]*)([A-Z]\w+)", line):
            depth = len(match[1]) // 4
            del above[depth:]
            found[match[2]] = above[-1] if above else None
            above.append(match[2])
    return found


def test_the_tree_in_the_docstring_names_every_error_below_its_parent() -> None:
    """A reader of the file sees all of it."""
    parents = {kind.__name__: kind.__bases__[0].__name__ for kind in ERRORS}
    assert drawn() == parents | {"SluiceError": None}


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (SluiceError, 500),
        (FileRejected, 422),
        (RequestRejected, 400),
        (NotFound, 404),
        (Conflict, 409),
        (InProgress, 409),
        (InvalidDecision, 422),
        (PreconditionFailed, 412),
        (InvalidOption, 422),
        (KeyReused, 422),
        (TooLarge, 413),
        (Unauthorized, 401),
        (Forbidden, 403),
        (UpstreamRejected, 502),
        (DependencyDown, 503),
        (UpstreamDown, 503),
        (DatabaseDown, 503),
        (TryLater, 503),
        (NewerFormat, 500),
        (ImagesGone, 500),
        (QuotaReached, 429),
    ],
)
def test_every_error_has_its_http_status(kind: type[SluiceError], status: int) -> None:
    """The API only reads it."""
    assert kind.status == status


def test_every_error_is_in_the_list_above() -> None:
    """A new error needs its line there."""
    assert len(ERRORS) == 22


def test_an_error_has_type_and_parameters_of_its_problem_and_no_sentence() -> None:
    """Logs contain both."""
    rejected = FileRejected("too-large", case="uploaded", limit=3, bytes=4)
    assert rejected.problem == Problem("too-large", {"case": "uploaded", "limit": 3, "bytes": 4})
    assert rejected.problem.code == "too-large/uploaded"
    assert str(rejected) == "('too-large/uploaded', {'case': 'uploaded', 'limit': 3, 'bytes': 4})"


def test_the_code_of_a_problem_without_cases_is_its_type() -> None:
    """Most types have one sentence."""
    assert Forbidden("imports:read").problem.code == "forbidden"
    assert NotFound("job", "01X").problem.code == "not-found/job"


def test_a_temporary_error_says_when_to_retry() -> None:
    """It gives seconds, also when the attempt does not count."""
    late = TryLater("slots-taken", 7, upstream="SIASN")
    assert (late.seconds, late.as_not_yet().seconds) == (7, 7)
    assert isinstance(late.as_not_yet(), NotYet)
    assert late.as_not_yet().problem == late.problem
    assert InProgress().seconds > 0
