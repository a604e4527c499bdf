"""A stand-in for the electoral commission, on loopback: ``GET /voters/{id number}`` tells whether somebody is a voter.

What else it does, `local.upstreams.server` tells; how it behaves, `Behaviour`; whom it knows, `local.upstreams.voters`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any, Final

from local.upstreams import server
from local.upstreams.settings import Behaviour
from local.upstreams.standin import Reply, Request, StandIn
from local.upstreams.voters import is_id_number, truth

NAME: Final = "commission"
"""What look-ups call it."""

_FOLDER = "voters/"


class Commission(StandIn[Behaviour]):
    """A voters' roll, asked for one ID number at a time; what is no ID number gets status 400.

    Of what was given, `seen` tells ``answered``: how many whole answers with status 200 there were; ``answered_ids``:
    for how many ID numbers; ``answered_again``: for how many of these more than once. On demand, by the name ``ids``,
    how many there were for each ID number.
    """

    on_demand = frozenset({"ids"})

    def _forget_given(self) -> None:
        self._ids: Counter[str] = Counter()

    def _told(self) -> dict[str, Any]:
        return {
            "answered": self._ids.total(),
            "answered_ids": len(self._ids),
            "answered_again": sum(times > 1 for times in self._ids.values()),
            "ids": dict(self._ids),
        }

    def _knows(self, path: str) -> bool:
        return path.startswith(_FOLDER) and "/" not in path.removeprefix(_FOLDER)

    def _found(self, request: Request) -> Reply:
        id_number = request.path.removeprefix(_FOLDER)
        if not is_id_number(id_number):
            return Reply(400, {"message": "not an ID number"})
        return Reply(200, {"id_number": id_number} | asdict(truth(id_number, self.settings.seed)))

    def _given(self, request: Request) -> None:
        self._ids[request.path.removeprefix(_FOLDER)] += 1


if __name__ == "__main__":
    server.serve_for_ever(Commission(Behaviour()))
