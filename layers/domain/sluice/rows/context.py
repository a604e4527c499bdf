"""What the validators of a chunk share: how to read its cells, and what they noted of the row at hand."""

from __future__ import annotations

from collections.abc import Mapping

from sluice.model.order import Order
from sluice.rows.conventions import Conventions
from sluice.rows.evidence import Sign


class Context:
    """The validation context of one chunk, passed to pydantic; chunks that are checked at once do not share it.

    Parameters
    ----------
    conventions
        Of the importer.
    orders
        Field name to the order of its dates, where somebody has said it; wins over the conventions.
    """

    __slots__ = ("_dates", "_orders", "decimal", "noted")

    def __init__(self, conventions: Conventions, orders: Mapping[str, Order] | None = None) -> None:
        self.decimal = conventions.decimal
        self._dates = conventions.dates
        self._orders = orders or {}
        #: Field name to what its date told, in the row that is being validated; whoever validates empties it.
        self.noted: dict[str, Sign] = {}

    def order_of(self, field: str) -> Order | None:
        """The order of a field's dates; ``None`` when nobody has said it."""
        return self._orders.get(field, self._dates)
