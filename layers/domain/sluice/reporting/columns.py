"""What a person who fills in a file needs to know of its columns: for templates and for documentation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from sluice.reporting.kinds import Kind, Limits, kind_of, limits_of, parts_of, words_of
from sluice.schema.context import Conventions
from sluice.schema.importer import Importer

__all__ = ["ColumnFacts", "Kind", "Limits", "describe", "written"]

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
_DATES: dict[str | None, str] = {"dmy": "%d/%m/%Y", "mdy": "%m/%d/%Y"}
_ISO = "%Y-%m-%d"  # read in every order


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
    """Everything an importer's row model says of its columns, in their order."""
    facts = []
    for column in importer.columns:
        info = importer.row.model_fields[column.field]
        parts = parts_of(info)
        default = None if column.required else info.get_default(call_default_factory=True, validated_data={})
        facts.append(
            ColumnFacts(
                field=column.field,
                title=column.title,
                aliases=column.titles[1:],
                kind=kind_of(parts),
                required=column.required,
                key=column.key,
                choices=words_of(parts),
                limits=limits_of(parts),
                default=default,
                example=info.examples[0] if info.examples else None,
                description=info.description,
            )
        )
    return facts


def written(value: Any, conventions: Conventions) -> str:
    """A value as people write it where an importer's files come from; such a text is read back as the value."""
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
