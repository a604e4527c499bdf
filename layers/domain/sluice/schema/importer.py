"""The declaration of an importer: its row model, whose fields are made with `column`, and its options."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.fields import FieldInfo

from sluice.model.options import Blanks, Deletes, Guards, LoadOptions, Mode, OnRejections
from sluice.schema.annotations import choices_of, decided_by, decimals_of, marks_of
from sluice.schema.cell_types import Amount, Conventions, Key, OfAmounts
from sluice.schema.cells import Spelling

#: Name by which datasets store since when a record is deleted: a column of tables, a value in records of early syncs.
MARK: Final = "gone_since"
#: Rows of a file for whose keys `dispatch` has memory: 42 bytes each, and 1,024 MB (``make bench ARGS=dispatch``).
MOST_ROWS: Final = 10_000_000
_HINT: Final = "?"  # ends a synonym that is only suggested


@dataclass(frozen=True)
class Column:
    """A column of an importer, as its row model declares it.

    Parameters
    ----------
    field
        Name of the field in the row model, such as ``part_number``.
    titles
        Headers that mean this column; the first is written into templates and reports.
    required
        A file without this column is rejected.
    key
        The column that names a row. A row model has exactly one.
    default
        Value of a row whose file lacks the column; ``None`` if the column is required.
    decimals
        Decimals that its numbers are shown with at least; ``None`` if it has no numbers.
    decided_by
        Kind of the decision by which its ambiguous cells are read, ``decimal`` or ``date_order``; ``None`` if it has
        none.
    form
        How its values are written, in words that complete "must be …"; ``""`` if its pattern is not explained.
    example
        A value; ``None`` without one.
    synonyms, hints
        Further headers that mean this column, the preferred ones first; and headers that may, which are suggested.
    currency
        Code of the currency that its amounts are in where a row says none; ``None`` if it has none, or no amounts.
    """

    field: str
    titles: tuple[str, ...]
    required: bool
    key: bool
    default: Any = None
    decimals: int | None = None
    decided_by: str | None = None
    form: str = ""
    example: Any = None
    synonyms: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    currency: str | None = None

    @property
    def title(self) -> str:
        """The header that templates and rejections show."""
        return self.titles[0]


@dataclass(frozen=True)
class _Declared:
    """What `column` leaves on a pydantic field."""

    titles: tuple[str, ...]
    synonyms: tuple[str, ...]
    key: bool
    form: str


def column(
    *titles: str,
    synonyms: Sequence[str] = (),
    key: bool = False,
    default: Any = ...,
    description: str | None = None,
    examples: list[Any] | None = None,
    ge: Any = None,
    gt: Any = None,
    le: Any = None,
    lt: Any = None,
    min_length: int | None = None,
    max_length: int | None = None,
    pattern: str | None = None,
    form: str = "",
) -> Any:
    """Declare a column: a pydantic field with the headers that name it.

    Parameters
    ----------
    titles
        The headers, the one for templates first.
    synonyms
        Its names in files from elsewhere, the preferred ones first. One with ``?`` behind it is only suggested.
    key
        Whether this column names the row.
    default
        Value of an empty cell; without one the column is required and an empty cell is rejected.
    description, examples, ge, gt, le, lt, min_length, max_length, pattern
        As in `pydantic.Field`. Rejections of cells that a column cannot read show its first example.
    form
        What ``pattern`` means, for the person who has to correct a cell: "three capital letters, such as EUR".

    Raises
    ------
    ValueError
        If no title is given.
    """
    if not titles:
        raise ValueError("a column needs at least one header title")
    limits: dict[str, Any] = {"ge": ge, "gt": gt, "le": le, "lt": lt}
    lengths: dict[str, Any] = {"min_length": min_length, "max_length": max_length}
    texts: dict[str, Any] = {"title": titles[0], "description": description, "examples": examples, "pattern": pattern}
    info: FieldInfo = Field(default, **texts, **limits, **lengths)
    info.metadata.append(_Declared(titles, tuple(synonyms), key, form))
    return info


def declared(field: str, info: FieldInfo) -> Column:
    """Read a field of a row model back into a `Column`.

    Raises
    ------
    TypeError
        If the field was not declared with `column`.
    """
    for mark in info.metadata:
        if isinstance(mark, _Declared):
            default = None if info.is_required() else info.get_default()
            example = info.examples[0] if info.examples else None
            synonyms = tuple(each for each in mark.synonyms if not each.endswith(_HINT))
            hints = tuple(each[:-1] for each in mark.synonyms if each.endswith(_HINT))
            shown = (default, decimals_of(info), decided_by(info), mark.form, example, synonyms, hints)
            return Column(field, mark.titles, info.is_required(), mark.key, *shown)
    raise TypeError(f"declare {field!r} with column(...)")


class Row(BaseModel):
    """A row of an importer: one pydantic field for each column, made with `column`.

    Text is stripped, a number in a text column becomes its digits, a key of plain text is a `Key`, the values of a
    `Literal` are known in any `Spelling`. A default is read as a cell is: with 0, an empty cell equals 0.00.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, coerce_numbers_to_str=True, validate_default=True
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Put a `Spelling` before each `Literal`, and read the key as one, so that no importer has to declare it."""
        super().__pydantic_init_subclass__(**kwargs)
        known = [info for info in cls.model_fields.values() if not _has_validator(info)]  # one that is inherited has
        spelled = [info for info in known if choices_of(info.annotation)]
        keys = [info for info in known if info.annotation is str and any(_is_key(mark) for mark in info.metadata)]
        for info in spelled:
            info.metadata.append(BeforeValidator(Spelling(choices_of(info.annotation))))
        for info in keys:
            info.metadata.append(get_args(Key)[1])
        if spelled or keys:
            cls.model_rebuild(force=True)


def _has_validator(info: FieldInfo) -> bool:
    """Whether the cells of a field are read by a type of their own, such as `Code`, or a `Spelling`."""
    return any(isinstance(mark, BeforeValidator) for mark in info.metadata)


def _is_key(mark: Any) -> bool:
    return isinstance(mark, _Declared) and mark.key


@cache
def columns_of(row: type[Row], currency: str | None = None) -> tuple[Column, ...]:
    """Return the columns of a row model, in the order of their declaration.

    `currency` is that of all amounts, by the importer's conventions, where the row model has no `Currency`.
    """
    columns, said_by = {name: declared(name, info) for name, info in row.model_fields.items()}, currency_fields(row)
    amounts = [name for name in columns if any(isinstance(mark, Amount) for mark in marks_of(row.model_fields[name]))]
    for name in amounts:
        field = said_by[name]
        columns[name] = replace(columns[name], currency=columns[field].default if field else currency)
    return tuple(columns.values())


@cache
def currency_fields(row: type[Row]) -> dict[str, str | None]:
    """Return by field the one of its currency: the next behind it, else the last; ``None`` where there is none."""
    names = list(row.model_fields)
    those = [name for name in names if any(isinstance(mark, OfAmounts) for mark in marks_of(row.model_fields[name]))]
    return {
        name: next((each for each in those if names.index(each) > at), those[-1] if those else None)
        for at, name in enumerate(names)
    }


@cache
def key_of(row: type[Row]) -> Column:
    """Return the column that names a row.

    Raises
    ------
    TypeError
        If the model has none or several.
    """
    keys = [column for column in columns_of(row) if column.key]
    if len(keys) != 1:
        raise TypeError(f"{row.__name__} needs exactly one column(..., key=True), it has {len(keys)}")
    return keys[0]


@dataclass(frozen=True)
class Parameter:
    """What a job must know beside its file: a caller gives it, or the file's name holds it.

    Parameters
    ----------
    name
        What callers give it by.
    title
        For people.
    pattern
        Regular expression that a whole value has to match.
    example
        A value.
    from_name
        Regular expression whose first group finds the value in a file's name.
    """

    name: str
    title: str
    pattern: str
    example: str
    from_name: str


@dataclass(frozen=True)
class Importer:
    """A kind of import: a row model and how its files are treated.

    Parameters
    ----------
    name
        What callers ask for, and the folder that files are dropped in.
    row
        The row model.
    dataset
        Where its rows end up.
    title
        For people.
    aliases
        Other names that callers may use.
    review
        Its jobs wait in review after parsing, until a caller commits them.
    archive
        Superseded rows are kept, with the times from and until which they were valid.
    synchronous
        Its files are small, so that an upload waits for the result.
    chunk_rows
        Rows in one chunk: the unit of work and of retry.
    max_rows, max_bytes
        What a file may have; beyond it is rejected.
    conventions
        How its files write numbers and dates.
    normalise
        Changes each good row before it is staged.
    lookup
        Name of the lookup that its good rows go through, instead of being loaded. It is a name and not the lookup
        itself, because this room knows nothing of upstreams.
    parameters
        What its jobs must know beside the file.
    file_types
        Endings of the names that its files may have, in lower case; none means any that can be read.
    one_at_a_time
        A job waits until the one before it has ended.
    questions
        What its jobs do where a file leaves a decision open: ``ask`` waits for an answer, ``fail`` fails. ``None``
        asks, but fails where no caller is there to answer, see `asks`.
    mode, blanks, deletes, on_rejections, guards
        What its jobs do to the dataset unless a caller says otherwise, see `LoadOptions`. Say what your files are: a
        full extract clears what it leaves blank, a price list keeps it.
    """

    name: str
    row: type[Row]
    dataset: str
    title: str
    aliases: tuple[str, ...] = ()
    review: bool = False
    archive: bool = False
    synchronous: bool = False
    chunk_rows: int = 10_000
    max_rows: int = 2_000_000
    max_bytes: int = 2 * 1024**3
    conventions: Conventions = Conventions()
    normalise: Callable[[Row], Row] | None = None
    lookup: str | None = None
    parameters: tuple[Parameter, ...] = ()
    file_types: tuple[str, ...] = ()
    one_at_a_time: bool = False
    questions: Literal["ask", "fail"] | None = None
    mode: Mode = "upsert"
    blanks: Blanks = "keep"
    deletes: Deletes | None = None
    on_rejections: OnRejections = "continue"
    guards: Guards = field(default_factory=Guards)

    def __post_init__(self) -> None:
        if self.max_rows > MOST_ROWS:
            raise TypeError(f"max_rows of {self.name!r} is {self.max_rows:,}; {MOST_ROWS:,} is the most")
        # mistakes of the declaration, found at import: a model without one key, a guard that would never trip, a
        # default that each file would read in its own way
        key_of(self.row)
        if MARK in self.row.model_fields:
            raise TypeError(f"{self.name!r} has a field {MARK!r}, which marks deleted records; choose another name")
        if texts := [column.field for column in self.columns if column.decided_by and isinstance(column.default, str)]:
            raise TypeError(f"defaults of {self.name!r} are text: {texts}; give numbers and dates")
        if unknown := self.guards.max_change.keys() - self.numeric_columns.keys():
            raise TypeError(f"max_change of {self.name!r} names {sorted(unknown)}, which are no fields of numbers")

    def asks(self, *, attended: bool) -> Literal["ask", "fail"]:
        """Return what its jobs do where a file leaves a decision open and the caller has not said.

        Parameters
        ----------
        attended
            Whether a caller may look at the job later: not in the drop folder, in a sync, or where the caller waits.
        """
        return self.questions or ("ask" if attended and not self.synchronous else "fail")

    @property
    def columns(self) -> tuple[Column, ...]:
        """Its columns, in order."""
        return columns_of(self.row, self.conventions.currency)

    @property
    def numeric_columns(self) -> dict[str, Column]:
        """Its columns of numbers by field, without the key, which never changes."""
        return {column.field: column for column in self.columns if column.decimals is not None and not column.key}

    @property
    def options(self) -> LoadOptions:
        """The options of its jobs, as far as callers give no others."""
        return LoadOptions(self.mode, self.blanks, self.deletes, self.on_rejections, self.guards)
