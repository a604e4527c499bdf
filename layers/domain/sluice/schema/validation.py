"""Records of a file checked against a row model: good rows, rejections, totals rows, evidence."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple

from pydantic import ValidationError

from sluice.model.options import LoadOptions
from sluice.model.recipe import AMBIGUOUS, EXAMPLES, FIVE_DIGITS, Evidence, Recipe, Shown, depends_on
from sluice.model.rejection import Rejection
from sluice.schema.annotations import is_numeric, is_text, marks_of
from sluice.schema.cell_types import AsWritten, Context
from sluice.schema.cells import CELL_CHARACTERS, MERGED, BrokenRow, Cell, CellError, FormattedNumber, Record
from sluice.schema.dates import day_of
from sluice.schema.header_rows import OtherHeader, RepeatedHeader
from sluice.schema.importer import Importer, key_of
from sluice.schema.rejections import SheetRejections, as_text
from sluice.schema.said import cleared, columns_for, row_reader
from sluice.schema.text import (
    DIGITS,
    EXACT,
    NO_VALUES,
    ZERO_DATES,
    in_full,
    read_formatted,
    read_number,
    read_text,
)

# Columns that may be empty, and are in a totals row with the word as its key; a list of brands has a brand "Total".
_SILENT_COLUMNS = 2
# Characters of a cell that evidence shows: a number or a date is shorter, and a recipe has up to 9 for each column.
_LONGEST = 60
_row_of = attrgetter("row")
# Most numbers with decimals have four at most: a multiplication shows that there is no binary noise behind them.
_FEW = 10_000.0


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
        Totals rows and repeated headers; they are not among those seen.
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
    titles: Sequence[str] = (),
    *,
    currencies: Mapping[str, str] | None = None,
    days_later: int = 0,
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
    titles
        The file's headers by cell. A row that repeats those of all matched columns is ignored, as totals rows are; from
        one with other titles or in other places on, rows are rejected.
    currencies
        Those that titles name, by field.
    days_later
        Days between day 0 of Excel's usual calendar and that of the file.

    Returns
    -------
    Checked
        Good rows in the order they came, and a rejection for each wrong cell.
    """
    reject = SheetRejections(sheet, importer)
    options = options or importer.options
    totals, header = Totals(importer, fields, options), RepeatedHeader(fields, titles)
    other = OtherHeader(importer, fields, titles, sheet, recipe)
    first, spellings = header.field, header.spellings
    context = Context(importer.conventions, recipe, days_later=days_later)
    read = row_reader(importer, fields.values(), options, currencies)
    key = key_of(importer.row).field
    reader = CellReader(importer, fields, recipe)
    values_of = reader.values
    good: list[GoodRow] = []
    rejections: list[Rejection] = []
    observed = Observed(importer, sheet)
    seen = ignored = 0
    for number, cells in records:
        if type(cells) is BrokenRow or number > other.row:
            seen += 1
            broken = cells if type(cells) is BrokenRow else other.reject(number, cells)
            rejections.append(reject.broken(number, broken))
            continue
        values = values_of(cells)
        has_error = reader.has_error
        shown = _without_merged(values) if has_error else values
        if totals.include(cells, shown) or (values.get(first) in spellings and header.include(cells)):
            ignored += 1
            continue
        seen += 1
        if other.may_pass and other.include(number, cells):
            rejections.append(reject.broken(number, other.reject(number, cells)))
            continue
        if has_error:
            rejections += reject.errors(number, values)
            with suppress(ValidationError):  # the other cells show something as well
                read({name: cell for name, cell in values.items() if type(cell) is not CellError}, context)
        else:
            try:
                row, body = read(values, context)
                good.append(GoodRow(number, str(getattr(row, key)), digest(body), body))
            except ValidationError as error:
                if other.include(number, cells):
                    rejections.append(reject.broken(number, other.reject(number, cells)))
                else:
                    rejections += reject.invalid(number, values, error)
        if context.shown:
            observed.add(number, values, context.shown)
            context.shown.clear()
    evidence = observed.evidence() | other.evidence
    depends = _depends(importer, evidence, rejections) | {f"{FIVE_DIGITS}.{name}" for name in context.five_digits}
    return Checked(good, rejections, seen, ignored, evidence, depends)


class Observed:
    """Collects what the cells of a chunk show of the decisions about their columns.

    It runs on every row with a decimal number, so it counts rows by all that their cells show, and looks at single
    cells only as long as they may be among the first.
    """

    def __init__(self, importer: Importer, sheet: str) -> None:
        self._sheet = sheet
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
                    cell = day_of(cell) if isinstance(cell, datetime) else cell
                    known.append(Shown(number, as_text(cell, _LONGEST), each[1], self._sheet))

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
    """Read the keys of rejected rows, each by the type of the key alone; parameters are those of `check_rows`.

    Yields
    ------
    tuple
        Row number, and the key; ``None`` if the cell is blank or not what a key can be.
    """
    key = key_of(importer.row).field
    read = row_reader(importer, [key], LoadOptions("delete"))
    context = Context(importer.conventions, recipe)
    reader = CellReader(importer, {place: name for place, name in fields.items() if name == key}, recipe)
    for number, cells in records:
        values = reader.values(cells)
        found = None
        if type(cells) is not BrokenRow and not reader.has_error:
            with suppress(ValidationError):
                found = str(getattr(read(values, context)[0], key))
        yield number, found


class CellReader:
    """Reads the cells of records as values by field. It runs on every cell of every file.

    Parameters
    ----------
    importer
        Its row model says which columns hold text; a number in them is its digits.
    places
        Which cell (counted from 0) belongs to which field.
    recipe
        Of the job; its markers precede those of the importer.
    """

    def __init__(self, importer: Importer, places: Mapping[int, str], recipe: Recipe | None = None) -> None:
        known = importer.row.model_fields
        self._width = max(places, default=-1) + 1
        recipe, usual = recipe or Recipe(), importer.conventions
        self._markers = frozenset(map(str.strip, recipe.value("null_markers", usual.null_markers)))
        self._clears = frozenset(map(str.strip, recipe.value("clear_markers", usual.clear_markers)))
        self._columns = {column.field: column for column in importer.columns}
        special = self._markers | self._clears | NO_VALUES
        self._special = special | ZERO_DATES
        first = frozenset(text[:1] for text in special)
        texts = {name for name in places.values() if is_text(known[name].annotation)}
        firsts = {name: first | DIGITS if name in texts else first for name in places.values()}
        self._dates = {column.field for column in importer.columns if column.decided_by == "date_order"}
        firsts |= {name: first | {"0"} for name in self._dates & firsts.keys()}
        self._places = [(at, name, name in texts, firsts[name]) for at, name in sorted(places.items())]
        self._in_full = {name for name in texts if AsWritten() not in marks_of(known[name])}
        #: Whether one of the cells that were read last cannot be used.
        self.has_error = False

    def values(self, cells: list[Cell]) -> dict[str, Any]:
        """Return the cells that are not blank; one that cannot be used is a `CellError`."""
        values: dict[str, Any] = {}
        self.has_error, special = False, self._special
        places = self._places if len(cells) >= self._width else [each for each in self._places if each[0] < len(cells)]
        for place, name, in_text, first in places:
            cell: Any = cells[place]
            kind = type(cell)
            if kind is str:
                if not (bare := cell.strip()):
                    continue
                sign = bare[0]
                odd = sign in first and (
                    bare in special or (in_text and in_full(bare) != bare if sign in DIGITS else sign == "#")
                )
                if odd or not (cell.isascii() and cell.isprintable() and len(bare) <= CELL_CHARACTERS):
                    self._add_text(values, name, cell, bare)
                    continue
            elif kind is float:
                if cell.is_integer() and -EXACT < cell < EXACT:
                    cell = int(cell)  # 123.0 is 123
                elif in_text or not -EXACT < (scaled := cell * _FEW) < EXACT or int(scaled) / _FEW != cell:
                    cell = read_number(cell, is_text=in_text)
                    self.has_error = self.has_error or type(cell) is CellError
            elif kind is CellError or kind is FormattedNumber:
                cell = cell if kind is CellError else read_formatted(cell, is_text=in_text)
                self.has_error = self.has_error or type(cell) is CellError
            if cell is not None:
                values[name] = cell
        return values

    def _add_text(self, values: dict[str, Any], name: str, cell: str, bare: str) -> None:
        if name in self._dates and bare in ZERO_DATES and bare not in self._clears:
            return
        text = cleared(self._columns[name], bare) if bare in self._clears else read_text(cell, self._markers)
        if type(text) is str and name in self._in_full:
            text = in_full(text.strip())
        if text is not None or bare in self._clears:
            values[name] = text
        self.has_error = self.has_error or type(text) is CellError


def digest(body: bytes) -> str:
    """Hash a row's values; of 2**32 rows, two have the same 128 bits with a probability of 2**-65 (birthday bound)."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def _without_merged(values: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out cells that are merged with another column, as those beside the word of a totals row often are."""
    return {name: cell for name, cell in values.items() if type(cell) is not CellError or cell.text != MERGED}


class Totals:
    """Recognises the totals rows of a file.

    Such a row begins with one of `Vocabulary.totals`, and apart from it holds only numbers: every other cell of a
    column that is not numeric is empty. Its key cell is empty, so that it could not be imported anyway, or is that very
    word beside a number; then an empty column is required, or several are empty. A part called "Total" has a
    description, so it is not taken for one.

    Parameters
    ----------
    importer
        Its row model says which columns are numeric, its vocabulary which words begin a totals row.
    fields
        Which cell (counted from 0) belongs to which field.
    options
        Of the job: an update requires no column but the key.
    """

    def __init__(self, importer: Importer, fields: Mapping[int, str], options: LoadOptions) -> None:
        self._fields = fields
        self._key = key_of(importer.row).field
        self._words = importer.conventions.vocabulary.totals
        known = importer.row.model_fields
        self._others = {name for name in fields.values() if not is_numeric(known[name].annotation)} - {self._key}
        required = {column.field for column in columns_for(importer, options) if column.required}
        self._may_be_key = len(self._others) >= _SILENT_COLUMNS or not self._others.isdisjoint(required)

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
            return field == self._key and len(values) > 1 and self._may_be_key
        return self._others.intersection(values) <= {field}


def _is_empty(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())
