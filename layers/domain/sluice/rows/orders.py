"""Staged rows whose dates were read in the wrong order are read again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pydantic_core import from_json

from sluice.rows.check import GoodRow, staging
from sluice.rows.context import Context
from sluice.rows.conventions import Conventions
from sluice.rows.importer import Importer

# A staged row is JSON of our own: decimal points and ISO dates, whatever the file had.
_AS_STAGED = Conventions()


def with_orders(importer: Importer, row: GoodRow, fields: Iterable[str]) -> GoodRow:
    """Swap day and month of some dates of a staged row that were read day first and are month first.

    What comes of it is, byte for byte, what `sluice.rows.check.check_rows` makes of the file's row when it is told
    that order, as long as the validators and `normalise` of the importer take what they gave.

    Parameters
    ----------
    importer
        Whose row it is.
    row
        As it was staged; its number is among the `DateEvidence.rows` of each field.
    fields
        Names of the fields to swap.

    Raises
    ------
    ValueError
        If a field has no date, or one whose day is no month; and, as pydantic's ``ValidationError``, if the row
        with its new dates is not one that the importer takes.
    """
    values = from_json(row.values)
    for name in fields:
        written = date.fromisoformat(values[name] or "")
        values[name] = written.replace(month=written.day, day=written.month)
    model = importer.row.__pydantic_validator__.validate_python(values, context=Context(_AS_STAGED))
    return staging(importer)(row.number, model)
