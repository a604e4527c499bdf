"""The fake electoral commission: ``GET /voters/{id number}`` returns status and ward of a voter.

`local.fake_upstreams.server` describes its other calls, `Behaviour` its settings, and `local.fake_upstreams.voters` its
data.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any, Final

from local.fake_upstreams import server
from local.fake_upstreams.settings import Behaviour
from local.fake_upstreams.stub import Reply, Request, StubUpstream
from local.fake_upstreams.voters import is_id_number, truth

NAME: Final = "commission"
"""Its name among the upstreams of lookups."""

_FOLDER = "voters/"


class Commission(StubUpstream[Behaviour]):
    """A voters' roll that is looked up by ID number; anything else gets status 400.

    `seen` counts complete responses with status 200: ``answered`` is their number, ``answered_ids`` that of their ID
    numbers, ``answered_again`` that of ID numbers with more than one. On demand, ``ids`` has the number of each.
    """

    on_demand = frozenset({"ids"})

    def _reset_counts(self) -> None:
        self._ids: Counter[str] = Counter()

    def _counts(self) -> dict[str, Any]:
        return {
            "answered": self._ids.total(),
            "answered_ids": len(self._ids),
            "answered_again": sum(times > 1 for times in self._ids.values()),
            "ids": dict(self._ids),
        }

    def _knows(self, path: str) -> bool:
        return path.startswith(_FOLDER) and "/" not in path.removeprefix(_FOLDER)

    def _find(self, request: Request) -> Reply:
        id_number = request.path.removeprefix(_FOLDER)
        if not is_id_number(id_number):
            return Reply(400, {"message": "not an ID number"})
        return Reply(200, {"id_number": id_number} | asdict(truth(id_number, self.settings.seed)))

    def _count(self, request: Request) -> None:
        self._ids[request.path.removeprefix(_FOLDER)] += 1


if __name__ == "__main__":
    server.serve_for_ever(Commission(Behaviour()))
