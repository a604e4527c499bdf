"""Every error that Sluice raises on purpose.

::

    SluiceError
    ├── FileRejected        the file itself cannot be imported: the job ends `failed` with this problem
    ├── RequestRejected     a call that cannot be carried out as it was made
    │   ├── NotFound       no such thing, or not of this tenant
    │   ├── Conflict       the thing's state does not allow it, or somebody else was first
    │   │   └── InProgress  the same call is still being carried out
    │   ├── KeyReused      its idempotency key was sent with another call before
    │   ├── TooLarge       more bytes than the call takes
    │   ├── Unauthorized   no token, or one that does not hold
    │   └── Forbidden      a good token without the scope
    ├── UpstreamDown       an upstream is away: the job waits until it is back
    ├── UpstreamRejected    an upstream does not want our requests at all: the job ends `failed` with this problem
    ├── TryLater           somebody else is at it, or a limit is reached: the same call may go through later
    │   └── NotYet         nothing was tried: it has to wait for its turn
    └── NewerFormat        a stored object that a newer version wrote

Each carries a problem in the sense of RFC 9457: a stable ``type``, a ``title`` that is always the same for
the type, and a ``detail`` that says what to do about this very case.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Problem:
    """What went wrong, in words for a person and a stable type for a program.

    Parameters
    ----------
    type
        Stable slug, such as ``missing-header``. The API serves it as ``/problems/{type}``.
    title
        The same sentence for every problem of the type.
    detail
        This case: what was found, and what to do.
    extra
        Further JSON values for programs (``missing``, ``nearest``, ``limit`` …).
    """

    type: str
    title: str
    detail: str
    extra: dict[str, object] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """The problem as the API shows it inside a job."""
        return {"type": f"/problems/{self.type}", "title": self.title, "detail": self.detail, **self.extra}


class SluiceError(Exception):
    """The root; carries a :class:`Problem`."""

    status = 500

    def __init__(self, type: str, title: str, detail: str, **extra: object) -> None:
        super().__init__(detail)
        self.problem = Problem(type, title, detail, extra)


class FileRejected(SluiceError):
    """The file as a whole cannot be imported; nothing of it was read into rows."""

    status = 422


class RequestRejected(SluiceError):
    """The call cannot be carried out as it was made."""

    status = 400


class NotFound(RequestRejected):
    """No such thing; another tenant's things are not found either."""

    status = 404

    def __init__(self, what: str, name: str) -> None:
        super().__init__("not-found", "Not found", f"There is no {what} '{name}'.")


class Conflict(RequestRejected):
    """The state of the thing does not allow the call."""

    status = 409


class InProgress(Conflict):
    """The same call, with the same idempotency key, is still being carried out; ``seconds`` says when to come back."""

    seconds = 1

    def __init__(self) -> None:
        super().__init__(
            "request-in-progress",
            "The same request is still being carried out",
            "Send it again in a moment, with the same idempotency key: then its answer is there.",
        )


class KeyReused(RequestRejected):
    """The idempotency key was sent with another call before."""

    status = 422

    def __init__(self) -> None:
        super().__init__(
            "idempotency-key-reused",
            "The idempotency key belongs to another request",
            "It was sent with another path, query or body within the last day; make a new key for each request.",
        )


class TooLarge(RequestRejected):
    """The request's body has more bytes than the call takes."""

    status = 413


class Unauthorized(RequestRejected):
    """No bearer token, or one that is expired, forged or meant for somebody else."""

    status = 401

    def __init__(self, detail: str) -> None:
        super().__init__("unauthorized", "A valid bearer token is needed", detail)


class Forbidden(RequestRejected):
    """The token holds, but does not carry the scope."""

    status = 403

    def __init__(self, scope: str) -> None:
        super().__init__(
            "forbidden", "The token does not allow this", f"This call needs the scope '{scope}'.", scope=scope
        )


class UpstreamRejected(SluiceError):
    """An upstream does not want the request, and would not want it at another time either."""

    status = 502

    def __init__(self, detail: str) -> None:
        super().__init__("upstream-rejected", "The upstream rejected our request", detail)


class UpstreamDown(SluiceError):
    """An upstream is away."""

    status = 503

    def __init__(self, upstream: str) -> None:
        detail = f"{upstream} gives no answers. The job goes on by itself when it does."
        super().__init__("upstream-down", "The upstream is away", detail)


class TryLater(SluiceError):
    """Somebody else holds the lease, or a limit is reached; ``seconds`` says when to come back."""

    status = 503

    def __init__(self, detail: str, seconds: int) -> None:
        super().__init__("try-later", "Try again later", detail)
        self.seconds = seconds


class NotYet(TryLater):
    """It was not its turn; that is no attempt."""


class NewerFormat(SluiceError):
    """A stored object has a format that this version does not know: a newer version wrote it."""

    def __init__(self, what: str, found: object, newest: int) -> None:
        super().__init__(
            "newer-format",
            "Stored by a newer version",
            f"{what} has format {found}, and this version reads formats up to {newest}."
            " Deploy the version that wrote it, or a later one.",
        )
