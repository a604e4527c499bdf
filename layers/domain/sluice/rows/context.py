"""What the validators of a chunk share: how to read its cells, and what they noted of the row at hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sluice.model.order import Order
from sluice.rows.conventions import Conventions
from sluice.rows.dates import date_from_text
from sluice.rows.evidence import Sign


class Context:
    """The validation context of one chunk, passed to pydantic; chunks that are checked at once do not share it.

    Parameters
    ----------
    conventions
        Of the importer.
    orders
        Field name to the order of its dates, where somebody has said it for this file.
    """

    __slots__ = ("_dates", "_orders", "decimal", "noted")

    def __init__(self, conventions: Conventions, orders: Mapping[str, Order] | None = None) -> None:
        self.decimal = conventions.decimal
        self._dates = conventions.dates
        self._orders = orders or {}
        #: Field name to what its date told, in the row that is being validated; whoever validates empties it.
        self.noted: dict[str, Sign] = {}

    def date(self, field: str, text: str) -> date:
        """Read a date of a field, and note what it tells where nobody has said the order.

        What somebody said of this file settles only dates that could be either, for it was the answer to a question
        about those. What the importer declares holds for all.

        Raises
        ------
        ValueError
            See `date_from_text`.
        """
        if said := self._orders.get(field):
            return date_from_text(text, None, said)[0]
        found, sign = date_from_text(text, self._dates)
        if sign is not None:
            self.noted[field] = sign
        return found
