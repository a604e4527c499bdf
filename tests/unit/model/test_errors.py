"""The tree of errors, and their problems."""

from __future__ import annotations

import re

import pytest

from sluice.model import errors
from sluice.model.errors import (
    Conflict,
    FileRejected,
    Forbidden,
    InProgress,
    KeyReused,
    NewerFormat,
    NotFound,
    Problem,
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
    """The tree at the top of the file: each class with its parent."""
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
    """Who reads the file sees the whole of it."""
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
        (KeyReused, 422),
        (TooLarge, 413),
        (Unauthorized, 401),
        (Forbidden, 403),
        (UpstreamRejected, 502),
        (UpstreamDown, 503),
        (TryLater, 503),
        (NewerFormat, 500),
    ],
)
def test_every_error_has_its_http_status(kind: type[SluiceError], status: int) -> None:
    """The edge only reads it."""
    assert kind.status == status


def test_no_error_was_left_out_above() -> None:
    """A new one needs its line there."""
    assert len(ERRORS) == 15


def test_an_error_carries_its_problem() -> None:
    """The detail is the error's text too, so that logs say the same as answers."""
    rejected = FileRejected("missing-header", "A column is missing", "There is no 'Price'.", missing=["Price"])
    assert str(rejected) == "There is no 'Price'."
    assert rejected.problem == Problem(
        "missing-header", "A column is missing", "There is no 'Price'.", {"missing": ["Price"]}
    )
    assert rejected.problem.as_dict() == {
        "type": "/problems/missing-header",
        "title": "A column is missing",
        "detail": "There is no 'Price'.",
        "missing": ["Price"],
    }


@pytest.mark.parametrize("error", [NotFound("job", "01X"), Unauthorized("No."), Forbidden("imports:read")])
def test_the_title_is_the_same_for_every_problem_of_a_type(error: SluiceError) -> None:
    """Only the detail speaks of the case."""
    other: SluiceError = {NotFound: NotFound("record", "P-1"), Unauthorized: Unauthorized("Never.")}.get(
        type(error), Forbidden("imports:write")
    )
    assert (error.problem.type, error.problem.title) == (other.problem.type, other.problem.title)
    assert error.problem.detail != other.problem.detail


def test_an_error_that_passes_says_when_to_come_back() -> None:
    """In seconds."""
    assert TryLater("Another worker is at it.", 7).seconds == 7
    assert InProgress().seconds > 0
