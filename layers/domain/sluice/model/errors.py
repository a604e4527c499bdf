"""Every error that Sluice raises on purpose, and the problem that each carries.

::

    SluiceError
    ├── FileRejected         the file itself cannot be imported: the job ends `failed` with this problem
    ├── RequestRejected      the call cannot be carried out as it was made
    │   ├── NotFound         no such thing, or not of this tenant
    │   ├── Conflict         the state of the thing does not allow the call, or another caller was first
    │   │   └── InProgress   the same call is still being carried out
    │   ├── PreconditionFailed   what the call changes is another version than its `If-Match` or `If-None-Match` allows
    │   ├── InvalidDecision  a decision of a recipe, or an answer, that the importer's columns do not allow
    │   ├── InvalidOption    an option that the importer or another option does not allow
    │   ├── KeyReused        the idempotency key was sent with another call before
    │   ├── TooLarge         the body has more bytes than the call takes
    │   ├── Unauthorized     no token, or an invalid one
    │   ├── Forbidden        a valid token without the scope
    │   └── QuotaReached     the tenant has too much under way: the same call may succeed later
    ├── UpstreamRejected     the upstream rejects every request: the job ends `failed` with this problem
    ├── DependencyDown       what a chunk needs is down: the job is suspended until it is back
    │   ├── UpstreamDown     the upstream
    │   └── DatabaseDown     the destination's database
    ├── ImagesGone           what a rollback needs has expired, so the rows of a chunk stay as they are
    ├── NewerFormat          an object was written by a newer version, in a format that this one does not know
    └── TryLater             a lease or a limit prevents the call: the same call may succeed later
        └── NotYet           nothing was tried: the call waits for a slot or a lock

A problem is a type and parameters, as it is stored. Its title and its detail are written by `sluice.wording` where a
person reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

#: Type of the problem of an attempt at a chunk that ended with an error; its one parameter is the kind of the error.
ATTEMPT_FAILED: Final = "attempt-failed"
#: Type of the problem of a job that a guard keeps from loading, see `sluice.model.options.tripped_guards`.
GUARD: Final = "guard"
#: Type of the problem of a job whose file leaves a question open, and that does not wait for answers.
QUESTION: Final = "question"
#: Type of the problem of a call, or of the job of a dropped file, that finds the tenant's limits reached.
QUOTA: Final = "quota"
#: Type of the problem of a chunk that cannot be rolled back, because what its rows were before has expired.
IMAGES_GONE: Final = "images-gone"
#: Type of the problem of a job that loads all rows or none, and has rejected one.
REJECTIONS: Final = "rejections"


@dataclass(frozen=True)
class Problem:
    """A problem in the sense of RFC 9457, stored without its sentences.

    Parameters
    ----------
    type
        Stable slug, such as ``missing-header``. The API serves it as ``/problems/{type}``.
    params
        JSON values of this occurrence. ``case`` selects the sentence of a type that has several.
    """

    type: str
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """Code of the sentence: the type, or ``type/case``."""
        case = self.params.get("case")
        return f"{self.type}/{case}" if case else self.type


class SluiceError(Exception):
    """The root of the tree; carries a `Problem`.

    Parameters
    ----------
    type
        Type of the problem.
    params
        Parameters of the problem.
    """

    status = 500
    #: Whether the parameters quote a file, which can have titles of a megabyte.
    quotes = False

    def __init__(self, type: str, **params: Any) -> None:
        if self.quotes:
            params = {name: quotable(value, name) for name, value in params.items()}
        self.problem = Problem(type, params)
        super().__init__(self.problem.code, params)

    @classmethod
    def of(cls, problem: Problem) -> Self:
        """Build the error of a problem that was stored; only of a class whose errors get type and parameters."""
        return cls(problem.type, **problem.params)


class FileRejected(SluiceError):
    """The file as a whole cannot be imported; nothing of it was read into rows."""

    status = 422
    quotes = True


#: What is quoted of a file, so that a problem or a question fits into the item of its job: characters, and items.
QUOTED_CHARACTERS: Final = 100
QUOTED_ITEMS: Final = 20
# Lists of what an importer declares; a file makes none of them longer.
_DECLARED: Final = frozenset({"expected", "required", "missing", "known", "fields", "types"})


def quotable(value: Any, name: str = "", items: int = QUOTED_ITEMS) -> Any:
    """Return a parameter of a problem or a question in a size that can be stored and read.

    A title can have a megabyte, and a row 16,384 of them. This is the one place that cuts them.

    Parameters
    ----------
    value
        JSON.
    name
        Of the parameter; lists of what is declared stay whole.
    items
        Number of items of a list at most.
    """
    match value:
        case str() if len(value) > QUOTED_CHARACTERS:
            return f"{value[: QUOTED_CHARACTERS - 1]}…"
        case dict():
            return {quotable(key): quotable(each, str(key), items) for key, each in value.items()}
        case list() | tuple():
            kept = [quotable(each, name, items) for each in (value if name in _DECLARED else value[:items])]
            return [*kept, "…"] if len(kept) < len(value) and isinstance(kept[0], str) else kept
        case _:
            return value


class RequestRejected(SluiceError):
    """The call cannot be carried out as it was made."""

    status = 400


class NotFound(RequestRejected):
    """The thing does not exist, or belongs to another tenant.

    Parameters
    ----------
    what
        Kind of the thing, such as ``job``.
    name
        Name by which the caller asked for it.
    """

    status = 404

    def __init__(self, what: str, name: str) -> None:
        super().__init__("not-found", case=what, name=name)


class Conflict(RequestRejected):
    """The state of the thing does not allow the call."""

    status = 409


class InProgress(Conflict):
    """The same call, with the same idempotency key, is still being carried out.

    ``seconds`` is the delay after which the caller can try again.
    """

    seconds = 1

    def __init__(self) -> None:
        super().__init__("request-in-progress")


class InvalidDecision(RequestRejected):
    """A decision of a recipe, or an answer, that the importer does not allow; ``case`` says why.

    Parameters
    ----------
    case
        Selects the sentence.
    key
        Key of the decision, as the caller wrote it.
    """

    status = 422

    def __init__(self, case: str, *, key: str, **params: Any) -> None:
        super().__init__("invalid-decision", case=case, key=key, **params)


class PreconditionFailed(RequestRejected):
    """The present version is none that the caller allows to be changed (RFC 9110, section 15.5.13).

    Parameters
    ----------
    case
        ``changed`` if the version is another one, ``absent`` if there is none, ``exists`` if there must be none.
    name
        What the call was about.
    """

    status = 412

    def __init__(self, case: str, name: str) -> None:
        super().__init__("precondition-failed", case=case, name=name)


class InvalidOption(RequestRejected):
    """An option of a load that the importer or another option does not allow; ``case`` says why.

    Parameters
    ----------
    case
        Selects the sentence.
    option
        Name of the option.
    """

    status = 422

    def __init__(self, case: str, *, option: str, **params: Any) -> None:
        super().__init__("invalid-option", case=case, option=option, **params)


class KeyReused(RequestRejected):
    """The idempotency key was sent with another call before."""

    status = 422

    def __init__(self) -> None:
        super().__init__("idempotency-key-reused")


class TooLarge(RequestRejected):
    """The body of the request has more bytes than the call takes."""

    status = 413


class Unauthorized(RequestRejected):
    """The bearer token is missing, expired, forged or meant for another audience; ``case`` says which."""

    status = 401

    def __init__(self, case: str, **params: Any) -> None:
        super().__init__("unauthorized", case=case, **params)


class Forbidden(RequestRejected):
    """The token is valid, but does not carry the scope."""

    status = 403

    def __init__(self, scope: str) -> None:
        super().__init__("forbidden", scope=scope)


class QuotaReached(RequestRejected):
    """The tenant has as much under way as it may; ``case`` says what.

    ``seconds`` is the delay after which the caller can try again.

    Parameters
    ----------
    case
        ``jobs``, ``bytes`` or ``syncs``.
    limit, found
        How much a tenant may have under way, and how much there would be, or is.
    """

    status = 429
    seconds = 60

    def __init__(self, case: str, *, limit: int, found: int) -> None:
        super().__init__(QUOTA, case=case, limit=limit, found=found)


class UpstreamRejected(SluiceError):
    """The upstream rejects the request, and would reject it at any other time; ``case`` says how."""

    status = 502

    def __init__(self, case: str, **params: Any) -> None:
        super().__init__("upstream-rejected", case=case, **params)


class DependencyDown(SluiceError):
    """Something that a chunk needs is down, and nothing is wrong with the chunk."""

    status = 503


class UpstreamDown(DependencyDown):
    """The upstream is down; ``upstream`` is its title."""

    def __init__(self, upstream: str) -> None:
        super().__init__("upstream-down", upstream=upstream)


class DatabaseDown(DependencyDown):
    """The destination's database does not answer, or accepts no connection."""

    def __init__(self) -> None:
        super().__init__("database-down")


class ImagesGone(SluiceError):
    """What the rows of a chunk were before it was loaded is not kept any more."""

    def __init__(self) -> None:
        super().__init__(IMAGES_GONE)


class NewerFormat(SluiceError):
    """A stored object has a format that this version does not know: a newer version wrote it.

    Parameters
    ----------
    what
        The object, as in ``The result of a load``.
    found, newest
        Its format, and the newest that this version reads.
    """

    def __init__(self, what: str, found: object, newest: int) -> None:
        super().__init__("newer-format", what=what, format=found, newest=newest)


class TryLater(SluiceError):
    """Another worker or caller holds the lease, or a limit is reached; ``case`` says which.

    Parameters
    ----------
    case
        Selects the sentence.
    seconds
        Delay after which the caller can try again.
    params
        Parameters of the problem.
    """

    status = 503

    def __init__(self, case: str, seconds: int, **params: Any) -> None:
        super().__init__("try-later", case=case, **params)
        self.seconds = seconds

    def as_not_yet(self) -> NotYet:
        """Return the same problem as a `NotYet`, which does not count as an attempt."""
        return NotYet(seconds=self.seconds, **self.problem.params)


class NotYet(TryLater):
    """The call waits for a slot or a lock; it does not count as an attempt."""


def format_of(stored: Mapping[str, Any], what: str, *, newest: int) -> int:
    """Return the format number of a stored object.

    Parameters
    ----------
    stored
        The object, or the part of it that carries the number.
    what
        The object in words, which begin the error's text.
    newest
        The newest format that the reader knows.

    Raises
    ------
    NewerFormat
        If the reader does not know the number.
    """
    number = stored.get("format", 0)
    if type(number) is not int or not 0 <= number <= newest:
        raise NewerFormat(what, number, newest)
    return number
