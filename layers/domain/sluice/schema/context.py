"""How the cells of a chunk are read: the conventions of the importer, and what the validators share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from sluice.model.job import DateOrder
from sluice.schema.dates import Observation, date_from_text
from sluice.schema.vocabulary import ENGLISH, Vocabulary


@dataclass(frozen=True)
class Conventions:
    """What a cell's text means where two readings are possible.

    Parameters
    ----------
    decimal
        The decimal mark; the other of ``.`` and ``,`` groups thousands.
    dates
        Order of day, month and year in dates that are written with numbers alone. ``None``: the order is not known
        beforehand. Then each column of a file proves its own, and the caller is asked where it does not.
    vocabulary
        Names of months, words for yes and no, and first words of totals rows.
    """

    decimal: Literal[".", ","] = "."
    dates: DateOrder | None = None
    vocabulary: Vocabulary = ENGLISH


DEFAULT: Final = Conventions()


class Context:
    """The validation context of one chunk, passed to pydantic; chunks that are checked at once do not share it.

    Parameters
    ----------
    conventions
        Of the importer.
    date_orders
        Field name to the order of its dates, where the file has proved it or the caller has answered.

    Attributes
    ----------
    decimal
        The decimal mark.
    vocabulary
        Of the conventions.
    noted
        Field name to what its date shows, in the row that is being validated. `check_rows` empties it after each row.
    """

    __slots__ = ("_dates", "_orders", "decimal", "noted", "vocabulary")

    def __init__(self, conventions: Conventions, date_orders: Mapping[str, DateOrder] | None = None) -> None:
        self.decimal = conventions.decimal
        self.vocabulary = conventions.vocabulary
        self._dates = conventions.dates
        self._orders = date_orders or {}
        self.noted: dict[str, Observation] = {}

    def date(self, field: str, text: str) -> date:
        """Read a date of a field, and note what it shows where the order is not known.

        An order that was proved or answered holds for ambiguous dates alone, because the question was about those. The
        order that the importer declares holds for all.

        Raises
        ------
        InvalidValue
            See `date_from_text`.
        """
        if known := self._orders.get(field):
            return date_from_text(text, None, known, self.vocabulary)[0]
        found, observation = date_from_text(text, self._dates, vocabulary=self.vocabulary)
        if observation is not None:
            self.noted[field] = observation
        return found
