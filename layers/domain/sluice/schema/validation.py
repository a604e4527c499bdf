"""Records of a file checked against a row model: good rows, rejections, totals rows, evidence."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple

from pydantic import ValidationError

from sluice.model.options import LoadOptions
from sluice.model.recipe import AMBIGUOUS, EXAMPLES, Evidence, Recipe, Shown, depends_on
from sluice.model.rejection import Rejection
from sluice.schema.cell_types import Context
from sluice.schema.cells import Cell, CellError, Record
from sluice.schema.importer import Importer, Row, is_numeric, key_of
from sluice.schema.rejections import SheetRejections, as_text
from sluice.schema.said import row_reader

# A row with the word as its key is a totals row only if at least this many other columns of text are all empty. With
# fewer it could be a record: a list of brands and what they sold has a brand "Total".
_SILENT_COLUMNS = 2
# Characters of a cell that evidence shows: a number or a date is shorter, and a recipe has up to 9 for each column.
_LONGEST = 60
_row_of = attrgetter("row")


class GoodRow(NamedTuple):
    """A row that passed. A file has millions, and a tuple is made in half the time of a frozen dataclass.

    Parameters
    ----------
    number
        Row number in the sheet.
    key
        Of its record.
    hash
        Digest of `values`.
    values
        What it says: a value for each such column, its key among them, as JSON. A column that is not there keeps its
        value in an existing record, and has its default in a new one, see `sluice.schema.said.Merge`.
    """

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
        Totals rows; they are not among those seen.
    evidence
        What the cells show, of rejected rows too, by the key of the decision.
    depends
        What the rows depend on, see `sluice.model.recipe.depends_on`.
    """

    good: list[GoodRow]
    rejections: list[Rejection]
    seen: int
    ignored: int = 0
    evidence: dict[str, Evidence] = field(default_factory=dict)
    depends: frozenset[str] = frozenset()

    @property
    def rejected(self) -> int:
        """How many rows were rejected; a row with several wrong cells counts once."""
        return self.seen - len(self.good)


def check_rows(
    importer: Importer,
    fields: Mapping[int, str],
    sheet: str,
    records: Iterable[Record],
    recipe: Recipe | None = None,
    options: LoadOptions | None = None,
) -> Checked:
    """Validate records against the importer's row model.

    Parameters
    ----------
    importer
        The importer of the file.
    fields
        Which cell (counted from 0) belongs to which field.
    sheet
        Name of the sheet, for the rejections.
    records
        Row numbers and cells.
    recipe
        Of the job. It decides how ambiguous cells are read; where it has no decision, the importer's conventions do.
    options
        Of the job; by default those of the importer.

    Returns
    -------
    Checked
        Good rows in the order they came, and a rejection for each wrong cell.
    """
    reject = SheetRejections(sheet, importer)
    totals = Totals(importer, fields)
    context = Context(importer.conventions, recipe)
    read = row_reader(importer, fields.values(), options or importer.options)
    key = key_of(importer.row).field
    places = sorted(fields.items())
    good: list[GoodRow] = []
    rejections: list[Rejection] = []
    observed = Observed(importer)
    seen = ignored = 0
    for number, cells in records:
        values = _values(cells, places)
        if totals.include(cells, values):
            ignored += 1
            continue
        seen += 1
        if CellError in map(type, values.values()):
            rejections += reject.errors(number, values)
            with suppress(ValidationError):  # the other cells show something as well
                read({name: cell for name, cell in values.items() if type(cell) is not CellError}, context)
        else:
            try:
                good.append(_staged(number, key, *read(values, context)))
            except ValidationError as error:
                rejections += reject.invalid(number, values, error)
        if context.shown:
            observed.add(number, values, context.shown)
            context.shown.clear()
    evidence = observed.evidence()
    return Checked(good, rejections, seen, ignored, evidence, _depends(importer, evidence, rejections))


class Observed:
    """Collects what the cells of a chunk show of the decisions about their columns.

    It runs on every row with a decimal number, so it counts rows by all that their cells show, and looks at single
    cells only as long as they may be among the first.
    """

    def __init__(self, importer: Importer) -> None:
        self._kinds = {column.field: column.decided_by for column in importer.columns}
        self._rows: dict[tuple[tuple[str, str], ...], int] = {}
        self._first: dict[tuple[str, str], list[Shown]] = defaultdict(list)

    def add(self, number: int, values: Mapping[str, Cell], shown: Mapping[str, str]) -> None:
        """Add what the cells of a row show, by field."""
        row = tuple(shown.items())
        self._rows[row] = rows = self._rows.get(row, 0) + 1
        if rows <= EXAMPLES:
            for each in row:
                if len(known := self._first[each]) < EXAMPLES:
                    cell = values.get(each[0])
                    cell = cell.date() if isinstance(cell, datetime) else cell  # its time is dropped
                    known.append(Shown(number, as_text(cell, _LONGEST), each[1]))

    def evidence(self) -> dict[str, Evidence]:
        """Return the evidence by the keys of the decisions."""
        counts: dict[str, dict[str, int]] = defaultdict(dict)
        for row, rows in self._rows.items():
            for name, shown in row:
                counts[name][shown] = counts[name].get(shown, 0) + rows
        return {
            f"{self._kinds[name]}.{name}": Evidence(
                found, tuple(sorted(chain.from_iterable(self._first[name, shown] for shown in found), key=_row_of))
            )
            for name, found in counts.items()
        }


def _depends(importer: Importer, evidence: Mapping[str, Evidence], rejections: Iterable[Rejection]) -> frozenset[str]:
    rejected = {each.column for each in rejections}
    depends = {
        depends_on(f"{column.decided_by}.{column.field}")
        for column in importer.columns
        if column.decided_by and column.title in rejected
    }
    for key, found in evidence.items():
        depends |= {depends_on(key, "" if shown in AMBIGUOUS else shown) for shown in found.counts}
    return frozenset(depends)


def read_keys(
    importer: Importer,
    fields: Mapping[int, str],
    records: Iterable[Record],
    recipe: Recipe | None = None,
) -> Iterator[tuple[int, str | None]]:
    """Read the keys of rejected rows, each by the type of the key alone.

    Parameters
    ----------
    importer, fields, records, recipe
        As in `check_rows`.

    Yields
    ------
    tuple
        Row number, and the key; ``None`` if the cell is blank or not what a key can be.
    """
    key = key_of(importer.row).field
    read = row_reader(importer, [key], LoadOptions("delete"))
    context = Context(importer.conventions, recipe)
    places = [(place, name) for place, name in fields.items() if name == key]
    for number, cells in records:
        values = _values(cells, places)
        found = None
        if CellError not in map(type, values.values()):
            with suppress(ValidationError):
                found = str(getattr(read(values, context)[0], key))
        yield number, found


def _staged(number: int, key: str, row: Row, body: bytes) -> GoodRow:
    return GoodRow(number, str(getattr(row, key)), digest(body), body)


def _values(cells: list[Cell], places: list[tuple[int, str]]) -> dict[str, Any]:
    """Return the cells that are not blank, by field. Runs on every cell of every file, so it compares types only."""
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
    """Hash a row's values; of 2**32 rows, two have the same 128 bits with a probability of 2**-65 (birthday bound)."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


class Totals:
    """Recognises the totals rows of a file.

    Such a row begins with one of `Vocabulary.totals`, and apart from it holds only numbers: every other cell of a
    column that is not numeric is empty. Its key cell is empty, so that it could not be imported anyway, or is that very
    word beside a number. A part called "Total" has a description, so it is not taken for one.

    Parameters
    ----------
    importer
        Its row model says which columns are numeric, its vocabulary which words begin a totals row.
    fields
        Which cell (counted from 0) belongs to which field.
    """

    def __init__(self, importer: Importer, fields: Mapping[int, str]) -> None:
        self._fields = fields
        self._key = key_of(importer.row).field
        self._words = importer.conventions.vocabulary.totals
        known = importer.row.model_fields
        self._others = {name for name in fields.values() if not is_numeric(known[name].annotation)} - {self._key}

    def include(self, cells: list[Cell], values: Mapping[str, Any]) -> bool:
        """Whether a row is a totals row; ``values`` are those of its cells that belong to a column and are not blank.

        Runs on every row, so it first looks at what nearly every record has: a key and a column that is not numeric.
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
