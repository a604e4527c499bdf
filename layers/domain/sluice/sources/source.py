"""The declaration of a source."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from pydantic import create_model

from sluice.rows.celltypes import Date
from sluice.rows.column import column
from sluice.rows.conventions import Conventions
from sluice.rows.importer import Importer
from sluice.rows.row import Row, key_of

#: The field of every source's rows that says since when the upstream has the row no longer.
GONE = "gone_since"
_SINCE = (
    Date | None,
    column("Gone Since", default=None, description="Day on which it was not there any more.", examples=["01-03-2026"]),
)

# A schedule's name is the source's and 33 characters more, and has 64 at most (EventBridge Scheduler API Reference).
_NAME_LENGTH = 31


@dataclass(frozen=True)
class Source:
    """An upstream's list of rows, read page by page: a row model and where its rows are.

    Parameters
    ----------
    name
        What callers ask for.
    row
        The row model; the titles of its columns are the names that the upstream gives them.
    dataset
        Where its rows end up.
    title
        For people.
    path
        Of the list, below the upstream's address.
    page_size
        Rows to ask for at once.
    chunk_pages
        Pages in one chunk, the unit of work and of retry. Workers share the rate: 35 of them with 20 pages each need
        47 s at the 15 requests a second that are used of 20 (`upstream.turns.spacing`), what a worker has for them.
    has_total
        Whether an answer says how many rows there are; if not, pages are read one after the other to the end.
    rate
        Requests a second that the upstream allows, of all workers and all its sources together.
    upstream
        Whose list it is: its address, credentials and rate are shared by all sources that name it.
    conventions
        How the upstream writes numbers and dates. The order of day and month is settled here, for when a sync runs
        there is nobody to ask.
    """

    name: str
    row: type[Row]
    dataset: str
    title: str
    path: str
    page_size: int = 100
    chunk_pages: int = 20
    has_total: bool = True
    rate: float = 20.0
    upstream: str = "siasn"
    conventions: Conventions = Conventions(dates="dmy")

    def __post_init__(self) -> None:
        key_of(self.row)  # a model without one key is a mistake of the declaration, found at import
        if len(self.name) > _NAME_LENGTH:
            raise ValueError(f"the name {self.name!r} has more than {_NAME_LENGTH} letters")

    @cached_property
    def rows(self) -> Importer:
        """Its rows as those of an importer: what checks, stages and loads the rows of a file does the same to them.

        They have one column more, `GONE`, which no upstream fills: it says since when a row is not there any more.
        """
        return Importer(
            self.name,
            row=create_model(self.row.__name__, __base__=self.row, **{GONE: _SINCE}),  # type: ignore[call-overload]  # names are data here
            dataset=self.dataset,
            title=self.title,
            chunk_rows=self.page_size * self.chunk_pages,
            conventions=self.conventions,
        )
