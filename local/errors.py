"""What can go wrong, in words for a person; shown without a traceback.

LocalProblem        something about this machine or its local stack
SluiceError
├── Unreachable     the API gave no answer
├── Stalled         a job has not changed for too long
└── Refused         the API answered with a problem (RFC 9457), or S3 refused an upload
"""

from collections.abc import Mapping
from typing import Any


class LocalProblem(Exception):
    """Something about this machine or its local stack that a person can act upon."""


class SluiceError(Exception):
    """Something that went wrong between this client and the API."""


class Unreachable(SluiceError):
    """There was no answer."""


class Stalled(SluiceError):
    """A job that was waited for does not go on."""


class Refused(SluiceError):
    """The API answered with a problem.

    Attributes
    ----------
    status
        The HTTP status.
    problem
        The problem document, or what could be made of the answer.
    """

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.problem = dict(problem)
        super().__init__(describe(problem))


def describe(problem: Mapping[str, Any]) -> str:
    """Return a problem document as text for a person."""
    title = str(problem.get("title") or "Refused")
    detail = problem.get("detail")
    lines = [f"{title}: {detail}" if detail and detail != title else title]
    if problem.get("type") not in (None, "about:blank"):
        lines.append(f"({problem['type']})")
    return "\n".join(lines)
