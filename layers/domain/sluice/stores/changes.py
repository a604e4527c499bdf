"""What changes in a job's item when the job moves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sluice.model.chunk import PhaseName
from sluice.model.status import ENDED, Status
from sluice.stores import items


def changes_of(to: Status) -> dict[str, Any]:
    """What a state brings with it; while a job is stopped, its phase says where it goes on."""
    now = datetime.now(UTC).isoformat()
    match to:
        case Status.PARSING:
            return {"phase": PhaseName.PARSE, "started_at": now, "active": items.ACTIVE}
        case Status.LOADING:
            return {"phase": PhaseName.LOAD, "active": items.ACTIVE}
        case Status.ROLLING_BACK:
            return {"phase": PhaseName.UNDO, "active": items.ACTIVE}
        case Status.PAUSING | Status.PAUSED | Status.CANCELLING:
            return {}
        case _ if to in ENDED:
            return {"phase": None, "finished_at": now}
        case _:
            return {"phase": None}


def dropped_by(to: Status) -> list[str]:
    """Attributes that a state has no more."""
    dropped = ["active"] if to in ENDED else ["problem", "finished_at"]
    return dropped if to in {Status.PAUSING, Status.PAUSED} else [*dropped, "parked"]


def status_in(states: Iterable[Status]) -> tuple[str, dict[str, str]]:
    """The condition that a job is in one of these states, and its values."""
    values = {f":status{place}": str(status) for place, status in enumerate(sorted(states))}
    return f"#status IN ({', '.join(values)})", values


def setting(name: str) -> str:
    """How an attribute is set; a job that is resumed was started before."""
    return f"#{name} = if_not_exists(#{name}, :{name})" if name == "started_at" else f"#{name} = :{name}"
