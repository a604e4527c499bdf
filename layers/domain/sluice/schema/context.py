"""What the validators of a chunk share: how to read its cells, and what they noted of the row at hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sluice.model.job import DateOrder
from sluice.schema.dates import Observation, date_from_text
from sluice.schema.vocabulary import ENGLISH, Vocabulary


class Context:
    """The validation context of one chunk, passed to pydantic; chunks that are checked at once do not share it.

    Parameters
    ----------
    conventions
        Of the importer.
    date_orders
        Field name to the order of its dates, where somebody has said it for this file.
    """

    __slots__ = ("_dates", "_orders", "decimal", "noted", "vocabulary")

    def __init__(self, conventions: Conventions, date_orders: Mapping[str, DateOrder] | None = None) -> None:
        self.decimal = conventions.decimal
        self.vocabulary = conventions.vocabulary
        self._dates = conventions.dates
        self._orders = date_orders or {}
        #: Field name to what its date told, in the row that is being validated; whoever validates empties it.
        self.noted: dict[str, Observation] = {}

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
            return date_from_text(text, None, said, self.vocabulary)[0]
        found, sign = date_from_text(text, self._dates, vocabulary=self.vocabulary)
        if sign is not None:
            self.noted[field] = sign
        return found


@dataclass(frozen=True)
class Conventions:
    """What a cell's text means where two readings are possible.

    Parameters
    ----------
    decimal
        The decimal mark; the other of ``.`` and ``,`` groups thousands.
    dates
        Order of day, month and year in dates written with numbers alone. ``None``: it is not known beforehand, so each
        column of a file has to show it, and the job asks a person where it does not.
    vocabulary
        Names of months, words for yes and no, and first words of totals rows.
    """

    decimal: Literal[".", ","] = "."
    dates: DateOrder | None = None
    vocabulary: Vocabulary = ENGLISH


DEFAULT = Conventions()
