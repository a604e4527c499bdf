"""What a column of an importer holds, in facts and in words: used by templates, reports and documentation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen

from sluice.schema.annotations import marks_of, types_of
from sluice.schema.cell_types import Conventions, Digits, Money
from sluice.schema.importer import Importer

Kind = Literal["text", "digits", "number", "whole", "money", "date", "flag", "choice"]

_HOLDS: dict[Kind, str] = {
    "text": "text",
    "digits": "digits, leading zeros kept",
    "number": "a number",
    "whole": "a whole number",
    "money": "an amount of money",
    "date": "a date",
    "flag": "yes or no",
    "choice": "one of a few words",
}
_MONEY, _DIGITS = get_args(Money)[1], get_args(Digits)[1]  # only their validators differ from plain numbers and text
_OF_TYPE: tuple[tuple[type, Kind], ...] = (  # the first that fits: bool is an int
    (bool, "flag"),
    (int, "whole"),
    (float, "number"),
    (Decimal, "number"),
    (date, "date"),
    (Enum, "choice"),
    (str, "text"),
)
_DATES: dict[str | None, str] = {"dmy": "%d/%m/%Y", "mdy": "%m/%d/%Y"}
_ISO = "%Y-%m-%d"  # read in every order


@dataclass(frozen=True)
class Limits:
    """Constraints of a column as `sluice.schema.importer.column` took them; ``None`` is no limit."""

    ge: Any = None
    gt: Any = None
    le: Any = None
    lt: Any = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None


@dataclass(frozen=True)
class ColumnFacts:
    """A column of an importer.

    Parameters
    ----------
    field
        Name of the field in the row model.
    title
        The header of templates and reports.
    aliases
        Other headers that mean this column.
    kind
        What its cells hold. A type that `sluice.schema.cell_types` does not have counts as ``text``.
    required
        Files must have the column, and rows a value in it.
    key
        It names the row.
    choices
        The words of a ``choice``; empty for other kinds.
    limits
        Of its values.
    form
        How its values are written, in words; ``""`` if the importer does not say.
    default
        Value of an empty cell as declared; ``None`` also when the column is required.
    example
        The first example as declared, ``None`` without one.
    description
        As declared.
    """

    field: str
    title: str
    aliases: tuple[str, ...]
    kind: Kind
    required: bool
    key: bool
    choices: tuple[str, ...]
    limits: Limits
    form: str
    default: Any
    example: Any
    description: str | None

    @property
    def holds(self) -> str:
        """What its cells hold, in words."""
        return _HOLDS[self.kind]

    @property
    def allowed(self) -> str:
        """Which values pass, in words; ``""`` when all of the kind do. Patterns are left out: clerks read this."""
        return ", ".join(_allowed(self))


def describe(importer: Importer) -> list[ColumnFacts]:
    """Describe the columns of an importer's row model, in their order."""
    facts = []
    for column in importer.columns:
        info = importer.row.model_fields[column.field]
        annotations = [*types_of(info.annotation), *marks_of(info)]
        default = None if column.required else info.get_default(call_default_factory=True, validated_data={})
        facts.append(
            ColumnFacts(
                field=column.field,
                title=column.title,
                aliases=column.titles[1:],
                kind=_kind(annotations),
                required=column.required,
                key=column.key,
                choices=_choices(annotations),
                limits=_limits(annotations),
                form=column.form,
                default=default,
                example=info.examples[0] if info.examples else None,
                description=info.description,
            )
        )
    return facts


def format_value(value: Any, conventions: Conventions) -> str:
    """Format a value as people write it where an importer's files come from; the text reads back as the value."""
    match value:
        case None:
            text = ""
        case bool():
            text = "yes" if value else "no"
        case Decimal() | float():
            text = f"{Decimal(str(value)):,f}"
            if conventions.decimal == ",":
                text = text.translate(str.maketrans(",.", ".,"))
        case date():
            text = value.strftime(_DATES.get(conventions.dates, _ISO))
        case Enum():
            text = str(value.value)
        case _:
            text = str(value)
    return text


def _allowed(facts: ColumnFacts) -> Iterator[str]:
    limits = facts.limits
    if facts.form:
        yield facts.form
    if facts.choices:
        yield "one of " + ", ".join(facts.choices)
    if limits.ge is not None:
        yield f"{limits.ge} or more"
    if limits.gt is not None:
        yield f"more than {limits.gt}"
    if limits.le is not None:
        yield f"{limits.le} or less"
    if limits.lt is not None:
        yield f"less than {limits.lt}"
    if limits.min_length is not None:
        yield f"at least {limits.min_length} characters"
    if limits.max_length is not None:
        yield f"at most {limits.max_length} characters"


def _kind(annotations: list[Any]) -> Kind:
    if _MONEY in annotations:
        return "money"
    if _DIGITS in annotations:
        return "digits"
    for annotation in annotations:
        if get_origin(annotation) is Literal:
            return "choice"
        for base, kind in _OF_TYPE:
            if isinstance(annotation, type) and issubclass(annotation, base):
                return kind
    return "text"


def _choices(annotations: list[Any]) -> tuple[str, ...]:
    """Words of ``Literal`` types and enumerations."""
    found: list[str] = []
    for annotation in annotations:
        if get_origin(annotation) is Literal:
            found += map(str, get_args(annotation))
        elif isinstance(annotation, type) and issubclass(annotation, Enum):
            found += (str(member.value) for member in annotation)
    return tuple(found)


def _limits(annotations: list[Any]) -> Limits:
    """Constraints of a field, those inside its union among them."""
    found: dict[str, Any] = {}
    for annotation in annotations:
        match annotation:
            case Ge(ge=value):
                found["ge"] = value
            case Gt(gt=value):
                found["gt"] = value
            case Le(le=value):
                found["le"] = value
            case Lt(lt=value):
                found["lt"] = value
            case MinLen(min_length=value):
                found["min_length"] = value
            case MaxLen(max_length=value):
                found["max_length"] = value
            case _ if isinstance(pattern := getattr(annotation, "pattern", None), str):
                found["pattern"] = pattern
    return Limits(**found)
