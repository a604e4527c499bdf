"""Settings of the fake upstreams, which can change while they run: limits, faults, data."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Literal, TypeVar


@dataclass(frozen=True)
class Behaviour:
    """Settings of every fake upstream. Shares are of all requests but those for tokens, 0 to 1, drawn from `seed`.

    Parameters
    ----------
    client_id, client_secret
        The credentials that get tokens.
    token_seconds
        Lifetime of a token.
    rate
        Requests accepted in any one second; 0: no limit.
    retry_after
        Seconds in the ``Retry-After`` of a 429; 0: no such header.
    retry_as_date
        Whether ``Retry-After`` is a date.
    errors
        Share of 500, 502 and 503, in equal parts.
    slow, slow_seconds
        Share of responses that are late, and by how much.
    broken
        Share of connections that close without a response.
    cut
        Share of responses that are truncated.
    garbled
        Share of responses that are an HTML page with status 200.
    away
        Whether it is down: the response to every request, also for tokens, is 503.
    seed
        Seed of its faults and its data.
    """

    client_id: str = "sluice"
    client_secret: str = "not-a-secret"  # noqa: S105 - of a server that listens on the loopback interface
    token_seconds: float = 3600.0
    rate: int = 0
    retry_after: int = 1
    retry_as_date: bool = False
    errors: float = 0.0
    slow: float = 0.0
    slow_seconds: float = 1.0
    broken: float = 0.0
    cut: float = 0.0
    garbled: float = 0.0
    away: bool = False
    seed: int = 1


@dataclass(frozen=True)
class Settings(Behaviour):
    """Settings of the register: behaviour and content of its lists.

    Parameters
    ----------
    rows
        Rows of each list before the first move.
    first
        Number of the first row: the rows before it were deleted, and as many were added at the end.
    wrong_every
        One row in this many has a value that no row model accepts; 0: none.
    edited_every
        One row in this many has been edited: its proposal is in another state; 0: none.
    most_rows
        Most rows of a page, whatever ``limit`` says; 0: as many as ``limit``.
    without_total
        Whether pages lack the total number of rows.
    moves_every, moves_by
        After this many pages, this many rows are added at the front; a negative number removes them there.
    """

    rows: int = 1_000
    first: int = 0
    wrong_every: int = 0
    edited_every: int = 0
    most_rows: int = 0
    without_total: bool = False
    moves_every: int = 0
    moves_by: int = 0


S = TypeVar("S", bound=Behaviour)
Fault = Literal["500", "502", "503", "slow", "broken", "cut", "garbled"]


def changed(settings: S, changes: dict[str, Any]) -> S:
    """Return settings with some of them changed.

    Raises
    ------
    ValueError
        If a name is unknown, or a value has another type.
    """
    kinds = {field.name: type(field.default) for field in fields(settings)}
    for name, value in changes.items():
        kind = kinds.get(name)
        if kind is None:
            raise ValueError(f"there is no setting {name!r}")
        if not (type(value) is kind or (kind is float and type(value) is int)):
            raise ValueError(f"{name!r} is of type {kind.__name__}")
    return replace(settings, **changes)


def fault_of(settings: Behaviour, chance: float) -> Fault | None:
    """Return the fault that a random number from 0 to 1 selects, or None."""
    shares: list[tuple[Fault, float]] = [
        ("500", settings.errors / 3),
        ("502", settings.errors / 3),
        ("503", settings.errors / 3),
        ("slow", settings.slow),
        ("broken", settings.broken),
        ("cut", settings.cut),
        ("garbled", settings.garbled),
    ]
    for fault, share in shares:
        if chance < share:
            return fault
        chance -= share
    return None
