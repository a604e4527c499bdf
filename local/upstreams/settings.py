"""What a stand-in upstream does, well or badly; all of it can be changed while it runs."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Literal, TypeVar


@dataclass(frozen=True)
class Behaviour:
    """How any stand-in behaves. Shares are of all requests but those for tokens, from 0 to 1, drawn from `seed`.

    Parameters
    ----------
    client_id, client_secret
        Whom tokens are given to.
    token_seconds
        How long a token holds.
    rate
        Requests that are let through in any one second; 0: as many as come.
    retry_after
        Seconds that whoever is turned away is told to wait; 0: nothing is told.
    retry_as_date
        Whether that is told as a date.
    errors
        Share of 500, 502 and 503, in equal parts.
    slow, slow_seconds
        Share of answers that come late, and by how much.
    broken
        Share of connections that end without an answer.
    cut
        Share of answers that break off in their middle.
    garbled
        Share of answers that are an HTML page with status 200.
    away
        Whether it is gone: whatever is asked for, tokens too, the answer is 503.
    seed
        Of faults and of what it knows.
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
    """How the register behaves, and what its lists hold.

    Parameters
    ----------
    rows
        Rows of each list, before any of them moved.
    first
        Number of the first row: those before it are gone, and as many new ones have come in at the end.
    wrong_every
        Every so-many-th row has a value that no row model takes; 0: none.
    edited_every
        Every so-many-th row was edited: it is in another state than before; 0: none.
    most_rows
        Rows that are given at once at most, whatever is asked for; 0: as many as are asked for.
    without_total
        Whether answers do not say how many rows there are.
    moves_every, moves_by
        After every so-many pages, so many rows come in at the front; below zero, as many leave there.
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
    """Settings with some of them changed.

    Raises
    ------
    ValueError
        If there is no setting of a name, or its value is of another kind.
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
    """Which fault a chance from 0 to 1 stands for."""
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
