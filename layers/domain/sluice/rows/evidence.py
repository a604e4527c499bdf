"""What the dates of a file tell of their order, where the importer does not declare it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from sluice.model.order import Order

#: What one date tells of its order: that it is one of the two, or that it could be either.
Sign = Literal["dmy", "mdy", "either"]


@dataclass
class DateEvidence:
    """What the dates of one column tell; it grows while rows are checked.

    Parameters
    ----------
    dmy, mdy
        How many rows prove each order: the other one would make a thirteenth month. Rows that are refused for
        something else prove it too.
    rows
        Numbers in the sheet of the good rows whose date could be either. They were read day first.
    """

    dmy: int = 0
    mdy: int = 0
    rows: list[int] = field(default_factory=list)

    def add(self, sign: Sign, row: int, good: bool) -> None:
        """Take in what the date of a row tells."""
        if sign == "dmy":
            self.dmy += 1
        elif sign == "mdy":
            self.mdy += 1
        elif good:
            self.rows.append(row)


def merged(chunks: Iterable[Mapping[str, DateEvidence]]) -> dict[str, DateEvidence]:
    """The evidence of all chunks of a job, by field; rows in the order of the chunks."""
    whole: dict[str, DateEvidence] = {}
    for chunk in chunks:
        for name, part in chunk.items():
            known = whole.setdefault(name, DateEvidence())
            known.dmy += part.dmy
            known.mdy += part.mdy
            known.rows += part.rows
    return whole


def decide(evidence: DateEvidence) -> Order | None:
    """The order of a column's dates, as far as the file tells.

    Returns
    -------
    Order or None
        ``mdy``: the rows in `DateEvidence.rows` have to be read again, see `sluice.rows.orders.with_orders`.
        ``dmy``: all rows stay as they were read, either because other rows prove it or because no row was in
        question. ``None``: some rows are in question, and the others prove nothing or contradict each other, so a
        person has to say.
    """
    if not evidence.rows:
        return "dmy"
    if bool(evidence.dmy) == bool(evidence.mdy):
        return None
    return "dmy" if evidence.dmy else "mdy"
