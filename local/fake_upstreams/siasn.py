"""The fake civil-service register: ``GET /{list}?offset=&limit=`` returns a page of a list.

`local.fake_upstreams.server` describes its other calls, `Settings` its settings, and `local.fake_upstreams.rows` its
data.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from local.fake_upstreams import server
from local.fake_upstreams.rows import LISTS, row
from local.fake_upstreams.settings import Settings
from local.fake_upstreams.stub import Reply, Request, StubUpstream

NAME: Final = "siasn"
"""Its name among the upstreams of sources."""


class Register(StubUpstream[Settings]):
    """A register of lists.

    `seen` has ``pages``, by list and offset the number of complete responses with that page, and ``rows``, the present
    number of rows of each list.
    """

    def _reset_counts(self) -> None:
        self._pages: dict[str, Counter[int]] = {path: Counter() for path in LISTS}
        self._moved: Counter[str] = Counter()  # rows added at the front, less those removed there

    def _counts(self) -> dict[str, Any]:
        return {
            "pages": {path: {str(at): times for at, times in given.items()} for path, given in self._pages.items()},
            "rows": {path: self._total(path) for path in LISTS},
        }

    def _knows(self, path: str) -> bool:
        return path in LISTS

    def _find(self, request: Request) -> Reply:
        offset, limit = request.query.get("offset", ""), request.query.get("limit", "")
        if not all(number.isascii() and number.isdigit() for number in (offset, limit)):
            return Reply(400, {"message": "offset and limit are numbers"})
        return Reply(200, self._rows(request.path, int(offset), int(limit)))

    def _count(self, request: Request) -> None:
        path, every = request.path, self.settings.moves_every
        self._pages[path][int(request.query["offset"])] += 1
        if every and self._pages[path].total() % every == 0:
            self._moved[path] = max(self._moved[path] + self.settings.moves_by, -self.settings.rows)

    def _rows(self, path: str, offset: int, limit: int) -> dict[str, Any]:
        settings = self.settings
        limit = min(limit, settings.most_rows) if settings.most_rows else limit
        total, front = self._total(path), settings.first - self._moved[path]
        body: dict[str, Any] = {} if settings.without_total else {"total": total}
        numbers = range(front + offset, front + max(offset, min(offset + limit, total)))
        rows = [
            row(
                path,
                at,
                settings.seed,
                wrong=_is_one(at, settings.wrong_every),
                edited=_is_one(at, settings.edited_every),
            )
            for at in numbers
        ]
        return body | {"data": rows}

    def _total(self, path: str) -> int:
        return self.settings.rows + self._moved[path]


def _is_one(number: int, every: int) -> bool:
    return bool(every) and number % every == 0


if __name__ == "__main__":
    server.serve_for_ever(Register(Settings()))
