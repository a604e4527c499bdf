"""Records of a file become good rows and rejections."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from sluice.model.job import DateOrder
from sluice.model.rejection import Rejection
from sluice.schema.cells import Cell, CellError, Record
from sluice.schema.column import Row, is_numeric, key_of
from sluice.schema.context import Context, Conventions
from sluice.schema.dates import DateEvidence
from sluice.schema.importer import Importer
from sluice.schema.rejections import SheetRejections

# A row with the word as its key is a totals row only if so many other columns of text, all empty, say that it is no
# record. With fewer, nothing tells it from one: a list of brands and what they sold has a brand "Total".
_SILENT_COLUMNS = 2
# A staged row is JSON of our own: decimal points and ISO dates, whatever the file had.
_AS_STAGED = Conventions()


@dataclass(frozen=True)
class GoodRow:
    """A row that passed: its number in the sheet, its key, a digest of its values, and those as JSON."""

    number: int
    key: str
    hash: str
    values: bytes


@dataclass(frozen=True)
class Checked:
    """What became of the records of a chunk; rows seen = good rows + rejected rows.

    Parameters
    ----------
    good
        Rows that passed, in the order they came.
    rejections
        One for each wrong cell.
    seen
        Rows that were checked.
    ignored
        Rows that are no records and not among those seen: totals.
    dates
        Field name to what its dates tell of their order; only fields whose order nobody has said and that tell or
        need something.
    """

    good: list[GoodRow]
    rejections: list[Rejection]
    seen: int
    ignored: int = 0
    dates: dict[str, DateEvidence] = field(default_factory=dict)

    @property
    def rejected(self) -> int:
        """Rejected rows (a row with several wrong cells counts once)."""
        return self.seen - len(self.good)


def check_rows(
    importer: Importer,
    fields: Mapping[int, str],
    sheet: str,
    records: Iterable[Record],
    date_orders: Mapping[str, DateOrder] | None = None,
) -> Checked:
    """Validate records against the importer's row model.

    Parameters
    ----------
    importer
        Whose rows these are.
    fields
        Which cell (counted from 0) belongs to which field.
    sheet
        Name of the sheet, for the rejections.
    records
        Row numbers and cells.
    date_orders
        Field name to the order of its dates, where somebody has said it for this file. It settles dates that could
        be either, also against the importer's conventions; a date that can be read in one way only is read so.

    Returns
    -------
    Checked
        Good rows in the order they came, and a rejection for each wrong cell.
    """
    reject = SheetRejections(sheet, {column.field: column.title for column in importer.columns})
    totals = Totals(importer, fields)
    context = Context(importer.conventions, date_orders)
    validate = importer.row.__pydantic_validator__.validate_python
    stage = staging(importer)
    places = sorted(fields.items())
    good: list[GoodRow] = []
    rejections: list[Rejection] = []
    dates: defaultdict[str, DateEvidence] = defaultdict(DateEvidence)
    seen = ignored = 0
    for number, cells in records:
        values = _values(cells, places)
        if totals.include(cells, values):
            ignored += 1
            continue
        seen += 1
        if CellError in map(type, values.values()):
            rejections += reject.errors(number, values)
            continue
        passed = False
        try:
            good.append(stage(number, validate(values, context=context)))
            passed = True
        except ValidationError as error:
            rejections += reject.invalid(number, values, error)
        if context.noted:
            for name, sign in context.noted.items():
                dates[name].add(sign, number, passed)
            context.noted.clear()
    return Checked(good, rejections, seen, ignored, dict(dates))


def staging(importer: Importer) -> Callable[[int, Row], GoodRow]:
    """What makes a staged row of a row's number and its model; the importer's last hand is on it."""
    normalise = importer.normalise
    key = key_of(importer.row).field
    dump = importer.row.__pydantic_serializer__.to_json

    def stage(number: int, row: Row) -> GoodRow:
        if normalise:
            row = normalise(row)
        body = dump(row)
        return GoodRow(number, str(getattr(row, key)), digest(body), body)

    return stage


def _values(cells: list[Cell], places: list[tuple[int, str]]) -> dict[str, Any]:
    """The cells that hold something, by field. Runs for every cell of every file, hence one look at the type."""
    values: dict[str, Any] = {}
    for place, name in places:
        if place >= len(cells):
            break
        cell = cells[place]
        kind = type(cell)
        if kind is str:
            if cell and not cell.isspace():  # type: ignore[union-attr]  # it is a str
                values[name] = cell
        elif kind is float:
            values[name] = int(cell) if cell.is_integer() else cell  # type: ignore[union-attr,arg-type]  # 123.0 is 123
        elif cell is not None:
            values[name] = cell
    return values


def digest(body: bytes) -> str:
    """Hash of a row: its 128 bits tell states apart; with 2**32 rows, two collide by chance once in 2**65 tries."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


class Totals:
    """Tells the totals rows of a file.

    Such a row begins with one of `Vocabulary.totals`, and it has nothing else but numbers: every other cell of a column
    that holds something else is empty. Its key cell is empty, so that it could not be imported anyway, or is that very
    word beside a number. A part called "Total" has a description, so it stays.

    Parameters
    ----------
    importer
        Whose row model tells columns of numbers from others, and whose vocabulary has the words.
    fields
        Which cell (counted from 0) belongs to which field.
    """

    def __init__(self, importer: Importer, fields: Mapping[int, str]) -> None:
        self._fields = fields
        self._words = importer.conventions.vocabulary.totals
        self._key = key_of(importer.row).field
        known = importer.row.model_fields
        self._others = {name for name in fields.values() if not is_numeric(known[name].annotation)} - {self._key}

    def include(self, cells: list[Cell], values: Mapping[str, Any]) -> bool:
        """Whether a row is a totals row; ``values`` are those of its cells that a column knows and that are not empty.

        Runs for every row, hence the look at what nearly every row has: a key and something else.
        """
        if self._key in values and not self._others.isdisjoint(values):
            return False
        at, word = next(((at, cell) for at, cell in enumerate(cells) if not _is_empty(cell)), (0, None))
        if not (isinstance(word, str) and "".join(filter(str.isalpha, word.casefold())) in self._words):
            return False
        field = self._fields.get(at)
        if self._key in values:
            return field == self._key and len(values) > 1 and len(self._others) >= _SILENT_COLUMNS
        return self._others.intersection(values) <= {field}


def _is_empty(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def with_orders(importer: Importer, row: GoodRow, fields: Iterable[str]) -> GoodRow:
    """Swap day and month of some dates of a staged row that were read day first and are month first.

    The result is, byte for byte, what `check_rows` makes of the file's row with that order, as long as the
    validators and `normalise` of the importer take what they gave.

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
