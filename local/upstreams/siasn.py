"""A stand-in for the civil-service register, on loopback: ``GET /{list}?offset=&limit=`` gives a page of a list.

What else it does, `local.upstreams.server` tells; how it behaves, `Settings`; what is in its lists,
`local.upstreams.rows`.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from local.upstreams import server
from local.upstreams.rows import LISTS, row
from local.upstreams.settings import Settings
from local.upstreams.standin import Reply, Request, StandIn

NAME: Final = "siasn"
"""What sources call it."""


class Register(StandIn[Settings]):
    """A register of lists.

    Of what was given, `seen` tells ``pages``: of each list, how often the page at each offset was given; ``rows``: how
    many rows each list has now.
    """

    def _forget_given(self) -> None:
        self._pages: dict[str, Counter[int]] = {path: Counter() for path in LISTS}
        self._moved: Counter[str] = Counter()  # rows that came in at the front, less those that left there

    def _told(self) -> dict[str, Any]:
        return {
            "pages": {path: {str(at): times for at, times in given.items()} for path, given in self._pages.items()},
            "rows": {path: self._total(path) for path in LISTS},
        }

    def _knows(self, path: str) -> bool:
        return path in LISTS

    def _found(self, request: Request) -> Reply:
        offset, limit = request.query.get("offset", ""), request.query.get("limit", "")
        if not all(number.isascii() and number.isdigit() for number in (offset, limit)):
            return Reply(400, {"message": "offset and limit are numbers"})
        return Reply(200, self._rows(request.path, int(offset), int(limit)))

    def _given(self, request: Request) -> None:
        path, every = request.path, self.settings.moves_every
        self._pages[path][int(request.query["offset"])] += 1
        if every and self._pages[path].total() % every == 0:
            self._moved[path] = max(self._moved[path] + self.settings.moves_by, -self.settings.rows)

    def _rows(self, path: str, offset: int, limit: int) -> dict[str, Any]:
        told = self.settings
        limit = min(limit, told.most_rows) if told.most_rows else limit
        total, front = self._total(path), told.first - self._moved[path]
        body: dict[str, Any] = {} if told.without_total else {"total": total}
        numbers = range(front + offset, front + max(offset, min(offset + limit, total)))
        rows = [
            row(path, at, told.seed, wrong=_is_one(at, told.wrong_every), edited=_is_one(at, told.edited_every))
            for at in numbers
        ]
        return body | {"data": rows}

    def _total(self, path: str) -> int:
        return self.settings.rows + self._moved[path]


def _is_one(number: int, every: int) -> bool:
    return bool(every) and number % every == 0


if __name__ == "__main__":
    server.serve_for_ever(Register(Settings()))
